"""A TOML file as written: its tables, and on which line a key stands."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from gates import toml
from gates.model import GatesError

Table = dict[str, Any]
Key = str | int

_MAX_BYTES = 1 << 20


class Document(Struct, frozen=True):
    """A parsed configuration file. `name` is relative to the root, `prefix` leads to `table`, which is ours."""

    name: str
    text: str
    prefix: tuple[Key, ...]
    table: Table

    def line(self, keys: Sequence[Key]) -> int:
        """Return the line on which the value at `keys`, below the prefix, begins; 1 when it cannot be told.

        The parser itself is asked, by halves: with how many lines does the text first hold the key?
        """
        path = (*self.prefix, *keys)
        lines, ends = self.text.split("\n"), [0, *toml.ends(self.text)]
        low, high = 0, len(ends) - 1
        while low < high:
            middle = (low + high) // 2
            found = _at(_parsed(lines[: ends[middle]]), path) is not None
            low, high = (low, middle) if found else (middle + 1, high)
        held = _at(_parsed(lines[: ends[low]]), path) is not None
        return ends[low - 1] + 1 if held and low else 1

    def nearest(self, keys: Sequence[Key]) -> int:
        """Return the line of a key, or of the table that would hold it; 1 when that is not written either."""
        for end in range(len(keys), 0, -1):
            if _at(self.table, keys[:end]) is not None:
                return self.line(keys[:end])
        return 1

    def where(self, keys: Sequence[Key]) -> str:
        """Return `FILE:LINE` of a key."""
        return f"{self.name}:{self.line(keys)}"


def read(path: Path, name: str) -> tuple[str, Table]:
    """Return the text of a TOML file and what it holds.

    Raises:
        GatesError: it is no regular file, cannot be read, is larger than 1 MiB, or is not valid TOML (duplicate keys
            included).
    """
    if not path.is_file():
        raise GatesError(f"{name} is no regular file, nor a link to one", "Put the file itself there, or remove it.")
    try:
        content = path.read_bytes()
        text = content.decode("utf-8")
    except OSError as error:
        raise GatesError(f"{name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise GatesError(f"{name} is not UTF-8: byte offset {error.start}", "Save it as UTF-8.") from error
    if len(content) > _MAX_BYTES:
        raise GatesError(f"{name} is larger than 1 MiB")
    if text.startswith("\ufeff"):
        raise GatesError(
            f"{name}:1:1: starts with a byte-order mark, which TOML forbids", "Save it as UTF-8 without BOM."
        )
    try:
        return text.replace("\r\n", "\n"), toml.parse(text)
    except tomllib.TOMLDecodeError as error:
        raise GatesError(_located(name, str(error), text), "Correct the TOML; nothing was checked.") from error


def inside(text: str, *keys: str) -> Any:
    """Return what a TOML text has under these keys; None when it has nothing there, or is not valid."""
    try:
        return _at(toml.parse(text), keys)
    except tomllib.TOMLDecodeError:
        return None


def _at(value: Any, path: Sequence[Key]) -> Any:
    for key in path:
        inside = isinstance(value, list) and isinstance(key, int) and key < len(value)
        if not inside and not (isinstance(value, dict) and key in value):
            return None
        value = value[key]
    return value


def _located(name: str, message: str, text: str) -> str:
    """Turn `what (at line 3, column 4)`, or `what (at end of document)`, into `FILE:3:4: what`."""
    what, _, place = message.removesuffix(")").rpartition(" (at ")
    if place == "end of document":
        lines = text.split("\n")
        place = f"line {len(lines)}, column {len(lines[-1]) + 1}"
    if place.startswith("line "):
        line, _, column = place.removeprefix("line ").partition(", column ")
        return f"{name}:{line}:{column}: {what}"
    return f"{name}: {message}"


def _parsed(lines: Sequence[str]) -> Table:
    try:
        return toml.parse("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return {}
