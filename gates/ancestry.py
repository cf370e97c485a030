"""What became of the entries of a baseline since an ancestor of it: what is fresh, and what a merge accepts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from gates import identity
from gates.baseline import Entry, Key, counted_up
from gates.identity import Trace

_Name = tuple[str, str, str, str]
_Value = TypeVar("_Value", int, float, tuple[str, str])


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
        keys |= {unit.key for unit in units if unit.strictness > known[old].strictness or (more and unit.key == old)}
    return [each for each in entries if each.key in keys]


class _Lineage(Struct, frozen=True):
    """Where the entries of a side come from: by the key of an entry of the ancestor what became of it, one for each
    that is counted by now, and by their own key the entries that have no ancestor."""

    heirs: Mapping[Key, list[Entry]]
    added: Mapping[Key, Entry]


def _lineage(side: Sequence[Entry], ancestor: Sequence[Entry]) -> _Lineage:
    origins = {each.key: each.key for each in ancestor} | _renamed(side, ancestor)
    heirs: dict[Key, list[Entry]] = {}
    for unit in _units(side):
        if unit.key in origins:
            heirs.setdefault(origins[unit.key], []).append(unit)
    return _Lineage(heirs, {each.key: each for each in side if each.key not in origins})


def _renamed(side: Sequence[Entry], ancestor: Sequence[Entry]) -> dict[Key, Key]:
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
    value = _bounded(before.strictness, before, (_worst(left), left), (_worst(right), right))
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
    first = min(left, right, key=lambda each: (not each.reason, *each.rank))
    value = min(left.strictness, right.strictness)
    return [
        msgspec.structs.replace(first, value=None if value == -math.inf else value, count=min(left.count, right.count))
    ]


def _worst(units: Sequence[Entry]) -> float:
    return max(each.strictness for each in units)


def _why(before: Entry, units: Sequence[Entry]) -> tuple[str, str]:
    """Return the reason of a side, the new one if it has one."""
    return min((_reason(each) for each in units), key=lambda each: (each == _reason(before), each))


def _reason(each: Entry) -> tuple[str, str]:
    return (each.date, each.reason)


def _name(each: Entry) -> _Name:
    return (each.path, each.symbol, each.code, each.body)
