"""A check of the work tree whose every input is as it was is not made again: its report still stands.

An input is known by what `lstat` says of it, as in git's index; what changed so shortly before it was noted that a
later change might not show is known by its content. Folders count, too: a new file beside others changes its folder.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import os
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import Struct

from gates import checkouts, git, readers, roots
from gates.cache import RACY, digest, own_sources, unpacked
from gates.checkline import Line
from gates.git import Listing
from gates.model import GatesError, Verdict
from gates.readers import Reader

if TYPE_CHECKING:
    from gates.asking import Loaded, Request
    from gates.engine import Examined

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
    """A check: what was asked in which surroundings, all inputs, how it ended, and what it said to one reader."""

    key: str
    inputs: tuple[_Input, ...]
    exit_code: int
    reader: Reader
    text: str


class Told(NamedTuple):
    """What a check came to: exit code, text on standard output, and the report as it is kept."""

    exit_code: int
    text: str
    kept: str = ""


class Noted:
    """What is known before a check, so that it can be recalled, or remembered when it is done. It `began` at a time in
    nanoseconds; git takes its time for the `listing` of the work tree, in which the inputs are looked at, and for which
    nobody waits when one of them has changed."""

    def __init__(self, line: Line, root: Path, began: int, listing: Callable[[], Listing | None]) -> None:
        self._line = line
        self._root = root
        self._began = began
        self._listing = listing
        self._store = checkouts.around(root, os.environ).store
        self._last = self._unchanged()
        self._before = self._asked()

    @functools.cached_property
    def _names(self) -> tuple[str, ...]:
        found = self._listing()
        return found.names if found else ()

    @property
    def _key(self) -> str:
        return _digest([*self._before, "--", *self._names])

    def recalled(self, reader: Reader) -> Told | None:
        """Return what the last check like this one came to, for such a reader; None when anything differs."""
        last = self._last
        if last is None or last.key != self._key or last.reader != reader or not self._names:
            return None
        return Told(last.exit_code, last.text)

    def _unchanged(self) -> _Memory | None:
        """Return the last check with such a request, when all of its inputs are as they were."""
        memory = unpacked(self._store.get([self._name]).get(self._name), _Memory)
        return memory if memory is not None and all(map(_is_same, memory.inputs)) else None

    def remember(self, found: Examined, request: Request, reader: Reader, told: Told) -> None:
        """Keep what a check came to; one that could not decide, during which something changed, about which people know
        something, or of which it is not known what it looked at, is made again."""
        from gates import knowledge  # who recalls a check needs none of it

        report = found.report
        if knowledge.concerns(self._root, report.open()):  # whether a commit holds it is none of the inputs
            return
        if report.reason or any(each.verdict not in _DECIDED for each in report.outcomes):
            return
        with contextlib.suppress(GatesError):
            noted = self._noted(found, request.loaded) if self._names else ()
            if noted and _is_kept(told.kept, request.loaded.last_report):
                memory = _Memory(self._key, noted, told.exit_code, reader, told.text)
                self._store.put({self._name: msgspec.msgpack.encode(memory)})

    def _noted(self, found: Examined, loaded: Loaded) -> tuple[_Input, ...]:
        """Return all that the check may have looked at; nothing when that is not known, or changed since it began. Our
        own folders do not count: Python puts what it compiles there. The reports are large, and put in place whole:
        another one is another file, whatever its time."""
        from gates import inputs

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

    @property
    def _name(self) -> str:
        """The name under which checks like this one are kept: the last of them."""
        return f"check:{_digest([*self._line.names, '--', *self._line.paths, os.getcwd()])}"

    def _asked(self) -> list[str]:
        """Return what was asked, by which policy, in which surroundings, on which day."""
        asked = (repr(self._line._replace(output_format="")), str(readers.is_ci(os.environ)), str(self._root))
        policy = [_content(os.fsencode(self._root / each)) for each in roots.FILES]
        flags = [os.environ.get(each, "") for each in ("VIRTUAL_ENV", "HOME", "GATES_CACHE")]
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        around = (sys.version, sys.executable, *sys.path, "--", today, str(git.toplevel(self._root)))
        return [*asked, *policy, *flags, *around, *own_sources()]


def _is_kept(kept: str, place: Path) -> bool:
    """Whether no other check has left its report in the place of this one."""
    with contextlib.suppress(OSError):
        return place.read_bytes() == kept.encode("utf-8", "backslashreplace")
    return False


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
