"""A repository that is made to be thrown away: the only one that we write."""

from __future__ import annotations

from pathlib import Path

from gates.git.ask import answer, run
from gates.process import Spawner

BRANCH = "refs/heads/planted"
"""Where its commits are."""

_NOBODY = {"NAME": "gates", "EMAIL": "gates@localhost", "DATE": "2000-01-01T00:00:00Z"}
_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{key}": value for who in ("AUTHOR", "COMMITTER") for key, value in _NOBODY.items()},
}


def planted(spawner: Spawner, folder: Path) -> None:
    """Make a folder a repository, with all that it holds in the index and nothing committed.

    Raises:
        ToolError: git is missing or refuses.
    """
    _do(spawner, folder, "init", "-q", "--template=")
    _do(spawner, folder, "symbolic-ref", "HEAD", BRANCH)
    _do(spawner, folder, "add", "-A", "-f")


def grown(spawner: Spawner, folder: Path) -> str:
    """Commit what is in the index of such a repository; return the commit.

    Raises:
        ToolError: git is missing or refuses.
    """
    _do(spawner, folder, "commit", "-q", "-m", "planted")
    return _do(spawner, folder, "rev-parse", "HEAD").decode("ascii").strip()


def _do(spawner: Spawner, folder: Path, *arguments: str) -> bytes:
    return answer(run(spawner, folder, arguments, env=_ENVIRONMENT), "make a repository to try hooks in")
