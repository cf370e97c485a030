"""What tools answer: JSON, read more strictly than is usual."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

Answer = TypeVar("Answer", bound=msgspec.Struct)

Number = Annotated[int, Meta(ge=-(2**31), lt=2**31)]
"""A line or a column, as far as what reads our reports can count."""

Count = Annotated[int, Meta(ge=0, lt=2**31)]
Line = Annotated[int, Meta(ge=1, lt=2**31)]


def understood(raw: bytes, kind: type[Answer]) -> Answer:
    """Return the value that JSON stands for.

    Raises:
        MsgspecError: it is no JSON, not of this kind, or an object in it has a key twice, of which one would be lost.
    """
    with _refusing():
        found = msgspec.json.decode(raw, type=kind)
        names = _names(kind)
        if not names or any(raw.count(name) > 1 for name in names):  # in a string quotes are escaped
            import json  # few answers need a second look

            json.loads(raw, object_pairs_hook=_once)
    return found


def understood_lines(raw: bytes, kind: type[Answer]) -> list[Answer]:
    """Return the value that each line of JSON stands for, but for empty ones; raises what `understood` raises.

    Where each line has all fields of its kind, and none of these stands in all lines together more often than there are
    lines, none stands in a line twice: then no line has to be looked at by itself.
    """
    lines = [line for line in raw.split(b"\n") if line.strip()]
    names = _names(kind)
    required = all(each.required for each in msgspec.structs.fields(kind))
    if names and required and all(raw.count(name) <= len(lines) for name in names):
        with _refusing():
            return msgspec.json.Decoder(kind).decode_lines(b"\n".join(lines))
    return [understood(line, kind) for line in lines]


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Let whatever is wrong with an answer be an error of msgspec."""
    try:
        yield
    except (RecursionError, ValueError) as error:
        if isinstance(error, msgspec.MsgspecError):
            raise
        raise msgspec.ValidationError(str(error)) from error


@functools.cache
def _names(kind: type[Any]) -> tuple[bytes, ...]:
    """Return the names of the fields of a kind as they stand in JSON; nothing when one holds fields of its own."""
    fields = msgspec.structs.fields(kind)
    flat = all(_is_plain(msgspec.inspect.type_info(each.type)) for each in fields)
    return tuple(f'"{each.encode_name}"'.encode() for each in fields) if flat else ()


def _is_plain(found: msgspec.inspect.Type) -> bool:
    if isinstance(found, msgspec.inspect.UnionType):
        return all(map(_is_plain, found.types))
    plain = (msgspec.inspect.IntType, msgspec.inspect.FloatType, msgspec.inspect.StrType, msgspec.inspect.NoneType)
    return isinstance(found, plain)


def _once(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise msgspec.ValidationError(f"Object has the field `{twice}` twice")
