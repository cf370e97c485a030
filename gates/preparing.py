"""From a state of the project and its policy to what gates may see of it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from gates import __version__, git
from gates.config import Config
from gates.model import BrokenError
from gates.process import Spawner
from gates.project import Project, installed
from gates.scope import Files
from gates.snapshots import Snapshot, collect
from gates.states import Shelf, State
from gates.working import Crew

_FACT_TOOLS = ("complexipy",)
"""What decides facts beside our own code."""


class Workbench(Struct, frozen=True, kw_only=True):
    """What a check works with: who works and runs programs, and where it may write. `home` is the checkout, `like` any
    object id of its repository when contents are compared with git's."""

    crew: Crew
    shelf: Shelf
    home: Path
    like: str = ""

    @property
    def spawner(self) -> Spawner:
        """Who runs programs."""
        return self.crew.spawner

    def facts(self, root: Path, paths: Sequence[str]) -> dict[str, Snapshot]:
        """Return the facts of files below a folder.

        Raises:
            Stopped: the check was interrupted.
        """
        versions = [__version__, *(installed(tool) for tool in _FACT_TOOLS)]
        return collect(root, paths, self.shelf.store, versions, self.crew, self._identified)

    def project(
        self, state: State, files: Files, snapshots: Mapping[str, Snapshot], config: Config, *, record: bool = False
    ) -> Project:
        """Return what gates may see of a state, all of its files asked for."""
        scratch = self.shelf.scratch / f"run-{state.root.name}"
        scratch.mkdir(exist_ok=True)
        return Project(
            root=state.root,
            files=files.paths,
            whole=files.paths,
            snapshots=snapshots,
            scratch=scratch,
            store=self.shelf.store,
            own=self.shelf.own,
            crew=self.crew,
            pins=config.pins,
            requires_python=config.requires_python,
            outside=files.outside,
            absent=files.absent,
            home=self.home,
            untrusted=config.untrusted,
            record=record,
        )

    def _identified(self, content: bytes) -> str:
        return git.blob_id(content, self.like) if self.like else ""


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a folder that is removed afterwards.

    Raises:
        BrokenError: none can be made.
    """
    try:
        folder = tempfile.TemporaryDirectory(prefix="gates-")
    except OSError as error:
        raise BrokenError(
            f"no temporary folder can be made: {error.strerror}", "Make room, or set TMPDIR to a folder that has some."
        ) from error
    with folder as name:
        yield Path(name)
