"""Sets of lint rules as ruff writes them: codes (`F401`), prefixes (`F4`), families (`F`) and `ALL`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

_OFF, _WARNS, _FAILS = range(3)


class Choice(Struct, frozen=True):
    """Which rules run: those selected, without those ignored; what is under `warn` does not fail."""

    select: Sequence[str]
    ignore: Sequence[str]
    warn: Sequence[str]


def covers(entry: str, code: str) -> bool:
    """Whether an entry is the code, its family (`S`, which is not `SIM`), or its beginning within the family (`S1`)."""
    family = code.rstrip("0123456789")
    if entry in ("ALL", family) or (entry == "PL" and family.startswith("PL")):
        return True
    return code.startswith(entry) and len(entry) > len(family)


def joined(base: Choice, head: Choice) -> Choice:
    """Return the choice in which each rule is as strict as in the stricter of both; head's entries stay where they can.

    The entries of both divide all codes into parts, each named by its most specific entry, within which every code has
    the same fate.
    """
    fates = {each: max(_fate(base, each), _fate(head, each)) for each in (*_entries(head), *_entries(base))}
    on = {each for each, fate in fates.items() if fate != _OFF}
    inside = {each for each in fates if _above(each, fates) in on}
    select = dict.fromkeys((*head.select, *sorted(on - inside)))
    ignore = dict.fromkeys((*head.ignore, *sorted(inside - on)))
    off = [each for each in ignore if each not in on]
    return Choice(_own([*select], head.select), _own(off, head.ignore), _own(_soft(fates, head.warn), head.warn))


def _entries(choice: Choice) -> tuple[str, ...]:
    return (*choice.select, *choice.ignore, *choice.warn)


def _soft(fates: Mapping[str, int], written: Sequence[str]) -> list[str]:
    """Return what may stand under `warn` so that it covers no rule which fails; what is written stays if it can."""
    failing = [each for each, fate in fates.items() if fate == _FAILS]
    warned = [each for each, fate in fates.items() if fate == _WARNS]
    found = [each for each in dict.fromkeys((*written, *warned)) if not _covers_any(each, failing)]
    return [each for each in found if each in written or not _above(each, found)]


def _covers_any(entry: str, codes: Iterable[str]) -> bool:
    return any(covers(entry, each) for each in codes)


def _own(found: Sequence[str], written: Sequence[str]) -> Sequence[str]:
    """Return the list as it was written when it has the same entries."""
    return written if set(found) == set(written) else found


def _fate(choice: Choice, code: str) -> int:
    """Return what happens to a rule: of two entries, ruff follows the more specific one, of equal ones `ignore`."""
    if _reach(choice.select, code) <= _reach(choice.ignore, code):
        return _OFF
    return _WARNS if any(covers(each, code) for each in choice.warn) else _FAILS


def _reach(entries: Iterable[str], code: str) -> int:
    """Return how specific the entries are about a code; -1 when they do not speak of it."""
    return max((_specific(each) for each in entries if covers(each, code)), default=-1)


def _specific(entry: str) -> int:
    return 0 if entry == "ALL" else len(entry)


def _above(code: str, entries: Iterable[str]) -> str:
    """Return the most specific other entry that covers a code."""
    return max((each for each in entries if each != code and covers(each, code)), key=_specific, default="")
