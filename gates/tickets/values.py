"""What a ticket says."""

from __future__ import annotations

import re

from msgspec import Struct

from gates.model import Finding


class Row(Struct, frozen=True, kw_only=True):
    """What one attempt did to the findings, by identity: each count is of errors, `suppressed` of those silenced."""

    attempt: int
    resolved: int
    introduced: int
    suppressed: int
    unchanged: int
    health: str
    note: str = ""


class Ticket(Struct, frozen=True, kw_only=True):
    """What was asked, what is open, what was tried, and what only a person can say.

    `best` names the best tree that was seen, `created` is the moment in ISO 8601. Of a ticket that was read again
    `left_out` counts the open findings that it had and does not hold.
    """

    id: str
    title: str
    task: str
    reason: str
    open: tuple[Finding, ...] = ()
    history: tuple[Row, ...] = ()
    best: str = ""
    tried: tuple[str, ...] = ()
    cause: str = ""
    questions: tuple[str, ...] = ()
    created: str
    left_out: int = 0


def answerable(ticket: Ticket) -> str:
    """Return the command with which a person answers a ticket."""
    rules = sorted({each.rule for each in ticket.open})
    where = f"--rule {rules[0]}" if len(rules) == 1 and re.fullmatch(r"[\w./-]+", rules[0]) else "--rule RULE"
    return f'gates tickets answer {ticket.id} --cause "…" --guidance "…" {where}'
