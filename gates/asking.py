"""What is asked of a check: of which project, by which gates, about which of its states."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from gates import __version__, checkouts
from gates.checkouts import Folders
from gates.config import Config, distrusted
from gates.config import load as load_config
from gates.git import Listing, Pending
from gates.model import GatesError
from gates.registry import Gate, gates_found, schemas, tool_names
from gates.roots import find_root, here
from gates.text import visible

if TYPE_CHECKING:
    from gates.baseline import Baseline
    from gates.running import Moment
    from gates.sharding import Parts


class Target(Struct, frozen=True, kw_only=True):
    """Which state is judged: the work tree, what is `staged`, or what a `commit` holds. It is compared with where it
    left `since`, with HEAD when it is staged, or with nothing. `listing` is what git says that the work tree holds,
    where it has been asked."""

    since: str = ""
    staged: bool = False
    commit: str = ""
    listing: Listing | None = None

    @property
    def compares(self) -> bool:
        """Whether there is a base to compare with."""
        return self.staged or bool(self.since)


class Loaded(Struct, frozen=True):
    """A project's configuration, and every gate there is; whether who asks trusts the project as far as that does."""

    config: Config
    gates: tuple[Gate, ...]
    cache: str = ""
    trusts: bool = True

    @property
    def folders(self) -> Folders:
        """Where things of this project lie between runs."""
        return checkouts.folders(self.config.root, self.cache or self.config.cache)

    @property
    def last_report(self) -> Path:
        """Where the JSON of the last check of this project is kept."""
        return self.folders.own / "last-report.json"

    @property
    def full_report(self) -> Path:
        """Where the JSON of the last check of the whole project by all its gates is kept."""
        return self.folders.own / "last-full-report.json"

    def policy_in(self, folder: Path) -> Config:
        """Return the configuration that another state of this project has, from a folder that holds its files.

        Raises:
            GatesError: it is wrong.
        """
        config = load_config(folder, schemas(self.gates), tool_names(), version=__version__)
        found = msgspec.structs.replace(config, root=self.config.root)
        return found if self.trusts else distrusted(found)

    @property
    def distrusted(self) -> Loaded:
        """The same, for a check that starts nothing that the project names or holds, whatever any policy says."""
        return msgspec.structs.replace(self, config=distrusted(self.config), trusts=False)

    def chosen(self, names: Sequence[str], *, config: Config | None = None, base: bool = False) -> tuple[Gate, ...]:
        """Return the gates with these names, or without names those that the configuration turns on. Gates that compare
        with a `base` are left out when there is none.

        Raises:
            GatesError: there is no such gate, none is on, or one that was named needs a base.
        """
        self._check_names(names, base)
        settings = (config or self.config).gates
        on = tuple(
            gate
            for gate in self.gates
            if gate.name in names or (not names and settings[gate.name].enabled and (base or gate.reads != "change"))
        )
        if not on:
            raise GatesError("no gate is on", "Turn gates on in the configuration; `gates list` names them.")
        return on

    def _check_names(self, names: Sequence[str], base: bool) -> None:
        known = {gate.name: gate for gate in self.gates}
        for name in names:
            if name not in known:
                raise GatesError(f"there is no gate `{visible(name)}`", f"Gates: {', '.join(known)}.")
            if known[name].reads == "change" and not base:
                raise GatesError(f"the gate `{name}` compares with a base", "Name one: `--since REF` or `--staged`.")


def load() -> Loaded:
    """Find the project around the current directory and read its configuration.

    Raises:
        GatesError: the configuration is wrong.
    """
    return load_at(find_root(here()))


def load_at(root: Path) -> Loaded:
    """Read the configuration of the project at `root`.

    Raises:
        GatesError: the configuration is wrong.
    """
    found = gates_found()
    return Loaded(
        load_config(root, schemas(found), tool_names(), version=__version__), found, os.environ.get("GATES_CACHE", "")
    )


class Request(Struct, frozen=True, kw_only=True):
    """What to check. Without `gates` those run that the policy turns on; `paths` are relative to the current directory.

    `since` names what the change is compared with, by where HEAD left it; `staged` judges what the index would commit,
    compared with HEAD unless `since` says otherwise; `commit` judges what a commit holds, whatever is checked out. Of
    the gates that are on only those run that look at what `reads` names, if it names anything. `locked` lets a baseline
    fail that accepts too much, `ci` a base without a policy. With `passes_over`, paths that the project does not
    inspect are no mistake. With `record` it is also wanted by what each finding is recognised, with `traces` of those
    that a comment silences, too. `accepted` gives the baseline that holds in the place of the file. `jobs` bounds the
    worker processes, `timeout` is in seconds for one run of a tool. With `parts`, others have looked already; with
    `pending`, git has been asked what the index would commit, with `listing` what the work tree holds; `executor` is
    the address of others who look.
    """

    loaded: Loaded
    gates: tuple[Gate, ...] = ()
    paths: tuple[str, ...] = ()
    since: str = ""
    staged: bool = False
    commit: str = ""
    reads: tuple[str, ...] = ()
    locked: bool = False
    ci: bool = False
    record: bool = False
    traces: bool = False
    accepted: Callable[[], Baseline | None] | None = None
    passes_over: bool = False
    jobs: int = 1
    timeout: float = 300.0
    parts: Parts | None = None
    pending: Pending | None = None
    listing: Listing | None = None
    executor: str = ""
    watch: Callable[[Moment], None] = lambda moment: None

    @property
    def kept_in(self) -> tuple[Path, ...]:
        """Where the JSON of this check is kept."""
        whole = not (self.gates or self.paths)
        return (self.loaded.last_report, *([self.loaded.full_report] if whole else []))

    @property
    def target(self) -> Target:
        """The state that is judged."""
        return Target(since=self.since, staged=self.staged, commit=self.commit, listing=self.listing)

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags of the command line that ask for this comparison."""
        return (*(["--since", self.since] if self.since else []), *(["--staged"] if self.staged else []))
