"""Work trees beside the one that is there, for a person who asked for one: only here a repository is written."""

from __future__ import annotations

import shutil
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


def returned(spawner: Spawner, folder: Path, branch: str, start: str) -> None:
    """Let a work tree be on a branch again, whatever somebody has checked out there since; its files stay as they are.
    The branch begins at the commit `start` when it is gone.

    Raises:
        ToolError: git is missing or refuses.
    """
    if not _is_branch(spawner, folder, branch):
        _do(spawner, folder, "make a branch", "branch", "--quiet", "--no-track", "--", branch, start)
    _do(spawner, folder, "go back to a branch", "symbolic-ref", "HEAD", f"refs/heads/{branch}")


def removed(spawner: Spawner, root: Path, folder: Path) -> None:
    """Remove a work tree that was made so, or what somebody has left of it; its branch stays.

    Raises:
        ToolError: git is missing.
    """
    asked = ("worktree", "remove", "--force", "--force", str(folder))
    if run(spawner, root, asked, env=_WRITES).code:
        shutil.rmtree(folder, ignore_errors=True)
        run(spawner, root, asked, env=_WRITES)  # of one that is gone git only has to forget the name


def unbranched(spawner: Spawner, root: Path, branch: str) -> None:
    """Remove a branch that nobody wants, unless somebody has done so.

    Raises:
        ToolError: git is missing or refuses.
    """
    if _is_branch(spawner, root, branch):
        _do(spawner, root, "remove a branch", "branch", "--quiet", "-D", "--", branch)


def _is_branch(spawner: Spawner, root: Path, branch: str) -> bool:
    return run(spawner, root, ("show-ref", "--verify", "--quiet", f"refs/heads/{branch}")).code == 0


def _do(spawner: Spawner, folder: Path, what: str, *arguments: str) -> None:
    answer(run(spawner, folder, arguments, env=_WRITES, lasting=True), what)
