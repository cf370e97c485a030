"""The file of accepted debt: one entry per line, without line numbers, sorted. It is only ever read by a check.

An entry is a finding that was there when somebody accepted it: `count` of them, none with a worse `value`.
"""

import errno
import functools
import math
import operator
import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from gates import identity
from gates.identity import Trace
from gates.model import UNDECODABLE, GatesError
from gates.text import ascii_json, visible

SCHEMA = "gates.baseline/1"
NEVER = ("files", "baseline")
"""Gates whose findings are never accepted: a file that nobody can read, and the record itself."""

MAX_ACCEPTED = 1_000_000
"""Findings that all entries together may accept. Each is matched on its own, so a count must not be made up."""

_MAX_BYTES = 64 << 20
_BOM = b"\xef\xbb\xbf"
_RULE = re.compile(rb'"rule"\s*:')
"""The key of an entry. No string of JSON holds it: a quotation mark inside one has a backslash before it."""

_CONFLICT = re.compile(rb"^(?:<{7}|>{7}) ", re.MULTILINE)
_Key = tuple[str, str, str, str, bool]
_Name = tuple[str, str, str, str]
_Value = TypeVar("_Value", int, float, tuple[str, str])


class Entry(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True, gc=False):
    """A finding that is accepted. `path` is where it was last seen, for readers; `code`, `body` and `value` are those
    of its trace; `reason` and `date` say why and when it was accepted after the baseline had been made. A `latent`
    entry is no debt: it is there so that formatting makes no new finding."""

    rule: str
    path: str = ""
    symbol: str = ""
    code: str = ""
    body: str = ""
    value: float | None = None
    count: int = 1
    reason: str = ""
    date: str = ""
    latent: bool = False

    @property
    def gate(self) -> str:
        """The gate whose finding it is."""
        return self.rule.partition("/")[0]

    @property
    def key(self) -> _Key:
        """What tells an entry from others, whatever its value, count, reason and place."""
        return (self.rule, self.symbol, self.code, "" if self.symbol or not self.body else self.body, self.latent)

    @property
    def amount(self) -> str:
        """The value, in the unit in which it is compared, or nothing."""
        return amount(self.rule, self.value)

    def trace(self) -> Trace:
        """Return what a finding is held against."""
        return Trace(
            rule=self.rule,
            symbol=self.symbol,
            code=self.code,
            body=self.body,
            value=self.value,
            path=self.path,
            latent=self.latent,
        )


class _File(Struct, forbid_unknown_fields=True):
    schema: str
    entries: list[Entry]


class _Version(Struct):
    schema: str


class Baseline(Struct, frozen=True, dict=True):
    """The accepted debt of a project, in the order of the file, and the line on which each entry stands."""

    entries: tuple[Entry, ...] = ()
    lines: tuple[int, ...] = ()

    @functools.cached_property
    def by_gate(self) -> Mapping[str, Sequence[int]]:
        """The indexes of the entries that are about each gate."""
        found: dict[str, list[int]] = {}
        for index, each in enumerate(self.entries):
            found.setdefault(each.gate, []).append(index)
        return found


