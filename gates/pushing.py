"""What a push brings: the lines that git tells its pre-push hook, as commits and where each of them begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from gates import git
from gates.model import GatesError
from gates.process import Spawner

_FIELDS = 4


class Pushed(Struct, frozen=True):
    """A commit that is pushed, and the one that it is compared with: "" when the remote has nothing of it."""

    commit: str
    since: str


def pushed(spawner: Spawner, root: Path, lines: Sequence[str], remote: str) -> tuple[Pushed, ...]:
    """Return what the remote is going to get, each commit once; what it has already, and what is deleted, is left out.

    Raises:
        GatesError: the lines are not those of a pre-push hook, or there is no repository.
        ToolError: git does not answer.
    """
    found = {each.commit: each for line in lines for each in _of_line(spawner, root, line, remote)}
    return tuple(found.values())


def _of_line(spawner: Spawner, root: Path, line: str, remote: str) -> Iterator[Pushed]:
    fields = line.split(" ")
    if len(fields) != _FIELDS:
        raise GatesError("this is not what git tells its pre-push hook", "Let git run it: gates install git")
    _, here, _, there = fields
    if not here.strip("0"):
        return
    commit = git.commit(spawner, root, here)
    since = _parted(spawner, root, commit, there)
    if since is None:
        since = git.published(spawner, root, commit, remote)
    if since is not None and since != commit:
        yield Pushed(commit, since)


def _parted(spawner: Spawner, root: Path, commit: str, there: str) -> str | None:
    """Return where a commit left what the remote has under that name, when both are known here and have met."""
    if not there.strip("0"):
        return None
    try:
        return git.merge_base(spawner, root, there, commit)
    except GatesError:
        return None
