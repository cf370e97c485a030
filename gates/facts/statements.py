"""The statements of a module: which one each line belongs to, and how large they are in nodes of syntax, which neither
formatting nor comments change."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from typing import Any

from gates.facts.values import Class, Function, Size

BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""The fields of a statement that hold others."""

LARGE_FUNCTION, LARGE_CLASS, LARGE_FILE = 60, 300, 500
"""The most lines of what is not large: the limits of the strictest preset. Other sizes are seldom wanted."""

Decorated = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Statement = ast.stmt | ast.ExceptHandler | ast.match_case

_HELD = (ast.stmt, ast.ExceptHandler, ast.match_case)
_SIGNS = ("ctx", "op")
"""Fields that hold one node which holds nothing."""

_Counted = tuple[int, tuple[str, ...]]
"""How many nodes one of a type is, with its signs, and the fields that hold others. One is looked up for each node of a
project, so it is the plainest thing there is."""


def _counted(of: type[ast.AST]) -> _Counted:
    return 1 + sum(each in _SIGNS for each in of._fields), tuple(each for each in of._fields if each not in _SIGNS)


_COUNTED: dict[type, _Counted] = {
    **{of: _counted(of) for of in vars(ast).values() if isinstance(of, type) and issubclass(of, ast.AST)},
    ast.Name: (2, ()),
    ast.Constant: (1, ()),
    ast.JoinedStr: (3, ("values",)),
    ast.FormattedValue: (0, ("value",)),
    **dict.fromkeys((type(None), str, int), (0, ())),
}
"""By type. Formatted strings are written as calls of a name: the call, the name, and that it is loaded."""

_BLOCKS_OF = {of: tuple(each for each in BLOCKS if each in of._fields) for of in _COUNTED if issubclass(of, _HELD)}
_APART = (*BLOCKS, "decorator_list")
_HEADERS = {of: tuple(each for each in _COUNTED[of][1] if each not in _APART) for of in _BLOCKS_OF}
"""By type of statement, the fields that hold others, and those that belong to it alone."""


def owners(module: ast.Module, lines: int) -> list[Statement | None]:
    """Return for each line, from 1, the innermost statement that it belongs to, decorators included."""
    found: list[Statement | None] = [None] * (lines + 2)
    stack: list[Statement] = [*reversed(module.body)]
    while stack:
        node = stack.pop()
        first, last = _span(node)
        found[first : last + 1] = [node] * (last - first + 1)
        for name in reversed(_BLOCKS_OF[type(node)]):
            stack += getattr(node, name)[::-1]
    return found


def inside(owning: Sequence[Statement | None], line: int, end_line: int) -> Collection[Statement]:
    """Return the statements on some lines, to the end of the file when `end_line` is 0, without the one that opens
    them: names may change."""
    last = end_line or len(owning)
    found = {id(each): each for each in owning[line : last + 1] if each is not None}
    opening = owning[line] if end_line else None
    if isinstance(opening, Decorated):
        found.pop(id(opening), None)
    return found.values()


def sizes(module: ast.Module, lines: int, functions: Sequence[Function], classes: Sequence[Class]) -> tuple[Size, ...]:
    """Return the sizes of the functions and classes that are large, and of the file, when that is."""
    spans = {(each.line, each.end_line) for each in functions if each.lines > LARGE_FUNCTION}
    spans |= {(each.line, each.end_line) for each in classes if each.lines > LARGE_CLASS}
    if lines > LARGE_FILE:
        spans.add((1, 0))
    if not spans:
        return ()
    owning = owners(module, lines)
    known: dict[int, int] = {}
    return tuple(Size(*span, _sum(inside(owning, *span), known)) for span in sorted(spans))


def size(node: Statement) -> int:
    """Return the nodes of a statement without the blocks and decorators that hang on it, as it is written for anchors:
    with a `pass` in the place of its block."""
    number = int(hasattr(node, "body"))
    header = _HEADERS[type(node)]
    waiting: list[Any] = [node]
    for each in waiting:  # which grows on the way
        weight, inner = _COUNTED[type(each)]
        number += weight
        for name in header if each is node else inner:
            value = getattr(each, name)
            if type(value) is list:
                waiting += value
            else:
                waiting.append(value)
    return number


def _sum(statements: Collection[Statement], known: dict[int, int]) -> int:
    """Return the size of statements together; each of one tree is counted once."""
    for each in statements:
        if id(each) not in known:
            known[id(each)] = size(each)
    return sum(known[id(each)] for each in statements)


def _span(node: Statement) -> tuple[int, int]:
    if isinstance(node, ast.match_case):
        return node.pattern.lineno, node.body[-1].end_lineno or node.pattern.lineno
    first = node.lineno
    if isinstance(node, Decorated):
        first = min([first, *(each.lineno for each in node.decorator_list)])
    return first, node.end_lineno or node.lineno
