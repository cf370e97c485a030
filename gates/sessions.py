"""What is remembered of an agent's session: the commit at which it began, and how often its turns were not let end."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from gates import checkouts, git
from gates.cache import digest, write_atomically
from gates.model import UNDECODABLE, BrokenError, GatesError
from gates.process import Spawner

_MAX_READ = 1 << 20
_KEPT_SECONDS = 30 * 24 * 3600.0


class Memory(Struct, frozen=True):
    """What is remembered. `blocks` counts since the session was green last, `last` names the findings and the tree of
    the latest block; `known` is false when nothing was remembered before."""

    base: str = ""
    blocks: int = 0
    last: str = ""
    known: bool = True


class Sessions:
    """The sessions of one project, in its cache. A session without a name is remembered only as long as HEAD stays."""

    def __init__(self, root: Path, cache: str) -> None:
        self._root = root
        place = checkouts.folders(root, cache)
        checkouts.ready(place, root)
        self._folder = place.own / "sessions"
        self._spawner = Spawner()

    def memory(self, session: str) -> Memory:
        """Return what is remembered of a session; one that is new begins now, at HEAD.

        Raises:
            GatesError: the cache cannot be written.
            BrokenError: git does not answer.
        """
        found = self._read(session)
        if found is not None and session and (not found.base or self._is_commit(found.base)):
            return found
        base = self._head()
        if found is not None and not session and found.base == base:
            return found
        memory = Memory(base, known=False)
        self._forget_old()
        self.remember(session, memory)
        return memory

    def remember(self, session: str, memory: Memory) -> None:
        """Keep what is to be known at the next event.

        Raises:
            BrokenError: the cache cannot be written.
        """
        try:
            self._folder.mkdir(exist_ok=True)
            content = msgspec.json.encode(msgspec.structs.replace(memory, known=True))
            write_atomically(self._path(session), content)
        except OSError as error:
            raise BrokenError(f"the session cannot be remembered: {error.strerror}") from error

    def tree(self, names: Iterable[str] | None = None) -> str:
        """Return a name for what the work tree holds: of larger files only their size and time count.

        Raises:
            BrokenError: git does not answer.
        """
        listed = git.listed(self._spawner, self._root) if names is None else tuple(names)
        return digest(*(part for name in listed or () for part in (os.fsencode(name), _content(self._root / name))))

    def listed(self) -> bool:
        """Return whether git knows the files of the project."""
        return git.toplevel(self._root) is not None

    def _path(self, session: str) -> Path:
        return self._folder / f"{digest(os.fsencode(self._root), session.encode('utf-8', 'surrogatepass'))}.json"

    def _read(self, session: str) -> Memory | None:
        try:
            return msgspec.json.decode(self._path(session).read_bytes(), type=Memory)
        except (OSError, *UNDECODABLE):
            return None

    def _head(self) -> str:
        return git.head(self._spawner, self._root) if self.listed() else ""

    def _is_commit(self, base: str) -> bool:
        try:
            return bool(git.merge_base(self._spawner, self._root, base))
        except BrokenError:
            raise
        except GatesError:
            return False

    def _forget_old(self) -> None:
        with contextlib.suppress(OSError):
            for path in self._folder.iterdir():
                if path.stat().st_mtime < time.time() - _KEPT_SECONDS:
                    path.unlink()


def _content(path: Path) -> bytes:
    try:
        found = path.lstat()
        if stat.S_ISREG(found.st_mode) and found.st_size <= _MAX_READ:
            return path.read_bytes()
        return f"{found.st_mode} {found.st_size} {found.st_mtime_ns}".encode()
    except OSError:
        return b"gone"
