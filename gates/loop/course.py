"""Where a loop stands, read from its journal: what was done, what of it is only half done, and what the budgets say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from msgspec import Struct

from gates.loop import convergence
from gates.loop.convergence import Ending, Health, Progress, Seen, Thresholds
from gates.loop.journal import Began, Ended, Event, Finished, Judged, Looked, Settled, Started

_Kind = TypeVar("_Kind", bound=Struct)


class Standing(NamedTuple):
    """A state that the work tree had: after which attempt (0 is the beginning), how it was judged, and its commit."""

    attempt: int
    seen: Seen
    tree: str


class Course(Struct, frozen=True, kw_only=True):
    """The events of a loop, by what they mean. An attempt is half done while the last of it is not `settled`."""

    started: Started
    looked: Looked | None = None
    began: tuple[Began, ...] = ()
    ended: tuple[Ended, ...] = ()
    judged: tuple[Judged, ...] = ()
    settled: int = 0
    finished: Finished | None = None

    @property
    def is_interrupted(self) -> bool:
        """Whether the last attempt began and nobody saw its agent end."""
        return len(self.began) > len(self.judged) and (
            not self.ended or self.ended[-1].attempt != self.began[-1].attempt
        )

    @property
    def is_unjudged(self) -> bool:
        """Whether the agent of the last attempt ended and nobody has judged what it left."""
        return len(self.began) > len(self.judged) and not self.is_interrupted

    @property
    def states(self) -> tuple[Standing, ...]:
        """The states in which the work tree was left, the beginning first: those that were not put back. With a task
        the first attempt is the beginning: it is there to bring something in."""
        looked = self.looked.seen if self.looked else Seen()
        start = [] if self.started.task and self._kept else [Standing(0, looked, self.started.start)]
        return (*start, *self._kept)

    @property
    def _kept(self) -> list[Standing]:
        return [
            Standing(each.attempt, each.seen, each.tree)
            for each in self.judged
            if each.seen is not None and not each.put_back and not _is_foul(each)
        ]

    @property
    def current(self) -> Standing:
        """The state in which the next attempt begins."""
        return self.states[-1]

    @property
    def best(self) -> Standing:
        """The best state that was seen without tampering."""
        states = self.states
        return states[convergence.best([each.seen for each in states])]

    @property
    def earlier(self) -> tuple[Seen, ...]:
        """Every state that was judged, also those that were put back."""
        looked = (self.looked.seen,) if self.looked else ()
        return (*looked, *(each.seen for each in self.judged if each.seen is not None))

    @property
    def steps(self) -> tuple[Progress, ...]:
        """What the attempts did that count: not those that were interrupted, and not the first one of a task. What was
        put back resolved nothing."""
        return self._steps(self.judged)

    def _steps(self, attempts: Sequence[Judged]) -> tuple[Progress, ...]:
        counted = (each for each in attempts if self.counts(each.attempt, each))
        return tuple(Progress() if each.put_back else each.progress for each in counted)

    def counts(self, attempt: int, judged: Judged | None = None) -> bool:
        """Whether an attempt is measured by what it resolved: one of a task is when something was brought in before."""
        if judged is not None and judged.interrupted:
            return False
        return not self.started.task or any(each.attempt < attempt for each in self._kept)

    @property
    def stalls(self) -> int:
        """How many attempts in a row have resolved nothing."""
        return convergence.stalls(self.steps)

    @property
    def seconds(self) -> float:
        """Seconds that it took so far; what lies between a crash and its resumption does not count."""
        looked = self.looked.seconds if self.looked else 0.0
        return looked + sum(each.seconds for each in self.ended) + sum(each.seconds for each in self.judged)

    @property
    def cost(self) -> float:
        """What the agent says that it cost, in US dollars."""
        return sum(each.cost or 0.0 for each in self.ended)

    def health(self, judged: Judged, limits: Thresholds) -> Health:
        """Return how well it went up to an attempt."""
        steps = self._steps([each for each in self.judged if each.attempt <= judged.attempt])
        last = steps[-1].causes if steps else 0
        done = judged.ending == Ending.PASSED.value
        return convergence.health(last, convergence.stalls(steps), done=done, limits=limits)

    def spent(self) -> Ending | None:
        """Return the budget that does not allow another attempt."""
        plan = self.started
        if len(self.began) >= plan.attempts:
            return Ending.ATTEMPTS
        if plan.seconds and self.seconds >= plan.seconds:
            return Ending.SECONDS
        if plan.max_cost and (self.cost >= plan.max_cost or any(each.cost is None for each in self.ended)):
            return Ending.COST
        return None


def _is_foul(judged: Judged) -> bool:
    return judged.ending in (Ending.TAMPERING.value, Ending.BROKEN.value)


def course(events: Sequence[Event]) -> Course | None:
    """Return where the loop of these events stands; None when it never began."""
    if not events or not isinstance(events[0], Started):
        return None
    started = events[0]
    looked = _of(events, Looked)
    finished = _of(events, Finished)
    return Course(
        started=started,
        looked=looked[-1] if looked else None,
        began=_of(events, Began),
        ended=_of(events, Ended),
        judged=_of(events, Judged),
        settled=max((each.attempt for each in _of(events, Settled)), default=0),
        finished=finished[-1] if finished else None,
    )


def _of(events: Sequence[Event], kind: type[_Kind]) -> tuple[_Kind, ...]:
    return tuple(each for each in events if isinstance(each, kind))
