"""The policy that a state is judged by: its own, and with a base, key by key the stricter of that and the base's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from gates import environments, git, roots
from gates.config import Config, Loosened, inherited, loosened, loosened_tools, stricter
from gates.git import Entry
from gates.model import GatesError, Off, PolicyRecord
from gates.preparing import Workbench
from gates.project import NO_POLICY

FILES = ("gates.toml", *inherited.RUFF_FILES, *inherited.MYPY_FILES)
"""The files in which we and the tools are configured."""

_LINK = "120000"

Reader = Callable[[Path], Config]
"""Reads the configuration in a folder that holds the files of a state."""


class Policies(Struct, frozen=True, kw_only=True):
    """The policy of the state that is judged, the one of its base, or why there is none to hold the change against."""

    now: Config
    before: Config | None = None
    unverified: str = ""
    folder_now: Path
    folder_before: Path | None = None

    @property
    def every(self) -> tuple[Config, ...]:
        """Each of the policies: a file is inspected when any of them wants it."""
        return (self.now,) if self.before is None else (self.now, self.before)

    @property
    def effective(self) -> Config:
        """What the change is judged by."""
        return self.now if self.before is None else stricter(self.before, self.now)

    def loosened(self, paths: Sequence[str]) -> tuple[Loosened, ...]:
        """Return what the change made less strict; `paths` are all Python files of the project."""
        if self.before is None or self.folder_before is None:
            return ()
        files = (inherited.texts(folder) for folder in (self.folder_before, self.folder_now))
        tools = loosened_tools(self.before, self.now, *files)
        return (*loosened(self.before, self.now, paths), *tools)


def record(config: Config) -> PolicyRecord:
    """Return what a report says of the policy: where it stands, and which gates the project has turned off and why."""
    off = tuple(Off(name, settings.why) for name, settings in sorted(config.gates.items()) if settings.why)
    source = config.document.name or "default"
    return PolicyRecord(config.digest, source, config.preset, off, environments.said(config))


def of_index(bench: Workbench, entries: Iterable[Entry], reader: Reader) -> Policies:
    """Return the policy that the index would commit.

    Raises:
        GatesError: it is wrong.
    """
    folder = _written(bench, entries, "policy-now")
    return Policies(now=reader(folder), folder_now=folder)


def with_base(bench: Workbench, policies: Policies, entries: Sequence[Entry], reader: Reader) -> Policies:
    """Return the policies with that of the base, which is in these entries of a commit.

    Raises:
        ToolError: git does not answer.
    """
    folder: Path | None = None
    before: Config | None = None
    unverified = ""
    try:
        folder = _written(bench, entries, "policy-before")
        before = reader(folder)
    except GatesError as error:
        unverified = f"the policy of the base cannot be read: {error.message}"
    if before is not None and policies.now.document.name and not before.document.name:
        before, unverified = None, NO_POLICY
    return Policies(
        now=policies.now,
        before=before,
        unverified=unverified,
        folder_now=policies.folder_now,
        folder_before=folder,
    )


def contents(bench: Workbench, entries: Iterable[Entry], names: Sequence[str]) -> dict[str, bytes]:
    """Return the contents of those of the named files that are among the entries.

    Raises:
        ToolError: git does not answer.
    """
    wanted = {each.path: each.oid for each in entries if each.path in names and each.mode.startswith("100")}
    found = git.blobs(bench.spawner, bench.home, tuple(wanted.values())) if wanted else {}
    return {path: found[oid] for path, oid in wanted.items()}


def _written(bench: Workbench, entries: Iterable[Entry], name: str) -> Path:
    """Return a folder that holds the configuration of a state, ours and that of tools, and nothing else.

    Raises:
        GatesError: ours is a link.
    """
    entries = tuple(entries)
    for each in entries:
        if each.path in roots.FILES and each.mode == _LINK:
            raise GatesError(
                f"{each.path} is a link, and those of a commit are not followed", "Commit the file itself."
            )
    folder = bench.shelf.scratch / name
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in contents(bench, entries, FILES).items():
        (folder / path).write_bytes(content)
    return folder
