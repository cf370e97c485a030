"""complexipy, as a library: refactoring plans for functions whose cognitive complexity is too high."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from msgspec import Struct

from gates.model import Tool

if TYPE_CHECKING:
    import complexipy

COMPLEXIPY = Tool(name="complexipy", distribution="complexipy", tested=">=8.3,<8.4", library="complexipy")

Span = tuple[int, int]
_HEAVIEST = 3

_KEEPER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="complexipy")
"""The one thread that complexipy is loaded in and called from. Were it loaded in a thread that ends, the next call from
any other thread would crash the whole process (8.3.0)."""


class Advice(Struct, frozen=True):
    """How to make a function simpler: a plan in one sentence or none, and the lines that cost most, with points."""

    plan: str
    heaviest: tuple[tuple[int, int], ...]


def advice(source: str, spans: Collection[Span]) -> dict[Span, Advice]:
    """Return complexipy's advice for each function with one of these spans (first line with decorators, last line).

    A plan reads "A start: flatten loop body with continue guards, lines 8 to 16; that lowers it from 43 to 38.".
    """
    return _KEEPER.submit(_advice, source, spans).result()


def _advice(source: str, spans: Collection[Span]) -> dict[Span, Advice]:
    import complexipy

    found: dict[Span, Advice] = {}
    for function in complexipy.code_complexity(source, no_ignore=True).functions:
        span = (function.line_start, function.line_end)
        if span in spans:
            lines = sorted(function.line_complexities, key=lambda each: (-each.complexity, each.line))[:_HEAVIEST]
            heaviest = tuple((each.line, each.complexity) for each in lines if each.complexity > 1)
            found[span] = Advice(_plan(function.refactor_plans), heaviest)
    return found


def _plan(plans: Collection[complexipy.RefactorPlan]) -> str:
    useful = [each for each in plans if each.estimated_reduction > 0]
    if not useful:
        return ""
    best = max(useful, key=lambda each: (each.estimated_reduction, -each.line_start))
    title = best.title[:1].lower() + best.title[1:]
    effect = f"lowers it from {best.current_complexity} to {best.estimated_complexity_after}"
    return f"A start: {title}, lines {best.line_start} to {best.line_end}; that {effect}."
