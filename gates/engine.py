"""One check: plan, run, attest, mark, judge. Every surface of the product calls this and nothing else."""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gates import (
    __version__,
    baseline,
    comparing,
    flags,
    git,
    grouping,
    scope,
    states,
    tracing,
)
from gates.baseline import Baseline
from gates.cache import Store, folder_for
from gates.comparing import Side
from gates.config import Config, Loosened, find_root, loosened, loosened_tools, stricter
from gates.config import load as load_config
from gates.facts import Crew, Snapshot, collect, stamp
from gates.judging import Comparison, Judged, Known, Standing, judged
from gates.model import GatesError, Off, Outcome, PolicyRecord, Report, Scope
from gates.process import Spawner
from gates.project import Base, Project, Results, installed
from gates.registry import Gate, gates_found, schemas, tool_names
from gates.running import Moment, Run, listed, run
from gates.scope import Files
from gates.states import Shelf, State
from gates.text import visible

_FACT_TOOLS = ("radon", "complexipy")
_NOTHING = "there is no Python file here that this project inspects"


class Loaded(Struct, frozen=True):
    """A project's configuration, and every gate there is."""

    config: Config
    gates: tuple[Gate, ...]
    cache: str = ""

    @property
    def last_report(self) -> Path:
        """Where the JSON of the last check of this project is kept."""
        return folder_for(self.config.root, self.cache or self.config.cache) / "last-report.json"

    @property
    def full_report(self) -> Path:
        """Where the JSON of the last check of the whole project by all its gates is kept."""
        return self.last_report.with_name("last-full-report.json")

    def policy_in(self, folder: Path) -> Config:
        """Return the configuration that another state of this project has, from a folder that holds its files.

        Raises:
            GatesError: it is wrong.
        """
        config = load_config(folder, schemas(self.gates), tool_names(), version=__version__)
        return msgspec.structs.replace(config, root=self.config.root)

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
    found = gates_found()
    root = find_root(_here())
    return Loaded(
        load_config(root, schemas(found), tool_names(), version=__version__), found, os.environ.get("GATES_CACHE", "")
    )


def _here() -> Path:
    try:
        return Path(os.path.realpath(os.getcwd()))
    except FileNotFoundError as error:
        raise GatesError("the current directory no longer exists", "Change to one that does.") from error


class Request(Struct, frozen=True, kw_only=True):
    """What to check. Without `gates` those run that the policy turns on; `paths` are relative to the current directory.

    `since` names what the change is compared with, by where HEAD left it; `staged` judges what the index would commit,
    compared with HEAD unless `since` says otherwise. `locked` lets a baseline fail that accepts too much, `ci` a base
    without a policy. With `record` it is also wanted by what each finding is recognised. `jobs` bounds the worker processes, `timeout` is in seconds for one run of a tool.
    """

    loaded: Loaded
    gates: tuple[Gate, ...] = ()
    paths: tuple[str, ...] = ()
    since: str = ""
    staged: bool = False
    locked: bool = False
    ci: bool = False
    record: bool = False
    jobs: int = 1
    timeout: float = 300.0
    watch: Callable[[Moment], None] = lambda moment: None

    @property
    def compares(self) -> bool:
        """Whether there is a base to compare with."""
        return self.staged or bool(self.since)


class Examined(Struct, frozen=True):
    """A report, the folder in which the files lie that it speaks of, and what stands, when the record was wanted."""

    report: Report
    root: Path
    standing: tuple[Standing, ...] = ()


def check(request: Request) -> Report:
    """Check a project and return the report; raises what `examined` raises."""
    return examined(request).report


def examined(request: Request) -> Examined:
    """Check a project and return the report, and where the files are that were judged.

    Raises:
        GatesError: the configuration or the request cannot be followed; nothing of it may be called a result.
        BrokenError: git does not answer.
    """
    started = time.monotonic()
    spawner = Spawner()
    try:
        with tempfile.TemporaryDirectory(prefix="gates-") as scratch, contextlib.ExitStack() as held:
            shelf = Shelf(request.loaded.last_report.parent, Path(scratch), held)
            found = _Check(request, spawner, shelf).examined()
            seconds = round(time.monotonic() - started, 3)
            return msgspec.structs.replace(found, report=msgspec.structs.replace(found.report, seconds=seconds))
    finally:
        spawner.stop()


