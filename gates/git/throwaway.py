"""A repository that is made to be thrown away: the only one that we write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from gates.git.ask import answer, run
from gates.git.files import Entry
from gates.process import Spawner, ToolError
from gates.text import visible

BRANCH = "refs/heads/planted"
"""Where its commits are."""

_NOBODY = {"NAME": "gates", "EMAIL": "gates@localhost", "DATE": "2000-01-01T00:00:00Z"}
_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{key}": value for who in ("AUTHOR", "COMMITTER") for key, value in _NOBODY.items()},
}

_FULL = "No space left|Out of diskspace|Disk quota exceeded"


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


def vessel(spawner: Spawner, folder: Path) -> None:
    """Make an empty folder a repository that has no files of its own, only states that are put into it.

    Raises:
        ToolError: git is missing or refuses.
    """
    _do(spawner, folder, "init", "-q", "--template=")


def poured(spawner: Spawner, folder: Path, contents: Mapping[str, bytes]) -> None:
    """Put contents of files into such a repository. Git names them by what they hold, whatever the keys are.

    Raises:
        ToolError: git is missing or refuses.
    """
    stream = b"".join(b"blob\ndata %d\n%b\n" % (len(each), each) for each in contents.values())
    _import(spawner, folder, stream)


def sealed(spawner: Spawner, folder: Path, entries: Iterable[Entry], name: str, parent: str = "") -> str:
    """Make a state of contents that are there, and return its commit; the same state and parent give the same commit.
    `name` keeps it from being taken for garbage.

    Raises:
        ToolError: git is missing or refuses.
    """
    who = f"committer {_NOBODY['NAME']} <{_NOBODY['EMAIL']}> 946684800 +0000"
    head = [
        f"commit refs/states/{name}",
        "mark :1",
        who,
        "data 0",
        *([f"from {parent}"] if parent else []),
        "deleteall",
    ]
    lines = [each.encode("ascii") for each in head]
    lines += [b"M %b %b %b" % (each.mode.encode(), each.oid.encode(), _quoted(each.path)) for each in entries]
    return _import(spawner, folder, b"\n".join([*lines, b"", b"get-mark :1", b""])).decode("ascii").strip()


def _import(spawner: Spawner, folder: Path, stream: bytes) -> bytes:
    """Let git read a stream whole, or nothing of it."""
    asked = ("-c", "core.compression=1", "fast-import", "--quiet", "--force", "--done")
    done = run(spawner, folder, asked, stdin=stream + b"done\n", env=_ENVIRONMENT)
    if done.code and re.search(_FULL, done.stderr):
        raise ToolError(f"a state cannot be kept: the disk of {visible(str(folder))} is full", "Make room there.")
    return answer(done, "keep a state")


def _quoted(path: str) -> bytes:
    raw = path.encode("utf-8", "surrogateescape")
    return b'"%b"' % re.sub(rb'[\x00-\x1f"\\]', lambda found: b"\\%03o" % found[0][0], raw)


def _do(spawner: Spawner, folder: Path, *arguments: str) -> bytes:
    return answer(run(spawner, folder, arguments, env=_ENVIRONMENT), "make a repository to try hooks in")
