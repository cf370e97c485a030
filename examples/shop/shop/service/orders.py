"""Placing and finding orders."""

from __future__ import annotations

from shop.store.orders import Order, OrderStore


class OrderService:
    """What customers do with orders."""

    def __init__(self, store: OrderStore) -> None:
        self.store = store

    def place(self, article: str, cents: int, quantity: int) -> Order:
        """Order a quantity of an article."""
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
        return self.store.add(article, cents, quantity, total)

    def find(self, number: int) -> Order | None:
        """Return an order, if there is one with this number."""
        return self.store.orders.get(int(number))
