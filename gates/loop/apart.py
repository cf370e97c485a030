"""A loop in a work tree of its own, so that the person's is not touched: what comes of it is offered as a branch."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from gates import environments, git
from gates.asking import Loaded
from gates.facts.source import is_behind_link
from gates.loop.keeping import Keeper
from gates.loop.place import Place
from gates.process import Spawner

_FLAGS = ".gates/flags"
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
    for each in (here.root / _FLAGS).glob("*.json"):
        if each.is_file() and not each.is_symlink() and not is_behind_link(here.root, f"{_FLAGS}/{each.name}"):
            (here.home / _FLAGS).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(each, here.home / _FLAGS / each.name)
    git.removed(spawner, here.home, here.top)
    if not wanted:
        git.unbranched(spawner, here.home, branch(run))


def activate(loaded: Loaded) -> None:
    """Let the environment of the project be the active one: a work tree apart has none of its own."""
    python = environments.of(loaded.config).python
    if python != sys.executable:
        os.environ["VIRTUAL_ENV"] = str(Path(python).parent.parent)
