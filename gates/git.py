"""The only module that knows git. Read-only, without hooks, pagers, filters or optional locks."""

from __future__ import annotations

from pathlib import Path

from gates.process import Spawner, ToolError
from gates.text import path_text

_SAFE = ("--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false")
_SECONDS = 60.0


def toplevel(directory: Path) -> Path | None:
    """Return the root of the work tree that `directory` is in, or None outside of one; found without running git."""
    for folder in (directory, *directory.parents):
        if (folder / ".git").exists():
            return folder
    return None


def listed(spawner: Spawner, root: Path) -> tuple[str, ...] | None:
    """Return the tracked and the untracked-but-not-ignored files below `root`; None outside of a work tree.

    Raises:
        ToolError: git is missing or refuses to answer (a damaged or a foreign repository).
    """
    if toplevel(root) is None:
        return None
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".")
    done = spawner.run(["git", *_SAFE, *listing], cwd=root, timeout=_SECONDS)
    if done.code != 0:
        raise ToolError(
            f"git could not list the files: {done.stderr.strip().partition(chr(10))[0] or done.code}",
            "Run `git status` here and do what it asks.",
        )
    names = done.out.split(b"\0")
    return tuple(sorted({path_text(name) for name in names if name}))
