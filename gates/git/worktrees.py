"""Work trees beside the one that is there, for a person who asked for one: only here a repository is written."""

from __future__ import annotations

from pathlib import Path

from gates.git.ask import answer, run
from gates.git.standing import setting
from gates.process import Spawner

_WRITES = {"GIT_OPTIONAL_LOCKS": "1"}
_RECORDS = ":(exclude,glob)**/.gates/**"


def branched_off(spawner: Spawner, root: Path, folder: Path, branch: str) -> None:
    """Make a work tree in a new folder, on a new branch that begins at HEAD. Its files are for the caller to write: no
    filter and no hook of the repository is run.

    Raises:
        ToolError: git is missing or refuses: nothing is committed yet, or there is such a branch.
    """
    _do(spawner, root, "make a work tree", "worktree", "add", "--quiet", "--no-checkout", "-b", branch, str(folder))
    _do(spawner, folder, "fill the index", "read-tree", "HEAD")


def recorded(spawner: Spawner, folder: Path, message: str) -> bool:
    """Commit all that a work tree holds, but not what lies below `.gates`, and return whether there was anything. Who
    has told git no name of theirs commits as `gates`.

    Raises:
        ToolError: git is missing or refuses.
    """
    _do(spawner, folder, "take up the files", "add", "--all", "--", ".", _RECORDS)
    if run(spawner, folder, ("diff", "--cached", "--quiet", "--no-ext-diff"), env=_WRITES).code == 0:
        return False
    named = bool(setting(spawner, folder, "user.email"))
    who = () if named else ("-c", "user.name=gates", "-c", "user.email=gates@localhost")
    _do(spawner, folder, "commit", *who, "-c", "commit.gpgSign=false", "commit", "--quiet", "-m", message)
    return True


def removed(spawner: Spawner, root: Path, folder: Path) -> None:
    """Remove a work tree that was made so; its branch stays.

    Raises:
        ToolError: git is missing or refuses.
    """
    _do(spawner, root, "remove a work tree", "worktree", "remove", "--force", "--force", str(folder))


def unbranched(spawner: Spawner, root: Path, branch: str) -> None:
    """Remove a branch that nobody wants.

    Raises:
        ToolError: git is missing or refuses.
    """
    _do(spawner, root, "remove a branch", "branch", "--quiet", "-D", "--", branch)


def _do(spawner: Spawner, folder: Path, what: str, *arguments: str) -> None:
    answer(run(spawner, folder, arguments, env=_WRITES), what)
