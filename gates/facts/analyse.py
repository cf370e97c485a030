"""From the bytes of one file to its facts."""

from __future__ import annotations

import sys

import complexipy
import msgspec

from gates import suppressions
from gates.facts.compiled import check_compiles
from gates.facts.source import MAX_DEPTH, UnreadableError, conflict_lines, decode, parse, with_newlines
from gates.facts.statements import sizes
from gates.facts.tree import Walk
from gates.facts.values import FileFacts, Unreadable

_FRAMES_PER_LEVEL = 6
"""Python's parser hands over no deeper tree than the limit of recursion allows. It has to be deeper than what is
analysed, so that the line on which a file is nested too deeply can be told."""


def work(content: bytes) -> bytes:
    """Return the facts of a file, encoded as MessagePack."""
    return msgspec.msgpack.encode(analyse(content))


def analyse(content: bytes) -> FileFacts:
    """Return the facts of a file; one that cannot be analysed has `unreadable` set. Never raises for bad input."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), MAX_DEPTH * _FRAMES_PER_LEVEL + 1000))
    conflicts = conflict_lines(content)
    try:
        return _readable(content, conflicts)
    except UnreadableError as error:
        plain = with_newlines(content)
        lines = plain.count(b"\n") + (not plain.endswith(b"\n") and bool(plain))
        return FileFacts(lines=lines, size=len(content), unreadable=error.reason, conflicts=conflicts)


def _readable(content: bytes, conflicts: tuple[int, ...]) -> FileFacts:
    text = decode(content)
    tree = parse(text)
    lines = text.split("\n")
    walk = Walk(tree, lines)  # bounds the depth before native code walks the same source
    cognitive = _cognitive(text)
    number = len(lines) - (lines[-1] == "")
    functions = tuple(sorted(walk.functions(cognitive), key=lambda each: (each.line, each.column)))
    classes = tuple(sorted(walk.classes(), key=lambda each: (each.line, each.column)))
    facts = FileFacts(
        lines=number,
        size=len(content),
        tokens=walk.tokens,
        functions=functions,
        classes=classes,
        imports=tuple(sorted(walk.imports, key=lambda each: (each.line, each.column, each.name))),
        calls=tuple(sorted(walk.calls(), key=lambda each: (each.line, each.column, each.target))),
        suppressions=_suppressions(text, walk),
        conflicts=conflicts,
        chains=tuple(sorted(walk.chains(), key=lambda each: each.line)),
        sizes=sizes(tree, number, functions, classes),
    )
    check_compiles(tree, text)
    return facts


def _cognitive(text: str) -> dict[tuple[int, int], int]:
    """Cognitive complexity by the span of a function, decorators included.

    Raises:
        UnreadableError: complexipy's parser refuses what Python's accepts.
    """
    try:
        measured = complexipy.code_complexity(text, no_ignore=True, with_plans=False)
    except Exception as error:  # complexipy raises bare exceptions of several types from native code
        raise UnreadableError(Unreadable("syntax", f"cannot be measured by complexipy: {error}")) from error
    return {(each.line_start, each.line_end): each.complexity for each in measured.functions}


def _suppressions(text: str, walk: Walk) -> tuple[suppressions.Suppression, ...]:
    """Return those that comments are and those that marks on tests are, in the order of the file."""
    try:
        found = suppressions.read(text, text.encode("utf-8", "surrogatepass"))
    except SyntaxError as error:
        raise UnreadableError(Unreadable("syntax", f"cannot be tokenized: {error}")) from error
    return tuple(sorted((*found, *walk.marks()), key=lambda each: (each.line, each.column)))
