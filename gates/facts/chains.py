"""Chains of `if` and `elif` that do nothing but ask which constant one value equals: a table in disguise."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from gates.facts.source import UnreadableError, parse

_LONG = 5
"""Tests from which on a table is shorter to read than the chain."""


class Chain(Struct, frozen=True):
    """Where a chain stands, first and last line, and how many tests it has."""

    line: int
    end_line: int
    tests: int


def chains(source: str) -> tuple[Chain, ...]:
    """Return the long chains of a file, in no order; none of a file that is nested too deeply to be parsed here."""
    try:
        tree = parse(source)
    except UnreadableError:
        return ()
    found: list[Chain] = []
    inner: set[ast.If] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and node not in inner:
            links = list(_links(node))
            inner.update(links)
            asked = {_asked(each.test) for each in links}
            if len(links) >= _LONG and len(asked) == 1 and "" not in asked:
                found.append(Chain(node.lineno, node.end_lineno or node.lineno, len(links)))
    return tuple(found)


def _links(first: ast.If) -> Iterator[ast.If]:
    """Yield an `if` and each `elif` of it; `else:` with an `if` in it ends the chain."""
    link: ast.stmt | None = first
    while isinstance(link, ast.If) and link.col_offset == first.col_offset:
        yield link
        link = link.orelse[0] if len(link.orelse) == 1 else None


def _asked(test: ast.expr) -> str:
    """Return a value that is held against a constant, as `name`, `name.attribute` or `name['key']`; else nothing."""
    match test:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant()]):
            return _value(left)
        case _:
            return ""


def _value(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return f"{name}.{attribute}"
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=key)):
            return f"{name}[{key!r}]"
        case _:
            return ""
