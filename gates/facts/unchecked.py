"""Code that runs although mypy does not look at it, or that never runs: told by the statement that says so.

mypy decides conditions on `TYPE_CHECKING`, on the version of Python and on the platform before it checks anything, and
passes over what they leave out (mypy, `reachability.py`); it passes over what stands behind the end of a module, too.
"""

from __future__ import annotations

import ast
import operator
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

_TRUE = frozenset({"TYPE_CHECKING", "MYPY"})
"""What mypy takes to be true, by name alone, and is false when the code runs."""

EXITS = frozenset({"sys.exit", "os._exit", "builtins.exit", "builtins.quit"})
"""The calls behind which nothing of a module runs."""

_SYSTEM = {"version_info": sys.version_info[:3], "platform": sys.platform}
_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_SHOWN = 60
"""Characters of a statement that name it."""


class Unchecked(NamedTuple):
    """A statement that leaves out code: what it is called, where it stands, and what a comment on it stands behind."""

    name: str
    first: ast.stmt
    last: ast.stmt | ast.expr


def by_condition(conditions: Iterable[ast.If], assertions: Iterable[ast.Assert]) -> Iterator[Unchecked]:
    """Yield the conditions behind which code runs that mypy passes over, and the assertions behind which it does. An
    `else` counts when it holds a function or class: most only give a name a value."""
    for condition in conditions:
        checked = _types_only(condition.test)
        if checked is False:
            yield Unchecked(_named("if", condition.test), condition, condition.test)
        elif checked and any(isinstance(each, _WORTH) for each in condition.orelse):
            yield Unchecked(_named("else of if", condition.test), condition, condition.test)
    for assertion in assertions:
        if _types_only(assertion.test) is False or _of_system(assertion.test) is False:
            yield Unchecked(_named("assert", assertion.test), assertion, assertion)


def by_end(body: Sequence[ast.stmt], origin: Callable[[ast.Call], str]) -> Iterator[Unchecked]:
    """Yield the statement behind which nothing of a module runs, if something stands there; `origin` resolves."""
    for node in body[:-1]:
        if isinstance(node, ast.Raise):
            yield Unchecked("raise", node, node)
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and origin(node.value) in EXITS:
            yield Unchecked(f"{origin(node.value).removeprefix('builtins.')}()", node, node)
            return


_WORTH = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _named(keyword: str, test: ast.expr) -> str:
    text = f"{keyword} {ast.unparse(test)}"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _types_only(test: ast.expr) -> bool | None:
    """Return what mypy makes of a condition on `TYPE_CHECKING`; None of any other."""
    match test:
        case ast.Name(name) | ast.Attribute(attr=name):
            return True if name in _TRUE else None
        case ast.UnaryOp(ast.Not(), operand):
            inner = _types_only(operand)
            return None if inner is None else not inner
        case ast.BoolOp(joined, values):
            return _joined([_types_only(each) for each in values], decides=isinstance(joined, ast.Or))
    return None


def _joined(parts: Sequence[bool | None], *, decides: bool) -> bool | None:
    """Return what comes of conditions of which one with the value that `decides` is enough."""
    if decides in parts:
        return decides
    return None if None in parts else not decides


def _of_system(test: ast.expr) -> bool | None:
    """Return whether a condition on version or platform holds here; None of any other."""
    try:
        match test:
            case ast.Compare(left, [compared], [right]):
                return _COMPARED[type(compared)](_system(left), ast.literal_eval(right))
            case ast.Call(ast.Attribute(value, "startswith"), [prefix]):
                return bool(_system(value).startswith(ast.literal_eval(prefix)))
    except (AttributeError, KeyError, TypeError, ValueError, IndexError):  # it is about something else
        pass
    return None


def _system(node: ast.expr) -> Any:
    """Return what an expression says of this Python: `sys.version_info`, a part of it, or `sys.platform`.

    Raises:
        KeyError: it says nothing of it.
        TypeError, IndexError, ValueError: there is no such part.
    """
    match node:
        case ast.Attribute(ast.Name("sys"), name):
            return _SYSTEM[name]
        case ast.Subscript(whole, ast.Slice(None, upper, None)) if upper:
            return _system(whole)[: ast.literal_eval(upper)]
        case ast.Subscript(whole, index):
            return _system(whole)[ast.literal_eval(index)]
    raise KeyError(node)
