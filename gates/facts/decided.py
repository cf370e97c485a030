"""What mypy knows of a condition before it checks anything (mypy, `reachability.py`)."""

from __future__ import annotations

import ast
import operator
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_TYPES_ONLY = frozenset({"TYPE_CHECKING", "MYPY"})
"""What mypy takes to be true, by name alone, and is false when the code runs."""

_VERSION = sys.version_info[:2]
_COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_MIRRORED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}


def value(test: ast.expr, *, types: bool) -> bool | None:
    """Return what is known of a condition where `TYPE_CHECKING` has the value of `types`; None when it is nothing."""
    match test:
        case ast.Name(name) | ast.Attribute(attr=name):
            return types if name in _TYPES_ONLY else None
        case ast.UnaryOp(ast.Not(), operand):
            inner = value(operand, types=types)
            return None if inner is None else not inner
        case ast.BoolOp(joined, values):
            return _joined([value(each, types=types) for each in values], decides=isinstance(joined, ast.Or))
    return _of_system(test)


def _joined(parts: Sequence[bool | None], *, decides: bool) -> bool | None:
    """Return what comes of conditions of which one with the value that `decides` is enough."""
    if decides in parts:
        return decides
    return None if None in parts else not decides


def _of_system(test: ast.expr) -> bool | None:
    """Return whether a condition on version or platform holds here; None of any other."""
    match test:
        case ast.Compare(left, [operation], [right]):
            return _of_platform(left, operation, right) if _is_of_system(left, "platform") else _of_version(test)
        case ast.Call(ast.Attribute(owner, "startswith"), [ast.Constant(str(prefix))], []):
            return sys.platform.startswith(prefix) if _is_of_system(owner, "platform") else None
    return None


def _is_of_system(node: ast.expr, name: str) -> bool:
    match node:
        case ast.Attribute(ast.Name("sys"), attribute):
            return attribute == name
    return False


def _of_platform(left: ast.expr, operation: ast.cmpop, right: ast.expr) -> bool | None:
    """Return whether a condition on the platform holds here; None of one that mypy does not know."""
    match operation, right:
        case ast.Eq() | ast.NotEq(), ast.Constant(str(name)):
            return (sys.platform == name) is isinstance(operation, ast.Eq)
        case ast.In() | ast.NotIn(), ast.Tuple(items) | ast.Set(items) | ast.List(items):
            names = [each.value for each in items if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            return (sys.platform in names) is isinstance(operation, ast.In) if len(names) == len(items) else None
    return None


def _of_version(test: ast.Compare) -> bool | None:
    """Return whether a condition on the version of Python holds here; None of one that mypy does not know."""
    left, right, operation = test.left, test.comparators[0], type(test.ops[0])
    ours, other = _part(left), _numbers(right)
    if ours is None or other is None:
        ours, other, operation = _part(right), _numbers(left), _MIRRORED.get(operation, operation)
    if operation not in _COMPARED:
        return None
    match ours, other:
        case (int(), int()):
            return _COMPARED[operation](ours, other)
        case (tuple(), tuple()) if _is_comparable(len(ours), len(other), operation):
            return _COMPARED[operation](ours, other)
    return None


def _is_comparable(ours: int, other: int, operation: type[ast.cmpop]) -> bool:
    """Whether mypy compares so many numbers: it knows no micro version."""
    return ours == other or (ours > other and operation not in (ast.Eq, ast.NotEq))


def _part(node: ast.expr) -> int | tuple[int, ...] | None:
    """Return the part of the version that an expression names, of major and minor."""
    if _is_of_system(node, "version_info"):
        return _VERSION
    match node:
        case ast.Subscript(whole, ast.Slice(lower, upper, None)) if _is_of_system(whole, "version_info"):
            first, end = _numbers(lower) if lower else 0, _numbers(upper) if upper else 2
            if isinstance(first, int) and isinstance(end, int) and 0 <= first < end <= len(_VERSION):
                return _VERSION[first:end]
        case ast.Subscript(whole, index) if _is_of_system(whole, "version_info"):
            number = _number(index)
            return _VERSION[number] if number in (0, 1) else None
    return None


def _numbers(node: ast.expr) -> int | tuple[int, ...] | None:
    """Return the number or the numbers that are written."""
    if not isinstance(node, ast.Tuple):
        return _number(node)
    numbers = tuple(found for each in node.elts if (found := _number(each)) is not None)
    return numbers if len(numbers) == len(node.elts) else None


def _number(node: ast.expr) -> int | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None
