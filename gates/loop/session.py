"""How a loop is begun, taken up again, and closed."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from gates import asking, git
from gates.asking import Loaded
from gates.loop import agent, apart, ending, pin, place
from gates.loop.convergence import Ending, Thresholds
from gates.loop.course import Course, course
from gates.loop.journal import Finished, Journal, Started
from gates.loop.place import Place
from gates.loop.run import Loop, Watched
from gates.model import BrokenError, GatesError
from gates.process import Spawner
from gates.telling import keep
from gates.text import is_utf8


class Wanted(Struct, frozen=True, kw_only=True):
    """What is asked for: the agent's command, a task, budgets and thresholds, and whether it gets its own work tree."""

    command: tuple[str, ...]
    task: str
    attempts: int
    seconds: float
    attempt_seconds: float
    max_cost: float
    worktree: bool
    limits: Thresholds


class Session:
    """The loops of one checkout, one at a time."""

    def __init__(self, spawner: Spawner, loaded: Loaded, watched: Watched) -> None:
        self._spawner = spawner
        self._loaded = loaded
        self._watched = watched
        self._runs = place.runs(loaded)
        self._top = place.top(loaded.config.root)

    @property
    def interrupted(self) -> Started | None:
        """How the last loop began, when it never ended."""
        name = place.last(self._runs)
        at = course(Journal(self._runs / name / "journal.jsonl").events()) if name else None
        return None if at is None or at.finished else at.started

    def begun(self, wanted: Wanted) -> Loop:
        """Return a new loop, its beginning kept.

        Raises:
            GatesError: there is no such agent, the rules are wrong, or trees cannot be kept where they would be.
            BrokenError: git refuses, or something cannot be written.
        """
        agent.found(wanted.command, self._loaded.config.root)
        place.check(self._spawner, self._runs, self._top, is_apart=wanted.worktree)
        if not all(map(is_utf8, (wanted.task, *wanted.command))):
            raise GatesError("the command of the agent, or the task, is not UTF-8", "Put it into a script.")
        self._clear_up()
        run = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.getpid()}"
        folder = self._runs / run
        folder.mkdir()
        pin.take(self._loaded, folder / "rules")
        if wanted.worktree:
            apart.made(self._spawner, self._top, self._apart(folder), folder / "origin", run)
        loop = self._loop(folder, is_apart=wanted.worktree)
        loop.begin(
            Started(
                run=run,
                command=wanted.command,
                task=wanted.task,
                attempts=wanted.attempts,
                seconds=wanted.seconds,
                attempt_seconds=wanted.attempt_seconds,
                max_cost=wanted.max_cost,
                began=time.time(),
                worktree=wanted.worktree,
                limits=wanted.limits,
            )
        )
        return loop

    def _clear_up(self) -> None:
        """Remove what loops have left that were killed before they began, with their work trees and branches."""
        for each in place.unbegun(self._runs):
            if (each / "apart").exists():
                git.removed(self._spawner, self._top, self._apart(each))
                git.unbranched(self._spawner, self._top, apart.branch(each.name))
            shutil.rmtree(each, ignore_errors=True)

    def resumed(self, command: tuple[str, ...]) -> Loop:
        """Return the loop that was interrupted.

        Raises:
            GatesError: none was, or its command was another one.
        """
        started = self.interrupted
        if started is None:
            raise GatesError("no loop was interrupted here", "Start one: gates loop -- COMMAND …")
        if command not in ((), started.command):
            raise GatesError(
                "--resume goes on with the command that the loop began with", "Leave out what follows `--`."
            )
        return self._loop(self._runs / started.run, is_apart=started.worktree)

    def _apart(self, folder: Path) -> Path:
        """Return where the work tree of a loop is, under the name of the one that is there: some gates look at it."""
        return folder / "apart" / self._top.name

    def _loop(self, folder: Path, *, is_apart: bool) -> Loop:
        home = self._loaded.config.root
        root, top, loaded = home, self._top, self._loaded
        if is_apart:
            top = self._apart(folder)
            root = top / home.relative_to(self._top)
            apart.activate(self._loaded)
            loaded = msgspec.structs.replace(asking.load_at(root), cache=str(self._loaded.folders.shared))
        here = Place(root, top, folder, home)
        jobs = len(os.sched_getaffinity(0))
        return Loop(self._spawner, here, pin.pinned(loaded, here.rules), self._watched, jobs=jobs)


def run(loop: Loop) -> Ending:
    """Run a loop to its end. One that cannot even look at its beginning is over.

    Raises:
        GatesError: the rules or the command are wrong.
        BrokenError: a gate could not decide at the beginning, or something cannot be written.
    """
    try:
        return loop.run()
    except BrokenError:
        at = loop.course
        if not at.looked:
            _finish(loop, at, Finished(ending=Ending.BROKEN.value, tree=at.started.start, code=3))
        raise


def closed(loop: Loop, why: Ending, *, keep_worse: bool) -> Finished:
    """Put back what is to be put back, hand over what is open, and write down that the loop is over.

    Raises:
        BrokenError: something cannot be written.
    """
    at, here = loop.course, loop.place
    there = ending.settle(loop.keeper, at, why, keep_worse=keep_worse)
    ticket = ending.handed_over(here, at, why, loop.limits, there) if why is not Ending.PASSED else ""
    keep(here.folder / "table.txt", ending.table(at, loop.limits))
    offers = at.started.worktree and there.attempt > 0 and _offered(loop, at, there.attempt)
    last = Finished(
        ending=why.value,
        tree=there.tree,
        best=there.attempt,
        code=ending.code(why),
        ticket=ticket,
        branch=apart.branch(at.started.run) if offers else "",
    )
    _finish(loop, at, last)
    return last


def _offered(loop: Loop, at: Course, attempt: int) -> bool:
    """Commit what a work tree apart holds on the branch of the loop; return whether it differs from how it began."""
    spawner, top, started = loop.spawner, loop.place.top, at.started
    if pin.lost(spawner, top, started.head):
        return False
    git.returned(spawner, top, apart.branch(started.run), started.head)
    task = started.task.partition("\n")[0] or "What the gates found"
    git.recorded(spawner, top, f"{task}\n\nBy {started.command[0]}, in attempt {attempt}.")
    return git.head(spawner, top) != started.head


def _finish(loop: Loop, at: Course, last: Finished) -> None:
    loop.write(last)
    if at.started.worktree:
        apart.cleared(loop.spawner, loop.place, at.started.run, wanted=bool(last.branch))
