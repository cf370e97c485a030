"""What a change makes less strict in the policy, as values that a finding can be made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from gates.config.change import Change, written
from gates.config.document import Key
from gates.config.ordering import are_rules, loose, loose_rule
from gates.config.patterns import Patterns, taken
from gates.config.values import UNTRUSTED, Config, Loosened, Value

_NAMED_ONE_BY_ONE = 5
"""How many values a change of the preset may loosen before it is one finding."""

_UNORDERED = ("required-version", "cache", "baseline")


def loosened(base: Config, head: Config, paths: Sequence[str]) -> tuple[Loosened, ...]:
    """Return what head judges less strictly than base, or otherwise where there is no order, each key once.

    `paths` are the Python files of the project, whether either policy inspects them or not: overrides and patterns are
    compared by what they do to them.
    """
    if base.digest == head.digest:
        return ()
    changes = [*_files(base, head, sorted(paths)), *_general(base, head), *_gates(base, head)]
    known = {each.key for each in changes}
    changes = [*_summed_up(base, head, changes), *_overrides(base, head, sorted(paths), known)]
    found = [_located(base, head, each) for each in changes]
    return tuple(sorted(found, key=lambda each: (each.line, each.key)))


def _files(base: Config, head: Config, paths: Sequence[str]) -> Iterator[Change]:
    """Yield `source` and `exclude` when they leave out a file that the base inspects."""
    inspected = _without(base, _sources(base, paths))
    if inspected - _sources(head, paths):
        yield Change("source", written(base.source), written(head.source), ("source",))
    if inspected - _without(head, inspected):
        yield Change("exclude", written(base.exclude), written(head.exclude), ("exclude",))


def _sources(config: Config, paths: Sequence[str]) -> set[str]:
    return {path for entry in config.source or (".",) for path in taken(entry, paths)}


def _without(config: Config, paths: set[str]) -> set[str]:
    patterns = [Patterns((each,)) for each in config.exclude]
    return {path for path in paths if not any(each.match(path) for each in patterns)}


def _general(base: Config, head: Config) -> Iterator[Change]:
    before, after = _values(base), _values(head)
    for key in (*_UNORDERED, *(f"tools.{name}.version" for name in sorted(base.pins))):
        old, new = (values[key].value if key in values else "" for values in (before, after))
        if old != new and (old or key == "cache"):
            yield Change(key, written(old), written(new), tuple(key.split(".")), ordered=False)
    if base.improve_touched and not head.improve_touched:
        yield Change("improve-touched", written(True), written(False), ("improve-touched",))
    yield from _trust(base.trust, head.trust)


def _trust(base: str, head: str) -> Iterator[Change]:
    if base == UNTRUSTED != head:
        yield Change("trust", written(base), written(head), ("trust",))


def _gates(base: Config, head: Config) -> Iterator[Change]:
    """Yield what is less strict for the project as a whole."""
    for name, settings in head.gates.items():
        if base.gates[name].enabled and not settings.enabled:
            yield Change(f"{name}.enabled", written(True), written(False), (name, "enabled"))
        elif base.gates[name].enabled:
            yield from _options(name, base.gates[name].policy.base, settings.policy.base)


def _options(gate: str, base: Struct, head: Struct) -> Iterator[Change]:
    for each in loose(base, head):
        before, after = getattr(base, each.name), getattr(head, each.name)
        if are_rules(before):
            yield from _rules((gate, each.key), before, after)
        else:
            where = (gate, each.key)
            yield Change(f"{gate}.{each.key}", written(before), written(after), where, each.ordered)


def _rules(place: tuple[str, ...], base: Sequence[Any], head: Sequence[Any]) -> Iterator[Change]:
    """Yield rules of a list that are gone, and what is less strict in those that stayed."""
    now = {each.id: (index, each) for index, each in enumerate(head)}
    for rule in base:
        key = f"{'.'.join(place)}[{rule.id}]"
        if rule.id not in now:
            yield Change(key, "declared", "removed", place)
            continue
        index, other = now[rule.id]
        for each in loose_rule(rule, other):
            where: tuple[Key, ...] = (*place, index, each.key)
            values = (_within(rule, each.key), _within(other, each.key))
            yield Change(f"{key}.{each.key}", *values, where, each.ordered, both=True)


def _within(rule: Struct, key: str) -> str:
    """Return what a rule says under a key, which may be its type."""
    return written(msgspec.to_builtins(rule).get(key))


def _summed_up(base: Config, head: Config, changes: Sequence[Change]) -> Iterator[Change]:
    """Yield the changes, those that nothing but another preset makes as one when they are many."""
    before, after = _values(base), _values(head)
    by_preset = {each.key for each in changes if _is_of_preset(before, each.key) and _is_of_preset(after, each.key)}
    if base.preset == head.preset or len(by_preset) <= _NAMED_ONE_BY_ONE:
        yield from changes
        return
    now = f"{written(head.preset)} ({len(by_preset)} values less strict)"
    yield Change("preset", written(base.preset), now, ("preset",))
    yield from (each for each in changes if each.key not in by_preset)


def _is_of_preset(values: Mapping[str, Value], key: str) -> bool:
    return key in values and values[key].fallback.startswith("preset ") and not values[key].place


def _overrides(base: Config, head: Config, paths: Sequence[str], known: set[str]) -> Iterator[Change]:
    """Yield what is less strict for some paths only, once for each override and key."""
    found: dict[str, Change] = {}
    on = [name for name in head.gates if base.gates[name].enabled and head.gates[name].enabled]
    for path in _different(base, head, paths):
        for name in on:
            for each in _at(base, head, path, name):
                found.setdefault(each.key, each)
    return (each for key, each in found.items() if key not in known)


def _at(base: Config, head: Config, path: str, gate: str) -> Iterator[Change]:
    """Yield what is less strict for a path, attributed to the override that decides now, else to the one that did."""
    before, after = base.gates[gate].policy.at(path), head.gates[gate].policy.at(path)
    for each in loose(before, after):
        if each.by_path:
            now, then = (_deciding(config, path, gate, each.key) for config in (head, base))
            key = f"{gate}.{each.key}"
            place: tuple[Key, ...] = (gate, each.key)
            if now is not None:
                key, place = f"{_named(head, now)}.{key}", ("overrides", now, *place)
            elif then is not None:
                key = f"{_named(base, then)}.{key}"
            old, new = (written(getattr(options, each.name)) for options in (before, after))
            yield Change(key, old, new, place, each.ordered)


def _different(base: Config, head: Config, paths: Sequence[str]) -> list[str]:
    """Return one path for each set of overrides that apply to it."""
    found: dict[tuple[bool, ...], str] = {}
    for path in paths:
        found.setdefault(tuple(each.match(path) for each in (*base.overrides, *head.overrides)), path)
    return [path for matched, path in found.items() if any(matched)]


def _deciding(config: Config, path: str, gate: str, key: str) -> int | None:
    """Return the last override that sets a key for a path."""
    tables = config.document.table.get("overrides", [])
    found = [i for i, each in enumerate(config.overrides) if key in tables[i].get(gate, {}) and each.match(path)]
    return found[-1] if found else None


def _named(config: Config, index: int) -> str:
    return f"overrides[{', '.join(config.document.table['overrides'][index]['paths'])}]"


def _located(base: Config, head: Config, change: Change) -> Loosened:
    return Loosened(
        key=change.key,
        before=change.before,
        after=change.after,
        path=head.document.name or base.document.name,
        line=head.document.nearest(change.place),
        ordered=change.ordered,
        held=change.ordered or change.both,
    )


def _values(config: Config) -> dict[str, Value]:
    return {each.key: each for each in config.values}
