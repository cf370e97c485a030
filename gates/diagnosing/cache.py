"""Where results are kept: it can be written, what it holds is whole, and it is neither versioned nor too large."""

from __future__ import annotations

import os
import shlex
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from gates import git
from gates.cache import Store
from gates.checkouts import LEFT_SECONDS, around
from gates.diagnosing import Diagnosis, Place, ok, problem, warning
from gates.text import counted

_LARGE = 2 << 30
"""Bytes; a project of 9,000 files stays under a quarter of it, and what is shared by content has a bound of its own."""

_CLEAN = "gates cache clean"


class _Held(Struct, frozen=True):
    """What the folder holds: how many files and bytes, and which of them were never finished."""

    files: int
    size: int
    left: tuple[Path, ...]


def examine(place: Place) -> Sequence[Diagnosis]:
    """Return what is so of the cache of this project."""
    folder = around(place.root, place.environ).shared
    found = [*_flaws(place, folder)]
    if found:
        return found
    if not folder.is_dir():
        return [ok(f"{place.shown(folder)} is made by the first check")]
    held = _held(folder)
    return [
        ok(f"{place.shown(folder)}: {counted(held.files, 'file')}, {held.size / (1 << 20):.1f} MiB"),
        *_much(place, folder, held),
    ]


def _flaws(place: Place, folder: Path) -> Iterator[Diagnosis]:
    shown = place.shown(folder)
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not there.is_dir():
        yield problem(
            f"{place.shown(there)} is no folder, so nothing can be kept in {shown}", run=f"rm {place.word(there)}"
        )
    elif not os.access(there, os.W_OK | os.X_OK):
        yield problem(f"nothing can be kept in {shown}", run=f"chmod u+rwx {place.word(there)}")
    yield from _versioned(place, folder)
    for path in sorted(folder.glob("*.sqlite")):
        if damage := _damage(path):
            yield problem(f"{place.shown(path)} {damage}", run=_CLEAN)


def _versioned(place: Place, folder: Path) -> Iterator[Diagnosis]:
    """A cache in the work tree may be what somebody else committed, and is seen by every tool."""
    if place.top is None or not folder.is_relative_to(place.top):
        return
    if git.tracked(place.spawner, place.root, folder):
        yield problem(f"git tracks the cache {place.shown(folder)}", run=f"git rm -r -q --cached {place.word(folder)}")
    if not git.is_ignored(place.spawner, place.root, folder / "any"):
        line, target = f"/{folder.relative_to(place.top)}/", place.word(place.top / ".gitignore")
        yield problem(
            f"git does not ignore the cache {place.shown(folder)}", run=f"echo {shlex.quote(line)} >> {target}"
        )


def _damage(path: Path) -> str:
    try:
        flaws = Store(path).flaws()
    except sqlite3.Error as error:
        return "" if "locked" in str(error) else f"cannot be read: {error}"
    return f"has {counted(flaws, 'entry', 'entries')} with a wrong checksum" if flaws else ""


def _held(folder: Path) -> _Held:
    files, size, left = 0, 0, []
    before = time.time() - LEFT_SECONDS
    for above, _, names in os.walk(folder):
        for name in names:
            path = Path(above, name)
            try:
                status = path.lstat()
            except OSError:
                continue
            files, size = files + 1, size + status.st_size
            if (
                name.startswith(".")
                and path.parent.parent in (folder.parent, folder / "checkouts")
                and status.st_mtime < before
            ):
                left.append(path)
    return _Held(files, size, tuple(sorted(left)))


def _much(place: Place, folder: Path, held: _Held) -> Iterator[Diagnosis]:
    if held.left:
        said = f"{counted(len(held.left), 'file was', 'files were')} left by checks that were killed"
        yield warning(said, run=f"rm {' '.join(place.word(path) for path in held.left)}")
    if held.size > _LARGE:
        yield warning(f"the cache is larger than {_LARGE >> 30} GiB", run=_CLEAN)
