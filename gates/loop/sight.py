"""Code that an agent took out of the gates' sight: it left what is inspected, and went on where nothing is."""

from __future__ import annotations

import ast
import os
import re
import warnings
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from gates import git, scope
from gates.config import Config
from gates.loop.keeping import Tree
from gates.loop.place import Place
from gates.process import Spawner
from gates.text import path_text

_DEFINED = re.compile(rb"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
_LINES = 3
"""Lines of what is gone that a file has to hold, beside a name, before it counts as where that went."""

_LARGEST = 1 << 20
"""Bytes beyond which a file is not taken for code."""


class _Gone(Struct, frozen=True):
    """What is no longer in any file that is inspected: names that were defined there, and lines."""

    names: frozenset[bytes]
    lines: frozenset[bytes]


def escaped(spawner: Spawner, place: Place, rules: Config, start: Tree, now: Tree, since: float) -> list[str]:
    """Return in words which functions and classes were moved, since a time in seconds, out of the files that the rules
    inspect into others below the root of the repository: ignored ones, those of another repository, other endings.

    Raises:
        BrokenError: git does not answer.
    """
    before, after = (_inspected(place, rules, each) for each in (start, now))
    changed = {name: oid for name, oid in before.items() if after.get(name) != oid}
    fresh = {name: oid for name, oid in after.items() if before.get(name) != oid}
    contents = git.blobs(spawner, place.states, [*changed.values(), *fresh.values()])
    was, is_ = _joined(contents, changed), _joined(contents, fresh)
    gone = _Gone(_names(was) - _names(is_), _lines(was) - _lines(is_))
    if not gone.names:
        return []
    seen = {place.root / each for each in after}
    return [
        f"`{name}` is in {target.relative_to(place.top)} now, which no gate inspects"
        for target in _others(place.top, seen, since)
        for name in _found(target, gone)
    ]


def _inspected(place: Place, rules: Config, tree: Tree) -> dict[str, str]:
    """Return the ids of the contents of the files that the rules inspect, by name below the project."""
    names = {path_text(each.path): each.oid for each in tree.files}
    ours = {name.removeprefix(place.prefix): oid for name, oid in names.items() if name.startswith(place.prefix)}
    found = scope.find(place.root, sorted(ours), rules.source, rules.exclude, links=frozenset(), strict=False)
    return {name: ours[name] for name in found.paths}


def _others(top: Path, seen: Collection[Path], since: float) -> Iterator[Path]:
    """Yield files that came or changed since a time, but those that are inspected and copies that an editor or a tool
    keeps beside one, under its name with something behind it."""
    for folder, below, files in os.walk(top):
        below[:] = sorted(each for each in below if each != ".git")
        for name in sorted(files):
            target = Path(folder, name)
            if target not in seen and not _is_copy(target, seen) and _is_new(target, since):
                yield target


def _is_copy(target: Path, seen: Collection[Path]) -> bool:
    parts = (target.name.partition(suffix) for suffix in scope.SUFFIXES)
    return any(dot and target.with_name(f"{stem}{dot}") in seen for stem, dot, _ in parts)


def _is_new(target: Path, since: float) -> bool:
    try:
        status = target.lstat()
    except OSError:
        return False
    return status.st_ctime >= since and status.st_size <= _LARGEST and target.is_file() and not target.is_symlink()


def _found(target: Path, gone: _Gone) -> list[str]:
    try:
        content = target.read_bytes()
    except OSError:
        return []
    names = _names(content) & gone.names
    enough = len(_lines(content) & gone.lines) >= min(_LINES, len(gone.lines))
    return sorted(each.decode("utf-8", "replace") for each in names) if names and enough and _is_code(content) else []


def _is_code(content: bytes) -> bool:
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _names(content: bytes) -> frozenset[bytes]:
    return frozenset(_DEFINED.findall(content))


def _lines(content: bytes) -> frozenset[bytes]:
    return frozenset(each for line in content.splitlines() if (each := line.strip()))


def _joined(contents: Mapping[str, bytes], oids: Mapping[str, str]) -> bytes:
    return b"\n".join(contents[each] for each in oids.values())
