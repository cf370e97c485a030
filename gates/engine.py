"""One check: plan, run, attest, mark, judge. Every surface of the product calls this and nothing else."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gates import (
    __version__,
    ancestry,
    baseline,
    checkouts,
    comparing,
    flags,
    git,
    grounds,
    grouping,
    narrowing,
    policies,
    portions,
    scope,
    states,
    tracing,
)
from gates.asking import Loaded, Request
from gates.baseline import Baseline
from gates.config import Config
from gates.facts import FileFacts
from gates.grounds import Ground
from gates.identity import Names, Trace
from gates.judging import Comparison, Standing
from gates.model import GatesError, Outcome, Report, Scope
from gates.preparing import Workbench, scratch_folder
from gates.process import Spawner
from gates.project import Project, Results
from gates.registry import Gate
from gates.roots import here
from gates.running import Inspect, Moment, Run, look, run
from gates.settling import Settling
from gates.sharding import BASE, NOW, Asked, Part, Shard
from gates.snapshots import Snapshot
from gates.states import Shelf
from gates.text import visible
from gates.working import Crew, cluster

_NOTHING = "there is no Python file here that this project inspects"


class Examined(Struct, frozen=True):
    """A report, the folder in which the files lie that it speaks of, what stands, when the record was wanted, and for
    whoever asks each part of a dotted name that any file imports; the files that nobody could look at are `hidden`.
    With `traces` that of each finding by its id, and what the project defines."""

    report: Report
    root: Path
    standing: tuple[Standing, ...] = ()
    imported: Callable[[], frozenset[str]] = frozenset
    hidden: frozenset[str] = frozenset()
    traces: Mapping[str, Trace] = {}
    names: Names = Names(frozenset(), frozenset())


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
    with _workbench(request) as bench:
        found = _Check(request, bench).examined()
        seconds = round(time.monotonic() - started, 3)
        return msgspec.structs.replace(found, report=msgspec.structs.replace(found.report, seconds=seconds))


def unfinished(request: Request, reason: str) -> Report:
    """Return the report of a check that came to no end: it says why, and nothing else."""
    asked, policy = _asked_for(request), policies.record(request.loaded.config)
    return Report(version=__version__, scope=asked, policy=policy, outcomes=(), files=0, lines=0, reason=reason)


def part(request: Request, shard: Shard) -> Part:
    """Look at one part of a project, and return what was found there; nothing of it is judged.

    Raises:
        GatesError: the configuration or the request cannot be followed.
        BrokenError: git does not answer.
    """
    with _workbench(request) as bench:
        return _Check(request, bench).part(shard)


@contextlib.contextmanager
def _workbench(request: Request) -> Iterator[Workbench]:
    spawner = Spawner()
    try:
        with scratch_folder() as scratch, contextlib.ExitStack() as held:
            yield Workbench(
                crew=Crew(
                    spawner,
                    request.jobs,
                    request.timeout,
                    lambda done, total: request.watch(Moment(files=done, total=total)),
                    held.enter_context(cluster.connected(request.executor)) if request.executor else None,
                ),
                shelf=_shelf(request.loaded, scratch, held),
                home=request.loaded.config.root,
            )
    finally:
        spawner.stop()


def facts(loaded: Loaded, *, jobs: int = 1) -> dict[str, FileFacts]:
    """Return what is known of every file that the project inspects, without running a gate.

    Raises:
        GatesError: the configuration cannot be followed.
        BrokenError: git does not answer.
    """
    config = loaded.config
    with _workbench(Request(loaded=loaded, jobs=jobs, timeout=config.timeout)) as bench:
        files = states.files(states.working(bench.spawner, config.root), config, strict=True)
        return {path: each.facts for path, each in bench.facts(config.root, files.paths).items()}


def inspected(loaded: Loaded) -> tuple[str, ...]:
    """Return the paths of every file that the project inspects.

    Raises:
        GatesError: the configuration cannot be followed.
        BrokenError: git does not answer.
    """
    spawner = Spawner()
    try:
        return states.files(states.working(spawner, loaded.config.root), loaded.config).paths
    finally:
        spawner.stop()


def _shelf(loaded: Loaded, scratch: Path, held: contextlib.ExitStack) -> Shelf:
    """Return where a check keeps things. Where nothing can be written, that of the checkout goes with the check.

    Raises:
        GatesError: the cache cannot be a folder.
    """
    place = loaded.folders
    own = place.own if checkouts.ready(place, loaded.config.root) else scratch
    checkouts.note_use(place)
    return Shelf(held.enter_context(place.store.kept_open()), own, scratch, held)


class _Check:
    """One check under way, on its ground."""

    def __init__(self, request: Request, bench: Workbench) -> None:
        self._request = request
        self._ground = self._narrow(bench) or grounds.whole(
            bench, request.target, request.loaded.config, request.loaded.policy_in, self._inspect(BASE)
        )
        self._bench = self._ground.bench
        self._policies = self._ground.policies
        self._config = self._policies.effective
        self._standing: list[Standing] = []
        self._now = functools.cache(self._ground.now)

    def examined(self) -> Examined:
        """Run the gates and put together what they came to."""
        ground = self._ground
        ground.check_overrides()
        if self._request.parts:
            self._request.parts.check(self._config, portions.contents(self._ground))
        asked = self._asked()
        inspected = self._looked(asked)
        outcomes: tuple[Outcome, ...] = ()
        snapshots: Mapping[str, Snapshot] = {}
        hidden = frozenset(ground.files.absent)
        if inspected:
            snapshots = ground.snapshots()
            project = self._bench.project(
                ground.state, ground.files, snapshots, self._config, record=self._request.record
            )
            outcomes = self._outcomes(msgspec.structs.replace(project, files=inspected, asked=asked))
            hidden = hidden.union(each.path for each in project.unread(inspected))
        report = self._report(inspected, snapshots, outcomes)
        found = Examined(report, ground.shown, tuple(self._standing), lambda: _imported(snapshots.values()), hidden)
        if not (inspected and self._request.traces):
            return found
        traces = tracing.by_id(project, report.findings())
        return msgspec.structs.replace(found, traces=traces, names=tracing.defined(project))

    def part(self, shard: Shard) -> Part:
        """Look at one part of the states that a check is about."""
        self._ground.check_overrides()
        asked = Asked(
            tuple(gate.name for gate in self._request.gates), self._request.since, not self._request.loaded.trusts
        )
        return portions.part(self._ground, self._gates(self._config), shard, asked)

    def _inspect(self, state: str) -> Inspect:
        """Return who lets gates look at a state: we, unless others have looked already."""
        parts = self._request.parts
        return parts.inspect(state) if parts else look

    def _narrow(self, bench: Workbench) -> Ground | None:
        """Return the ground of what a commit edits, when the gates that were asked for need no more."""
        request = self._request
        if not request.staged or request.since or request.record:
            return None
        gates = self._gates(request.loaded.config)
        if any(gate.reads not in narrowing.READS for gate in gates):
            return None
        pending = request.pending or git.pending(bench.spawner, bench.home)
        return narrowing.ground(bench, request.loaded.config, gates, pending)

    def _asked(self) -> tuple[str, ...]:
        """Return the files of the project that findings may be about."""
        whole = self._ground.files.paths
        if not self._request.paths:
            return whole
        strict = not self._request.passes_over
        return scope.narrowed(self._bench.home, here(), self._request.paths, whole, strict=strict)

    def _looked(self, asked: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of them that have to be looked at."""
        wanted = frozenset(asked)
        return tuple(path for path in self._ground.paths if path in wanted)

    def _outcomes(self, project: Project) -> tuple[Outcome, ...]:
        request = self._request
        gates = self._gates(self._config)
        if not gates:
            return ()
        name = self._policies.now.baseline
        base = self._ground.base(project)
        if base is not None:
            project = msgspec.structs.replace(project, base=msgspec.structs.replace(base, ci=request.ci))
        accepted = functools.cache(self._baseline)
        comparison = functools.cache(lambda: self._comparison(gates, accepted()))
        if self._ground.side is not None:
            comparison()  # gates look at the base before, and not at the same time
        settling = Settling(project, comparison)

        def results() -> Results:
            self._now()  # by now no tool reads a file any more
            known = None if request.paths else accepted()
            return Results(baseline=name, locked=request.locked, known=known, fresh=comparison().fresh)

        asked = Run(
            gates=gates,
            config=self._config,
            jobs=request.jobs,
            scope=request.flags,
            inspect=self._inspect(NOW),
            applying=not request.gates,
            results=results,
            watch=request.watch,
            mark=settling.mark,
        )
        done = run(asked, project, settling.judge)
        self._standing = [standing for each in done for standing in each.standing]
        return tuple(each.outcome for each in done)

    def _gates(self, config: Config) -> tuple[Gate, ...]:
        """Return the gates that were asked for, or those that a policy turns on."""
        request = self._request
        gates = request.gates or request.loaded.chosen((), config=config, base=request.target.compares)
        return tuple(each for each in gates if not request.reads or each.reads in request.reads)

    def _comparison(self, gates: Sequence[Gate], accepted: Baseline | None) -> Comparison:
        comparison = Comparison(
            baseline=accepted or Baseline(),
            improve=self._config.improve_touched,
            whole=not self._request.paths,
            record=self._request.record,
        )
        side = self._ground.side
        if side is None:
            self._check_legacy(accepted)
            return comparison
        before = comparing.accepted_before(self._bench, side, self._policies.now.baseline)
        fresh = tuple(ancestry.fresh(comparison.baseline.entries, before))
        found = [gate for gate in gates if gate.reads not in ("change", "record")]
        return msgspec.structs.replace(
            comparison,
            base=self._ground.known(found),
            changes=frozenset(gate.name for gate in gates if gate.reads == "change"),
            fresh=fresh,
            added=frozenset(each for each in fresh if each.reason),
        )

    def _baseline(self) -> Baseline | None:
        """Return the baseline that holds: the one that is given, or that of the state that is judged."""
        if self._request.accepted is not None:
            return self._request.accepted()
        name = self._policies.now.baseline
        entries = self._ground.state.entries
        if entries is None:
            return baseline.read(self._bench.home / name, name)
        content = policies.contents(self._bench, entries, (name,)).get(name)
        return None if content is None else baseline.parse(content, name)

    def _check_legacy(self, accepted: Baseline | None) -> None:
        if self._config.preset == "legacy" and accepted is None and not self._request.record:
            raise GatesError(
                f"the preset `legacy` needs the file {visible(self._policies.now.baseline)}, or a base to compare with",
                "Run: gates baseline create",
            )

    def _report(
        self, asked: tuple[str, ...], snapshots: Mapping[str, Snapshot], outcomes: tuple[Outcome, ...]
    ) -> Report:
        config = self._config
        found = [each for outcome in outcomes for each in outcome.open()]
        causes = grouping.grouped(found, grouping.Declarations(snapshots))
        return Report(
            version=__version__,
            scope=self._scope(),
            policy=policies.record(config),
            outcomes=tuple(grouping.with_groups(outcome, causes.members) for outcome in outcomes),
            groups=causes.groups,
            flags=flags.known(self._bench.home, {each.id for each in found}),
            files=len(asked),
            lines=sum(snapshots[path].facts.lines for path in asked),
            reason=self._ground.changed(snapshots, self._now()()) if asked else _NOTHING,
        )

    def _scope(self) -> Scope:
        side = self._ground.side
        excluded, base = self._ground.files.excluded, side.commit if side else ""
        return msgspec.structs.replace(_asked_for(self._request), excluded=excluded, base=base)


def _imported(snapshots: Iterable[Snapshot]) -> frozenset[str]:
    imports = (each for snapshot in snapshots for each in snapshot.facts.imports)
    return frozenset(part for each in imports for part in (*each.module.split("."), each.name) if part)


def _asked_for(request: Request) -> Scope:
    kind = "paths" if request.paths else "project"
    if request.target.compares:
        kind = "staged" if request.staged else "since"
    return Scope(kind, tuple(sorted(Path(each).as_posix() for each in request.paths)))
