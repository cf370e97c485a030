"""What an agent is told: facts on how the attempts went, and what is open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from gates import batches, registry
from gates.loop.memory import Known, Memory
from gates.model import Finding, Report, Status, Verdict, View
from gates.text import counted, quoted

_NAMED = 10
_SILENCED = "a comment silences it, which does not resolve it"


class Brief(Struct, frozen=True, kw_only=True):
    """What a prompt is made of: the attempt and how many there may be, the task, in `last` what the attempt before it
    came to, in `tried` one line for each that did not help, and whether the agent starts afresh."""

    attempt: int
    attempts: int
    task: str = ""
    last: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    fresh: bool = False


def prompt(brief: Brief, report: Report, memory: Memory, named: Sequence[str], view: View) -> str:
    """Return the prompt of an attempt: a cascade as one step by itself, else all that is open. `named` are the names of
    the errors that count as open."""
    lines = [f"Attempt {brief.attempt} of {brief.attempts}."]
    if brief.task:
        lines += ["", "Task:", *brief.task.splitlines(), ""]
    if brief.fresh:
        lines.append("This is a fresh start: the last attempt came to nothing.")
    if brief.last:
        lines.append(f"The last attempt: {'; '.join(brief.last)}.")
    if brief.tried:
        lines += ["Tried, and it did not help:", *(f"- {each}" for each in brief.tried)]
    lines += _returned(memory, named, view)
    return "\n".join([*lines, "", batches.plan(report, view) or registry.reporter("prompt")(report, view)])


def counted_in(report: Report, memory: Memory, silenced: Sequence[str]) -> Report:
    """Return the report in which what only a comment silences is open: it counts."""
    if not silenced:
        return report
    known = memory.by_name()
    back: dict[str, list[Finding]] = {}
    for name in silenced:
        finding = msgspec.structs.replace(known[name].finding, status=Status.OPEN, reason=_SILENCED, group="")
        back.setdefault(finding.gate, []).append(finding)
    outcomes = tuple(
        msgspec.structs.replace(each, verdict=Verdict.FAILED, findings=(*each.findings, *back[each.gate]))
        if each.gate in back
        else each
        for each in report.outcomes
    )
    return msgspec.structs.replace(report, outcomes=outcomes)


def _returned(memory: Memory, named: Sequence[str], view: View) -> Iterator[str]:
    """Say of what was gone in between, or is only silenced, when it was what."""
    known = memory.by_name()
    told = [known[name] for name in named if name in known and _is_telling(known[name])]
    for each in told[:_NAMED]:
        place = each.finding.location
        where = quoted(f"{place.path}:{place.line}", view.boundary)
        silenced = f"; silenced by a comment in {_attempts(each.silenced_in)}" if each.silenced_in else ""
        yield f"{quoted(each.name, view.boundary)} ({where}): open {_after(each.open_in)}{silenced}."
    if len(told) > _NAMED:
        yield f"{counted(len(told) - _NAMED, 'more error')} came back in the same way."


def _is_telling(known: Known) -> bool:
    seen = known.open_in
    return bool(known.silenced_in) or (len(seen) > 1 and seen[-1] - seen[0] >= len(seen))


def _after(attempts: Sequence[int]) -> str:
    start = ["at the beginning"] if attempts and attempts[0] == 0 else []
    later = [each for each in attempts if each]
    return " and ".join([*start, *([f"after {_attempts(later)}"] if later else [])])


def _attempts(numbers: Sequence[int]) -> str:
    return f"attempt{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
