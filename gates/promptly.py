"""A hook, promptly: git answers while what judges is loaded, which takes longer."""

from __future__ import annotations

import os
from pathlib import Path

from gates import git, roots
from gates.git import Pending
from gates.hookline import Line
from gates.process import Spawner
from gates.threads import Later


def judged(line: Line) -> int:
    """Judge what a hook is about, tell what came of it, and return the exit code.

    Raises:
        GatesError: the configuration or the request cannot be followed.
        BrokenError: git does not answer.
    """
    spawner = Spawner()
    pending = Later(lambda: _pending(spawner))
    try:
        from gates import hooking

        return hooking.judged(line, os.environ, pending.result)
    finally:
        spawner.stop()
        pending.wait()


def _pending(spawner: Spawner) -> Pending | None:
    """Return the next commit; None outside of a work tree."""
    root = roots.find_root(Path(os.path.realpath(os.getcwd())))
    return git.pending(spawner, root) if git.toplevel(root) else None
