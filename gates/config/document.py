"""A TOML file as written: its tables, and on which line a key stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

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
        lines, ends = self.text.split("\n"), [0, *_ends(self.text)]
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
        GatesError: it cannot be read, is larger than 1 MiB, or is not valid TOML (duplicate keys included).
    """
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
        return text.replace("\r\n", "\n"), _loads(text)
    except tomllib.TOMLDecodeError as error:
        raise GatesError(_located(name, str(error)), "Correct the TOML; nothing was checked.") from error
    except RecursionError as error:
        raise GatesError(f"{name} nests values too deeply") from error


def inside(text: str, *keys: str) -> Any:
    """Return what a TOML text has under these keys; None when it has nothing there, or is not valid."""
    try:
        return _at(_loads(text), keys)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def _at(value: Any, path: Sequence[Key]) -> Any:
    for key in path:
        inside = isinstance(value, list) and isinstance(key, int) and key < len(value)
        if not inside and not (isinstance(value, dict) and key in value):
            return None
        value = value[key]
    return value


def _located(name: str, message: str) -> str:
    """Turn `what (at line 3, column 4)` into `FILE:3:4: what`."""
    what, _, place = message.removesuffix(")").rpartition(" (at ")
    if place.startswith("line "):
        line, _, column = place.removeprefix("line ").partition(", column ")
        return f"{name}:{line}:{column}: {what}"
    return f"{name}: {message}"


_STRINGS = (
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*+(?:"{3,5}|\Z)',
    r"'''(?:[^']|'{1,2}(?!'))*+(?:'{3,5}|\Z)",
    r'"(?:[^"\\\n]|\\.)*+(?:"|$)',
    r"'[^'\n]*+(?:'|$)",
)
_TOKEN = re.compile(rf"{'|'.join(_STRINGS)}|#[^\n]*|[\[\]{{}}\n]", re.DOTALL | re.MULTILINE)
"""Strings, comments, brackets and line ends; without an end, a string goes as far as it may."""

_MOST_PARTS = 500
_LONG_KEY = re.compile(rf"(?:\.[ \t]*+[\w-]*+[ \t]*+){{{_MOST_PARTS}}}")


def _loads(text: str) -> Table:
    """Parse TOML; tomllib's time for one dotted key grows with the square of its parts.

    Raises:
        TOMLDecodeError: it is no TOML, or has a key of too many parts.
        RecursionError: it is nested too deeply.
    """
    bare = _TOKEN.sub(lambda found: "q" if found[0][0] in "\"'" else "\n", text)
    if _LONG_KEY.search(bare):
        raise tomllib.TOMLDecodeError(f"a key has more than {_MOST_PARTS} parts")
    return tomllib.loads(text)


def _ends(text: str) -> Iterator[int]:
    """Yield the number of each line at whose end no value is open."""
    number, depth = 1, 0
    for match in _TOKEN.finditer(f"{text}\n"):
        part = match.group()
        if part == "\n" and depth <= 0:
            yield number
        number += part.count("\n")
        depth += (part in ("[", "{")) - (part in ("]", "}"))


def _parsed(lines: Sequence[str]) -> Table:
    try:
        return tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return {}
