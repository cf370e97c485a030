"""Code that runs although mypy does not look at it, or that never runs: told by the statement that says so.

mypy decides conditions on `TYPE_CHECKING`, on the version of Python and on the platform before it checks anything, and
passes over what they leave out; it passes over what stands behind the end of a module, too.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from gates.facts import decided

EXITS = frozenset({"sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit"})
"""The calls behind which nothing of a module runs."""

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_PLAIN = (ast.Import, ast.ImportFrom, ast.Pass, ast.If, ast.Try)
_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break, ast.While)
_SHOWN = 60
"""Characters of a statement that name it."""

Origin = Callable[[ast.Call], str]
"""Returns the dotted name of what is called, nothing where it is not known."""


class Unchecked(NamedTuple):
    """What leaves out code: what it is called, where it stands, and what a comment on it stands behind."""

    name: str
    first: ast.stmt | ast.expr
    last: ast.stmt | ast.expr


def by_condition(conditions: Iterable[ast.If], origin: Origin) -> Iterator[Unchecked]:
    """Yield the conditions by which code runs that mypy passes over: that stands in them, in their `else`, or behind
    them when mypy takes them to leave the function or the module. An `else` that only imports or gives names a value
    does not count, as most do."""
    for condition in conditions:
        test = condition.test
        if _runs_unchecked(test, checked=False):
            yield Unchecked(_named("if", test), condition, test)
        elif _runs_unchecked(test, checked=True):
            if any(_leaves(each, origin) for each in _inside(condition.body)):
                yield Unchecked(_named("if", test), condition, test)
            elif not all(_is_plain(each) for each in _inside(condition.orelse)):
                yield Unchecked(_named("else of if", test), condition, test)


def by_expression(nodes: Iterable[ast.BoolOp | ast.match_case]) -> Iterator[Unchecked]:
    """Yield the expressions of which mypy passes over a part that calls something, and such guards of cases."""
    for node in nodes:
        if isinstance(node, ast.BoolOp):
            if _passes_over_call(node):
                yield Unchecked(_named("", node), node, node)
        elif node.guard and any(_runs_unchecked(node.guard, checked=each) for each in (False, True)):
            yield Unchecked(_named("case … if", node.guard), node.guard, node.guard)


def by_end(body: Sequence[ast.stmt], origin: Origin) -> Iterator[Unchecked]:
    """Yield the assertions in a module behind which mypy looks at nothing, and the statement behind which nothing of
    it runs, if something stands there."""
    for node in body:
        if isinstance(node, ast.Assert) and decided.value(node.test, types=True) is False:
            yield Unchecked(_named("assert", node.test), node, node)
    for node in body[:-1]:
        if isinstance(node, ast.Raise):
            yield Unchecked("raise", node, node)
            return
        if _never_holds(node):
            yield Unchecked(ast.unparse(node)[:_SHOWN], node, node)
            return
        if exits := _exit(node, origin):
            yield Unchecked(f"{exits.removeprefix('builtins.')}()", node, node)
            return


def _inside(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield statements and those in them, but for what is in functions and classes."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, (*_DEFINITIONS, ast.expr)):
            waiting += ast.iter_child_nodes(node)


def _is_plain(node: ast.AST) -> bool:
    """Whether a statement only imports, or gives names a value."""
    match node:
        case ast.Assign(targets):
            return all(isinstance(each, ast.Name) for each in targets)
        case ast.Expr(value):
            return isinstance(value, ast.Constant)
    return isinstance(node, _PLAIN)


def _leaves(node: ast.AST, origin: Origin) -> bool:
    """Whether nothing may run behind a statement."""
    return isinstance(node, _LEAVING) or _never_holds(node) or bool(_exit(node, origin))


def _never_holds(node: ast.AST) -> bool:
    return isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant) and not node.test.value


def _exit(node: ast.AST, origin: Origin) -> str:
    """Return what a statement ends the program with; nothing when it does not."""
    match node:
        case ast.Expr(ast.Call() as call):
            return found if (found := origin(call)) in EXITS else ""
    return ""


def _passes_over_call(node: ast.BoolOp) -> bool:
    """Whether something is called behind a part of an expression that decides it for mypy alone."""
    decides = isinstance(node.op, ast.Or)
    ends = (number for number, each in enumerate(node.values) if _runs_unchecked(each, checked=decides))
    behind = node.values[next(ends, len(node.values)) + 1 :]
    return any(isinstance(each, ast.Call) for part in behind for each in ast.walk(part))


def _named(keyword: str, test: ast.expr) -> str:
    text = f"{keyword} {ast.unparse(test)}".lstrip()
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _runs_unchecked(test: ast.expr, *, checked: bool) -> bool:
    """Whether mypy takes a condition for `checked`, whatever it is when the code runs."""
    return decided.value(test, types=True) is checked and decided.value(test, types=False) is not checked
