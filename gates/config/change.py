"""A value of a configuration that a change made less strict, before it has a place in a file."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from gates.config.document import Key

ABSENT = "not given"


class Change(Struct, frozen=True):
    """A value that is less strict, or differs without an order. `place` are the keys where the file may give it now;
    `both`: the former value judges beside the new one."""

    key: str
    before: str
    after: str
    place: tuple[Key, ...]
    ordered: bool = True
    both: bool = False


def written(value: object) -> str:
    """Return a value as a file writes it."""
    import json  # nothing is told of most configurations

    return ABSENT if value is None else json.dumps(msgspec.to_builtins(value), ensure_ascii=False)


def compared(key: str, values: tuple[Any, Any], place: tuple[Key, ...], *, ordered: bool = True) -> Change:
    """Return the change from one value to another."""
    before, after = values
    return Change(key, written(before), written(after), place, ordered)


def entries(value: Any) -> list[str]:
    """Return the texts in a list of an unchecked file, whatever else stands there."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def is_longer(before: Any, after: Any) -> bool | None:
    """Return True when a list has got an entry, else None."""
    return True if set(entries(after)) - set(entries(before)) else None
