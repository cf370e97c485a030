"""Giving money back."""

from __future__ import annotations

from shop.store.orders import OrderStore


class RefundService:
    """What customers get back."""

    def __init__(self, store: OrderStore) -> None:
        self.store = store

    def refund(self, number: int, returned: int) -> int:
        """Give back the difference between what was paid and what the kept articles cost."""
        order = self.store.orders[number]
        cents, quantity = order.cents, order.quantity - returned
        net = cents * quantity
        discount = 0
        if quantity >= 100:
            discount = net * 10 // 100
        elif quantity >= 10:
            discount = net * 5 // 100
        taxable = net - discount
        tax = taxable * 19 // 100
        shipping = 0 if taxable >= 5000 else 490
        total = taxable + tax + shipping
        self.note(number, order.total - total)
        return order.total - total

    def note(self, number, cents, notes={}):
        """Remember what was given back."""
        notes.setdefault(number, []).append(cents)
        self.store.refunds = notes
