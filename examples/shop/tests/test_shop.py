"""Ordering and giving back. All of this passes: no finding of the gates is a failing test."""

from __future__ import annotations

from shop.store.orders import OrderStore
from shop.web.handlers import Handlers


def test_an_order_can_be_shown() -> None:
    handlers = Handlers(OrderStore())
    form = {"article": "tea", "cents": "250", "quantity": "10"}
    assert handlers.post_order("ada", form) == "order 1: 3316 cents"
    assert handlers.get_order("1") == "order 1: 3316 cents"


def test_the_discount_goes_with_the_articles() -> None:
    handlers = Handlers(OrderStore())
    handlers.post_order("ada", {"article": "tea", "cents": "250", "quantity": "10"})
    assert handlers.post_refund({"number": "1", "quantity": "2"}) == "refunded 446 cents"
