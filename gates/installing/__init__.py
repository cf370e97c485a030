"""What is put into other programs so that they run us: one module for each, with `install` and `uninstall`.

Both return steps and change nothing; the steps are shown, then done, and what was there is never lost.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from gates.cache import write_atomically
from gates.model import GatesError
from gates.text import visible


class Step(Struct, frozen=True, kw_only=True):
    """A file that is written, moved or removed, and why."""

    does: Literal["write", "move", "remove"]
    path: Path
    why: str
    content: bytes = b""
    to: Path = Path()

    def told(self, root: Path) -> str:
        """Return the step as a line for a person; paths are shown below `root`."""
        there = f" to {_shown(self.to, root)}" if self.does == "move" else ""
        return f"{self.does} {_shown(self.path, root)}{there}: {self.why}"


class Target(Struct, frozen=True):
    """A program that can run us."""

    install: Callable[[Path], Sequence[Step]]
    uninstall: Callable[[Path], Sequence[Step]]


def targets() -> tuple[str, ...]:
    """Return the names of the programs that there is a module for."""
    return tuple(sorted(each.name for each in pkgutil.iter_modules([str(Path(__file__).parent)])))


def target(name: str) -> Target:
    """Return what a module can do."""
    module = importlib.import_module(f"gates.installing.{name}")
    return Target(module.install, module.uninstall)


def here() -> Path:
    """Return the current directory.

    Raises:
        GatesError: it no longer exists.
    """
    try:
        return Path(os.path.realpath(os.getcwd()))
    except FileNotFoundError as error:
        raise GatesError("the current directory no longer exists", "Change to one that does.") from error


def do(steps: Sequence[Step]) -> None:
    """Do the steps, one after the other; each leaves something that the next run goes on from.

    Raises:
        GatesError: a file cannot be written.
    """
    for step in steps:
        try:
            _do(step)
        except OSError as error:
            raise GatesError(
                f"`{visible(str(step.path))}` cannot be changed: {error.strerror}", "Make its folder writable."
            ) from error


def _do(step: Step) -> None:
    if step.does == "remove":
        step.path.unlink()
    elif step.does == "move":
        os.rename(step.path, step.to)
    else:
        step.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(step.path, step.content)
        step.path.chmod(0o755)


def _shown(path: Path, root: Path) -> str:
    return visible(os.path.relpath(path, root) if path.is_relative_to(root) else str(path))
