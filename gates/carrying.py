"""What is known by its content, carried from one cache to another as one file.

The file begins with a line that names its format; behind it, compressed, is each entry behind its length, then a length
of 0 and the number of entries. What is remembered of one checkout stays at home.
"""

from __future__ import annotations

import gzip
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from gates.cache import LIMIT, Store, written_atomically
from gates.model import GatesError
from gates.text import visible

_FORMAT = b"gates.cache/1\n"
_AT_HOME = ("check:", "own:")
"""What is known by the times of files, which another machine may set alike."""

_LENGTH = 4
_MAX_ENTRY = 64 << 20
_DAMAGED = "Run: gates cache clean"
_FOREIGN = "Write one with `gates cache export FILE`."
_Entry = tuple[str, str, bytes]


def export(store: Store, path: Path, mode: int) -> int:
    """Write all sound entries of a store to a file, and return how many.

    Raises:
        GatesError: there is none, the store is damaged, or the file cannot be written.
    """
    try:
        with written_atomically(path, mode) as stream:
            number = _written(store, stream)
            if not number:
                raise GatesError("there is nothing in the cache", "Run `gates check` first.")
            return number
    except sqlite3.Error as error:
        raise GatesError(f"the cache cannot be read: {error}", _DAMAGED) from error
    except OSError as error:
        raise GatesError(f"{visible(str(path))} cannot be written: {error.strerror}") from error


def take(store: Store, path: Path) -> int:
    """Put the entries of a file into a store, all of them or none, and return how many.

    Raises:
        GatesError: the file is none of ours or is damaged, or the store cannot be written.
    """
    name = visible(str(path))
    try:
        with path.open("rb") as stream:
            if stream.read(len(_FORMAT)) != _FORMAT:
                raise GatesError(f"{name} is no cache that gates exported", _FOREIGN)
            return store.take(_entries(stream))
    except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise GatesError(f"{name} is damaged, and nothing of it was taken", _FOREIGN) from error
    except sqlite3.Error as error:
        raise GatesError(f"the cache cannot be written: {error}", _DAMAGED) from error
    except OSError as error:
        raise GatesError(f"{name} cannot be read: {error.strerror}") from error


def _written(store: Store, stream: BinaryIO) -> int:
    stream.write(_FORMAT)
    number = 0
    with gzip.GzipFile(filename="", fileobj=stream, mode="wb", compresslevel=1, mtime=0) as packed:
        for entry in store.rows() if store.path.exists() else ():
            if not entry[0].startswith(_AT_HOME):
                content = msgspec.msgpack.encode(entry)
                packed.write(len(content).to_bytes(_LENGTH, "big") + content)
                number += 1
        packed.write(bytes(_LENGTH) + number.to_bytes(_LENGTH, "big"))
    return number


def _entries(stream: BinaryIO) -> Iterator[_Entry]:
    """Yield the entries behind the first line.

    Raises:
        ValueError: something is wrong with one of them, or they are more than any store holds.
        EOFError: the file ends too early.
    """
    number = total = 0
    with gzip.GzipFile(fileobj=stream, mode="rb") as packed:
        while length := int.from_bytes(_read(packed, _LENGTH), "big"):
            number, total = number + 1, total + length
            if length > _MAX_ENTRY or total > LIMIT:
                raise ValueError("it is too large")
            entry = msgspec.msgpack.decode(_read(packed, length), type=_Entry)
            if entry[0].startswith(_AT_HOME):
                raise ValueError("it holds what belongs to one machine")
            yield entry
        if int.from_bytes(_read(packed, _LENGTH), "big") != number or packed.read(1):
            raise ValueError("it does not end as it should")


def _read(packed: gzip.GzipFile, length: int) -> bytes:
    content = packed.read(length)
    if len(content) < length:
        raise EOFError
    return content
