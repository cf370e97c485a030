"""Findings counted under a name: of a gate, a file, a rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from gates.model import Finding, Origin, Severity, Status

KINDS = ("error", "noted", "known", "elsewhere")
_BROUGHT = (Origin.INTRODUCED, Origin.WORSENED)


class Tally(NamedTuple):
    """How many findings are open errors, open but no errors, accepted or suppressed, and outside of what was asked for;
    `brought` are the open ones that the change introduced or worsened."""

    name: str
    errors: int = 0
    noted: int = 0
    known: int = 0
    elsewhere: int = 0
    brought: int = 0

    @property
    def kinds(self) -> tuple[int, ...]:
        """The numbers, in the order of `KINDS`."""
        return self[1:5]

    def told(self) -> str:
        """Return each number that is not 0 with its word."""
        words = ("error" if self.errors == 1 else "errors", *KINDS[1:])
        return ", ".join(f"{number:,} {word}" for number, word in zip(self.kinds, words, strict=True) if number)


def kind(finding: Finding) -> int:
    """Return the index of a finding's kind."""
    if finding.status is Status.OPEN:
        return 0 if finding.severity is Severity.ERROR else 1
    return 3 if finding.status is Status.OUT_OF_SCOPE else 2


def tallies(findings: Iterable[Finding], name: Callable[[Finding], str]) -> list[Tally]:
    """Return the tallies by name: first where the change brought most, then the worst."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for finding in findings:
        numbers = counts[name(finding)]
        numbers[kind(finding)] += 1
        numbers[4] += finding.status is Status.OPEN and finding.origin in _BROUGHT
    found = (Tally(each, *numbers) for each, numbers in counts.items())
    return sorted(found, key=lambda each: (-each.brought, *(-number for number in each.kinds), each.name))


def tally(findings: Iterable[Finding]) -> Tally:
    """Return the tally of all of them."""
    return next(iter(tallies(findings, lambda each: "")), Tally(""))
