"""Chains of `if` and `elif` that do nothing but ask which constant one value equals: a table in disguise."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from gates.facts.values import Chain

_LONG = 5
"""Tests from which on a table is shorter to read than the chain."""


def chains(conditions: Iterable[ast.If]) -> Iterator[Chain]:
    """Yield the long chains among conditions, of which each comes before its own `elif`."""
    inner: set[ast.If] = set()
    for node in conditions:
        if node.orelse and node not in inner:
            links = list(_links(node))
            inner.update(links)
            if len(links) >= _LONG and len(asked := {_asked(each.test) for each in links}) == 1 and "" not in asked:
                yield Chain(node.lineno, node.end_lineno or node.lineno, len(links))


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