def read(path: Path, name: str) -> Baseline | None:
    """Return the baseline in a file; None when there is no such file. `name` is for the error.

    A link is refused: git keeps it as a link, so other states of the project would have no baseline.

    Raises:
        GatesError: it exists, but is no baseline that this version understands. It is never taken for an empty one.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            message = f"the baseline {visible(name)} is a link, and links are not followed"
            raise GatesError(message, "Put the file itself there.") from error
        raise GatesError(f"the baseline {visible(name)} cannot be read: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise GatesError(f"the baseline {visible(name)} cannot be read: it is no regular file")
        with os.fdopen(handle, "rb", closefd=False) as stream:
            return parse(stream.read(_MAX_BYTES + 1), name)
    finally:
        os.close(handle)


def parse(content: bytes, name: str) -> Baseline:
    """Return the baseline that is written in `content`.

    Raises:
        GatesError: it is not valid, of a later version, or lists an entry twice.
    """
    advice = "Take it from git again, or mend that line; `gates baseline create` makes a new one."
    if len(content) > _MAX_BYTES:
        raise GatesError(f"{visible(name)} is larger than 64 MiB", advice)
    content = content.removeprefix(_BOM)
    try:
        schema = msgspec.json.decode(content, type=_Version).schema
        if schema != SCHEMA:
            later = f"{visible(name)} is a `{visible(schema)}`, and this version of gates reads `{SCHEMA}`"
            raise GatesError(later, "Update quality-gates.")
        entries = tuple(msgspec.json.decode(content, type=_File).entries)
    except UNDECODABLE as error:
        hint = "Resolve the merge conflict in it." if _CONFLICT.search(content) else advice
        raise GatesError(f"{visible(name)} is no baseline: {visible(str(error))}", hint) from error
    _check(entries, name)
    return Baseline(entries, _lines(content, len(entries)))


def render(entries: Iterable[Entry]) -> str:
    """Return the text of a baseline; the same entries give the same bytes, whatever their order."""
    lines = ",\n".join(f"  {ascii_json(msgspec.json.encode(_written(each)))}" for each in sorted(entries, key=_order))
    body = f"[\n{lines}\n]" if lines else "[]"
    return f'{{"schema": "{SCHEMA}", "entries": {body}}}\n'


def entry(trace: Trace, reason: str = "", date: str = "") -> Entry:
    """Return the entry that accepts one finding."""
    return Entry(
        rule=trace.rule,
        path=trace.path,
        symbol=trace.symbol,
        code=trace.code,
        body=trace.body,
        value=trace.value,
        latent=trace.latent,
        reason=reason,
        date=date,
    )


def amount(rule: str, value: float | None) -> str:
    """Return a value of an entry for a reader. Sizes are kept in what formatting does not change."""
    if value is None:
        return ""
    unit = " nodes of syntax" if rule.endswith("-lines") else " words" if rule == "duplication/clone" else ""
    return f"{abs(value):,g}{unit}" if abs(value) < MAX_ACCEPTED else f"{abs(value):g}{unit}"


def counted_up(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return each entry once, in the order of the file: equal ones are counted, with the worst of their values."""
    found: dict[_Key, Entry] = {}
    for each in sorted(entries, key=_whole):
        before = found.get(each.key)
        found[each.key] = each if before is None else _more(before, each)
    return tuple(sorted(found.values(), key=_order))


def shrunk(
    entries: Sequence[Entry],
    seen: Iterable[tuple[Trace, Entry]],
    ran: Iterable[str],
    *,
    hidden: Collection[str] = (),
    tighten: bool = True,
) -> tuple[Entry, ...]:
    """Return the entries without what is gone; `seen` are the findings that are there, each with its entry, of the
    gates that `ran`. Entries of other gates stay as they are, as do those of `hidden` files: nobody could look at them.

    Unless only stale entries are wanted out, values come down to those of today, and what was moved or renamed gets its
    new name. Nothing is ever added.
    """
    gates = frozenset(ran)
    traces: dict[_Key, list[Trace]] = {}
    for trace, owner in seen:
        traces.setdefault(owner.key, []).append(trace)
    kept: list[Entry] = []
    for each in entries:
        found = traces.get(each.key, [])[: each.count]
        if each.gate not in gates or each.path in hidden:
            kept.append(each)
        elif tighten:
            kept += [_today(each, trace) for trace in found]
        elif found:
            kept.append(msgspec.structs.replace(each, count=len(found)))
    return counted_up(kept)


def expanded(entries: Sequence[Entry]) -> list[int]:
    """Return the index of each entry as many times as it counts."""
    return [index for index, each in enumerate(entries) for _ in range(each.count)]


