"""Whether attempts lead anywhere: what each resolved and brought in, by identity, and what follows from that."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

_WINDOW = 3
"""Steps over which a trend is seen."""


class Health(enum.Enum):
    """How well it goes."""

    HEALTHY = "healthy"
    WARNING = "warning"
    CRITICAL = "critical"


class Trend(enum.Enum):
    """Where the number of open causes goes."""

    FALLING = "falling"
    FLAT = "flat"
    RISING = "rising"


class Ending(enum.Enum):
    """Why a loop ends. All but PASSED hand over to a person."""

    PASSED = "passed"
    STALLED = "stalled"
    RISE = "rise"
    OSCILLATION = "oscillation"
    TAMPERING = "tampering"
    FLAG = "flag"
    ATTEMPTS = "attempts"
    SECONDS = "seconds"
    COST = "cost"
    BROKEN = "broken"


class Thresholds(Struct, frozen=True):
    """From how many causes resolved in a step on it is healthy, or only a warning; up to how many steps in a row that
    resolve nothing are a warning; and after how many of these a loop ends."""

    healthy: int = 5
    warning: int = 2
    critical_stalls: int = 3
    last_stall: int = 2


class Seen(Struct, frozen=True):
    """A state that was judged: the cause of each error that counts as open, by its identity; those of them that only a
    comment silences; and a name for all that the work tree held."""

    open: Mapping[str, str] = {}
    silenced: tuple[str, ...] = ()
    tree: str = ""

    @property
    def causes(self) -> int:
        """How many causes are open."""
        return len(set(self.open.values()))

    @property
    def score(self) -> tuple[int, int]:
        """What makes a state better when it is lower: open causes, then open errors."""
        return (self.causes, len(self.open))

    def is_like(self, other: Seen) -> bool:
        """Whether the same errors are open, or it is the very same tree."""
        return self.open.keys() == other.open.keys() or (bool(self.tree) and self.tree == other.tree)


class Progress(Struct, frozen=True):
    """What a step did, as identities; nothing is ever only netted. `causes` is how many causes it took errors from,
    `brought` from how many causes come those that it brought in."""

    resolved: tuple[str, ...] = ()
    introduced: tuple[str, ...] = ()
    suppressed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    causes: int = 0
    brought: int = 0

    @property
    def is_stall(self) -> bool:
        """Whether the step resolved nothing."""
        return not self.resolved

    @property
    def is_trade(self) -> bool:
        """Whether it mended one part and broke another: it brought in at least as many causes as it resolved."""
        return bool(self.resolved) and self.brought >= max(self.causes, 1)


def progress(before: Seen, now: Seen) -> Progress:
    """Return what a step did. What a comment silences is not resolved: it is suppressed once, and unchanged later."""
    was, is_ = before.open.keys(), now.open.keys()
    suppressed = (was & is_ & set(now.silenced)) - set(before.silenced)
    resolved, introduced = was - is_, is_ - was
    return Progress(
        resolved=tuple(sorted(resolved)),
        introduced=tuple(sorted(introduced)),
        suppressed=tuple(sorted(suppressed)),
        unchanged=tuple(sorted((was & is_) - suppressed)),
        causes=len({before.open[each] for each in resolved}),
        brought=len({now.open[each] for each in introduced}),
    )


def stalls(steps: Sequence[Progress]) -> int:
    """Return how many of the last steps in a row resolved nothing."""
    for number, step in enumerate(reversed(steps)):
        if not step.is_stall:
            return number
    return len(steps)


def rises(before: Seen, now: Seen) -> bool:
    """Whether more is open than before, and nothing of that was resolved: the step only made it worse."""
    return now.score > before.score and progress(before, now).is_stall


def recurs(earlier: Iterable[Seen], before: Seen, now: Seen) -> bool:
    """Whether a step came back to a state that was there earlier (A, B, A); to stay where it began is a stall."""
    return not now.is_like(before) and any(now.is_like(each) for each in earlier)


def trend(causes: Sequence[int]) -> Trend:
    """Return where the number of open causes went over the last steps."""
    last = causes[-1 - _WINDOW :]
    if len(last) < 2 or last[0] == last[-1]:
        return Trend.FLAT
    return Trend.FALLING if last[-1] < last[0] else Trend.RISING


def health(resolved: float, stalled: int, *, done: bool, limits: Thresholds) -> Health:
    """Return how well it goes: the worse of what a step resolves, in causes, and of the stalls in a row. When nothing
    is open there is nothing to resolve."""
    if done:
        return Health.HEALTHY
    if resolved < limits.warning or stalled >= limits.critical_stalls:
        return Health.CRITICAL
    return Health.WARNING if resolved < limits.healthy or stalled else Health.HEALTHY


def best(states: Sequence[Seen]) -> int:
    """Return which of the states is best: fewest open causes, then fewest errors, then the earliest."""
    return min(range(len(states)), key=lambda index: (*states[index].score, index))