class _Check:
    """One check under way: the state that is judged, the base it is compared with, and the policy of both."""

    def __init__(self, request: Request, spawner: Spawner, shelf: Shelf) -> None:
        self._request = request
        self._spawner = spawner
        self._shelf = shelf
        self._home = request.loaded.config.root
        self._state = self._head()
        self._written = self._policy_now()
        self._side = comparing.side(spawner, self._home, request.since) if request.compares else None
        self._before, self._unverified = self._policy_before()
        self._standing: list[Standing] = []
        self._config = stricter(self._before, self._written) if self._before else self._written

    def examined(self) -> Examined:
        policies = (self._written, self._before) if self._before else (self._written,)
        files = states.files(self._state, *policies, strict=True)
        asked = self._asked(files.paths)
        _check_overrides(self._written, files.paths)
        outcomes: tuple[Outcome, ...] = ()
        snapshots: Mapping[str, Snapshot] = {}
        if asked:
            snapshots = self._facts(self._state.root, files.paths)
            project = self._project(self._state.root, files, snapshots, asked)
            outcomes = self._outcomes(project, files)
        return Examined(self._report(files, asked, snapshots, outcomes), self._state.root, tuple(self._standing))

    def _head(self) -> State:
        if self._request.staged:
            return states.staged(self._spawner, self._home, self._shelf)
        return states.working(self._spawner, self._home)

    def _policy_now(self) -> Config:
        """Return the policy of the state that is judged: of the index that is not always the one in the work tree."""
        config = self._request.loaded.config
        if not self._request.staged:
            return config
        entries = git.index(self._spawner, self._home)
        folder = comparing.policy_folder(self._spawner, self._home, entries, self._shelf.scratch / "policy-now")
        return self._request.loaded.policy_in(folder)

    def _policy_before(self) -> tuple[Config | None, str]:
        """Return the policy of the base, or why there is none that the change could be held against."""
        if self._side is None:
            return None, ""
        if not self._side.commit:
            return None, "nothing was committed before"
        folder = comparing.policy_folder(
            self._spawner, self._home, self._side.entries, self._shelf.scratch / "policy-before"
        )
        try:
            config = self._request.loaded.policy_in(folder)
        except GatesError as error:
            return None, f"the policy of the base cannot be read: {error.message}"
        if self._written.document.name and not config.document.name:
            return None, "the base has no policy"
        return config, ""

    def _asked(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        if not self._request.paths:
            return paths
        return scope.narrowed(self._home, _here(), self._request.paths, paths)

    def _facts(self, root: Path, paths: Sequence[str]) -> dict[str, Snapshot]:
        request = self._request
        versions = [__version__, *(installed(tool) for tool in _FACT_TOOLS)]
        crew = Crew(
            self._spawner, request.jobs, request.timeout, lambda done, total: request.watch(Moment((), done, total))
        )
        store = Store(self._shelf.cache / "facts.sqlite")
        return collect(root, paths, store, versions, crew, self._identify())

    def _identify(self) -> Callable[[bytes], str]:
        """Return what names contents as git does, where they are compared with what git has."""
        if self._side is None or not self._side.entries:
            return lambda content: ""
        like = self._side.entries[0].oid
        return lambda content: git.blob_id(content, like)

    def _project(self, root: Path, files: Files, snapshots: Mapping[str, Snapshot], asked: tuple[str, ...]) -> Project:
        scratch = self._shelf.scratch / f"run-{root.name}"
        scratch.mkdir(exist_ok=True)
        return Project(
            root=root,
            files=asked,
            whole=files.paths,
            snapshots=snapshots,
            scratch=scratch,
            cache=self._shelf.cache,
            spawner=self._spawner,
            timeout=self._request.timeout,
            pins=self._config.pins,
            requires_python=self._config.requires_python,
            outside=files.outside,
            home=self._home,
            results=Results(baseline=self._written.baseline, locked=self._request.locked),
            record=self._request.record or root != self._state.root,
        )

    def _outcomes(self, project: Project, files: Files) -> tuple[Outcome, ...]:
        gates = self._request.gates or self._request.loaded.chosen((), config=self._config, base=self._side is not None)
        if self._side is not None:
            project = msgspec.structs.replace(project, base=self._base(self._side, project))
        accepted = self._baseline()
        comparison = self._comparison(gates, project, accepted)
        results = msgspec.structs.replace(
            project.results, known=None if self._request.paths else accepted, fresh=comparison.fresh
        )
        project = msgspec.structs.replace(project, results=results)
        if not self._request.gates:
            gates = tuple(each for each in gates if each.applies(project))
        defined = functools.cache(lambda: tracing.defined(project))
        asked = Run(gates=gates, config=self._config, jobs=self._request.jobs, watch=self._request.watch)

        def judge(outcome: Outcome) -> Judged:
            last = judged(outcome, project, comparison, defined)
            self._standing.extend(last.standing)
            return last

        return run(asked, project, judge)

    def _base(self, side: Side, project: Project) -> Base:
        touched = comparing.touched(self._state, project.snapshots, side)
        folder, paths = comparing.before(self._spawner, self._home, side, touched, self._shelf)
        return Base(
            commit=side.commit,
            paths=frozenset(each.path for each in side.entries),
            touched=touched,
            before=self._facts(folder, paths),
            loosened=self._loosened(project),
            unverified=self._unverified,
            ci=self._request.ci,
        )

    def _loosened(self, project: Project) -> tuple[Loosened, ...]:
        if self._before is None:
            return ()
        scratch = self._shelf.scratch
        now = scratch / "policy-now" if self._request.staged else self._home
        tools = loosened_tools(
            comparing.tool_files(scratch / "policy-before"), comparing.tool_files(now), self._before, self._written
        )
        every = (*project.whole, *project.outside)
        return (*loosened(self._before, self._written, every), *tools)

    def _comparison(self, gates: Sequence[Gate], project: Project, accepted: Baseline | None) -> Comparison:
        if self._side is None:
            if not self._request.record:
                self._check_legacy(accepted)
            return Comparison(
                baseline=accepted or Baseline(),
                improve=self._config.improve_touched,
                whole=not self._request.paths,
                record=self._request.record,
            )
        earlier = comparing.accepted_before(self._spawner, self._home, self._side, self._written.baseline)
        found = accepted or Baseline()
        fresh = tuple(baseline.fresh(found.entries, earlier))
        return Comparison(
            base=self._known(self._side, [gate for gate in gates if gate.reads in ("file", "project", "results")]),
            changes=frozenset(gate.name for gate in gates if gate.reads == "change"),
            baseline=found,
            fresh=fresh,
            added=frozenset(each for each in fresh if each.reason),
            improve=self._config.improve_touched,
            whole=not self._request.paths,
            record=self._request.record,
        )

    def _baseline(self) -> Baseline | None:
        name = self._written.baseline
        if self._state.root == self._home and self._state.oids is None:
            return baseline.read(self._home / name, name)
        entries = git.index(self._spawner, self._home)
        content = comparing.contents(self._spawner, self._home, entries, (name,)).get(name)
        return None if content is None else baseline.parse(content, name)

    def _check_legacy(self, accepted: Baseline | None) -> None:
        if self._config.preset == "legacy" and accepted is None:
            raise GatesError(
                f"the preset legacy needs the file {self._written.baseline}, or a base to compare with",
                "Run: gates baseline create",
            )

    def _known(self, side: Side, gates: Sequence[Gate]) -> dict[str, Known]:
        """Return what the gates found in the base: remembered, or found now."""
        if not side.commit:
            return {gate.name: Known() for gate in gates}
        memory = comparing.Memory(self._shelf.cache, side, self._config, self._home)
        known = memory.known(gates)
        missing = tuple(gate for gate in gates if gate.name not in known)
        if not missing:
            return known
        state = states.committed(self._spawner, self._home, side.entries, "base", self._shelf)
        files = states.files(state, *(each for each in (self._before, self._written) if each))
        if not files.paths:
            return known | {gate.name: Known() for gate in missing}
        project = self._project(state.root, files, self._facts(state.root, files.paths), files.paths)
        asked = Run(gates=missing, config=self._config, jobs=self._request.jobs, lenient=True)
        found = comparing.found(asked, project)
        memory.keep(found)
        return known | found

    def _report(
        self,
        files: Files,
        asked: tuple[str, ...],
        snapshots: Mapping[str, Snapshot],
        outcomes: tuple[Outcome, ...],
    ) -> Report:
        config = self._config
        found = [each for outcome in outcomes for each in outcome.open()]
        causes = grouping.grouped(found, grouping.Declarations(snapshots))
        return Report(
            version=__version__,
            scope=self._scope(files),
            policy=PolicyRecord(config.digest, config.document.name or "default", config.preset, _off(config)),
            outcomes=tuple(grouping.with_groups(outcome, causes.members) for outcome in outcomes),
            groups=causes.groups,
            flags=flags.known(self._home, {each.id for each in found}),
            files=len(asked),
            lines=sum(snapshots[path].facts.lines for path in asked),
            reason=_changed(self._state.root, snapshots) if asked else _NOTHING,
        )

    def _scope(self, files: Files) -> Scope:
        request = self._request
        kind = "staged" if request.staged else "since" if request.since else "paths" if request.paths else "project"
        paths = tuple(sorted(Path(each).as_posix() for each in request.paths))
        return Scope(kind, paths, files.excluded, self._side.commit if self._side else "")


def _check_overrides(config: Config, paths: Sequence[str]) -> None:
    """An override that matches nothing is a rule that silently does not hold."""
    for index, patterns in enumerate(config.overrides):
        if paths and not any(patterns.match(path) for path in paths):
            where = config.document.where(("overrides", index))
            raise GatesError(f"{where}: this override matches no file", "Correct its `paths`, or remove it.")


def _changed(root: Path, snapshots: Mapping[str, Snapshot]) -> str:
    """Return which files are no longer as they were read: gates may then have judged different contents."""
    changed = [path for path, snapshot in snapshots.items() if snapshot.stamp and snapshot.stamp != stamp(root / path)]
    return f"files changed while they were checked: {listed(changed)}; check again" if changed else ""


def _off(config: Config) -> tuple[Off, ...]:
    """Return the gates that the project has turned off, each with its reason."""
    return tuple(Off(name, settings.why) for name, settings in sorted(config.gates.items()) if settings.why)
