"""How the measures of a project are spread, and which limits follow."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from gates.config import presets
from gates.facts import FileFacts

ENOUGH = 100
"""Functions, classes or files below which a percentile says nothing."""

_STEP = {"function-lines": 10, "class-lines": 10, "file-lines": 50, "functions-per-module": 5}
"""Limits in lines are rounded up to a multiple, which people can remember."""

_MEASURES: Mapping[tuple[str, str], Callable[[FileFacts], Iterable[int]]] = {
    ("complexity", "cyclomatic"): lambda facts: (each.cyclomatic for each in facts.functions),
    ("complexity", "cognitive"): lambda facts: (
        each.cognitive for each in facts.functions if each.cognitive is not None
    ),
    ("complexity", "nesting"): lambda facts: (each.nesting for each in facts.functions),
    ("complexity", "arguments"): lambda facts: (each.arguments for each in facts.functions),
    ("size", "function-lines"): lambda facts: (each.lines for each in facts.functions),
    ("size", "class-lines"): lambda facts: (each.lines for each in facts.classes),
    ("size", "file-lines"): lambda facts: (facts.lines,),
    ("size", "functions-per-module"): lambda facts: (len(facts.functions),),
}


class Spread(Struct, frozen=True, kw_only=True):
    """The values of one measure over a project: how many, where 95 and 99 % of them lie at most, the worst, how many
    are above the `limit` of the preset; and the limit that is `proposed`."""

    gate: str
    option: str
    count: int
    most: int
    nearly_all: int
    worst: int
    over: int
    limit: int
    proposed: int


def spreads(files: Iterable[FileFacts], preset: str, *, accepts: bool) -> tuple[Spread, ...]:
    """Return how each measure is spread, held against a preset.

    A limit is never above the preset's, and never below half of it. In between it lies where 99 % are when what is
    above is accepted (`accepts`), else at the worst value; with fewer than 100 values it is the preset's.
    """
    known = tuple(files)
    shipped = presets()[preset]
    found = []
    for (gate, option), values in _MEASURES.items():
        numbers = sorted(number for each in known for number in values(each))
        if numbers:
            found.append(_spread(gate, option, numbers, int(shipped[gate][option]), accepts))
    return tuple(found)


def typed(files: Iterable[FileFacts]) -> tuple[int, int]:
    """Return how many functions there are, and how many of them are fully annotated."""
    every = [each.typed for facts in files for each in facts.functions]
    return len(every), sum(every)


def _spread(gate: str, option: str, numbers: Sequence[int], limit: int, accepts: bool) -> Spread:
    nearly_all, worst = _percentile(numbers, 99), numbers[-1]
    step = _STEP.get(option, 1)
    wanted = math.ceil((nearly_all if accepts else worst) / step) * step
    proposed = min(limit, max(wanted, math.ceil(limit / 2))) if len(numbers) >= ENOUGH else limit
    return Spread(
        gate=gate,
        option=option,
        count=len(numbers),
        most=_percentile(numbers, 95),
        nearly_all=nearly_all,
        worst=worst,
        over=sum(each > limit for each in numbers),
        limit=limit,
        proposed=proposed,
    )


def _percentile(numbers: Sequence[int], percent: int) -> int:
    """Return the smallest value that at least so many percent of the sorted numbers do not exceed."""
    return numbers[math.ceil(len(numbers) * percent / 100) - 1]
