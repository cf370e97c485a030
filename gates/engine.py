"""One check: plan, run, attest, mark, judge. Every surface of the product calls this and nothing else."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import msgspec
from msgspec import Struct

from gates import __version__, flags, grouping, marking, scope
from gates.cache import Store, folder_for
from gates.config import Config, find_root
from gates.config import load as load_config
from gates.facts import Class, Crew, Function, Snapshot, collect, stamp
from gates.model import (
    BrokenError,
    Finding,
    GatesError,
    Inspection,
    Location,
    Off,
    Outcome,
    PolicyRecord,
    Report,
    Scope,
    Unread,
    Verdict,
)
from gates.process import Spawner
from gates.project import Project, Results, installed
from gates.registry import Gate, gates_found, schemas, tool_names
from gates.text import counted, visible

_FACT_TOOLS = ("radon", "complexipy")
_NAMED = 5


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

    def chosen(self, names: Sequence[str], *, base: bool = False) -> tuple[Gate, ...]:
        """Return the gates with these names, or without names those that the configuration turns on. Gates that compare
        with a `base` are left out when there is none.

        Raises:
            GatesError: there is no such gate, none is on, or one that was named needs a base.
        """
        self._check_names(names, base)
        on = tuple(gate for gate in self.gates if gate.name in names or (not names and self._is_on(gate, base)))
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

    def _is_on(self, gate: Gate, base: bool) -> bool:
        return self.config.gates[gate.name].enabled and (base or gate.reads != "change")


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


class Moment(Struct, frozen=True):
    """How far a check is: gates under way, and files whose facts are known, of all."""

    running: tuple[str, ...]
    files: int
    total: int


class Request(Struct, frozen=True, kw_only=True):
    """What to check. `gates` are those to run, `paths` are relative to the current directory, `jobs` bounds the worker
    processes, `timeout` is in seconds for one run of a tool."""

    loaded: Loaded
    gates: tuple[Gate, ...]
    paths: tuple[str, ...] = ()
    jobs: int = 1
    timeout: float = 300.0
    watch: Callable[[Moment], None] = lambda moment: None


def check(request: Request) -> Report:
    """Check a project and return the report.

    Raises:
        GatesError: the configuration or the request cannot be followed; nothing of it may be called a result.
        BrokenError: git does not answer.
    """
    started = time.monotonic()
    spawner = Spawner()
    try:
        with tempfile.TemporaryDirectory(prefix="gates-") as scratch:
            return _checked(request, spawner, Path(scratch), started)
    finally:
        spawner.stop()


def _checked(request: Request, spawner: Spawner, scratch: Path, started: float) -> Report:
    config = request.loaded.config
    files = scope.find(config.root, config.source, config.exclude, spawner)
    asked = _asked(request, files.paths)
    _check_overrides(config, files.paths)
    about = Scope("paths" if request.paths else "project", _relative(request), files.excluded)
    outcomes: tuple[Outcome, ...] = ()
    snapshots: Mapping[str, Snapshot] = {}
    if asked:
        cache = request.loaded.last_report.parent
        snapshots = _facts(request, files.paths, spawner, cache)
        project = Project(
            root=config.root,
            files=asked,
            whole=files.paths,
            snapshots=snapshots,
            scratch=scratch,
            cache=cache,
            spawner=spawner,
            timeout=request.timeout,
            pins=config.pins,
            requires_python=config.requires_python,
            outside=files.outside,
        )
        outcomes = _outcomes(request, project)
    found = [each for outcome in outcomes for each in outcome.open()]
    causes = grouping.grouped(found, _Declarations(snapshots))
    return Report(
        version=__version__,
        scope=about,
        policy=PolicyRecord(config.digest, config.document.name or "default", config.preset, _off(config)),
        outcomes=tuple(_with_groups(outcome, causes.members) for outcome in outcomes),
        groups=causes.groups,
        flags=flags.known(config.root, {each.id for each in found}),
        files=len(asked),
        lines=sum(snapshots[path].facts.lines for path in asked),
        reason=_changed(config.root, snapshots) if asked else "there is no Python file here that this project inspects",
        seconds=round(time.monotonic() - started, 3),
    )


def _check_overrides(config: Config, paths: Sequence[str]) -> None:
    """An override that matches nothing is a rule that silently does not hold."""
    for index, patterns in enumerate(config.overrides):
        if paths and not any(patterns.match(path) for path in paths):
            where = config.document.where(("overrides", index))
            raise GatesError(f"{where}: this override matches no file", "Correct its `paths`, or remove it.")


def _changed(root: Path, snapshots: Mapping[str, Snapshot]) -> str:
    """Return which files are no longer as they were read: gates may then have judged different contents."""
    changed = [path for path, snapshot in snapshots.items() if snapshot.stamp and snapshot.stamp != stamp(root / path)]
    return f"files changed while they were checked: {_listed(changed)}; check again" if changed else ""


def _asked(request: Request, paths: tuple[str, ...]) -> tuple[str, ...]:
    if not request.paths:
        return paths
    return scope.narrowed(request.loaded.config.root, _here(), request.paths, paths)


def _with_groups(outcome: Outcome, members: Mapping[str, str]) -> Outcome:
    findings = tuple(grouping.with_group(each, members) for each in outcome.findings)
    return msgspec.structs.replace(outcome, findings=findings)


class _Declarations:
    """Where the project declares a class or a function; the facts are searched once, when somebody asks."""

    def __init__(self, snapshots: Mapping[str, Snapshot]) -> None:
        self._snapshots = snapshots
        self._places: dict[str, Location] = {}

    def __call__(self, owner: str, name: str) -> Location | None:
        if not self._places:
            self._places = dict(self._declared())
        wanted = f"{owner.rpartition('.')[2]}.{name.rpartition('.')[2]}".lstrip(".")
        return self._places.get(wanted)

    def _declared(self) -> Iterator[tuple[str, Location]]:
        """Yield names with and without their owner, the first one in the order of paths last, so that it stays."""
        for path, snapshot in sorted(self._snapshots.items(), reverse=True):
            spans: tuple[Function | Class, ...] = (*snapshot.facts.functions, *snapshot.facts.classes)
            for each in spans:
                place = Location(path, each.line, each.column, each.end_line, each.end_column, each.symbol)
                yield each.symbol.rpartition(".")[2], place
                yield ".".join(each.symbol.split(".")[-2:]), place


def _off(config: Config) -> tuple[Off, ...]:
    """Return the gates that the project has turned off, each with its reason."""
    return tuple(Off(name, settings.why) for name, settings in sorted(config.gates.items()) if settings.why)


def _relative(request: Request) -> tuple[str, ...]:
    return tuple(sorted(Path(each).as_posix() for each in request.paths))


def _facts(request: Request, paths: Sequence[str], spawner: Spawner, cache: Path) -> dict[str, Snapshot]:
    versions = [__version__, *(installed(tool) for tool in _FACT_TOOLS)]
    crew = Crew(spawner, request.jobs, request.timeout, lambda done, total: request.watch(Moment((), done, total)))
    return collect(request.loaded.config.root, paths, Store(cache / "facts.sqlite"), versions, crew)


def _outcomes(request: Request, project: Project) -> tuple[Outcome, ...]:
    """Run the gates at the same time, those over the whole project first: they take longest."""
    names = frozenset(gate.name for gate in request.gates)
    last = tuple(gate for gate in request.gates if gate.reads == "results")
    first = _together(request, project, tuple(gate for gate in request.gates if gate not in last), names)
    decided = frozenset(each.gate for each in first if each.verdict in (Verdict.PASSED, Verdict.FAILED))
    after = msgspec.structs.replace(project, results=Results(gates=decided))
    found = (*first, *_together(request, after, last, names))
    return tuple(sorted(found, key=lambda each: each.gate))


def _together(request: Request, project: Project, gates: Sequence[Gate], names: frozenset[str]) -> tuple[Outcome, ...]:
    order = sorted(gates, key=lambda gate: (gate.reads != "project", gate.name))
    done: dict[str, Outcome] = {}
    total = len(project.whole)
    with ThreadPoolExecutor(max_workers=max(1, min(len(order), request.jobs + 1))) as pool:
        try:
            running = {pool.submit(_outcome, gate, request.loaded.config, project, names): gate.name for gate in order}
            waiting = {gate.name for gate in order}
            request.watch(Moment(tuple(sorted(waiting)), total, total))
            for future in as_completed(running):
                done[running[future]] = future.result()
                request.watch(Moment(tuple(sorted(waiting - done.keys())), total, total))
        except BaseException:
            project.spawner.stop()
            raise
    return tuple(done.values())


def _outcome(gate: Gate, config: Config, project: Project, names: frozenset[str]) -> Outcome:
    started = time.monotonic()
    settings = config.gates[gate.name]
    planned: tuple[str, ...] = ()
    try:
        planned = gate.plan(project, settings.policy)
        inspection = gate.check(project, settings.policy)
        inspection = _attested(gate, project, planned, inspection, names)
        hint = ""
    except BrokenError as error:
        inspection, hint = Inspection(broken=error.message), error.hint
    except GatesError:
        raise
    except Exception:  # noqa: BLE001 - whatever a gate does wrong, it may not take the others with it
        inspection, hint = Inspection(broken=_bug(gate, project)), "This is a bug in the gate; please report it."
    findings = marking.marked(gate, project, inspection.findings)
    outcome = Outcome(
        gate=gate.name,
        verdict=Verdict.PASSED,
        findings=findings,
        planned=len(planned),
        inspected={"files": len(inspection.inspected), **inspection.counts},
        unread=tuple(sorted(inspection.unread, key=lambda each: each.path)),
        reason=inspection.broken or (f"blocked by {inspection.blocked}" if inspection.blocked else ""),
        hint=hint,
        rerun=_rerun(gate, findings),
        tools=inspection.tools,
        measures=inspection.measures,
        seconds=round(time.monotonic() - started, 3),
    )
    return msgspec.structs.replace(outcome, verdict=_verdict(outcome, inspection))


def _attested(
    gate: Gate, project: Project, planned: Sequence[str], inspection: Inspection, names: frozenset[str]
) -> Inspection:
    """Hold what a gate says it inspected against what was planned. What is not accounted for breaks it."""
    if inspection.blocked or inspection.broken:
        return inspection
    problem = _unaccounted(gate, project, frozenset(planned), inspection)
    if not problem and "files" not in names:
        problem = next((f"{each.path} {each.reason}" for each in _unreadable(project, inspection.unread)), "")
    return msgspec.structs.replace(inspection, broken=problem) if problem else inspection


def _unaccounted(gate: Gate, project: Project, plan: frozenset[str], inspection: Inspection) -> str:
    """Return in which way the record of a gate does not cover its plan, or nothing."""
    accounted = inspection.inspected | {each.path for each in inspection.unread}
    spoken = accounted | {each.location.path for each in inspection.findings}
    if not plan and gate.reads != "change":
        return "there is nothing for this gate to inspect"
    if missing := sorted(plan - accounted):
        return f"{counted(len(missing), 'planned file')} not inspected: {_listed(missing)}"
    if gate.reads in ("change", "results"):  # they also speak of configuration, and of files that are gone
        return ""
    if strange := sorted(spoken - plan - frozenset(project.whole)):
        return f"the gate speaks of files that are not part of the project: {_listed(strange)}"
    return ""


def _unreadable(project: Project, unread: Sequence[Unread]) -> list[Unread]:
    return [each for each in unread if project.facts(each.path).unreadable is not None]


def _verdict(outcome: Outcome, inspection: Inspection) -> Verdict:
    if inspection.broken:
        return Verdict.BROKEN
    if inspection.blocked:
        return Verdict.SKIPPED
    return Verdict.FAILED if marking.fails(outcome.findings) else Verdict.PASSED


def _rerun(gate: Gate, findings: Sequence[Finding]) -> str:
    paths = sorted({each.location.path for each in findings})
    scoped = ["--", *paths] if gate.reads == "file" and len(paths) == 1 else []
    return shlex.join(["gates", "check", "--gate", gate.name, *scoped])


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(visible(path) for path in paths[:_NAMED]) + more


def _bug(gate: Gate, project: Project) -> str:
    """Keep the traceback where it can be found, and say in one line what went wrong."""
    error = sys.exc_info()[1]
    place = project.cache / f"crash-{gate.name}.txt"
    with contextlib.suppress(OSError):
        place.write_text(traceback.format_exc(), encoding="utf-8", errors="backslashreplace")
    return f"internal error, {type(error).__name__}: {error} (quality-gates {__version__}; traceback in {place})"
