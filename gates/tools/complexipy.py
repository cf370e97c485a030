"""complexipy, as a library: refactoring plans for functions whose cognitive complexity is too high."""

from __future__ import annotations

from collections.abc import Collection

from gates.model import Tool

COMPLEXIPY = Tool(name="complexipy", distribution="complexipy", tested=">=8.3,<8.4")

Span = tuple[int, int]


def plans(source: str, spans: Collection[Span]) -> dict[Span, str]:
    """Return its best plan for each function with one of these spans (first line with decorators, last line).

    A plan is a sentence such as "A start: flatten loop body with continue guards, lines 8 to 16; that lowers it from 43
    to 38.".
    """
    import complexipy

    found: dict[Span, str] = {}
    for function in complexipy.code_complexity(source, no_ignore=True).functions:
        span = (function.line_start, function.line_end)
        useful = [each for each in function.refactor_plans if each.estimated_reduction > 0]
        if span in spans and useful:
            best = max(useful, key=lambda each: (each.estimated_reduction, -each.line_start))
            title = best.title[:1].lower() + best.title[1:]
            effect = f"lowers it from {best.current_complexity} to {best.estimated_complexity_after}"
            found[span] = f"A start: {title}, lines {best.line_start} to {best.line_end}; that {effect}."
    return found
