"""Whose installed packages types are looked up in: an interpreter that mypy starts to ask where they are."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from gates import git
from gates.config import Config
from gates.model import GatesError

_OF_PROJECT = (".venv", "venv")


class Environment(Struct, frozen=True):
    """The interpreter that is asked for its packages, and the one that was not, as the project is not trusted."""

    python: str
    left_alone: str = ""


def found(home: Path, chosen: str, *, untrusted: bool = False) -> Environment:
    """Return the interpreter whose packages mypy sees: chosen, of the active environment, the project's, or ours. That
    ours is active does not hide the project's.

    What a policy chooses and what lies in the checkout is a program that its author picked: in an `untrusted` run only
    an active environment elsewhere is asked, or ours.

    Raises:
        GatesError: the one that is chosen cannot be run, and would be.
    """
    if not untrusted:
        return Environment(_chosen(home, chosen) if chosen else next(_there(home), sys.executable))
    top = git.toplevel(home) or home
    elsewhere = (each for each in _active() if not _is_in(top, each) and not _is_in(home, each))
    python = next(elsewhere, sys.executable)
    wanted = chosen or next(_there(home), "")
    return Environment(python, "" if wanted in ("", python) else os.path.relpath(home / wanted, home))


def of(config: Config) -> Environment:
    """Return the same for the policy of a project.

    Raises:
        GatesError: the interpreter that is chosen cannot be run, and would be.
    """
    return found(config.root, getattr(config.gates["typing"].policy.base, "python", ""), untrusted=config.untrusted)


def said(config: Config) -> str:
    """Return what an untrusted run does not start, and thereby not know; nothing when the project is trusted."""
    if not config.untrusted:
        return ""
    left_alone = of(config).left_alone if config.gates["typing"].enabled else ""
    unknown = f"; types know no package of `{left_alone}`" if left_alone else ""
    return f"nothing that the project names or holds was started{unknown}"


def _chosen(home: Path, chosen: str) -> str:
    path = home / chosen
    if not os.access(path, os.X_OK):
        raise GatesError(
            f"`typing.python` names `{chosen}`, which is no interpreter", "Create it, or correct the path."
        )
    return str(path)


def _there(home: Path) -> Iterator[str]:
    """Yield interpreters of the active environment, or else of the project's."""
    if _is_active():
        yield from _active()
        return
    yield from _runnable(home / name for name in _OF_PROJECT)


def _is_active() -> bool:
    """Whether an environment is active that is not ours: ours is active so that we are found."""
    active = os.environ.get("VIRTUAL_ENV", "")
    return bool(active) and os.path.realpath(active) != os.path.realpath(sys.prefix)


def _active() -> Iterator[str]:
    if _is_active():
        yield from _runnable([Path(os.environ["VIRTUAL_ENV"])])


def _runnable(folders: Iterator[Path] | list[Path]) -> Iterator[str]:
    for folder in folders:
        if os.access(folder / "bin" / "python", os.X_OK):
            yield str(folder / "bin" / "python")


def _is_in(top: Path, python: str) -> bool:
    """Whether an interpreter, the environment around it or what it leads to lies below a folder."""
    named = Path(os.path.realpath(Path(python).parent.parent))
    return any(each.is_relative_to(os.path.realpath(top)) for each in (named, Path(os.path.realpath(python))))
