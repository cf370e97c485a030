"""Files of a project that programs are told by: how they are read before they are changed, and shown."""

from __future__ import annotations

import difflib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from gates.installing import Step
from gates.model import GatesError
from gates.roots import find_root, written
from gates.text import source_line, visible

PREFIX = 'PATH=".venv/bin:$PATH" '
"""What a line for a shell begins with: the project's own environment first. Nothing in it is of one machine."""

_MODE = 0o644


class Place(Struct, frozen=True):
    """A file that may not exist yet: then `text` is None."""

    root: Path
    name: str
    path: Path
    mode: int = _MODE
    text: str | None = None

    def step(self, text: str, why: str, mode: int | None = None) -> Step:
        """Return the step after which the file holds this text, or is gone, with folders that are empty then.

        It keeps its mode unless another one is given.
        """
        before, after = _lines(self.text or ""), _lines(text)
        diff = tuple(source_line(each) for each in difflib.unified_diff(before, after, *self._ends(text), lineterm=""))
        if not text:
            return Step(does="remove", path=self.path, why=why, diff=diff, below=self.root)
        content = text.encode("utf-8")
        return Step(does="write", path=self.path, why=why, content=content, mode=mode or self.mode, diff=diff)

    def _ends(self, text: str) -> tuple[str, str]:
        before = "/dev/null" if self.text is None else f"a/{self.name}"
        return before, f"b/{self.name}" if text else "/dev/null"


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def place(root: Path, name: str, mode: int = _MODE) -> Place:
    """Return what a file holds. A link is followed as long as it stays in the project.

    Raises:
        GatesError: it is no file, cannot be read or written, or lies outside of the project.
    """
    root = Path(os.path.realpath(root))
    path = Path(os.path.realpath(root / name))
    if not path.is_relative_to(root):
        raise GatesError(f"`{name}` leads out of the project, to {visible(str(path))}", "Put a file in its place.")
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise GatesError(f"`{name}` is not a file", "Move it away.")
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return Place(root, name, path, mode)
    except UnicodeDecodeError as error:
        raise GatesError(f"`{name}` is not UTF-8", "Convert it first; nothing was changed.") from error
    except OSError as error:
        raise GatesError(f"`{name}` cannot be read: {error.strerror}", "Make it readable.") from error
    return Place(root, name, path, stat.S_IMODE(found.st_mode), text)


def project(here: Path) -> Path:
    """Return the root of the project in which something is installed.

    Raises:
        GatesError: it would be the person's home, whose settings are not the project's.
    """
    root = find_root(here)
    if os.path.realpath(root) == os.path.realpath(os.path.expanduser("~")):
        raise GatesError("your home directory is no project", "Run this in one: hooks are written into its root.")
    return root


def writable(place: Place) -> Place:
    """Return a place that may be changed.

    Raises:
        GatesError: its owner has made it read-only.
    """
    if place.text is not None and not place.mode & stat.S_IWUSR:
        raise GatesError(f"`{place.name}` is read-only", f"Make it writable: chmod u+w {place.name}")
    return place


def missing(here: Path) -> Iterator[str]:
    """Yield what to tell when hooks have no program that they could run, or nothing to say."""
    root = find_root(here)
    if not (os.access(root / ".venv/bin/gates", os.X_OK) or shutil.which("gates")):
        said = "`gates` is neither in .venv/bin nor in PATH. Hosts skip a hook that cannot be started, most in silence"
        yield f"{said}: install it there, or nothing is judged."
    if written(root) is None:
        yield "This project configures no gates: until it has [tool.gates] or gates.toml, its hooks say nothing."
