"""A check of the work tree whose every input is as it was is not made again: its report still stands.

An input is known by what `lstat` says of it, as in git's index; what changed so shortly before it was noted that a
later change might not show is known by its content. Folders count, too: a new file beside others changes its folder.
"""

from __future__ import annotations

import datetime
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gates import git, trees
from gates.cache import Store, digest
from gates.engine import Request
from gates.model import Report, Verdict
from gates.policies import FILES
from gates.process import Spawner
from gates.scope import SUFFIXES
from gates.tools import mypy

_RACY = 2_500_000_000
"""Nanoseconds within which a second change need not show: file systems count time in steps of up to two seconds."""

_DECIDED = (Verdict.PASSED, Verdict.FAILED)
_Sign = tuple[int, ...]


class _Input(Struct, frozen=True, array_like=True):
    """A file or folder that a check may have looked at: what `lstat` said, and what it held, when that may not tell."""

    path: bytes
    sign: _Sign
    content: str = ""

    @property
    def changed(self) -> int:
        """When it was last changed, in nanoseconds; 0 when it is not there."""
        return max(self.sign[:2], default=0)


class _Memory(Struct, frozen=True, array_like=True):
    """A check: what was asked in which surroundings, all inputs, how it ended, and what it said in one format."""

    key: str
    inputs: tuple[_Input, ...]
    exit_code: int
    format: str
    text: str


class Noted:
    """What is known before a check, so that it can be recalled, or remembered when it is done."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._root = request.loaded.config.root
        self._cache = request.loaded.last_report.parent
        self._began = time.time_ns()
        self._names = _listed(self._root)
        self._key = self._asked()
        self._store = Store(self._cache / "facts.sqlite")

    def recalled(self, output: str) -> tuple[int, str] | None:
        """Return exit code and text of the last check like this one, in this format; None when anything differs."""
        try:
            memory = msgspec.msgpack.decode(self._store.get([self._name]).get(self._name, b""), type=_Memory)
        except msgspec.MsgspecError:
            return None
        if memory.key != self._key or memory.format != output or not self._names:
            return None
        return (memory.exit_code, memory.text) if all(map(_is_same, memory.inputs)) else None

    def remember(self, report: Report, output: str, text: str) -> None:
        """Keep what a check came to; one that could not decide, or during which something changed, is made again."""
        decided = all(each.verdict in _DECIDED for each in report.outcomes)
        if report.reason or not decided or not self._names:
            return
        inputs = self._inputs(typed=any(each.gate == "typing" for each in report.outcomes))
        if inputs and _listed(self._root) == self._names:
            memory = _Memory(self._key, inputs, report.exit_code, output, text)
            self._store.put({self._name: msgspec.msgpack.encode(memory)})

    def _inputs(self, *, typed: bool) -> tuple[_Input, ...]:
        """Return all that the check may have looked at; nothing when that is not known, or changed since it began."""
        sources = mypy.sources(self._cache, self._root) if typed else frozenset()
        if sources is None:
            return ()
        loaded = self._request.loaded
        written = {os.fsencode(each) for each in (loaded.last_report, loaded.full_report)}
        read = {os.fsencode(each) for each in self._own()} | sources
        around = {os.fsencode(each) for each in (*_product(), *_environments(self._root))}
        inputs = tuple(_noted(each, self._began) for each in sorted(read | _folders(read) | around | written))
        changed = any(each.changed > self._began and each.path not in written for each in inputs)
        return () if changed else inputs

    @property
    def _name(self) -> str:
        """The name under which checks like this one are kept: the last of them."""
        asked = self._request
        return f"check:{_digest([*(gate.name for gate in asked.gates), '--', *asked.paths, os.getcwd()])}"

    def _asked(self) -> str:
        """Return what is no file: the request, the policy, the names of all files, the surroundings and the day."""
        asked, config = self._request, self._request.loaded.config
        policy = (config.document.name, config.document.text, config.digest, config.requires_python)
        flags = (str(asked.locked), str(asked.ci), os.environ.get("VIRTUAL_ENV", ""))
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        parts = [*policy, *flags, sys.version, sys.executable, str(self._root), today]
        return _digest([*parts, *map(str, _product()), "--", *self._names])

    def _own(self) -> Iterator[Path]:
        """Yield what a check reads in the project: Python files, those beside them, configuration, baseline, flags."""
        read = [each for each in self._names if trees.is_read(each)]
        yield from (self._root / each for each in read)
        for folder in {(self._root / each).parent for each in read}:
            yield from (each for each in folder.iterdir() if each.name.endswith(SUFFIXES))
        yield from (self._root / each for each in (*FILES, self._request.loaded.config.baseline))
        yield from (self._root / ".gates" / "flags").glob("*.json")


def _listed(root: Path) -> tuple[str, ...]:
    """Return the files that git names, none without git: then nothing shows what a check may look at."""
    spawner = Spawner()
    try:
        return git.listed(spawner, root) or ()
    finally:
        spawner.stop()


def _product() -> list[Path]:
    """Return our own sources. Their folders do not count: Python puts what it compiles there."""
    folder = Path(__file__).parent
    return sorted((*folder.rglob("*.py"), *folder.rglob("*.toml")))


def _environments(root: Path) -> Iterator[Path]:
    """Yield what shows that a package was installed, changed or removed where types are looked up, or tools are."""
    for folder in (Path(os.environ.get("VIRTUAL_ENV") or sys.prefix), root / ".venv", root / "venv", Path(sys.prefix)):
        yield from (folder / "bin", *folder.glob("bin/*"))
        for packages in folder.glob("lib*/python*/site-packages"):
            yield packages
            yield from (each / "RECORD" for each in packages.glob("*.dist-info"))
            for links in packages.glob("*.pth"):
                yield links
                yield from (Path(each) for each in links.read_text("utf-8", "replace").split("\n") if each[:1] == "/")


def _folders(paths: Iterable[bytes]) -> set[bytes]:
    return {os.path.dirname(each) for each in paths}


def _digest(parts: Sequence[str]) -> str:
    return digest(*(each.encode("utf-8", "surrogateescape") for each in parts))


def _noted(path: bytes, began: int) -> _Input:
    sign = _signed(path)
    return _Input(path, sign, _content(path) if max(sign[:2], default=0) > began - _RACY else "")


def _is_same(known: _Input) -> bool:
    return _signed(known.path) == known.sign and (not known.content or _content(known.path) == known.content)


def _signed(path: bytes) -> _Sign:
    """Return what changes when a file does: modification and change in nanoseconds, size, number and mode."""
    try:
        found = os.lstat(path)
    except OSError:
        return ()
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_mode)


def _content(path: bytes) -> str:
    """Return a name for what a file holds, or for the names in a folder."""
    try:
        if os.path.isdir(path):
            return digest(*sorted(os.listdir(path)))
        with open(path, "rb") as stream:
            return digest(stream.read())
    except OSError as error:
        return str(error.errno)
