"""Asking git safely: no hooks, pagers, filters, optional locks or remotes, whatever the repository configures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from gates.model import Completed, GatesError
from gates.process import Spawner, ToolError
from gates.programs import outside
from gates.text import visible

_OVERRIDDEN = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.gitProxy=false",
    "core.askPass=false",
    "core.alternateRefsCommand=false",
    "credential.helper=",
    "diff.external=",
    "safe.bareRepository=explicit",
)
"""Every key of a repository's configuration that names a program. The last refuses what a checkout could bring along
as an ordinary folder: a bare repository with a configuration of its own."""

_SAFE = ("--no-pager", *(part for each in _OVERRIDDEN for part in ("-c", each)))

_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
}
"""A missing object is an error, never a download: git before 2.45 does not know GIT_NO_LAZY_FETCH, but lets
GIT_ALLOW_PROTOCOL outrank `protocol.*.allow` of the configuration. What is judged is what is committed and pushed,
not what `git replace` shows instead."""

_SECONDS = 60.0
_ID_LENGTHS = (40, 64)
"""Hexadecimal digits of a SHA-1 and a SHA-256."""


def toplevel(directory: Path) -> Path | None:
    """Return the root of the work tree that `directory` is in, or None outside of one; found without running git."""
    for folder in (directory, *directory.parents):
        if (folder / ".git").exists():
            return folder
    return None


def run(
    spawner: Spawner,
    root: Path,
    arguments: Sequence[str],
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    lasting: bool = False,
) -> Completed:
    """Run git in the root, without anything that the repository or the surroundings would make it do. A command is
    `lasting` when it may run on by itself: one that takes up files runs the filters of the repository.

    Raises:
        ToolError: git is missing, or did not come to an end by itself.
    """
    merged = _ENVIRONMENT | dict(env or {})
    git = outside("git", toplevel(root) or root)
    start = spawner.run if lasting else spawner.ask
    return start([git, *_SAFE, *arguments], cwd=root, timeout=_SECONDS, stdin=stdin, env=merged)


def answer(done: Completed, what: str) -> bytes:
    """Return what git printed.

    Raises:
        ToolError: git failed, or refused to answer.
    """
    if done.code == 0:
        return done.out
    raise refusal(done, what)


def refusal(done: Completed, what: str) -> ToolError:
    """Return the error that a failure of git means."""
    said = done.stderr
    if "dubious ownership" in said:
        command = _found(r"^\s*(git config .+)", said) or "git config --global --add safe.directory DIRECTORY"
        message = f"git could not {what}: this repository belongs to another user"
        return ToolError(message, f"If you trust it, run: {command}")
    if "promisor remote" in said:
        return missing("a partial clone lacks an object")
    reason = _found(r"^(?!warning:)\s*(\S.*)", said) or f"exit code {done.code}"
    return ToolError(f"git could not {what}: {reason}", "Run `git status` here and do what it asks.")


def is_id(text: str) -> bool:
    """Return whether this is the full id of an object, SHA-1 or SHA-256."""
    return len(text) in _ID_LENGTHS and not text.strip("0123456789abcdef")


def missing(message: str) -> ToolError:
    """Return the error about an object that this clone does not have."""
    return ToolError(
        f"git could not read objects: {message}",
        "Fetch the whole history: git fetch --refetch --no-filter origin (in CI: check out without a filter).",
    )


def repository(root: Path) -> None:
    """Refuse to go on outside of a work tree, without running git.

    Raises:
        GatesError: there is no work tree.
    """
    if toplevel(root) is None:
        raise GatesError(
            "there is no git work tree here", "Run this in a checkout of a repository, or check the files."
        )


def _found(pattern: str, said: str) -> str:
    match = re.search(pattern, said, re.MULTILINE)
    return visible(match[1].strip()) if match else ""
