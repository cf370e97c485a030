"""Where a loop happens, and where what it leaves lies: outside of the repository, in the folder of the checkout."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from gates import archive, checkouts, git
from gates.asking import Loaded
from gates.cache import write_atomically
from gates.loop.memory import Memory
from gates.model import UNDECODABLE, BrokenError, GatesError, Report
from gates.process import Spawner
from gates.telling import keep

_DAYS = 30 * 24 * 3600.0


class Place(Struct, frozen=True):
    """A loop's project, the root of its repository, the folder of this loop, and the `home` of the project where people
    work: the same, unless the loop works in a work tree of its own."""

    root: Path
    top: Path
    folder: Path
    home: Path

    @property
    def prefix(self) -> str:
        """The way from the root of the repository to the project, with a slash at its end, or nothing."""
        return "" if self.root == self.top else f"{self.root.relative_to(self.top).as_posix()}/"

    @property
    def rules(self) -> Path:
        """Where the rules of the beginning lie."""
        return self.folder / "rules"

    @property
    def states(self) -> Path:
        """Where trees are kept."""
        return self.folder / "states"

    @property
    def journal(self) -> Path:
        """The events of the loop."""
        return self.folder / "journal.jsonl"

    def attempt(self, number: int) -> Path:
        """Return the folder of an attempt, which is made; 0 is the beginning.

        Raises:
            BrokenError: it cannot be made.
        """
        folder = self.folder / f"attempt-{number}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BrokenError(f"the transcript cannot be written: {error.strerror}") from error
        return folder

    def keep_report(self, number: int, report: Report, memory: Memory) -> None:
        """Keep what an attempt was judged by.

        Raises:
            GatesError: it cannot be written.
        """
        folder = self.attempt(number)
        keep(folder / "report.json", archive.kept(report))
        write_atomically(folder / "memory", msgspec.msgpack.encode(memory))

    def report(self, number: int) -> Report:
        """Return the report of an attempt.

        Raises:
            GatesError: it is not there.
        """
        path = self.attempt(number) / "report.json"
        return archive.chosen(str(path), path)

    def memory(self, number: int) -> Memory:
        """Return what was known after an attempt; nothing when it was not judged."""
        try:
            return msgspec.msgpack.decode((self.attempt(number) / "memory").read_bytes(), type=Memory)
        except (OSError, *UNDECODABLE):
            return Memory()


def runs(loaded: Loaded) -> Path:
    """Return the folder of all loops of a checkout, which is made.

    Raises:
        GatesError: the cache cannot be written.
    """
    place = loaded.folders
    if not checkouts.ready(place, loaded.config.root):
        raise GatesError("the cache cannot be written, and a loop keeps trees there", "Set GATES_CACHE.")
    folder = place.own / "loops"
    folder.mkdir(exist_ok=True)
    _forget(folder)
    return folder


def top(root: Path) -> Path:
    """Return the root of the repository of a project.

    Raises:
        GatesError: there is none.
    """
    found = git.toplevel(root)
    if found is None:
        raise GatesError("a loop needs a git work tree: git knows which files are the project's", "Run: git init")
    return found


def check(spawner: Spawner, folder: Path, top: Path, *, is_apart: bool) -> None:
    """Refuse what a loop cannot go on from: its own folder among the files that it puts back, or no commit to begin a
    work tree apart with.

    Raises:
        GatesError: one of these.
        BrokenError: git does not answer.
    """
    inside = Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(top))
    if inside and not git.is_ignored(spawner, top, folder):
        hint = "Add it to .gitignore, or set GATES_CACHE to a folder elsewhere."
        raise GatesError("the cache lies in the work tree, and git does not ignore it", hint)
    if is_apart and not git.head(spawner, top):
        raise GatesError("nothing is committed yet, and a work tree begins at a commit", "Make a first commit.")


def last(folder: Path) -> str:
    """Return the name of the last loop of a checkout; nothing when there is none."""
    return max((each.name for each in folder.iterdir() if (each / "journal.jsonl").is_file()), default="")


def unbegun(folder: Path) -> tuple[Path, ...]:
    """Return the folders of loops that were killed before they had begun: no agent was started there."""
    return tuple(sorted(each for each in folder.iterdir() if each.is_dir() and not (each / "journal.jsonl").exists()))


def _forget(folder: Path) -> None:
    """Remove what nobody has used for a month."""
    with contextlib.suppress(OSError):
        for each in folder.iterdir():
            if each.is_dir() and each.stat().st_mtime < time.time() - _DAYS:
                shutil.rmtree(each, ignore_errors=True)
