"""What is put into other programs so that they run us. Each has a module with four functions.

`install` and `uninstall` return steps and change nothing; the steps are shown, then done, and what was there is never
lost. `hooks` tells what is installed, and `advice` what a person has to know. Modules whose names begin with `_` are
shared, and stand for no program.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from gates.cache import write_atomically
from gates.model import GatesError
from gates.text import visible


class Step(Struct, frozen=True, kw_only=True):
    """A file that is written, moved or removed, and why; with `diff`, what that changes in it.

    With it go those folders above it and `below` another one that are empty then.
    """

    does: Literal["write", "move", "remove"]
    path: Path
    why: str
    content: bytes = b""
    mode: int = 0o644
    to: Path = Path()
    below: Path | None = None
    diff: tuple[str, ...] = ()

    def told(self, root: Path) -> str:
        """Return the step as a line for a person; paths are shown below `root`."""
        there = f" to {_shown(self.to, root)}" if self.does == "move" else ""
        return f"{self.does} {_shown(self.path, root)}{there}: {self.why}"


class Hook(Struct, frozen=True, kw_only=True):
    """A hook of ours that is installed: what runs it (`git`, `claude-code`), when, and the file that says so.

    `command` is what that program runs, as an argument vector; a line for a shell is `("sh", "-c", LINE)`.
    """

    target: str
    kind: Literal["commit", "push", "stop", "post-edit", "guard"]
    path: Path
    command: tuple[str, ...]


class Target(Struct, frozen=True):
    """A program that can run us: how we get in and out of it, which hooks of ours it has, and what to know about it."""

    install: Callable[[Path], Sequence[Step]]
    uninstall: Callable[[Path], Sequence[Step]]
    hooks: Callable[[Path], Sequence[Hook]]
    advice: Callable[[Path], Sequence[str]]


def targets() -> tuple[str, ...]:
    """Return the names of the programs that there is a module for."""
    found = (each.name for each in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return tuple(sorted(name.replace("_", "-") for name in found if not name.startswith("_")))


def target(name: str) -> Target:
    """Return what a module can do."""
    module = importlib.import_module(f"gates.installing.{name.replace('-', '_')}")
    return Target(module.install, module.uninstall, module.hooks, module.advice)


def shown(steps: Sequence[Step], root: Path) -> Iterator[str]:
    """Yield the steps, and what they change, as lines for a person; paths are shown below `root`."""
    for step in steps:
        yield step.told(root)
        yield from step.diff


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
        _remove_empty(step)
    elif step.does == "move":
        os.rename(step.path, step.to)
    else:
        step.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(step.path, step.content, step.mode)


def _remove_empty(step: Step) -> None:
    for folder in step.path.parents:
        if step.below is None or not folder.is_relative_to(step.below) or folder == step.below or any(folder.iterdir()):
            return
        folder.rmdir()


def _shown(path: Path, root: Path) -> str:
    return visible(os.path.relpath(path, root) if path.is_relative_to(root) else str(path))
