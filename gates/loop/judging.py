"""What is to be said of an attempt: whether the loop ends with it, and whether its tree is put back."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from gates.grouping import stage
from gates.loop import convergence
from gates.loop.convergence import Ending, Progress, Seen, Thresholds
from gates.loop.course import Course
from gates.loop.memory import Memory
from gates.model import Report, Verdict
from gates.text import counted, visible

_NAMED = 3
_IMPORTS = 1
"""The last stage at which code cannot even be imported: unreadable files, names, imports."""


class Left(Struct, frozen=True, kw_only=True):
    """What an attempt left: how it was judged, what it did to its judges, which flags it raised, which imports it lost,
    and what could not be decided."""

    seen: Seen
    memory: Memory
    tampered: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    broken: str = ""


class Sentence(Struct, frozen=True):
    """Why the loop ends, if it does; why the tree is put back, if it is; and what is to be told."""

    ending: Ending | None = None
    put_back: str = ""
    notes: tuple[str, ...] = ()


def sentence(course: Course, attempt: int, left: Left, limits: Thresholds) -> Sentence:
    """Judge an attempt by what it left."""
    step = convergence.progress(course.current.seen, left.seen)
    unimportable = _unimportable(step, left)
    over = _over(left, unimportable)
    if over.ending is not None:
        return over
    if not course.counts(attempt):
        return Sentence(put_back=unimportable)
    if not unimportable and (worse := _no_way(course, left.seen, step)):
        return Sentence(worse)
    put_back = unimportable or _undone(step)
    stalled = convergence.stalls((*course.steps, Progress() if put_back else step))
    return Sentence(Ending.STALLED if stalled >= limits.last_stall else None, put_back)


def _over(left: Left, unimportable: str) -> Sentence:
    """Return what ends a loop whatever was resolved."""
    if left.tampered:
        return Sentence(Ending.TAMPERING, notes=tuple(map(visible, left.tampered)))
    if left.broken and not unimportable:
        return Sentence(Ending.BROKEN, notes=(visible(left.broken),))
    if left.flags:
        return Sentence(Ending.FLAG, notes=tuple(f"flagged for a person: {each}" for each in left.flags))
    return Sentence(None if left.seen.open or unimportable else Ending.PASSED)


def _no_way(course: Course, seen: Seen, step: Progress) -> Ending | None:
    """Return why more attempts of this kind would lead nowhere."""
    before = course.current.seen
    if convergence.recurs(course.earlier, before, seen):
        return Ending.OSCILLATION
    return Ending.RISE if convergence.rises(before, seen) and not _undone(step) else None


def undecided(report: Report) -> str:
    """Return what could not be decided, for a person; a gate that waits for what others found is none of it."""
    wanted = (Verdict.BROKEN,) if any(each.open() for each in report.outcomes) else (Verdict.BROKEN, Verdict.SKIPPED)
    found = [each for each in report.outcomes if each.verdict in wanted]
    reasons = [f"{each.gate}: {each.reason}. {each.hint}".rstrip(" .") for each in found]
    return "; ".join([*reasons, *([report.reason] if report.reason else [])])


def told(step: Progress | None, sentence: Sentence) -> list[str]:
    """Return in words what an attempt came to, for the next one; the step is None when nobody knows what it did."""
    return [
        *([_counts(step)] if step else []),
        *([f"its changes were put back: {sentence.put_back}"] if sentence.put_back else []),
    ]


def _counts(step: Progress) -> str:
    parts = [
        f"resolved {counted(len(step.resolved), 'error')}",
        f"introduced {len(step.introduced):,}",
        f"silenced {len(step.suppressed):,}",
        f"left {len(step.unchanged):,} as they were",
    ]
    return f"it {', '.join(parts)}"


def _unimportable(step: Progress, left: Left) -> str:
    known = left.memory.by_name()
    found = [known[name].finding for name in step.introduced if stage(known[name].finding.rule) <= _IMPORTS]
    found.sort(key=lambda each: (each.location.path, each.location.line))
    said = [*(f"{each.location.path}:{each.location.line}: {each.message}" for each in found), *left.lost]
    return f"it left code that cannot be imported ({_listed(said)})" if said else ""


def _undone(step: Progress) -> str:
    """Return why a step that was not atomic is put back."""
    if step.is_trade:
        return f"it resolved some and brought in as much ({_listed(step.introduced)})"
    if step.suppressed and not step.resolved:
        return f"it silenced findings and resolved none ({_listed(step.suppressed)})"
    return ""


def _listed(said: Sequence[str] | Collection[str]) -> str:
    first = [visible(each) for each in list(said)[:_NAMED]]
    more = f"; and {len(said) - _NAMED:,} more" if len(said) > _NAMED else ""
    return f"{'; '.join(first)}{more}"
