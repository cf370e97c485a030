"""What a loop has done, one JSON object on a line, written before the next thing begins: it can be taken up again."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from gates.loop.convergence import Progress, Seen, Thresholds
from gates.model import UNDECODABLE, BrokenError, GatesError


class Started(Struct, frozen=True, tag="started", kw_only=True):
    """A loop began: with which command, budgets and thresholds, from which tree, and whether in a work tree of its own.
    `marks` stands for git's hooks and configuration then, `head` is the commit that was checked out."""

    run: str
    command: tuple[str, ...]
    task: str = ""
    attempts: int = 4
    seconds: float = 0.0
    attempt_seconds: float = 0.0
    max_cost: float = 0.0
    start: str = ""
    marks: str = ""
    head: str = ""
    began: float = 0.0
    worktree: bool = False
    limits: Thresholds = Thresholds()


class Looked(Struct, frozen=True, tag="looked", kw_only=True):
    """The tree at the beginning was judged."""

    seen: Seen
    seconds: float = 0.0


class Began(Struct, frozen=True, tag="began", kw_only=True):
    """The agent was about to be started, in a tree that is kept."""

    attempt: int
    before: str
    fresh: bool = False
    flags: tuple[str, ...] = ()


class Ended(Struct, frozen=True, tag="ended", kw_only=True):
    """The agent ended; `how` says in words in which way, nothing when that was as it should be."""

    attempt: int
    how: str = ""
    seconds: float = 0.0
    said: int = 0
    cost: float | None = None


class Judged(Struct, frozen=True, tag="judged", kw_only=True):
    """An attempt was judged. `seen` is what it left, None when it could not be judged; `tree` what it left is kept as.

    `put_back` is why its tree is replaced by the one before it, `ending` why the loop ends with it.
    """

    attempt: int
    tree: str
    seen: Seen | None = None
    progress: Progress = Progress()
    put_back: str = ""
    ending: str = ""
    notes: tuple[str, ...] = ()
    interrupted: bool = False
    seconds: float = 0.0


class Settled(Struct, frozen=True, tag="settled", kw_only=True):
    """What was to be put back after an attempt is back."""

    attempt: int


class Finished(Struct, frozen=True, tag="finished", kw_only=True):
    """The loop is over: why, which tree the user has, and where the ticket is."""

    ending: str
    tree: str
    best: int = 0
    code: int = 1
    ticket: str = ""
    branch: str = ""


Event = Started | Looked | Began | Ended | Judged | Settled | Finished


class Journal:
    """The events of one loop, in a file that only grows. It is read once: what others do to the file while the loop is
    under way, as its agent may, changes nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._events: tuple[Event, ...] | None = None

    def write(self, event: Event) -> None:
        """Add an event; when this returns it is on the disk.

        Raises:
            BrokenError: it cannot be written.
        """
        known = self.events()
        line = msgspec.json.encode(event) + b"\n"
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
            try:
                if os.write(handle, line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise BrokenError(
                f"the loop cannot be written down: {error.strerror}", "Make room for the cache."
            ) from error
        self._events = (*known, event)

    def events(self) -> tuple[Event, ...]:
        """Return the events; one that was being written when the machine stopped is cut off.

        Raises:
            GatesError: what stands there was not written by this version.
        """
        if self._events is None:
            self._events = tuple(_decoded(self._lines()))
        return self._events

    def _lines(self) -> list[bytes]:
        try:
            content = self._path.read_bytes()
        except OSError:
            return []
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            os.truncate(self._path, len(whole))
        return whole.splitlines()


def _decoded(lines: list[bytes]) -> Iterator[Event]:
    for number, line in enumerate(lines, 1):
        try:
            yield msgspec.json.decode(line, type=Event)
        except UNDECODABLE as error:
            raise GatesError(
                f"line {number} of the loop's journal cannot be read", "Start anew, without --resume."
            ) from error
