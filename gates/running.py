"""Running the gates over one state of a project: in waves, several at a time, each attested and marked."""

from __future__ import annotations

import contextlib
import functools
import shlex
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence

import msgspec
from msgspec import Struct

from gates import __version__, marking
from gates.allowances import allowance
from gates.config import Config
from gates.judging import Judged
from gates.model import (
    ABSENT,
    BrokenError,
    Finding,
    GatesError,
    Inspection,
    Outcome,
    Status,
    Unread,
    Verdict,
)
from gates.project import Project, Results
from gates.registry import Gate
from gates.shortage import HINT, shortage
from gates.text import counted, visible
from gates.threads import together

_NAMED = 5
_WAVES = (("file", "project", "change"), ("results",), ("record",))
"""Gates that judge code and changes; then those that judge what these came to; last what all of them came to."""


class Moment(Struct, frozen=True):
    """How far a check is: gates under way, or files whose facts are known, of all."""

    running: tuple[str, ...] = ()
    files: int = 0
    total: int = 0


class Seen(Struct, frozen=True):
    """What a gate says of what it was shown, and what to do when it could not decide."""

    inspection: Inspection
    hint: str = ""


Inspect = Callable[[Gate, Project, Config], Seen]
"""Who lets a gate look at a project."""


def look(gate: Gate, project: Project, config: Config) -> Seen:
    """Let a gate look at a project, here and now; raises what the gate raises."""
    return Seen(gate.check(project, config.gates[gate.name].policy))


Mark = Callable[[Gate, Project, Sequence[Finding]], tuple[Finding, ...]]
"""Who makes findings of a gate complete, and puts them in order."""


