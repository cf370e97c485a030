"""What things cost."""

from __future__ import annotations


def total(net: int, rate: int, discount: int, shipping: int, deposit: int, tip: int, rounding: int) -> int:
    """Return what is to be paid, in cents."""
    return net * (100 + rate) // 100 - discount + shipping + deposit + tip + rounding


def refund(net: int, rate: int, discount: int, shipping: int, deposit: int, tip: int, fee: int) -> int:
    """Return what is paid back, in cents."""
    return net * (100 + rate) // 100 - discount - shipping + deposit - tip - fee
