"""radon, as a library: the maintainability index. Cyclomatic complexity, as radon counts it, is counted in `facts`."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from gates.model import Tool
from gates.project import Project

RADON = Tool(name="radon", distribution="radon", tested=">=6.0,<6.1", library="radon.metrics")

_RESTART = r"(?m)^[ \t\f]*\f"
"""A form feed before code: Python counts the indentation anew from there."""

_OTHER_BREAKS = "[\v\f\x1c-\x1e\x85\u2028\u2029]"
"""Where `str.splitlines` breaks a line, and Python does not."""


def maintainability(project: Project, paths: Sequence[str]) -> dict[str, float]:
    """Return the maintainability index of modules, 0 to 100, higher is better; multi-line strings count as comments.

    Source: radon's `mi_visit`, a variant of Oman and Hagemeister (1992) scaled to 100.

    Raises:
        ToolError: radon crashes over a file.
        UnreadableError: a file can no longer be read.
    """
    version = project.version(RADON)
    return project.worked(
        float, __name__, dict.fromkeys(paths, version), lambda path: project.text(path).encode("utf-8", "surrogatepass")
    )


def work(payload: bytes) -> bytes:
    """Return the maintainability index of a source, encoded as MessagePack."""
    from radon.metrics import mi_visit  # type: ignore[import-untyped]  # radon ships no types

    source = payload.decode("utf-8", "surrogatepass")
    try:
        index = mi_visit(source, multi=True)
    except SyntaxError:  # radon 6.0 breaks lines where Python does not, such as at a form feed in a comment
        index = mi_visit(re.sub(_OTHER_BREAKS, " ", re.sub(_RESTART, "", source)), multi=True)
    return msgspec.msgpack.encode(float(index))
