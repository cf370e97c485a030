"""radon, as a library: the maintainability index. Cyclomatic complexity, as radon counts it, is counted in `facts`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from gates.model import Tool
from gates.project import Project

RADON = Tool(name="radon", distribution="radon", tested=">=6.0,<6.1", library="radon.metrics")


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

    return msgspec.msgpack.encode(float(mi_visit(payload.decode("utf-8", "surrogatepass"), multi=True)))
