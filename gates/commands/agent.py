"""gates agent: the hooks of an agent's host. An error of ours stops nobody, and says so."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from msgspec import Struct

from gates import __version__, hosts, roots
from gates.hosts import GUARD, POST_EDIT, STOP, Decision, Event, Host, Malformed
from gates.model import Finding, GatesError, Report, Severity, Verdict
from gates.text import counted, quoted, visible

if TYPE_CHECKING:
    from gates import asking, engine
    from gates.registry import Gate
    from gates.sessions import Memory, Sessions

_HOST = click.option(
    "--host", "name", required=True, metavar="NAME", help=f"Whose event it is: {', '.join(hosts.names())}."
)
_NOTED = 4
"""Findings that the note after an edit names; with what stands around them it has at most six lines."""


class _Turn(Struct, frozen=True):
    """An event of a host in a project that configures gates."""

    host: Host
    event: Event
    root: Path
    written: roots.Table

    def sessions(self) -> Sessions:
        """Return what is remembered of the sessions of this project."""
        from gates.sessions import Sessions

        return Sessions(self.root, os.environ.get("GATES_CACHE", "") or _text(self.written, "cache"))


@click.group("agent", short_help="Answer the hooks of a coding agent's host.")
def command() -> None:
    """Answer an event of a coding agent's host, which is read as JSON from standard input.

    What the answer looks like, and its exit code, is what the host wants. In a project that does not configure gates
    nothing is said.
    """


@command.command("stop")
@_HOST
@click.option(
    "--max-blocks",
    default=3,
    show_default=True,
    type=click.IntRange(1),
    help="How often a session is sent back to work until it has been green.",
)
def stop(name: str, max_blocks: int) -> int:
    """At the end of a turn: what the session has brought in, as a prompt, until it is green."""
    return _answered(name, STOP, lambda turn: _stopped(turn, max_blocks))


@command.command("post-edit")
@_HOST
def post_edit(name: str) -> int:
    """After an edit: a short note on what the fast gates find in the files that were edited."""
    return _answered(name, POST_EDIT, _edited)


@command.command("guard")
@_HOST
def guarded(name: str) -> int:
    """Before a tool runs: refuses what steps around the checks, or edits rules, accepted debt and hooks."""
    return _answered(name, GUARD, _judged)


def _answered(name: str, kind: str, decide: Callable[[_Turn], Decision]) -> int:
    """Write the answer to the event on standard input. Whatever goes wrong blocks nothing, and a person is told."""
    host = hosts.host(name)
    try:
        decision = _decided(host, kind, decide)
    except GatesError as error:
        decision = Decision(kind=kind, notice=_unjudged(kind, ". ".join(filter(None, (error.message, error.hint)))))
    except Exception as error:  # noqa: BLE001 - a bug of ours must not stop an agent
        bug = f"internal error: {type(error).__name__}: {error} (quality-gates {__version__}). Please report it"
        decision = Decision(kind=kind, notice=_unjudged(kind, bug))
    answer = host.write(decision)
    with contextlib.suppress(OSError):
        sys.stdout.write(answer.stdout)
        sys.stdout.flush()
        click.echo(answer.stderr, err=True, nl=False)
    return answer.exit_code


def _decided(host: Host, kind: str, decide: Callable[[_Turn], Decision]) -> Decision:
    event = host.read(sys.stdin.buffer.read())
    if isinstance(event, Malformed):
        raise GatesError(event.reason, f"Is `{host.name}` the host that runs this?")
    if event.kind not in ("", kind):
        raise GatesError(f"an event `{visible(event.kind)}` is none for `gates agent {kind}`", "Correct the hook.")
    folder = _folder(event)
    root = roots.find_root(folder)
    written = roots.written(root)
    if written is None:
        return Decision(kind=kind)
    os.chdir(root)
    return decide(_Turn(host, msgspec.structs.replace(event, cwd=str(folder)), root, written))


def _folder(event: Event) -> Path:
    """Return the directory that an event is about, as the host names it."""
    folder = Path(event.cwd) if event.cwd else Path.cwd()
    if not folder.is_absolute() or not folder.is_dir():
        raise GatesError(f"there is no directory `{visible(event.cwd)}`", "The host says that the agent works there.")
    return folder.resolve()


def _unjudged(kind: str, reason: str) -> str:
    what = {STOP: "this turn was not judged", POST_EDIT: "this edit was not judged", GUARD: "this was let through"}
    return f"gates: {what[kind]}: {visible(reason)}"


def _text(written: roots.Table, key: str) -> str:
    found = written.get(key, "")
    return found if isinstance(found, str) else ""


def _judged(turn: _Turn) -> Decision:
    """Judge what a tool is about to do. Before git may move HEAD, it is noted at which commit the session began."""
    from gates import guard

    event = turn.event
    protected = (*guard.PROTECTED, _text(turn.written, "baseline") or "gates-baseline.json")
    place = guard.Place(root=str(turn.root), cwd=event.cwd, home=os.path.expanduser("~"))
    found = guard.judge_edits([_real(each, event.cwd) for each in event.paths], protected, place)
    notice = ""
    try:
        found = found or guard.judge(event.command, protected, place)
    except guard.UnclearError as error:
        notice = _unjudged(GUARD, f"the command could not be read as shell: {error}")
    if "git" in event.command:
        with contextlib.suppress(GatesError):
            turn.sessions().memory(event.session)
    return Decision(kind=GUARD, blocks=found is not None, text=found.text if found else "", notice=notice)


def _real(path: str, cwd: str) -> str:
    """Return an absolute path whose folders are no links; the file itself may be one, under a protected name."""
    folder, name = os.path.split(os.path.join(cwd, path))
    return os.path.join(os.path.realpath(folder), name)


def _edited(turn: _Turn) -> Decision:
    """Check the edited files by the gates whose verdict on a file depends on that file alone."""
    from gates import asking, engine, scope

    real = [_real(each, turn.event.cwd) for each in turn.event.paths]
    edited = {os.path.relpath(each, turn.root) for each in real if each.endswith(scope.SUFFIXES)}
    if not edited:
        return Decision(kind=POST_EDIT)
    loaded = asking.load()
    paths = tuple(each for each in engine.inspected(loaded) if each in edited)
    return _quickly(turn, loaded, paths) if paths else Decision(kind=POST_EDIT)


def _quickly(turn: _Turn, loaded: asking.Loaded, paths: tuple[str, ...]) -> Decision:
    from gates import engine

    gates = _fast(loaded)
    if not gates:
        return Decision(kind=POST_EDIT)
    memory = turn.sessions().memory(turn.event.session)
    report = engine.check(_request(loaded, memory, gates=gates, paths=paths))
    return Decision(kind=POST_EDIT, text=_note(report, paths), notice=_broken(report, POST_EDIT))


def _fast(loaded: asking.Loaded) -> tuple[Gate, ...]:
    settings = loaded.config.gates
    return tuple(each for each in loaded.gates if each.reads == "file" and settings[each.name].enabled)


def _note(report: Report, paths: Sequence[str]) -> str:
    """Return what was found, as facts in at most six lines."""
    found = _errors(report)
    if not found:
        return ""
    since = " since this session began" if report.scope.base else ""
    where = quoted(paths[0], "") if len(paths) == 1 else counted(len(paths), "edited file")
    lines = [f"gates: {where} has {counted(len(found), 'open finding')}{since}."]
    for each in found[:_NOTED]:
        place = f"{quoted(each.location.path, '')}:{each.location.line}"
        lines.append(f"- {place} {quoted(each.message, '')} ({quoted(each.rule, '')})")
    if len(found) > _NOTED:
        lines.append(f"- and {len(found) - _NOTED} more. The end of the turn lists them all.")
    return "\n".join(lines)


def _stopped(turn: _Turn, max_blocks: int) -> Decision:
    """Check what the session has changed, and let its turn end or not."""
    event = turn.event
    kept = turn.sessions()
    memory = kept.memory(event.session)
    if event.interrupted:
        return Decision(kind=STOP)
    if event.background:
        tasks = counted(event.background, "background task")
        return Decision(kind=STOP, notice=_unjudged(STOP, f"the agent has left {tasks} at work"))
    from gates import asking, engine, knowledge
    from gates.cache import digest

    loaded = asking.load()
    found = engine.examined(_request(loaded, memory))
    report = found.report
    _keep(loaded, found)
    knowledge.judged(loaded.folders.own, report)
    errors, broken = _errors(report), _broken(report, STOP)
    if not errors:
        if not broken and memory.blocks:
            kept.remember(event.session, msgspec.structs.replace(memory, blocks=0, last=""))
        return Decision(kind=STOP, notice=broken)
    names = None if kept.listed() else engine.inspected(loaded)
    state = digest(*(each.id.encode() for each in errors), kept.tree(names).encode())
    if reason := _enough(event, memory, state, max_blocks):
        still = f"gates: this session leaves {counted(len(errors), 'error')} open, and {reason}. See: gates check"
        return Decision(kind=STOP, notice="\n".join(filter(None, (still, broken))))
    kept.remember(event.session, msgspec.structs.replace(memory, blocks=memory.blocks + 1, last=state))
    round_ = f"Round {max(memory.blocks, event.rounds) + 1} of at most {max_blocks}. "
    text = round_ + _prompt(turn.host.limit - len(round_), found, loaded.config.root)
    knowledge.shown(loaded.folders.own, loaded.config.root, text, report.open())
    return Decision(kind=STOP, blocks=True, text=text, notice=broken)


def _enough(event: Event, memory: Memory, state: str, max_blocks: int) -> str:
    """Return why the turn may end although something is open, or ""."""
    if max(memory.blocks, event.rounds) >= max_blocks:
        return f"it was sent back to work {counted(max(memory.blocks, event.rounds), 'time')}"
    if memory.last == state:
        return "nothing has changed since it was sent back to work"
    if event.continued and not memory.known:
        return "nothing is remembered of the round before this one"
    return ""


def _request(
    loaded: asking.Loaded, memory: Memory, gates: tuple[Gate, ...] = (), paths: tuple[str, ...] = ()
) -> asking.Request:
    from gates import asking

    return asking.Request(
        loaded=loaded,
        gates=gates,
        paths=paths,
        since=memory.base,
        jobs=len(os.sched_getaffinity(0)),
        timeout=loaded.config.timeout,
    )


def _errors(report: Report) -> list[Finding]:
    return [each for each in report.open() if each.severity is Severity.ERROR]


def _broken(report: Report, kind: str) -> str:
    """Return for a person what could not decide. A gate that waits for another one's findings is none of it."""
    undecided = [each for each in report.outcomes if each.verdict is Verdict.BROKEN]
    if not _errors(report):
        undecided += [each for each in report.outcomes if each.verdict is Verdict.SKIPPED]
    reasons = [f"{each.gate} ({each.reason}) {each.hint}".rstrip(" .") for each in undecided]
    reasons += [report.reason] if report.reason else []
    return _unjudged(kind, f"could not decide: {'; '.join(reasons)}") if reasons else ""


def _prompt(room: int, found: engine.Examined, home: Path) -> str:
    """Return the prompt, without what could not decide: that is for a person to mend."""
    from gates import registry, views

    outcomes = []
    for each in found.report.outcomes:
        if each.verdict is not Verdict.BROKEN:
            outcomes.append(each)
        elif each.open():
            outcomes.append(msgspec.structs.replace(each, verdict=Verdict.FAILED, reason=""))
    report = msgspec.structs.replace(found.report, outcomes=tuple(outcomes), reason="")
    view = views.view(found.root, home=home)
    return registry.reporter("prompt")(report, msgspec.structs.replace(view, max_chars=room))


def _keep(loaded: asking.Loaded, found: engine.Examined) -> None:
    """Keep the report, so that `gates explain ID` and `gates flag ID` know what the prompt names."""
    from gates import registry, views
    from gates.cache import write_atomically

    content = registry.reporter("json")(found.report, views.view(found.root)).encode("utf-8", "backslashreplace")
    for path in (loaded.last_report, loaded.full_report):
        with contextlib.suppress(OSError):
            write_atomically(path, content)
