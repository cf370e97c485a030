"""A TOML file as written: its tables, and on which line a key stands."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
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

        The parser itself is asked: the first line with which the text up to there holds the key.
        """
        path = (*self.prefix, *keys)
        lines = self.text.splitlines(keepends=True)
        leaf = next((key for key in reversed(path) if isinstance(key, str)), "")
        for number, line in enumerate(lines, start=1):
            if leaf in line and not _holds(lines[: number - 1], path) and _opens(lines, number, path):
                return number
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
        return text.replace("\r\n", "\n"), tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise GatesError(_located(name, str(error)), "Correct the TOML; nothing was checked.") from error
    except RecursionError as error:
        raise GatesError(f"{name} nests values too deeply") from error


def _located(name: str, message: str) -> str:
    """Turn `what (at line 3, column 4)` into `FILE:3:4: what`."""
    what, _, place = message.removesuffix(")").rpartition(" (at ")
    if place.startswith("line "):
        line, _, column = place.removeprefix("line ").partition(", column ")
        return f"{name}:{line}:{column}: {what}"
    return f"{name}: {message}"


def _holds(lines: Sequence[str], path: Sequence[Key]) -> bool:
    try:
        value: Any = tomllib.loads("".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    for key in path:
        if isinstance(key, int):
            if not isinstance(value, list) or len(value) <= key:
                return False
        elif not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True


def _opens(lines: Sequence[str], number: int, path: Sequence[Key]) -> bool:
    """Whether the value begun on line `number` (it may span lines) is the one at `path`."""
    for end in range(number, min(len(lines), number + 200) + 1):
        try:
            tomllib.loads("".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue
        return _holds(lines[:end], path)
    return False
