"""A loop in a work tree of its own, so that the person's is not touched: what comes of it is offered as a branch."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from gates import environments, git
from gates.engine import Loaded
from gates.loop.keeping import Keeper
from gates.loop.place import Place
from gates.process import Spawner

_START = "What was not committed when the loop began"


def branch(run: str) -> str:
    """Return the name of the branch of a loop."""
    return f"gates/loop-{run}"


def made(spawner: Spawner, top: Path, folder: Path, states: Path, run: str) -> None:
    """Make a work tree that holds what the person's holds now, what is not committed included.

    Raises:
        BrokenError: git refuses, or it cannot be written.
    """
    keeper = Keeper(spawner, top, states)
    keeper.prepare()
    tree = keeper.keep("start")
    folder.parent.mkdir()
    git.branched_off(spawner, top, folder, branch(run))
    Keeper(spawner, folder, states).put_back(tree)
    git.recorded(spawner, folder, _START)


def cleared(spawner: Spawner, here: Place, run: str, *, wanted: bool) -> None:
    """Remove the work tree, and its branch when nobody wants what that holds. Flags are for people: they come along.

    Raises:
        BrokenError: git refuses, or a flag cannot be written.
    """
    flags = here.root / ".gates" / "flags"
    if flags.is_dir():
        shutil.copytree(flags, here.home / ".gates" / "flags", dirs_exist_ok=True)
    git.removed(spawner, here.home, here.top)
    if not wanted:
        git.unbranched(spawner, here.home, branch(run))


def activate(loaded: Loaded) -> None:
    """Let the environment of the project be the active one: a work tree apart has none of its own."""
    python = environments.of(loaded.config).python
    if python != sys.executable:
        os.environ["VIRTUAL_ENV"] = str(Path(python).parent.parent)
