"""Promptly, for those who wait: git answers while what judges is loaded, which takes longer."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from gates import git, roots
from gates.git import Listing, Pending
from gates.model import GatesError
from gates.process import Spawner
from gates.threads import Later

if TYPE_CHECKING:
    from gates import checkline, hookline


def judged(line: hookline.Line) -> int:
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


def checked(line: checkline.Line) -> int:
    """Check what is asked for, or recall the last check like it; tell what it came to, and return the exit code.

    Raises:
        GatesError: the configuration or the request cannot be followed.
        BrokenError: git does not answer.
    """
    began, spawner, root = time.time_ns(), Spawner(), roots.find_root(roots.here())
    listing = Later(lambda: None if line.staged else _listing(spawner, root))
    try:
        from gates import readers, remembering

        reader = readers.reader(os.environ, line.output_format)
        noted = remembering.Noted(line, root, began, listing.result) if line.is_of_work_tree else None
        if noted and (known := noted.recalled(reader)):
            from gates import telling

            telling.tell(known.text)
            return known.exit_code
        from gates import checking

        return checking.checked(line, listing.result, reader, noted)
    finally:
        spawner.stop()
        listing.wait()


def _listing(spawner: Spawner, root: Path) -> Listing | None:
    """Return what git names of the project; None outside of a work tree, and where git does not answer: whoever checks
    asks again, and can say what came of it."""
    with contextlib.suppress(GatesError):
        return git.listing(spawner, root)
    return None


def _pending(spawner: Spawner) -> Pending | None:
    """Return the next commit; None outside of a work tree."""
    root = roots.find_root(roots.here())
    return git.pending(spawner, root) if git.toplevel(root) else None
