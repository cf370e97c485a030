"""Marks and calls by which a test is skipped or expected to fail, or types are not checked, as suppressions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from gates.suppressions import Suppression, parse_comment, said, spoken, without_expiry

_REASONS: dict[str, int | None] = {
    "pytest.mark.skip": 0,
    "pytest.mark.skipif": None,
    "pytest.mark.xfail": None,
    "pytest.skip": 0,
    "pytest.xfail": 0,
    "pytest.importorskip": 0,
    "unittest.skip": 0,
    "unittest.skipIf": 1,
    "unittest.skipUnless": 1,
    "unittest.expectedFailure": None,
    "unittest.SkipTest": 0,
    "unittest.TestCase.skipTest": 0,
    "typing.no_type_check": None,
}
"""At which place each of them takes its reason, when not by the name `reason`."""

_ONLY_CALLED = frozenset({"pytest.skip", "pytest.xfail", "pytest.importorskip"})
_TOOLS = {"typing": "mypy"}
"""The tool that looks away, where a mark is not the tool's own."""

REFERENCES = frozenset({"skip", "skipif", "xfail", "skipIf", "skipUnless", "expectedFailure", "no_type_check"})
"""The last parts of the names that take effect without being called; `SkipTest` does so only where it is raised."""

_COMMENT = re.compile(r"[\s,:)\]]*#(?P<text>.*)")
"""The comment behind an expression, be it the last one in a list, or a condition."""


class Mark(NamedTuple):
    """An expression that marks, or a call that skips: the dotted `origin` of what it names, and where it stands. Of a
    statement that leaves out code there is no node, and `origin` is what it is called."""

    node: ast.expr | None
    origin: str
    line: int
    column: int
    end_line: int
    end_column: int


class Span(NamedTuple):
    """The lines of a function or class, decorators included."""

    first: int
    last: int
    symbol: str


def marking(origin: str, *, method: bool = False) -> str:
    """Return the name under which something makes a tool look away, or nothing when it does not."""
    if method and origin.endswith(".skipTest"):
        return "unittest.TestCase.skipTest"
    plain = origin.replace("unittest.case.", "unittest.").replace("typing_extensions.", "typing.")
    return plain if plain in _REASONS else ""


def suppressions(marks: Iterable[Mark], spans: Sequence[Span], lines: Sequence[str]) -> Iterator[Suppression]:
    """Yield the suppression that each mark is."""
    for mark in marks:
        if isinstance(mark.node, ast.Call) or mark.origin not in _ONLY_CALLED:
            yield _suppression(mark, spans, lines)


def _suppression(mark: Mark, spans: Sequence[Span], lines: Sequence[str]) -> Suppression:
    package = mark.origin.partition(".")[0] if mark.node else "typing"
    around = [each for each in spans if each.first <= mark.line <= each.last]
    single = mark.end_line == mark.line
    comment = _COMMENT.match(lines[mark.end_line - 1][mark.end_column - 1 :])
    beside = _beside(comment["text"]) if comment else ("", "")
    reason, expires = without_expiry(_argument(mark))
    return Suppression(
        tool=_TOOLS.get(package, package),
        directive=mark.origin.removeprefix("unittest.TestCase."),
        codes=(),
        coded=False,
        reason=spoken(reason) or beside[0],
        line=mark.line,
        column=mark.column,
        end_column=mark.end_column if single else len(lines[mark.line - 1]) + 1,
        expires=expires or beside[1],
        symbol=max(around, key=lambda each: each.first).symbol if around else "",
    )


def _beside(comment: str) -> tuple[str, str]:
    """Return the reason and the date that stand in the comment behind a mark: what is not said to another tool."""
    directives = parse_comment(f"#{comment}", 1, 1)
    text, expires = without_expiry(comment)
    return (directives[0].reason if directives else said(text)), expires


def _argument(mark: Mark) -> str:
    """Return the reason that is passed: its literal text, or the name that stands for it."""
    given = _given(mark.node, _REASONS[mark.origin]) if isinstance(mark.node, ast.Call) else None
    parts = list(ast.walk(given)) if given else []
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    names = [part.id for part in parts if isinstance(part, ast.Name)]
    return " ".join(texts or names).encode("utf-8", "backslashreplace").decode("utf-8")


def _given(call: ast.Call, place: int | None) -> ast.expr | None:
    """Return the argument that is the reason, by its name or its place."""
    by_name = (each.value for each in call.keywords if each.arg in ("reason", "msg"))
    by_place = call.args[place : place + 1] if place is not None else []
    return next(by_name, by_place[0] if by_place else None)
