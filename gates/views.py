"""What a reporter may know of a project: its lines and headers as they are now, and a boundary for this run."""

from __future__ import annotations

import functools
import secrets
from pathlib import Path

from gates.facts import Class, Function
from gates.facts.source import UnreadableError, decode, read
from gates.model import View


def view(root: Path, *, width: int = 100, colour: bool = False) -> View:
    """Return the view of a project. Files are read when a reporter asks for them, once each, never through links."""

    @functools.cache
    def sources(path: str) -> tuple[str, ...]:
        try:
            return tuple(decode(read(root / path)).split("\n"))
        except UnreadableError:
            return ()

    @functools.cache
    def headers(path: str) -> tuple[tuple[int, int], ...]:
        from gates.facts.analyse import analyse

        facts = analyse("\n".join(sources(path)).encode("utf-8", "surrogatepass"))
        spans: tuple[Class | Function, ...] = (*facts.classes, *facts.functions)
        return tuple((each.line, each.end_line) for each in spans)

    return View(sources=sources, headers=headers, width=width, colour=colour, boundary=f"|{secrets.token_hex(4)}|")
