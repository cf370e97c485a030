"""What git makes of single paths, and what it is told by its configuration."""

from __future__ import annotations

from pathlib import Path

from gates.git.ask import answer, run
from gates.process import Spawner

_NO = 1
"""The exit code with which git says no; a higher one means that it could not answer."""


def version(spawner: Spawner, folder: Path) -> str:
    """Return git's version, as `2.47.1`.

    Raises:
        ToolError: git is missing or does not answer.
    """
    said = answer(run(spawner, folder, ("--version",)), "tell its version").decode("utf-8", "replace")
    return said.removeprefix("git version ").partition("\n")[0]


def is_ignored(spawner: Spawner, root: Path, path: Path) -> bool:
    """Return whether git would leave a path out, as the rules for ignored files say.

    Raises:
        ToolError: git is missing or refuses to answer.
    """
    done = run(spawner, root, ("check-ignore", "-q", "--no-index", "--", str(path)))
    if done.code == _NO:
        return False
    answer(done, "say whether it ignores a path")
    return True


def tracked(spawner: Spawner, root: Path, path: Path) -> int:
    """Return how many files git tracks at or below a path.

    Raises:
        ToolError: git is missing or refuses to answer.
    """
    listed = answer(run(spawner, root, ("ls-files", "-z", "--cached", "--", str(path))), "list the files")
    return listed.count(b"\0")


def attribute(spawner: Spawner, root: Path, path: Path, name: str) -> str:
    """Return what `.gitattributes` say of a path: `unspecified` when nothing.

    Raises:
        ToolError: git is missing or refuses to answer.
    """
    said = answer(run(spawner, root, ("check-attr", "-z", name, "--", str(path))), "read attributes")
    return said.split(b"\0")[2].decode("utf-8", "surrogateescape")


def settings(spawner: Spawner, root: Path) -> tuple[tuple[str, str], ...]:
    """Return keys and values of the configuration that a repository has for itself, in its order.

    Raises:
        ToolError: git is missing or refuses to answer.
    """
    out = answer(run(spawner, root, ("config", "--local", "--null", "--list")), "read its configuration")
    pairs = (each.partition("\n") for each in out.decode("utf-8", "surrogateescape").split("\0") if each)
    return tuple((key, value) for key, _, value in pairs)


def unwatched(spawner: Spawner, root: Path) -> tuple[bytes, ...]:
    """Return the tracked files that git was told not to look at, with how: `skip-worktree` or `assume-unchanged`.

    Raises:
        ToolError: git is missing or refuses to answer.
    """
    records = answer(run(spawner, root, ("ls-files", "-z", "-v", "--cached")), "list the files").split(b"\0")
    return tuple(sorted(each for each in records if each[:1].islower() or each[:1] == b"S"))


def setting(spawner: Spawner, root: Path, key: str) -> str:
    """Return a value of git's configuration; nothing when it is not set.

    Raises:
        ToolError: git is missing or refuses to answer.
    """
    done = run(spawner, root, ("config", "--null", "--get", key))
    if done.code == _NO:
        return ""
    return answer(done, "read its configuration").removesuffix(b"\0").decode("utf-8", "surrogateescape")
