"""What a reporter may know of a project: its lines and headers as they are now, and a boundary for this run."""

from __future__ import annotations

import functools
from pathlib import Path

from gates import git
from gates.facts import Class, Function
from gates.facts.source import UnreadableError, decode, is_behind_link, read
from gates.model import Advice, Report, View


def view(root: Path, *, home: Path | None = None, width: int = 100, colour: bool = False) -> View:
    """Return the view of a project. Files are read when a reporter asks for them, once each, never through links.

    `home` is where the project lies, when `root` holds another state of it.
    """
    import secrets

    @functools.cache
    def sources(path: str) -> tuple[str, ...]:
        try:
            return () if is_behind_link(root, path) else tuple(decode(read(root / path)).split("\n"))
        except UnreadableError:
            return ()

    @functools.cache
    def headers(path: str) -> tuple[tuple[int, int], ...]:
        from gates.facts.analyse import analyse

        facts = analyse("\n".join(sources(path)).encode("utf-8", "surrogatepass"))
        spans: tuple[Class | Function, ...] = (*facts.classes, *facts.functions)
        return tuple((each.line, each.end_line) for each in spans)

    return View(
        sources=sources,
        headers=headers,
        advice=lambda report: _advice(home or root, report),
        width=width,
        colour=colour,
        boundary=f"|{secrets.token_hex(4)}|",
        prefix=_prefix(home or root),
    )


def _advice(home: Path, report: Report) -> tuple[Advice, ...]:
    """Return what people have said about what is open. Where nobody is trusted, only what the base holds counts."""
    from gates import knowledge

    found = knowledge.applying(home, report.open(), report.scope.base)
    return tuple(each for each in found if not (each.is_new and report.policy.untrusted))


def _prefix(home: Path) -> str:
    """Return the way from the root of the repository to the project, with a slash at its end; empty when it is that."""
    top = git.toplevel(home)
    return "" if top is None or top == home else f"{home.relative_to(top).as_posix()}/"
