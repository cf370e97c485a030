"""A check of the work tree whose every input is as it was is not made again: its report still stands.

An input is known by what `lstat` says of it, as in git's index; what changed so shortly before it was noted that a
later change might not show is known by its content. Folders count, too: a new file beside others changes its folder.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import stat
import sys
import time
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from gates import git, inputs, knowledge
from gates.cache import RACY, digest, own_sources, unpacked
from gates.engine import Examined, Request
from gates.model import GatesError, Verdict
from gates.threads import Later

_SECOND = 1_000_000_000
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
        return _changed(self.sign)

    def is_changed(self, began: int) -> bool:
        """Whether it may have changed since. A whole second is what a file system tells that counts no finer."""
        return self.changed > began - (0 if self.changed % _SECOND else RACY)


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
        self._began = time.time_ns()
        self._store = request.loaded.folders.store
        listing = Later(lambda: inputs.listed(self._root))  # git takes its time, in which the inputs are looked at
        try:
            self._last = self._unchanged()
        finally:
            listing.wait()
        self.listing = listing.result()
        self._names = self.listing.names if self.listing else ()
        self._key = self._asked()

    def recalled(self, output: str) -> tuple[int, str] | None:
        """Return exit code and text of the last check like this one, in this format; None when anything differs."""
        last = self._last
        if last is None or last.key != self._key or last.format != output or not self._names:
            return None
        return last.exit_code, last.text

    def _unchanged(self) -> _Memory | None:
        """Return the last check with such a request, when all of its inputs are as they were."""
        memory = unpacked(self._store.get([self._name]).get(self._name), _Memory)
        return memory if memory is not None and all(map(_is_same, memory.inputs)) else None

    def remember(self, found: Examined, output: str, text: str, kept: str) -> None:
        """Keep what a check came to, whose last report is `kept`; one that could not decide, during which something
        changed, about which people know something, or of which it is not known what it looked at, is made again."""
        report = found.report
        if knowledge.concerns(self._root, report.open()):  # whether a commit holds it is none of the inputs
            return
        if report.reason or any(each.verdict not in _DECIDED for each in report.outcomes):
            return
        with contextlib.suppress(GatesError):
            noted = self._noted(found) if self._names else ()
            if noted and inputs.listed(self._root) == self.listing and self._is_last(kept):
                memory = _Memory(self._key, noted, report.exit_code, output, text)
                self._store.put({self._name: msgspec.msgpack.encode(memory)})

    def _noted(self, found: Examined) -> tuple[_Input, ...]:
        """Return all that the check may have looked at; nothing when that is not known, or changed since it began. Our
        own folders do not count: Python puts what it compiles there. The reports are large, and put in place whole:
        another one is another file, whatever its time."""
        loaded = self._request.loaded
        gates = frozenset(each.gate for each in found.report.outcomes)
        looked = inputs.looked_at(loaded.config, gates, self._names, found.imported(), loaded.folders.own)
        if looked is None:
            return ()
        written = {os.fsencode(each) for each in (loaded.last_report, loaded.full_report)}
        read = sorted(looked.union(map(os.fsencode, own_sources())) - written)
        noted = tuple(_noted(each, self._began) for each in read)
        if any(each.is_changed(self._began) for each in noted):
            return ()
        return (*noted, *(_Input(each, _signed(each)) for each in sorted(written)))

    def _is_last(self, kept: str) -> bool:
        """Whether no other check has left its report in the place of ours."""
        with contextlib.suppress(OSError):
            return self._request.loaded.last_report.read_bytes() == kept.encode("utf-8", "backslashreplace")
        return False

    @property
    def _name(self) -> str:
        """The name under which checks like this one are kept: the last of them."""
        asked = self._request
        return f"check:{_digest([*(gate.name for gate in asked.gates), '--', *asked.paths, os.getcwd()])}"

    def _asked(self) -> str:
        """Return what is no file: the request, the policy, the names of all files, the surroundings and the day."""
        asked, config = self._request, self._request.loaded.config
        policy = (config.document.name, config.document.text, config.digest, config.requires_python)
        flags = (str(asked.locked), str(asked.ci), *(os.environ.get(each, "") for each in ("VIRTUAL_ENV", "HOME")))
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        parts = [*policy, *flags, sys.version, sys.executable, *sys.path, "--", str(self._root), today]
        parts.append(str(git.toplevel(self._root)))
        return _digest([*parts, *own_sources(), "--", *self._names])


def _digest(parts: Sequence[str]) -> str:
    return digest(*(each.encode("utf-8", "surrogateescape") for each in parts))


def _noted(path: bytes, began: int) -> _Input:
    sign = _signed(path)
    return _Input(path, sign, _content(path) if _changed(sign) > began - RACY else "")


def _is_same(known: _Input) -> bool:
    return _signed(known.path) == known.sign and (not known.content or _content(known.path) == known.content)


def _signed(path: bytes) -> _Sign:
    """Return what changes when a file does: modification and change in nanoseconds, size, number and mode; of a link
    also what it leads to."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return ()
    if not stat.S_ISLNK(found.st_mode):
        return _signs(found)
    try:
        return (*_signs(found), *_signs(os.stat(path)))
    except OSError:
        return _signs(found)


def _signs(found: os.stat_result) -> _Sign:
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_mode)


def _changed(sign: _Sign) -> int:
    """Return when a file, or what it leads to, was last changed; 0 when it is not there."""
    return max((*sign[:2], *sign[5:7]), default=0)


def _content(path: bytes) -> str:
    """Return a name for what a file holds, or for the names in a folder; none for a device, which has no end."""
    try:
        if os.path.isdir(path):
            return digest(*sorted(os.listdir(path)))
        if not os.path.isfile(path):
            return ""
        with open(path, "rb") as stream:
            return digest(stream.read())
    except OSError as error:
        return str(error.errno)
