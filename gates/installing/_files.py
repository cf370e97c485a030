"""Hosts that are told by files of their own, which are ours as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from gates.installing import Hook, Step
from gates.installing._places import Place, missing, place, project, writable
from gates.model import GatesError
from gates.roots import find_root


class File(Struct, frozen=True, kw_only=True):
    """A file below the root of the project, and the lines for a shell by which its hooks call us."""

    name: str
    content: str
    commands: tuple[tuple[Literal["stop", "post-edit", "guard"], str], ...]
    mode: int = 0o644


class Files(Struct, frozen=True, kw_only=True):
    """The files of a host. Each of ours holds the text `mark`; what is `told` a person has to know."""

    target: str
    mark: str
    files: tuple[File, ...]
    told: tuple[str, ...] = ()

    def install(self, here: Path) -> Sequence[Step]:
        """Return how to have the host run us.

        Raises:
            GatesError: somebody else's file stands there, it must not be written, or this is no project.
        """
        steps = []
        for file, there in self._places(project(here)):
            if there.text is not None and self.mark not in there.text:
                lines = " and ".join(f"`{line}`" for _, line in file.commands)
                raise GatesError(f"`{file.name}` is there already, and not ours", f"Have it run {lines}, or move it.")
            if there.text != file.content or file.mode & ~there.mode & 0o100:
                steps.append(writable(there).step(file.content, "runs `gates agent`", file.mode))
        return steps

    def uninstall(self, here: Path) -> Sequence[Step]:
        """Return how to remove what is ours.

        Raises:
            GatesError: a file cannot be read, or must not be removed.
        """
        return [writable(there).step("", "it is ours") for _, there in self._places(here) if self._is_ours(there)]

    def hooks(self, here: Path) -> Sequence[Hook]:
        """Return the hooks that are ours.

        Raises:
            GatesError: a file cannot be read.
        """
        return [
            Hook(target=self.target, kind=kind, path=there.path, command=("sh", "-c", line))
            for file, there in self._places(here)
            if self._is_ours(there)
            for kind, line in file.commands
        ]

    def advice(self, here: Path) -> Sequence[str]:
        """Return what the person has to know after an installation."""
        return (*missing(here), *self.told)

    def _places(self, here: Path) -> list[tuple[File, Place]]:
        root = find_root(here)
        return [(each, place(root, each.name, each.mode)) for each in self.files]

    def _is_ours(self, there: Place) -> bool:
        return self.mark in (there.text or "")
