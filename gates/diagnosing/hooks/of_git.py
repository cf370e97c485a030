"""The hooks that git runs: ours, or those of a manager that is to run us."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gates import __version__, git, installing, readers
from gates.diagnosing import Diagnosis, Place, ok, problem, warning
from gates.diagnosing.hooks import firing, managers
from gates.git import Hooks
from gates.installing.git import managed, ours
from gates.process import ToolError
from gates.text import visible

_NAMES = ("pre-commit", "pre-push")
_INSTALL = "gates install git"
_KEPT = ".before-gates"


def examine(place: Place, top: Path) -> Sequence[Diagnosis]:
    """Return what is so of the hooks of a work tree.

    Raises:
        ToolError: git does not answer.
    """
    where = git.hooks(place.spawner, top)
    there = {each.path.name: each.path for each in installing.target("git").hooks(place.here)}
    if there:
        return list(_ours(place, where, there))
    if elsewhere := _bypassed(place, where):
        return [elsewhere]
    if readers.is_ci(place.environ):
        return [ok("no hooks of git, and CI needs none")]
    if found := managed(top, where.folder):
        return managers.examine(place, top, where.folder, *found)
    return [_missing(where)]


def _missing(where: Hooks) -> Diagnosis:
    if where.own:
        return warning("no commit and no push is judged before it happens", run=_INSTALL)
    said = f"`core.hooksPath` is {visible(where.configured)}, outside of this repository, and runs no hook of ours"
    return warning(said, run=f"git config core.hooksPath {shlex.quote(str(where.usual))} && {_INSTALL}")


def _bypassed(place: Place, where: Hooks) -> Diagnosis | None:
    """Tell of hooks of ours that lie where git looked before somebody set `core.hooksPath`."""
    if where.folder == where.usual or not ours(where.usual):
        return None
    said = (
        f"`core.hooksPath` is {visible(where.configured)}, so git runs none of the hooks in {place.shown(where.usual)}"
    )
    if where.scope in ("local", "worktree"):
        return problem(said, run=f"git config --{where.scope} --unset-all core.hooksPath")
    return problem(said, run=f"git config core.hooksPath {shlex.quote(str(where.usual))}")


def _ours(place: Place, where: Hooks, there: Mapping[str, Path]) -> Iterator[Diagnosis]:
    for name in _NAMES:
        if name not in there:
            yield problem(f"git has no hook `{name}` of ours in {place.shown(where.folder)}", run=_INSTALL)
            continue
        yield _one(place, there[name])
        kept = there[name].with_name(name + _KEPT)
        if kept.is_file() and not os.access(kept, os.X_OK):
            yield warning(
                f"{place.shown(kept)} was there first and is not run: it is not executable",
                run=f"chmod +x {place.word(kept)}",
            )


def _one(place: Place, path: Path) -> Diagnosis:
    shown = place.shown(path)
    if not os.access(path, os.X_OK):
        return problem(f"{shown} is not executable, so git passes it over", run=f"chmod +x {place.word(path)}")
    try:
        did = firing.refuses(place, path)
    except ToolError as error:
        did = f"judges nothing: {error.message}"
    if not did:
        return ok(f"{shown} refuses a planted error")
    return problem(f"{shown} {did}", run=_again(place, path))


def _again(place: Place, path: Path) -> str:
    """Return what makes a hook right: writing it anew where it is not what we write, else installing ourselves anew."""
    steps = installing.target("git").install(place.here)
    if any(step.path == path for step in steps):
        return _INSTALL
    return f"{shlex.quote(sys.executable)} -m pip install --force-reinstall --no-deps quality-gates=={__version__}"
