"""complexipy, as a library: refactoring plans for functions whose cognitive complexity is too high."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from gates.model import Tool

if TYPE_CHECKING:
    import complexipy

    from gates.project import Project

COMPLEXIPY = Tool(name="complexipy", distribution="complexipy", tested=">=8.3,<8.4", library="complexipy")

Span = tuple[int, int]
_HEAVIEST = 3
_MOST = 2 / 3
"""The part of a function's lines from which on a block is nearly the function itself."""


class Advice(Struct, frozen=True):
    """How to make a function simpler: a plan in one sentence or none, and the lines that cost most, with points."""

    plan: str
    heaviest: tuple[tuple[int, int], ...]


def advice(project: Project, limits: Mapping[str, Mapping[Span, float]]) -> dict[str, dict[Span, Advice]]:
    """Return by file complexipy's advice for each function with one of these spans (first line with decorators, last
    line).

    A plan reads "A start: flatten loop body with continue guards, lines 8 to 16; that lowers it from 43 to 38.". There
    is none that would only move the function's complexity, over its limit, into another function.

    Raises:
        ToolError: complexipy crashes over a file.
        UnreadableError: a file can no longer be read.
    """
    version = project.version(COMPLEXIPY)
    asked = {path: sorted(each.items()) for path, each in limits.items()}
    beside = {path: f"{version} {each}" for path, each in asked.items()}
    found = project.worked(
        list[tuple[Span, Advice]],
        __name__,
        beside,
        lambda path: msgspec.msgpack.encode((project.text(path).encode("utf-8", "surrogatepass"), asked[path])),
    )
    return {path: dict(each) for path, each in found.items()}


def work(payload: bytes) -> bytes:
    """Return the advice for functions of a source, encoded as MessagePack."""
    source, limits = msgspec.msgpack.decode(payload, type=tuple[bytes, list[tuple[Span, float]]])
    return msgspec.msgpack.encode([*_advice(source.decode("utf-8", "surrogatepass"), dict(limits)).items()])


def _advice(source: str, limits: Mapping[Span, float]) -> dict[Span, Advice]:
    import complexipy

    rows = source.splitlines()
    found: dict[Span, Advice] = {}
    for function in complexipy.code_complexity(source, no_ignore=True).functions:
        span = (function.line_start, function.line_end)
        if span in limits:
            lines = sorted(function.line_complexities, key=lambda each: (-each.complexity, each.line))[:_HEAVIEST]
            heaviest = tuple((each.line, each.complexity) for each in lines if each.complexity > 1)
            useful = [each for each in function.refactor_plans if _helps(each, span, rows, limits[span])]
            found[span] = Advice(_plan(useful), heaviest)
    return found


def _helps(plan: complexipy.RefactorPlan, span: Span, rows: Sequence[str], limit: float) -> bool:
    """Whether following a plan gets nearer to the limit. To put the branches of a long `if` into functions leaves each
    of its tests where it is, and counts for nothing although complexipy promises much."""
    if plan.estimated_reduction <= 0 or plan.kind == "split_dispatcher":
        return False
    return plan.kind != "extract_helper" or _leaves_less(plan, span, rows, limit)


def _leaves_less(plan: complexipy.RefactorPlan, span: Span, rows: Sequence[str], limit: float) -> bool:
    """Whether a block that is to be taken out is not most of its function, and keeps the limit as a function."""
    block = rows[plan.line_start - 1 : plan.line_end]
    return len(block) < (span[1] - span[0] + 1) * _MOST and _alone(block) <= limit


def _alone(block: Sequence[str]) -> float:
    """Return the cognitive complexity of a function of these lines; without end when they are none."""
    import complexipy

    try:
        return complexipy.code_complexity("\n".join(["def helper():", *block, ""]), no_ignore=True).complexity
    except ValueError:
        return math.inf


def _plan(useful: Collection[complexipy.RefactorPlan]) -> str:
    if not useful:
        return ""
    best = max(useful, key=lambda each: (each.estimated_reduction, -each.line_start))
    title = best.title[:1].lower() + best.title[1:]
    effect = f"lowers it from {best.current_complexity} to {best.estimated_complexity_after}"
    return f"A start: {title}, lines {best.line_start} to {best.line_end}; that {effect}."
