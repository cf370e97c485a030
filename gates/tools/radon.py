"""radon, as a library: the maintainability index. Cyclomatic complexity, as radon counts it, is counted in `facts`."""

from __future__ import annotations

from gates.model import Tool

RADON = Tool(name="radon", distribution="radon", tested=">=6.0,<6.1", library="radon.metrics")


def maintainability(source: str) -> float:
    """Return the maintainability index of a module, 0 to 100, higher is better; multi-line strings count as comments.

    Source: radon's `mi_visit`, a variant of Oman and Hagemeister (1992) scaled to 100.
    """
    from radon.metrics import mi_visit  # type: ignore[import-untyped]  # radon ships no types

    return float(mi_visit(source, multi=True))
