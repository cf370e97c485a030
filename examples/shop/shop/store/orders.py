"""Orders, in memory."""

from __future__ import annotations

from dataclasses import dataclass

from shop.web.session import current_user


@dataclass(frozen=True)
class Order:
    """What was ordered, by whom, and what it cost."""

    number: int
    article: str
    cents: int
    quantity: int
    total: int
    author: str


class OrderStore:
    """Keeps orders and refunds."""

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self.refunds: dict = {}

    def add(self, article: str, cents: int, quantity: int, total: int) -> Order:
        """Keep a new order."""
        number = len(self.orders) + 1
        order = Order(number, article, cents, quantity, total, current_user.get())
        self.orders[number] = order
        return order
