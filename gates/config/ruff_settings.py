"""What gets less strict between two configurations of ruff."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from gates.config import codes
from gates.config.change import Change, compared, entries, is_longer
from gates.config.document import Key, Table

_OF_FILES = {
    "builtins",
    "exclude",
    "extend",
    "extend-exclude",
    "extend-include",
    "extension",
    "force-exclude",
    "include",
    "indent-width",
    "line-length",
    "namespace-packages",
    "per-file-target-version",
    "preview",
    "required-version",
    "respect-gitignore",
    "src",
    "target-version",
}
"""The keys that stand beside `lint`. Others are old names of keys in it."""

_WITHOUT_JUDGEMENT = {
    "analyze",
    "cache-dir",
    "fix",
    "fix-only",
    "format",
    "lint.extend-fixable",
    "lint.extend-safe-fixes",
    "lint.extend-unsafe-fixes",
    "lint.fixable",
    "lint.unfixable",
    "output-format",
    "output-prefer-rule-codes",
    "show-fixes",
    "unsafe-fixes",
}
"""Keys that change no verdict."""

_FEWER = {"exclude", "extend-exclude", "lint.exclude", "lint.external"}
_LIMITS = {
    "line-length": 88,
    "lint.mccabe.max-complexity": 10,
    "lint.pycodestyle.max-doc-length": None,
    "lint.pycodestyle.max-line-length": None,
    "lint.pylint.max-args": 5,
    "lint.pylint.max-bool-expr": 5,
    "lint.pylint.max-branches": 12,
    "lint.pylint.max-locals": 15,
    "lint.pylint.max-nested-blocks": 5,
    "lint.pylint.max-positional-args": 5,
    "lint.pylint.max-public-methods": 20,
    "lint.pylint.max-returns": 6,
    "lint.pylint.max-statements": 50,
}
"""Limits, each with its default; without one, a limit that is given and one that is not cannot be compared."""

_SELECT = ("lint.select", "lint.extend-select")
_IGNORE = ("lint.ignore", "lint.extend-ignore")
_PER_FILE = ("lint.per-file-ignores", "lint.extend-per-file-ignores")
_BY_PATTERN = {*_PER_FILE, "per-file-target-version", "extension"}
_EVERYTHING = ["ALL"]


class _Setting(Struct, frozen=True):
    value: Any
    place: tuple[Key, ...]


_Settings = Mapping[str, _Setting]


def changes(before: Table, after: Table) -> Iterator[Change]:
    """Yield what is less strict in a later table of ruff, or differs without an order."""
    then, now = dict(_settings(before)), dict(_settings(after))
    yield from _rules(then, now)
    for key in sorted({*then, *now} - {*_SELECT, *_IGNORE}):
        if key in _PER_FILE:
            yield from _per_file(key, then, now)
            continue
        ordered = _is_looser(key, _value(then, key), _value(now, key))
        if ordered is not None:
            yield _change(key, then, now, ordered=ordered)


def _settings(table: Table) -> Iterator[tuple[str, _Setting]]:
    """Yield the settings that change a verdict, by their full name."""
    for name, value in table.items():
        known = name == "lint" or name in _OF_FILES or name in _WITHOUT_JUDGEMENT
        yield from _flat(name if known else f"lint.{name}", (name,), value)


def _flat(key: str, place: tuple[str, ...], value: Any) -> Iterator[tuple[str, _Setting]]:
    if key in _WITHOUT_JUDGEMENT:
        return
    if not isinstance(value, dict) or key in _BY_PATTERN:
        yield key, _Setting(value, place)
        return
    for name, inner in value.items():
        yield from _flat(f"{key}.{name}", (*place, name), inner)


def _value(settings: _Settings, key: str) -> Any:
    return settings[key].value if key in settings else None


def _place(settings: _Settings, key: str) -> tuple[Key, ...]:
    return settings[key].place if key in settings else tuple(key.split("."))


def _change(key: str, then: _Settings, now: _Settings, *, ordered: bool) -> Change:
    values = (_value(then, key), _value(now, key))
    return compared(f"ruff.{key}", values, _place(now, key), ordered=ordered)


def _is_looser(key: str, before: Any, after: Any) -> bool | None:
    """Return whether a value is less strict; False when there is no order, None when it is as strict."""
    if before == after:
        return None
    if key in _FEWER:
        return is_longer(before, after)
    if key not in _LIMITS:
        return False
    then, now = (_LIMITS[key] if each is None else each for each in (before, after))
    if not isinstance(then, int) or not isinstance(now, int):
        return False
    return True if now > then else None


def _rules(then: _Settings, now: _Settings) -> Iterator[Change]:
    """Compare which rules run. What ruff selects when nothing is said is not known here; as far as it goes, it is taken
    for everything."""
    given = [_SELECT[0] in settings for settings in (then, now)]
    if given[0] != given[1]:
        yield _change(_SELECT[0], then, now, ordered=False)
    before, after = (_choice(settings, everything=not all(given)) for settings in (then, now))
    strict = codes.joined(before, after)
    for keys, looser in ((_SELECT, strict.select != after.select), (_IGNORE, strict.ignore != after.ignore)):
        differing = [key for key in keys if looser and _value(then, key) != _value(now, key)]
        yield from (_change(key, then, now, ordered=True) for key in differing)


def _choice(settings: _Settings, *, everything: bool) -> codes.Choice:
    select, ignore = ([code for key in keys for code in entries(_value(settings, key))] for keys in (_SELECT, _IGNORE))
    return codes.Choice([*select, *(_EVERYTHING if everything else ())], ignore, [])


def _per_file(key: str, then: _Settings, now: _Settings) -> Iterator[Change]:
    """Yield each pattern for which more rules are ignored than before."""
    before, after = (_value(settings, key) for settings in (then, now))
    for pattern, ignored in after.items() if isinstance(after, dict) else ():
        former = before.get(pattern) if isinstance(before, dict) else None
        if not all(_covered(each, entries(former)) for each in entries(ignored)):
            place = (*_place(now, key), pattern)
            yield compared(f"ruff.{key}[{pattern}]", (former, ignored), place)


def _covered(code: str, entries: Sequence[str]) -> bool:
    return any(codes.covers(each, code) for each in entries)
