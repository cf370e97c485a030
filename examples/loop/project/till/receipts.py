"""What is printed."""

from __future__ import annotations

import sys


def line(name: str, amount: int, unit: str, price: int, rate: int, note: str, width: int) -> str:
    """Return a line of the receipt."""
    return f"{amount} {unit} {name} {note} {price} {rate}%".ljust(width)


def printed(lines: list[str]) -> None:
    """Print a receipt."""
    print("\n".join(lines), file=sys.stdout)


def greeting(name, evening = False):
    """Return what the customer reads first."""
    if evening == True:
        return "Good evening, " + name
    return "Hello, " + name
