"""A project under git, what we read of it there, and a proof that reading changed nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gates import git
from gates.process import Spawner
from tests.project import Project


class Repository(Project):
    """A project whose git is asked in this process, without anything of the surroundings' git."""

    def __init__(self, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(base)
        self.monkeypatch = monkeypatch
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(self.home))

    def index(self, folder: str = ".") -> tuple[git.Entry, ...]:
        """Return the entries of the index below a folder."""
        return git.index(Spawner(), self.root / folder)

    def tree(self, ref: str = "HEAD", folder: str = ".") -> tuple[git.Entry, ...]:
        """Return the entries of a commit below a folder."""
        root = self.root / folder
        return git.tree(Spawner(), root, git.commit(Spawner(), root, ref))

    def blobs(self, *oids: str) -> dict[str, bytes]:
        """Return contents by id."""
        return git.blobs(Spawner(), self.root, oids)

    def contents(self, entries: tuple[git.Entry, ...], folder: str = ".") -> dict[str, bytes]:
        """Return what the entries hold, by path."""
        found = git.blobs(Spawner(), self.root / folder, [each.oid for each in entries])
        return {each.path: found[each.oid] for each in entries}

    def indexed(self, folder: str = ".") -> dict[str, bytes]:
        """Return what the index holds below a folder."""
        return self.contents(self.index(folder), folder)

    def committed(self, ref: str = "HEAD", folder: str = ".") -> dict[str, bytes]:
        """Return what a commit holds below a folder."""
        return self.contents(self.tree(ref, folder), folder)

    def oid(self, ref: str = "HEAD") -> str:
        """Return what git says that the id is."""
        return self.git("rev-parse", ref).strip()

    def save(self, name: str, content: str | bytes) -> str:
        """Write a file and commit everything; return the commit."""
        self.write(name, content)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", f"change {name!r}")
        return self.oid()

    def other(self, name: str = "other") -> Repository:
        """Return another repository beside this one, which is not made yet."""
        folder = self.base / name
        folder.mkdir()
        return Repository(folder, self.monkeypatch)

    def with_submodule(self) -> Repository:
        """Commit `a.py`, and `b.py` in a submodule `sub`; return the repository that the submodule is a clone of."""
        other = self.other()
        other.write("b.py", "b = 1\n")
        other.commit()
        self.write("a.py", "a = 1\n")
        self.commit()
        self.git("submodule", "add", "-q", str(other.root), "sub")
        self.git("commit", "-qm", "submodule")
        return other

    def wrap(self, line: str) -> None:
        """Put a git first in PATH that does one thing before it is git."""
        real = subprocess.run(["which", "git"], capture_output=True, check=True, text=True).stdout.strip()
        folder = self.base / "bin"
        folder.mkdir()
        (folder / "git").write_text(f'#!/bin/sh\n{line}\nexec {real} "$@"\n')
        (folder / "git").chmod(0o755)
        self.monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
