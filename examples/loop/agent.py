"""A scripted agent: it reads its prompt and edits files, as a coding agent does, but always in the same way.

In its first attempt it mends what it understands, in the second it silences what it does not, and after the fresh start
that follows it mends the rest.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

PRICES = '''"""What things cost."""

from __future__ import annotations

from typing import NamedTuple


class Bill(NamedTuple):
    """All that makes up a price, in cents; the rate is in percent."""

    net: int
    rate: int
    discount: int = 0
    shipping: int = 0
    deposit: int = 0
    tip: int = 0

    @property
    def gross(self) -> int:
        """The price with its tax."""
        return self.net * (100 + self.rate) // 100


def total(bill: Bill, rounding: int) -> int:
    """Return what is to be paid, in cents."""
    return bill.gross - bill.discount + bill.shipping + bill.deposit + bill.tip + rounding


def refund(bill: Bill, fee: int) -> int:
    """Return what is paid back, in cents."""
    return bill.gross - bill.discount - bill.shipping + bill.deposit - bill.tip - fee
'''


def main() -> None:
    """Do one attempt."""
    prompt = sys.stdin.read()
    attempt = int(os.environ["GATES_LOOP_ATTEMPT"])
    if attempt == 1:
        Path("till/prices.py").write_text(PRICES)
        print("The arguments of a price travel together: they are a bill now.")
    elif "fresh start" not in prompt:
        edit("evening == True:", "evening == True:  # noqa: E712 - it reads well")
        edit("width: int) -> str:", "width: int) -> str:  # gates: allow[complexity/arguments] a line has that many parts")
        print("The rest is fine as it is, so I silenced it.")
    else:
        edit("evening == True:", "evening:")
        edit("price: int, rate: int, note: str, width: int", "price: int, note: str, width: int")
        edit(" {price} {rate}%", " {price}")
        print("Silencing did not help: I mended it.")


def edit(old: str, new: str) -> None:
    """Replace a part of the receipts."""
    path = Path("till/receipts.py")
    path.write_text(path.read_text().replace(old, new))


if __name__ == "__main__":
    main()
