"""What is known of each error over all attempts: by one name, whatever lines move, and when it was seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from gates import identity
from gates.engine import Examined
from gates.identity import Trace
from gates.model import Finding, Report, Severity, Status
from gates.text import is_utf8, visible

_NOTE = "suppressions/added"


class Known(Struct, frozen=True):
    """An error that was seen: its name (the id that it had first), what it looked like last, the attempts after which
    it was open (0 is the beginning), and those after which only a comment silenced it."""

    name: str
    trace: Trace
    finding: Finding
    open_in: tuple[int, ...] = ()
    silenced_in: tuple[int, ...] = ()


class Memory(Struct, frozen=True):
    """All errors that were ever seen in a loop, in the order in which they were seen first."""

    known: tuple[Known, ...] = ()

    def by_name(self) -> dict[str, Known]:
        """Return them by name."""
        return {each.name: each for each in self.known}


class Recognised(Struct, frozen=True):
    """What a state came to: the memory with it, and the cause of each error that counts as open, by name, with those
    of them that only a comment silences."""

    memory: Memory
    open: Mapping[str, str]
    silenced: tuple[str, ...] = ()


def errors(report: Report) -> list[Finding]:
    """Return the open errors of a report."""
    return [each for each in report.open() if each.severity is Severity.ERROR]


def recognised(
    memory: Memory, attempt: int, found: Examined, before: Collection[str] = (), added: Sequence[Finding] = ()
) -> Recognised:
    """Recognise the errors that a check found, in which traces were wanted.

    Args:
        memory: what was known before.
        attempt: the number of the attempt that left this state, 0 for the beginning.
        found: the check.
        before: names that counted as open in the tree that the attempt began with: they are looked for first.
        added: the notes on suppressions that came since the loop began.
    """
    known = memory.by_name()
    causes = {each.id: each.cause for each in found.report.groups}
    is_open: dict[str, str] = {}
    for finding, name in _named(memory, found, before):
        name = name or _fresh(finding.id, known)
        is_open[name] = visible(causes.get(finding.group, name))
        trace = found.traces[finding.id]
        old = known.get(name, Known(name, trace, finding))
        known[name] = msgspec.structs.replace(
            old, trace=trace, finding=writable(finding), open_in=(*old.open_in, attempt)
        )
    silenced = _silenced([known[name] for name in sorted(before) if name not in is_open], found, added)
    for name in silenced:
        is_open[name] = name
        known[name] = msgspec.structs.replace(known[name], silenced_in=(*known[name].silenced_in, attempt))
    return Recognised(Memory(tuple(known.values())), is_open, silenced)


def _named(memory: Memory, found: Examined, before: Collection[str]) -> Iterator[tuple[Finding, str | None]]:
    """Yield each open error with its name, when it is known: that of one that was open just before, else of any."""
    left = errors(found.report)
    for last in (True, False):
        known = [each for each in memory.known if (each.name in before) is last]
        paired = list(zip(left, _pairs(known, left, found), strict=True))
        yield from ((each, known[pair].name) for each, pair in paired if pair is not None)
        left = [each for each, pair in paired if pair is None]
    yield from ((each, None) for each in left)


def _pairs(known: Sequence[Known], findings: Sequence[Finding], found: Examined) -> tuple[int | None, ...]:
    traces = [found.traces[each.id] for each in findings]
    return identity.match([each.trace for each in known], traces, lambda: found.names).pairs


def _fresh(name: str, known: Mapping[str, Known]) -> str:
    """Return a name that nothing else has: the id, unless something else had it first."""
    number, chosen = 2, name
    while chosen in known:
        chosen, number = f"{name}-{number}", number + 1
    return chosen


def _silenced(gone: Sequence[Known], found: Examined, added: Iterable[Finding]) -> tuple[str, ...]:
    """Return which of the errors that are gone only a comment hides: our own, which the report still shows, or that of
    a tool, which shows as a new suppression of its code at its place."""
    hidden = [each for each in found.report.findings() if each.status is Status.SUPPRESSED]
    ours = set(_pairs(gone, hidden, found))
    by_tools = (any(_hides(note, each.finding) for note in added) for each in gone)
    return tuple(
        each.name
        for number, (each, is_hidden) in enumerate(zip(gone, by_tools, strict=True))
        if is_hidden or number in ours
    )


def writable(finding: Finding) -> Finding:
    """Return a finding as a file can hold it: names that are not UTF-8 are shown with escapes."""
    place = finding.location
    if is_utf8(f"{place.path}{place.symbol}{finding.message}{finding.identity}"):
        return msgspec.structs.replace(finding, related=())
    shown = msgspec.structs.replace(place, path=visible(place.path), symbol=visible(place.symbol))
    return msgspec.structs.replace(
        finding, related=(), location=shown, message=visible(finding.message), identity=visible(finding.identity)
    )


def _hides(note: Finding, finding: Finding) -> bool:
    """Whether a new suppression silences what a finding was: in its file, in its function or over the whole module, and
    by its code or by none."""
    place, symbol = visible(note.location.path), visible(note.location.symbol)
    if note.rule != _NOTE or place != finding.location.path or (":" in symbol and symbol != finding.location.symbol):
        return False
    words = note.identity.split()
    codes = {finding.tool_code, finding.rule, finding.rule.partition("/")[2], finding.gate} - {""}
    return bool(codes.intersection(words)) or " for `" not in note.message