def mark(gate: Gate, project: Project, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Mark what a gate found, whatever is known of it."""
    return marking.marked(gate, project, findings).findings


class Run(Struct, frozen=True, kw_only=True):
    """The gates to run, by which rules, and how many at a time. `scope` are the flags that say what is judged, for the
    command that checks it again. `lenient` takes a mistake in the configuration for a gate that cannot decide: that is
    what it is in a state of the project that nobody asked about. `inspect` lets gates look, `mark` completes what they
    find. With `applying`, gates that do not apply are left out. `results` has what those may know of the baseline that
    judge what others came to: it is asked for once the others have begun, which wait for their tools."""

    gates: tuple[Gate, ...]
    config: Config
    jobs: int
    scope: tuple[str, ...] = ()
    lenient: bool = False
    inspect: Inspect = look
    mark: Mark = mark
    applying: bool = False
    results: Callable[[], Results] = Results
    watch: Callable[[Moment], None] = lambda moment: None


def run(asked: Run, project: Project, judge: Callable[[Outcome], Judged]) -> tuple[Judged, ...]:
    """Run the gates and return what they came to, by name; `judge` has the last word on the findings of each.

    Raises:
        GatesError: the configuration of a gate cannot be followed.
        Stopped: the check was interrupted.
    """
    done: list[Judged] = []
    for kinds in _WAVES:
        if kinds is not _WAVES[0]:
            project = msgspec.structs.replace(project, results=_results(asked.results(), project, done))
        mine = [gate for gate in asked.gates if gate.reads in kinds]
        wave = [gate for gate in mine if not asked.applying or gate.applies(project)]
        done += _together(asked, project, wave, judge)
    return tuple(sorted(done, key=lambda each: each.outcome.gate))


def listed(paths: Sequence[str]) -> str:
    """Return the first few paths, and how many more there are."""
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(visible(path) for path in paths[:_NAMED]) + more


def _results(known: Results, project: Project, judged: Sequence[Judged]) -> Results:
    done = [each.outcome for each in judged]
    return msgspec.structs.replace(
        known,
        gates=frozenset(each.gate for each in done if each.verdict in (Verdict.PASSED, Verdict.FAILED)),
        used=frozenset(_used(project, done)),
        stale=tuple(stale for each in judged for stale in each.stale),
        accepted=sum(each.status is Status.ACCEPTED for outcome in done for each in outcome.findings),
    )


def _used(project: Project, done: Sequence[Outcome]) -> Iterator[tuple[str, int]]:
    for finding in (each for outcome in done for each in outcome.findings if each.status is Status.SUPPRESSED):
        comment = allowance(project, finding)
        if comment is not None:
            yield finding.location.path, comment.line


def _together(asked: Run, project: Project, gates: Sequence[Gate], judge: Callable[[Outcome], Judged]) -> list[Judged]:
    """Run gates at the same time, first those that wait longest for their programs, then those over the whole project.
    Each is judged when it is done, while others still run."""
    order = sorted(gates, key=lambda gate: (-gate.waits, gate.reads != "project", gate.name))
    waiting = {gate.name for gate in order}
    done: list[Judged] = []
    calls = [functools.partial(_in_turn, gate, project, asked) for gate in order]
    with together(calls, asked.jobs + 1) as running:
        try:
            asked.watch(Moment(tuple(sorted(waiting))))
            for number, outcome in running:
                done.append(judge(outcome.get()))
                waiting.discard(order[number].name)
                asked.watch(Moment(tuple(sorted(waiting))))
        except BaseException:
            project.crew.spawner.stop()
            raise
    return sorted(done, key=lambda each: each.outcome.gate)


def _in_turn(gate: Gate, project: Project, asked: Run) -> Outcome:
    with project.crew.spawner.turn.taken():
        return _outcome(gate, project, asked)


def _outcome(gate: Gate, project: Project, asked: Run) -> Outcome:
    started = time.monotonic()
    planned: tuple[str, ...] = ()
    names = frozenset(each.name for each in asked.gates)
    absent = _absent(gate, project, names)

    def act() -> Seen:
        nonlocal planned
        planned = gate.plan(project, asked.config.gates[gate.name].policy)
        seen = asked.inspect(gate, project, asked.config)
        return Seen(_attested(gate, project, planned, seen.inspection, names), seen.hint)

    seen = tried(gate, project, act, lenient=asked.lenient)
    inspection = seen.inspection
    findings = asked.mark(gate, project, inspection.findings)
    outcome = Outcome(
        gate=gate.name,
        verdict=Verdict.PASSED,
        findings=findings,
        planned=len(planned) + len(absent),
        inspected={"files": len(inspection.inspected), **inspection.counts},
        unread=tuple(sorted((*inspection.unread, *absent), key=lambda each: each.path)),
        reason=inspection.broken or (f"blocked by {inspection.blocked}" if inspection.blocked else ""),
        hint=seen.hint,
        rerun=_rerun(gate, findings, asked.scope),
        tools=inspection.tools,
        measures=inspection.measures,
        latent=mark(gate, project, inspection.latent),
        seconds=round(time.monotonic() - started, 3),
    )
    return msgspec.structs.replace(outcome, verdict=_verdict(outcome, inspection))


def _absent(gate: Gate, project: Project, names: Collection[str]) -> tuple[Unread, ...]:
    """Return the files that git has not checked out, for the gate that says which files can be read, or else for all
    that look at files. Who asks for paths asks for what is there."""
    says = gate.name == "files" or ("files" not in names and gate.reads in ("file", "project"))
    paths = project.absent if says and project.files == project.whole else ()
    return tuple(Unread(path, ABSENT) for path in paths)


def tried(gate: Gate, project: Project, act: Callable[[], Seen], *, lenient: bool = False) -> Seen:
    """Let a gate act; when it cannot decide, or has a bug, that is what it says: it may not take the others with it.

    Raises:
        GatesError: the configuration of the gate cannot be followed, and nobody is lenient.
    """
    try:
        return act()
    except BrokenError as error:
        return Seen(Inspection(broken=error.message), error.hint)
    except GatesError as error:
        if not lenient:
            raise
        return Seen(Inspection(broken=error.message), error.hint)
    except Exception as error:  # noqa: BLE001 - whatever a gate does wrong
        if lack := shortage(error):
            return Seen(Inspection(broken=f"this machine has too little: {lack}"), HINT)
        return Seen(Inspection(broken=_bug(gate, project)), "This is a bug in the gate; please report it.")


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
    if not plan and gate.reads in ("file", "project"):
        return "there is nothing for this gate to inspect"
    if missing := sorted(plan - accounted):
        return f"{counted(len(missing), 'planned file')} not inspected: {listed(missing)}"
    if gate.reads not in ("file", "project"):  # the others also speak of configuration, and of files that are gone
        return ""
    if strange := sorted(spoken - plan - frozenset(project.whole)):
        return f"the gate speaks of files that are not part of the project: {listed(strange)}"
    return ""


def _unreadable(project: Project, unread: Sequence[Unread]) -> list[Unread]:
    return [each for each in unread if project.facts(each.path).unreadable is not None]


def _verdict(outcome: Outcome, inspection: Inspection) -> Verdict:
    if inspection.broken:
        return Verdict.BROKEN
    if inspection.blocked:
        return Verdict.SKIPPED
    return Verdict.FAILED if marking.fails(outcome.findings) else Verdict.PASSED


def _rerun(gate: Gate, findings: Sequence[Finding], scope: Sequence[str]) -> str:
    if gate.reads in ("results", "record"):  # alone it has nothing to judge
        return shlex.join(["gates", "check", *scope])
    paths = sorted({each.location.path for each in findings})
    scoped = ["--", *paths] if gate.reads == "file" and len(paths) == 1 else []
    return shlex.join(["gates", "check", *scope, "--gate", gate.name, *scoped])


def _bug(gate: Gate, project: Project) -> str:
    """Keep the traceback where it can be found, and say in one line what went wrong."""
    import traceback

    error = sys.exc_info()[1]
    place = project.own / f"crash-{gate.name}.txt"
    with contextlib.suppress(OSError):
        place.write_text(traceback.format_exc(), encoding="utf-8", errors="backslashreplace")
    return f"internal error, {type(error).__name__}: {error} (quality-gates {__version__}; traceback in {place})"
