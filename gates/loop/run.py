"""The loop itself: look, tell the agent, let it work, judge what it left; each step is written down."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from gates import archive, checkouts, engine, git, knowledge, views
from gates.descendants import end_marked
from gates.loop import agent, imports, judging, memory, pin, prompts, sight
from gates.loop.agent import Call
from gates.loop.convergence import Ending, Progress, Seen, Thresholds, progress
from gates.loop.course import Course, course
from gates.loop.journal import Began, Ended, Event, Journal, Judged, Looked, Settled, Started
from gates.loop.judging import Left, Sentence
from gates.loop.keeping import Keeper, Tree
from gates.loop.memory import Memory
from gates.loop.pin import Pinned, Touched
from gates.loop.place import Place
from gates.model import BrokenError, GatesError, Report
from gates.process import Spawner
from gates.telling import keep, keep_last
from gates.text import visible

_FLAGS = Path(".gates") / "flags"


class Watched(Struct, frozen=True):
    """Whoever watches a loop: hears each event, and in words what is under way."""

    event: Callable[[Event], None] = lambda event: None
    stage: Callable[[str], None] = lambda said: None


class Loop:
    """One loop under way. Every method that changes something says so in the journal first, or can be done twice."""

    def __init__(self, spawner: Spawner, place: Place, pinned: Pinned, watched: Watched, *, jobs: int) -> None:
        self.spawner = spawner
        self.place = place
        self._pin = pinned
        self._watched = watched
        self._jobs = jobs
        self._journal = Journal(place.journal)
        self.keeper = Keeper(spawner, place.top, place.states)

    @property
    def course(self) -> Course:
        """Where the loop stands.

        Raises:
            GatesError: it never began.
        """
        found = course(self._journal.events())
        if found is None:
            raise GatesError("this loop never began", "Start one: gates loop -- COMMAND …")
        return found

    @property
    def limits(self) -> Thresholds:
        """From when on it goes well, or badly."""
        return self.course.started.limits

    def begin(self, started: Started) -> None:
        """Keep the tree, and write down that the loop begins.

        Raises:
            BrokenError: the tree cannot be kept.
        """
        self._watched.stage(f"transcript: {self.place.folder}")
        self._watched.stage("keeping the tree")
        self.keeper.prepare()
        tree = self.keeper.keep("start")
        marks = pin.marks(self.spawner, self.place.top)
        head = git.head(self.spawner, self.place.top)
        self.write(msgspec.structs.replace(started, start=tree.commit, marks=marks, head=head))

    def run(self) -> Ending:
        """Go on from where the loop stands to its end, and return why it ended.

        Raises:
            GatesError: the rules or the command are wrong.
            BrokenError: a gate could not decide at the beginning, or something cannot be written.
        """
        self._mend()
        if self.course.looked is None:
            self._look()
        while True:
            at = self.course
            ending = self._ended(at)
            if ending is not None:
                return ending
            self._attempt(at, len(at.began) + 1)

    def prompt(self, attempt: int) -> str:
        """Return the prompt of an attempt from where the loop stands."""
        at = self.course
        current = at.current
        known = self._memory(at)
        report = self.place.report(current.attempt)
        last = at.judged[-1] if at.judged else None
        fresh = at.stalls > 0
        brief = prompts.Brief(
            attempt=attempt,
            attempts=at.started.attempts,
            task=at.started.task,
            last=() if last is None or fresh else last.notes,
            tried=tuple(self._tried(at)) if fresh else (),
            fresh=fresh,
        )
        return prompts.prompt(
            brief, report, known, tuple(current.seen.open), views.view(self.place.root, home=self.place.home)
        )

    def _ended(self, at: Course) -> Ending | None:
        last = at.judged[-1].ending if at.judged else ""
        if last:
            return Ending(last)
        if not at.judged and at.looked and not at.looked.seen.open and not at.started.task:
            return Ending.PASSED
        return at.spent()

    def _mend(self) -> None:
        """Bring to its end what was half done when the loop was killed."""
        end_marked(agent.RUN, self.place.folder.name)
        at = self.course
        if len(at.began) > len(at.judged) and self._is_lost(at):
            pass
        elif at.is_interrupted:
            began = at.began[-1]
            tree = self.keeper.keep(f"attempt-{began.attempt}-interrupted", self.keeper.kept(began.before))
            why = "the loop was interrupted while the agent worked"
            notes = ("it was interrupted, and its changes were put back",)
            self.write(Judged(attempt=began.attempt, tree=tree.commit, put_back=why, notes=notes, interrupted=True))
        elif at.is_unjudged:
            self._judge(at, at.ended[-1])
        self._settle()

    def _look(self) -> None:
        self._watched.stage("checking")
        started = time.monotonic()
        found = self._pin.examined(jobs=self._jobs)
        if broken := judging.undecided(found.report):
            raise BrokenError(f"a gate could not decide, so no loop can begin: {broken}", "See: gates check")
        known = memory.recognised(Memory(), 0, found)
        self._keep(0, found.report, known.memory)
        tree = self.keeper.kept(self.course.started.start)
        seconds = round(time.monotonic() - started, 3)
        self.write(Looked(seen=Seen(known.open, (), tree.digest), seconds=seconds))

    def _attempt(self, at: Course, number: int) -> None:
        folder = self.place.attempt(number)
        path = folder / "prompt.md"
        text = self.prompt(number)
        keep(path, text)
        knowledge.shown(self._own, self.place.home, text, self.place.report(at.current.attempt).open())
        plan = at.started
        left = plan.seconds - at.seconds if plan.seconds else plan.attempt_seconds
        run = self.place.folder.name
        call = Call(
            command=plan.command,
            cwd=self.place.root,
            prompt=path,
            log=folder / "agent.log",
            seconds=min(plan.attempt_seconds, left),
            variables={
                agent.RUN: run,
                "GATES_LOOP_ATTEMPT": str(number),
                "GATES_LOOP_ATTEMPTS": str(plan.attempts),
                "GATES_LOOP_FRESH": "1" if at.stalls else "0",
            },
        )
        tree = self._current_tree(at, number)
        self.write(Began(attempt=number, before=tree.commit, fresh=at.stalls > 0, flags=self._flags()))
        self._watched.stage(f"attempt {number}: the agent works")
        ended = agent.called(self.spawner, number, call)
        self.write(ended)
        self._judge(self.course, ended)
        self._settle()

    def _current_tree(self, at: Course, number: int) -> Tree:
        """Keep what is there now: people may have worked on while the loop rested."""
        return self.keeper.keep(f"before-{number}", self.keeper.kept(at.current.tree))

    def _judge(self, at: Course, ended: Ended) -> None:
        self._watched.stage(f"attempt {ended.attempt}: checking")
        started = time.monotonic()
        began = at.began[-1]
        if self._is_lost(at):
            return
        tree = self.keeper.keep(f"attempt-{ended.attempt}", self.keeper.kept(began.before))
        left = self._left(at, began, tree)
        found = judging.sentence(at, ended.attempt, left, self.limits)
        step = progress(at.current.seen, left.seen)
        how = [f"its agent: {ended.how}"] if ended.how else []
        notes = (*how, *found.notes, *judging.told(None if left.broken else step, found))
        self.write(self._judged(ended, tree, found, left, notes, round(time.monotonic() - started, 3)))

    def _is_lost(self, at: Course) -> bool:
        """Whether the last attempt left no repository, or another one; then it is judged."""
        began = at.began[-1]
        lost = pin.lost(self.spawner, self.place.top, at.started.head)
        if lost:
            ending = Ending.TAMPERING.value
            self.write(Judged(attempt=began.attempt, tree=began.before, ending=ending, notes=(visible(lost),)))
        return bool(lost)

    def _judged(
        self, ended: Ended, tree: Tree, found: Sentence, left: Left, notes: tuple[str, ...], seconds: float
    ) -> Judged:
        at = self.course
        undecided = bool(left.broken)
        return Judged(
            attempt=ended.attempt,
            tree=tree.commit,
            seen=None if undecided else left.seen,
            progress=Progress() if undecided else progress(at.current.seen, left.seen),
            put_back=found.put_back,
            ending=found.ending.value if found.ending else "",
            notes=notes,
            seconds=seconds,
        )

    def _left(self, at: Course, began: Began, tree: Tree) -> Left:
        """Judge what is there by the rules of the beginning."""
        known = self._memory(at)
        flags = tuple(sorted(set(self._flags()) - set(began.flags)))
        touched = self._touched(at, tree)
        try:
            found = self._pin.examined(jobs=self._jobs)
        except BrokenError as error:
            return Left(seen=Seen(), memory=known, tampered=touched.said, flags=flags, broken=error.message)
        except GatesError as error:
            said = f"the rules cannot be applied to what it left: {error.message}"
            return Left(seen=Seen(), memory=known, tampered=touched.said, flags=flags, broken=said)
        before = at.current.seen
        result = memory.recognised(known, began.attempt, found, tuple(before.open), touched.suppressions)
        report = prompts.counted_in(found.report, result.memory, result.silenced)
        self._keep(began.attempt, report, result.memory)
        seen = Seen(result.open, result.silenced, tree.digest)
        return Left(
            seen=seen,
            memory=result.memory,
            tampered=touched.said,
            flags=flags,
            lost=self._lost(began, tree),
            broken=judging.undecided(found.report),
        )

    def _lost(self, began: Began, tree: Tree) -> tuple[str, ...]:
        """Return the imports that led somewhere before the attempt and do not now."""
        before = self.keeper.kept(began.before)
        if tree.digest == before.digest:
            return ()
        facts = engine.facts(self._pin.loaded, jobs=self._jobs)
        now = {path: each.imports for path, each in facts.items()}
        sides = [self.keeper.texts(each, self.place.prefix) for each in (before, tree)]
        return tuple(imports.lost(now, *sides))

    def _touched(self, at: Course, tree: Tree) -> Touched:
        start = self.keeper.kept(at.started.start)
        place = self.place
        found = Touched()
        if tree.digest != start.digest:
            found = pin.touched(self._pin, place.states, place.prefix, start.commit, tree.commit, jobs=self._jobs)
        said = list(found.said)
        if pin.marks(self.spawner, place.top) != at.started.marks:
            said.append("git's hooks, its configuration, its exclusions, or what it does not look at, were changed")
        said += [f"{each} is hidden from git" for each in self.keeper.hidden(start)]
        said += sight.escaped(self.spawner, place, self._pin.loaded.config, start, tree, at.started.began)
        return msgspec.structs.replace(found, said=tuple(said))

    def _settle(self) -> None:
        """Put back what the last attempt was judged to be put back for."""
        at = self.course
        last = at.judged[-1] if at.judged else None
        if last is not None and at.settled < last.attempt:
            if last.put_back and not last.ending:
                self.keeper.put_back(self.keeper.kept(at.began[-1].before))
            self.write(Settled(attempt=last.attempt))

    def _keep(self, attempt: int, report: Report, known: Memory) -> None:
        """Keep a report with the attempt, and as the last one: the agent may ask `gates explain` and `gates flag`."""
        self.place.keep_report(attempt, report, known)
        loaded = self._pin.loaded
        keep_last((loaded.last_report, loaded.full_report), archive.kept(report))
        knowledge.judged(self._own, report)

    @property
    def _own(self) -> Path:
        """Where it is counted how people's knowledge fares: with the checkout where they are at home."""
        loaded = self._pin.loaded
        return checkouts.folders(self.place.home, loaded.cache or loaded.config.cache).own

    def _memory(self, at: Course) -> Memory:
        judged = [each.attempt for each in at.judged if each.seen is not None]
        return self.place.memory(judged[-1] if judged else 0)

    def _flags(self) -> tuple[str, ...]:
        return tuple(sorted(each.stem for each in (self.place.root / _FLAGS).glob("*.json")))

    def _tried(self, at: Course) -> list[str]:
        in_vain = (each for each in at.judged if each.put_back or not each.progress.resolved)
        return [f"attempt {each.attempt}: {'; '.join(each.notes)}" for each in in_vain]

    def write(self, event: Event) -> None:
        """Write down that something is done.

        Raises:
            BrokenError: it cannot be written.
        """
        self._journal.write(event)
        self._watched.event(event)
