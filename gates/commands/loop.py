"""gates loop: run a coding agent until the gates pass, or a person is needed."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import Any

import click
import msgspec

from gates import asking, engine, views
from gates.asking import Loaded
from gates.locks import locked
from gates.loop import ending, place, prompts, session
from gates.loop import memory as memories
from gates.loop.convergence import Ending, Thresholds
from gates.loop.journal import Ended, Event, Finished, Judged, Looked
from gates.loop.run import Loop, Watched
from gates.loop.session import Session, Wanted
from gates.model import GatesError
from gates.process import Spawner
from gates.telling import tell
from gates.text import counted, visible


@click.command("loop", short_help="Run a coding agent until the gates pass.")
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
@click.option(
    "--worktree", is_flag=True, help="Work in a work tree of its own, and offer what comes of it as a branch."
)
@click.option("--healthy", default=5, show_default=True, type=click.IntRange(1), help="Causes resolved per attempt.")
@click.option("--warning", default=2, show_default=True, type=click.IntRange(0), help="With fewer it is critical.")
@click.option("--stalls", default=3, show_default=True, type=click.IntRange(1), help="So many in a row are critical.")
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
      gates loop --task "Add a retry to the client" -- codex exec --sandbox workspace-write -
      gates loop -- aider --yes-always --no-auto-commits --message-file {prompt_file}
      gates loop --resume
    """
    loaded = asking.load()
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
    shown = _Shown()
    here = Session(spawner, loaded, Watched(_events if given["as_json"] else shown.event, shown.stage))
    loop = here.resumed(command) if given["resume"] else _begun(here, command, given)
    try:
        why = session.run(loop)
        last = session.closed(loop, why, keep_worse=given["keep_worse"])
    except (KeyboardInterrupt, SystemExit):
        with contextlib.suppress(OSError):
            sys.stderr.write("the loop is not over, and the files are as the agent left them: gates loop --resume\n")
        raise
    if not given["as_json"]:
        tell(_told(loop, last, keep_worse=given["keep_worse"]))
    return last.code


def _begun(here: Session, command: tuple[str, ...], given: dict[str, Any]) -> Loop:
    interrupted = here.interrupted
    if interrupted is not None and given["resume"] is None:
        raise GatesError(
            f"the loop {interrupted.run} was interrupted here",
            "Go on with it: gates loop --resume. Or leave its tree as it is, and begin anew: --no-resume.",
        )
    return here.begun(
        Wanted(
            command=command,
            task=given["task"],
            attempts=given["attempts"],
            seconds=given["seconds"],
            attempt_seconds=given["attempt_seconds"],
            max_cost=given["max_cost"],
            worktree=given["worktree"],
            limits=Thresholds(healthy=given["healthy"], warning=given["warning"], critical_stalls=given["stalls"]),
        )
    )


def _told(loop: Loop, last: Finished, *, keep_worse: bool) -> str:
    at, why = loop.course, Ending(last.ending)
    lines = ["", ending.table(at, loop.limits)] if at.judged else []
    lines.append(f"{'PASSED' if why is Ending.PASSED else 'ENDED'}  {ending.REASONS[why]}")
    if why is not Ending.PASSED:
        lines += [f"  {visible(each)}" for note in at.judged[-1:] for each in note.notes]
        tree = f"that of attempt {last.best}" if last.best else "as it was at the beginning"
        lines.append("tree: the last one" if keep_worse else f"tree: the best one, {tree}")
        lines.append(f"ticket: {last.ticket}")
    return "\n".join([*lines, *_of_git(loop, last), f"transcript: {loop.place.folder}", ""])


def _of_git(loop: Loop, last: Finished) -> list[str]:
    if loop.course.started.worktree:
        return [f"branch: {last.branch}" if last.branch else "branch: none, since nothing became better"]
    moved = ending.committed(loop.spawner, loop.place, loop.course)
    return [moved] if moved else []


def _told_only(loaded: Loaded, given: dict[str, Any]) -> int:
    """Print the first prompt."""
    found = engine.examined(asking.Request(loaded=loaded, traces=True, jobs=_jobs(), timeout=loaded.config.timeout))
    known = memories.recognised(memories.Memory(), 0, found)
    brief = prompts.Brief(attempt=1, attempts=given["attempts"], task=given["task"])
    tell(prompts.prompt(brief, found.report, known.memory, tuple(known.open), views.view(found.root)))
    return 0


def _jobs() -> int:
    return len(os.sched_getaffinity(0))


def _events(event: Event) -> None:
    tell(msgspec.json.encode(event).decode("utf-8", "replace") + "\n")


class _Shown:
    """What a person sees while a loop is under way: what it does on standard error, what that came to on standard
    output, each with the seconds since it was started."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def stage(self, said: str) -> None:
        sys.stderr.write(f"{self._elapsed()}{visible(said)}\n")
        sys.stderr.flush()

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
        tell(f"{self._elapsed()}{visible(said)}\n")

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._began:7.1f} s  "
