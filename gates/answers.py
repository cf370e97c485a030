"""What tools answer: JSON, read more strictly than is usual."""

from __future__ import annotations

import json
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

Answer = TypeVar("Answer")

Number = Annotated[int, Meta(ge=-(2**31), lt=2**31)]
"""A line or a column, as far as what reads our reports can count."""

Count = Annotated[int, Meta(ge=0, lt=2**31)]
Line = Annotated[int, Meta(ge=1, lt=2**31)]


def understood(raw: bytes, kind: type[Answer]) -> Answer:
    """Return the value that JSON stands for.

    Raises:
        MsgspecError: it is no JSON, not of this kind, or an object in it has a key twice, of which one would be lost.
    """
    try:
        found = msgspec.json.decode(raw, type=kind)
        json.loads(raw, object_pairs_hook=_once)
    except (RecursionError, ValueError) as error:
        if isinstance(error, msgspec.MsgspecError):
            raise
        raise msgspec.ValidationError(str(error)) from error
    return found


def _once(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise msgspec.ValidationError(f"Object has the field `{twice}` twice")