def merged(ours: Sequence[Entry], theirs: Sequence[Entry], ancestor: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the baseline of a merge: what either side resolved is gone, of two values the stricter holds.

    What only one side has accepted since the ancestor stays when it gives a reason and the other side left it alone,
    and is dropped otherwise. What was renamed or moved on one side is not taken for resolved and accepted anew.
    """
    left, right = _lineage(ours, ancestor), _lineage(theirs, ancestor)
    found = [unit for each in ancestor for unit in _kept(each, left.heirs.get(each.key), right.heirs.get(each.key))]
    for key in left.added.keys() | right.added.keys():
        found += _added(left.added.get(key), right.added.get(key))
    return counted_up(found)


def fresh(entries: Sequence[Entry], base: Sequence[Entry]) -> list[Entry]:
    """Return the entries that accept more than the baseline of a base did: new ones, worse values, larger counts."""
    if entries == base:  # as in most changes; to pair them costs half a second for 30,000
        return []
    line = _lineage(entries, base)
    known = {each.key: each for each in base}
    keys = set(line.added)
    for old, units in line.heirs.items():
        more = len(units) > known[old].count
        keys |= {
            unit.key for unit in units if _strictness(unit) > _strictness(known[old]) or (more and unit.key == old)
        }
    return [each for each in entries if each.key in keys]


class _Lineage(Struct, frozen=True):
    """Where the entries of a side come from: by the key of an entry of the ancestor what became of it, one for each
    that is counted by now, and by their own key the entries that have no ancestor."""

    heirs: Mapping[_Key, list[Entry]]
    added: Mapping[_Key, Entry]


def _lineage(side: Sequence[Entry], ancestor: Sequence[Entry]) -> _Lineage:
    origins = {each.key: each.key for each in ancestor} | _renamed(side, ancestor)
    heirs: dict[_Key, list[Entry]] = {}
    for unit in _units(side):
        if unit.key in origins:
            heirs.setdefault(origins[unit.key], []).append(unit)
    return _Lineage(heirs, {each.key: each for each in side if each.key not in origins})


def _renamed(side: Sequence[Entry], ancestor: Sequence[Entry]) -> dict[_Key, _Key]:
    """Return by the key of a new entry that of the lost one which it was before it was renamed or moved.

    An update keeps the reason of what it renames, and what is accepted anew has a reason of its own: a merge does not
    know what the project defines, but this tells the one from the other.
    """
    before = {each.key for each in ancestor}
    new = [each for each in _units(side) if each.key not in before]
    lost = _lost(side, ancestor)
    pairs = identity.match(_marked(lost), _marked(new), lambda: _names_in(side)).pairs
    return {unit.key: lost[pair].key for unit, pair in zip(new, pairs, strict=True) if pair is not None}


def _lost(side: Sequence[Entry], ancestor: Sequence[Entry]) -> list[Entry]:
    """Return the entries of the ancestor that the side no longer has, as often as they are missing."""
    now = {each.key: each.count for each in side}
    return [each for each in ancestor for _ in range(each.count - now.get(each.key, 0))]


def _names_in(side: Iterable[Entry]) -> identity.Names:
    """Return the names that the entries of a side speak of. A symbol is gone when an entry for it is missing."""
    bare = identity.names(part for each in side for part in (each.symbol, each.code)).bare
    return identity.Names(frozenset(), bare)


def _marked(entries: Iterable[Entry]) -> list[Trace]:
    """Return what entries accept, told apart by why."""
    return [
        msgspec.structs.replace(each.trace(), rule=" ".join((each.rule, str(each.latent), each.date, each.reason)))
        for each in entries
    ]


def _units(entries: Iterable[Entry]) -> list[Entry]:
    """Return each entry as often as it counts."""
    return [one for each in entries for one in [msgspec.structs.replace(each, count=1)] * each.count]


def _kept(before: Entry, left: Sequence[Entry] | None, right: Sequence[Entry] | None) -> Iterator[Entry]:
    """Yield what is left of an entry of the ancestor after both sides, one for each that it counts."""
    if not left or not right:
        return
    why = _agreed((before.date, before.reason), _why(before, left), _why(before, right))
    count = _bounded(before.count, before, (len(left), left), (len(right), right))
    value = _bounded(_strictness(before), before, (_worst(left), left), (_worst(right), right))
    names = _names(_name(before), [_name(each) for each in left], [_name(each) for each in right])
    for index in range(count):
        path, symbol, code, body = names[min(index, len(names) - 1)]
        yield msgspec.structs.replace(
            before,
            path=path,
            symbol=symbol,
            code=code,
            body=body,
            value=None if value == -math.inf else value,
            count=1,
            date=why[0],
            reason=why[1],
        )


def _agreed(before: _Value, left: _Value, right: _Value) -> _Value:
    """Return what a side changed; where both did, the smaller."""
    low, high = sorted((left, right))
    if before in (low, high):
        return high if low == before else low
    return low


def _bounded(
    before: _Value, entry: Entry, left: tuple[_Value, Sequence[Entry]], right: tuple[_Value, Sequence[Entry]]
) -> _Value:
    """Return the stricter of two sides; the looser one where the other left it alone and it gives a new reason."""
    (low, _), (high, units) = sorted((left, right), key=lambda each: each[0])
    if low != before:
        return low
    return high if any(each.reason and _reason(each) != _reason(entry) for each in units) else low


def _names(before: _Name, left: Sequence[_Name], right: Sequence[_Name]) -> list[_Name]:
    """Return the names of a side that changed one, changed ones first; where both did, the smaller ones."""
    ordered = [sorted(each, key=lambda name: (name == before, name)) for each in (left, right)]
    changed = [names for names in ordered if names[0] != before]
    return min(changed) if changed else ordered[0]


def _added(left: Entry | None, right: Entry | None) -> list[Entry]:
    """Return what is new since the ancestor: what both sides have at its strictest, and else what gives a reason."""
    if left is None or right is None:
        return [each for each in (left, right) if each is not None and each.reason]
    first = min(left, right, key=lambda each: (not each.reason, *_whole(each)))
    value = min(_strictness(left), _strictness(right))
    return [
        msgspec.structs.replace(first, value=None if value == -math.inf else value, count=min(left.count, right.count))
    ]


def _today(accepted: Entry, trace: Trace) -> Entry:
    value = accepted.value if trace.value is None or accepted.value is None else min(trace.value, accepted.value)
    return msgspec.structs.replace(
        accepted, path=trace.path, symbol=trace.symbol, code=trace.code, body=trace.body, value=value, count=1
    )


def _more(before: Entry, other: Entry) -> Entry:
    worst = max(before, other, key=_strictness)
    why = worst if worst.reason else before if before.reason else other
    count = before.count + other.count
    return msgspec.structs.replace(worst, count=count, reason=why.reason, date=why.date)


def _written(each: Entry) -> Entry:
    whole = each.value is not None and float(each.value).is_integer()
    return msgspec.structs.replace(each, value=int(each.value or 0)) if whole else each


def _strictness(each: Entry) -> float:
    return -math.inf if each.value is None else each.value


def _worst(units: Sequence[Entry]) -> float:
    return max(_strictness(each) for each in units)


def _why(before: Entry, units: Sequence[Entry]) -> tuple[str, str]:
    """Return the reason of a side, the new one if it has one."""
    return min((_reason(each) for each in units), key=lambda each: (each == _reason(before), each))


def _reason(each: Entry) -> tuple[str, str]:
    return (each.date, each.reason)


def _name(each: Entry) -> _Name:
    return (each.path, each.symbol, each.code, each.body)


def _order(each: Entry) -> tuple[str, _Key]:
    return (each.path, each.key)


def _whole(each: Entry) -> tuple[str, _Key, float, int, str, str, str]:
    return (each.path, each.key, _strictness(each), each.count, each.date, each.reason, each.body)


def _check(entries: Sequence[Entry], name: str) -> None:
    if not _is_plain(entries):
        _check_each(entries, name)
    if sum(each.count for each in entries) > MAX_ACCEPTED:
        message = f"{visible(name)} accepts more than {MAX_ACCEPTED:,} findings"
        raise GatesError(message, "Take the file from git again: such counts were not found by a check.")


def _is_plain(entries: Sequence[Entry]) -> bool:
    """Whether a short look is enough: every rule can be accepted, and the entries differ in what all of them have."""
    parts = (each.partition("/") for each in {each.rule for each in entries})
    accepted = all(rule and gate and gate not in NEVER for gate, _, rule in parts)
    different = set(map(operator.attrgetter("rule", "symbol", "code", "latent"), entries))
    return accepted and len(different) == len(entries) and all(each.count >= 1 for each in entries)


def _check_each(entries: Sequence[Entry], name: str) -> None:
    seen: set[_Key] = set()
    for number, each in enumerate(entries, 1):
        gate, _, rule = each.rule.partition("/")
        if each.count < 1 or not rule or not gate or gate in NEVER:
            raise GatesError(
                f"{visible(name)}: entry {number} has no rule that can be accepted, or a count below 1",
                "Take the file from git again.",
            )
        key = each.key
        if key in seen:
            said = visible(f"{each.rule} {each.symbol} {each.code}".strip())
            raise GatesError(f"{visible(name)} lists an entry twice: {said}", "Write it once, with a `count`.")
        seen.add(key)


def _lines(content: bytes, number: int) -> tuple[int, ...]:
    """Return the line of each entry; the first one for all when entries and keys cannot be told apart. Each has a line
    of its own where there are as many lines as there would be then: no string of JSON has a line end in it, and an
    entry no other object."""
    is_framed = content.startswith(b"{") and content.endswith(b"\n]}\n") and content.count(b"\n") == number + 2
    if is_framed and content.count(b"\n  {") == content.count(b'"rule":') == number:
        return tuple(range(2, number + 2))
    found: list[int] = []
    line, end = 1, 0
    for match in _RULE.finditer(content):
        line += content.count(b"\n", end, match.start())
        end = match.start()
        found.append(line)
    return tuple(found) if len(found) == number else (1,) * number
