"""What is the same for all nodes of one type of syntax: their tokens, the paths they add, where to look further."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

_TOKENS: dict[type[ast.AST], int] = {
    ast.Name: 1,
    ast.Constant: 1,
    ast.arg: 1,
    ast.alias: 1,
    ast.Attribute: 2,
    ast.Call: 2,
    ast.FunctionDef: 5,
    ast.ClassDef: 3,
    ast.Import: 1,
    ast.ImportFrom: 3,
    ast.If: 2,
    ast.Return: 1,
    ast.Assign: 1,
}
"""How many tokens a node stands for at the least, beside those of its children."""

_MUTE = frozenset({"ctx", "op", "ops", "id", "attr", "arg", "kind", "type_comment"})
"""Fields without syntax that says anything: contexts, operators and plain text. They hold a third of all nodes."""

_LEAVES = (ast.Name, ast.Constant)


def _one(_: ast.AST) -> int:
    return 1


def _of_loop(node: ast.For | ast.AsyncFor | ast.While) -> int:
    return 1 + bool(node.orelse)


def _of_try(node: ast.Try) -> int:
    return len(node.handlers) + bool(node.orelse)


def _of_match(node: ast.Match) -> int:
    """One case may match everything, with or without a name; radon asks for no more than that."""
    everything = any(isinstance(each.pattern, ast.MatchAs) and each.pattern.pattern is None for each in node.cases)
    return len(node.cases) - everything


def _of_operator(node: ast.BoolOp) -> int:
    return len(node.values) - 1


def _of_comprehension(node: ast.comprehension) -> int:
    return 1 + len(node.ifs)


_PATHS: Mapping[type[ast.AST], Callable[[Any], int]] = {
    **dict.fromkeys((ast.If, ast.IfExp, ast.Assert), _one),
    **dict.fromkeys((ast.For, ast.AsyncFor, ast.While), _of_loop),
    ast.Try: _of_try,
    ast.Match: _of_match,
    ast.BoolOp: _of_operator,
    ast.comprehension: _of_comprehension,
}
"""What a node adds to the cyclomatic complexity (McCabe 1976) of the function that it is in, as radon 6.0 counts: the
handlers of `except*` add nothing."""


class Kind(NamedTuple):
    """What a type of node has: tokens, whether it is a statement, how many paths it adds, the fields to look into."""

    tokens: int
    statement: bool
    paths: Callable[[Any], int] | None
    fields: tuple[str, ...]


def _kind(of: type[ast.AST]) -> Kind:
    fields = () if of in _LEAVES else tuple(each for each in of._fields if each not in _MUTE)
    return Kind(_TOKENS.get(of, 0), issubclass(of, ast.stmt), _PATHS.get(of), fields)


KINDS = {of: _kind(of) for of in vars(ast).values() if isinstance(of, type) and issubclass(of, ast.AST)}


def below(node: ast.AST, names: Iterable[str]) -> list[ast.AST]:
    """Return the nodes that stand in these fields of a node."""
    found: list[ast.AST] = []
    for name in names:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [each for each in value if isinstance(each, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def tokens_of(tree: ast.AST) -> int:
    """Return how many tokens a whole tree stands for at the least."""
    return sum(_TOKENS.get(type(each), 0) for each in ast.walk(tree))
