"""Requests become calls of services, and results become answers."""

from __future__ import annotations

from collections.abc import Mapping

from shop.service.orders import OrderService
from shop.service.refunds import RefundService
from shop.store.orders import OrderStore
from shop.web.session import current_user


class Handlers:
    """The addresses of the shop."""

    def __init__(self, store: OrderStore) -> None:
        self.orders = OrderService(store)
        self.refunds = RefundService(store)

    def post_order(self, user: str, form: Mapping[str, str]) -> str:
        """Order one thing."""
        current_user.set(user)
        order = self.orders.place(form["article"], int(form["cents"]), int(form["quantity"]))
        return f"order {order.number}: {order.total} cents"

    def get_order(self, number: str) -> str:
        """Show an order."""
        order = self.orders.find(number)  # type: ignore[arg-type]
        return f"order {number}: {order.total} cents"

    def post_refund(self, form: Mapping[str, str]) -> str:
        """Give money back for some of what was ordered."""
        cents = self.refunds.refund(int(form["number"]), int(form["quantity"]))
        return f"refunded {cents} cents"
