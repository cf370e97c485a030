"""What is wrong around a project, and what mends it: one module for each subject, with `examine(place)`.

Nothing here changes the project, its repository or what is remembered of it: hooks are fired in a folder that is thrown
away.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from gates import asking, git, roots
from gates.config import Config
from gates.model import GatesError
from gates.process import Spawner, ToolError
from gates.roots import find_root
from gates.text import visible

_COMMAND = re.compile(r"\b[Rr]un: (?P<command>.+?)\.?$")


class Diagnosis(Struct, frozen=True, kw_only=True):
    """One thing that was looked at, and what is so.

    What is not in order is mended by `run`, a line for a shell in the current directory, or where no command can do it
    by `edit`, which says what to write where.
    """

    state: Literal["ok", "warning", "problem"]
    said: str
    run: str = ""
    edit: str = ""


class Place(Struct, frozen=True, kw_only=True):
    """What is examined: the project around the current directory, its configuration or what is wrong with it.

    `top` is its work tree, None without one or without git; `git` is git's version, or nothing.
    """

    here: Path
    root: Path
    top: Path | None
    git: str
    config: Config | None
    flaw: GatesError | None
    environ: Mapping[str, str]
    spawner: Spawner

    @property
    def lacks_gates(self) -> bool:
        """Whether a hook that looks in `.venv/bin` and in PATH finds no `gates`."""
        in_project = os.access(self.root / ".venv" / "bin" / "gates", os.X_OK)
        return not in_project and shutil.which("gates", path=self.environ.get("PATH", "")) is None

    @property
    def path_with_ours(self) -> str:
        """The command after which hooks that are started from this shell find the `gates` that runs now."""
        return f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH"

    def shown(self, path: Path) -> str:
        """Return a path for a person: relative where it lies in the project."""
        return visible(self._relative(path))

    def word(self, path: Path) -> str:
        """Return a path as a word of a shell line in the current directory."""
        relative = self._relative(path)
        return shlex.quote(f"./{relative}" if relative.startswith("-") else relative)

    def replaced(self, path: Path, line: int, old: str, new: str) -> str:
        """Return the command that replaces a text on a line of a file."""
        found, put = re.sub(r"([/\\.*\[\]^$&])", r"\\\1", old), re.sub(r"([/\\&])", r"\\\1", new)
        return f"sed -i {shlex.quote(f'{line}s/{found}/{put}/')} {self.word(path)}"

    def _relative(self, path: Path) -> str:
        return os.path.relpath(path, self.here) if path.is_relative_to(self.top or self.root) else str(path)


def place(environ: Mapping[str, str]) -> Place:
    """Return the project around the current directory.

    Raises:
        GatesError: the current directory no longer exists.
    """
    here = roots.here()
    root, spawner = find_root(here), Spawner()
    config, flaw, version = None, None, ""
    try:
        config = asking.load().config
    except GatesError as error:
        flaw = error
    try:
        version = git.version(spawner, root)
    except ToolError:
        version = ""
    return Place(
        here=here,
        root=root,
        top=git.toplevel(root) if version else None,
        git=version,
        config=config,
        flaw=flaw,
        environ=environ,
        spawner=spawner,
    )


def examined(where: Place) -> Iterator[tuple[str, Diagnosis]]:
    """Yield each subject with each thing that was looked at; the same flaw is told once."""
    told: set[Diagnosis] = set()
    for subject in subjects():
        for each in _examined(subject, where):
            if each not in told:
                yield subject, each
            told.add(each)


def subjects() -> tuple[str, ...]:
    """Return the names of what there is a module for."""
    return tuple(sorted(each.name for each in pkgutil.iter_modules([str(Path(__file__).parent)])))


def ok(said: str) -> Diagnosis:
    """Return that something is in order."""
    return Diagnosis(state="ok", said=said)


def warning(said: str, *, run: str = "", edit: str = "") -> Diagnosis:
    """Return that something works, but not as it could."""
    return Diagnosis(state="warning", said=said, run=run, edit=edit)


def problem(said: str, *, run: str = "", edit: str = "") -> Diagnosis:
    """Return that something does not do its work."""
    return Diagnosis(state="problem", said=said, run=run, edit=edit)


def of_error(error: GatesError) -> Diagnosis:
    """Return an error as a problem: a command in its hint mends it, or else what the hint says."""
    if found := _COMMAND.search(error.hint):
        return problem(error.message, run=found["command"])
    return problem(error.message, edit=error.hint or "Correct what is named there.")


def _examined(subject: str, where: Place) -> Sequence[Diagnosis]:
    try:
        found: Sequence[Diagnosis] = importlib.import_module(f"gates.diagnosing.{subject}").examine(where)
    except GatesError as error:
        return [of_error(error)]
    return found
