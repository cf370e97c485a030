"""gates loop: run a coding agent until the gates pass, or a person is needed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import click
import msgspec

from gates import engine
from gates.engine import Loaded
from gates.locks import locked
from gates.loop import agent, ending, pin, place, prompts
from gates.loop import memory as memories
from gates.loop.convergence import Ending
from gates.loop.course import course
from gates.loop.journal import Ended, Event, Finished, Journal, Judged, Looked, Started
from gates.loop.place import Place
from gates.loop.run import Loop, Watched
from gates.model import BrokenError, GatesError
from gates.process import Spawner
from gates.telling import tell
from gates.text import counted, visible


@click.command(
    "loop",
    short_help="Run a coding agent until the gates pass, or a person is needed.",
    context_settings={"ignore_unknown_options": False},
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("--task", default="", help="What the agent is asked for, beside what the gates find.")
@click.option("--attempts", default=4, show_default=True, type=click.IntRange(1), help="How often it is started.")
@click.option(
    "--seconds", default=7200.0, show_default=True, type=click.FloatRange(min=1), help="Seconds for all of it."
)
@click.option(
    "--attempt-seconds",
    default=1800.0,
    show_default=True,
    type=click.FloatRange(min=1),
    help="Seconds after which an agent is killed.",
)
@click.option(
    "--max-cost",
    default=0.0,
    metavar="USD",
    type=click.FloatRange(min=0),
    help="End when the agent has said that it cost as much; 0 is no bound.",
)
@click.option("--keep-worse", is_flag=True, help="Leave the last tree, not the best one that was seen.")
@click.option("--dry-run", is_flag=True, help="Print the first prompt, and start nothing.")
@click.option(
    "--resume/--no-resume", default=None, help="Go on with a loop that was killed, or begin anew in spite of it."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each event, on standard output.")
def command(command: tuple[str, ...], **given: Any) -> int:
    """Run COMMAND, a coding agent, with what is open as a prompt on its standard input, or in the file that stands for
    {prompt_file} in it; check what it did, and go on until the gates pass or a person is needed.

    The rules of the beginning hold, whatever the agent does to the files. Ends with 0 when all gates passed, 1 when a
    ticket for a person was written, 3 when a gate could not decide.

    \b
    Examples:
      gates loop -- claude -p --permission-mode acceptEdits
      gates loop --attempts 6 --task "Add a retry to the client" -- codex exec -
      gates loop -- aider --yes --message-file {prompt_file}
      gates loop --resume
    """
    loaded = engine.load()
    spawner = Spawner()
    try:
        if given["dry_run"]:
            return _told_only(loaded, given)
        with locked(place.runs(loaded), 0.0) as free:
            if not free:
                raise GatesError("a loop is under way in this checkout", "Wait for it, or end it.")
            return _looped(spawner, loaded, command, given)
    finally:
        spawner.stop()


def _looped(spawner: Spawner, loaded: Loaded, command: tuple[str, ...], given: dict[str, Any]) -> int:
    folder = place.runs(loaded)
    unfinished = _unfinished(folder)
    if given["resume"]:
        return _gone_on(spawner, loaded, unfinished, command, given)
    if unfinished is not None and given["resume"] is None:
        raise GatesError(
            f"the loop {unfinished.run} was interrupted here",
            "Go on with it: gates loop --resume. Or leave its tree as it is, and begin anew: --no-resume.",
        )
    agent.found(command, loaded.config.root)
    name = time.strftime("%Y%m%d-%H%M%S", time.gmtime()) + f"-{os.getpid()}"
    here = _place(loaded, folder / name)
    here.folder.mkdir()
    pin.take(loaded, here.rules)
    loop = _loop(spawner, loaded, here, given)
    loop.begin(
        Started(
            run=name,
            root=str(here.root),
            command=command,
            task=given["task"],
            attempts=given["attempts"],
            seconds=given["seconds"],
            attempt_seconds=given["attempt_seconds"],
            max_cost=given["max_cost"],
            began=time.time(),
        )
    )
    return _ended(spawner, loop, here, given)


def _gone_on(
    spawner: Spawner, loaded: Loaded, unfinished: Started | None, command: tuple[str, ...], given: dict[str, Any]
) -> int:
    if unfinished is None:
        raise GatesError("no loop was interrupted here", "Start one: gates loop -- COMMAND …")
    if command and command != unfinished.command:
        raise GatesError("--resume goes on with the command that the loop began with", "Leave out what follows `--`.")
    here = _place(loaded, place.runs(loaded) / unfinished.run)
    return _ended(spawner, _loop(spawner, loaded, here, given), here, given)


def _place(loaded: Loaded, folder: Path) -> Place:
    root = loaded.config.root
    return Place(root, place.top(root), folder)


def _loop(spawner: Spawner, loaded: Loaded, here: Place, given: dict[str, Any]) -> Loop:
    watched = Watched(_events if given["as_json"] else _Shown().event, _stage)
    return Loop(spawner, here, pin.pinned(loaded, here.rules), watched, jobs=_jobs())


def _ended(spawner: Spawner, loop: Loop, here: Place, given: dict[str, Any]) -> int:
    journal = Journal(here.journal)
    try:
        why = loop.run()
    except BrokenError:
        at = loop.course
        if not at.looked:
            journal.write(Finished(ending=Ending.BROKEN.value, tree=at.started.start, code=3))
        raise
    at = loop.course
    there = ending.settle(loop.keeper, at, why, keep_worse=given["keep_worse"])
    ticket = ending.handed_over(here, at, why, loop.limits, there) if why is not Ending.PASSED else ""
    last = ending.finished(here, at, why, there, ticket, loop.limits)
    journal.write(last)
    if given["as_json"]:
        _events(last)
    else:
        moved = ending.committed(spawner, here, at)
        tell(_told(here, loop, last, moved, keep_worse=given["keep_worse"]))
    return last.code


def _told(here: Place, loop: Loop, last: Finished, moved: str, *, keep_worse: bool) -> str:
    at, why = loop.course, Ending(last.ending)
    lines = [""] if at.judged else []
    lines += [ending.table(at, loop.limits)] if at.judged else []
    lines.append(f"{'PASSED' if why is Ending.PASSED else 'ENDED'}  {ending.REASONS[why]}")
    if why is not Ending.PASSED:
        lines += [f"  {visible(each)}" for each in (at.judged[-1].notes if at.judged else ())]
        tree = "as it was at the beginning" if last.best == 0 else f"that of attempt {last.best}"
        lines.append(f"tree: {'the last one' if keep_worse else f'the best one, {tree}'}")
        lines.append(f"ticket: {last.ticket}")
    lines += [moved] if moved else []
    return "\n".join([*lines, f"transcript: {here.folder}", ""])


def _told_only(loaded: Loaded, given: dict[str, Any]) -> int:
    """Print the first prompt."""
    found = engine.examined(engine.Request(loaded=loaded, traces=True, jobs=_jobs(), timeout=loaded.config.timeout))
    from gates import knowledge, views

    known = memories.recognised(memories.Memory(), 0, found)
    shown = memories.errors(found.report)
    advice = tuple(knowledge.lines(knowledge.applying(loaded.config.root, shown)))
    brief = prompts.Brief(attempt=1, attempts=given["attempts"], task=given["task"], advice=advice)
    tell(prompts.prompt(brief, found.report, known.memory, tuple(known.open), views.view(found.root)))
    return 0


def _unfinished(folder: Path) -> Started | None:
    """Return how the last loop began, when it never ended."""
    name = place.last(folder)
    at = course(Journal(folder / name / "journal.jsonl").events()) if name else None
    return None if at is None or at.finished else at.started


def _jobs() -> int:
    return len(os.sched_getaffinity(0))


def _events(event: Event) -> None:
    tell(msgspec.json.encode(event).decode("utf-8", "replace") + "\n")


def _stage(said: str) -> None:
    sys.stderr.write(f"{said} …\n")
    sys.stderr.flush()


class _Shown:
    """What a person sees while a loop is under way: a line for each attempt."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def event(self, event: Event) -> None:
        if isinstance(event, Looked):
            self._line(f"open: {counted(len(event.seen.open), 'error')} from {counted(event.seen.causes, 'cause')}")
        elif isinstance(event, Ended):
            self._line(f"attempt {event.attempt}: {event.how or 'the agent is done'}, {event.seconds:.0f} s")
        elif isinstance(event, Judged):
            step = event.progress
            left = f"{len(event.seen.open):,} open" if event.seen else "not judged"
            self._line(
                f"attempt {event.attempt}: {len(step.resolved):,} resolved, {len(step.introduced):,} introduced, "
                f"{len(step.suppressed):,} silenced, {left}"
            )

    def _line(self, said: str) -> None:
        tell(f"{time.monotonic() - self._began:7.1f} s  {visible(said)}\n")
