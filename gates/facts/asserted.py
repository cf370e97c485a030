"""What a test holds: how many assertions it makes, over how many cases, and of what shape its body is."""

from __future__ import annotations

import ast
import keyword
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

TEST = "test"
"""What the name of a test begins with, for pytest and unittest."""

_PLAIN = r"assert(?:_\w|[A-Z0-9])\w*"
_FAIL = r"fail(?:[A-Z]\w*)?"
_OF_PYTEST = frozenset(
    {"pytest.raises", "pytest.warns", "pytest.deprecated_call", "pytest.fail", "pytest.RaisesGroup", "pytest.RaisesExc"}
)
OWNERS = ("self", "cls")
"""Names of what a method is called on."""
_COMPARING = frozenset(
    f"assert{each}"
    for each in ("True", "False", "Equal", "NotEqual", "Is", "IsNot", "IsNone", "IsNotNone", "In", "NotIn")
)
_UNKNOWN = (ast.Name, ast.Call, ast.Attribute, ast.Await, ast.Subscript, ast.JoinedStr)

_LITERAL = r"""(?i)[rbfu]{0,2}(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\b\d[\w.]*"""
_NAME = r"(?<![.\w])[^\W\d]\w*(?![\w]|\s*\()"


class Called(NamedTuple):
    """A call of something with a name: `root.tail(…)` in the function `symbol`; `origin` is empty for what is local."""

    node: ast.Call
    root: str
    tail: str
    symbol: str
    origin: str


def says_something(node: ast.Assert) -> bool:
    """Return whether an assertion can fail: `assert True` and `assert total == total` cannot."""
    test = node.test
    if isinstance(test, ast.Tuple):
        return not test.elts
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return not any(_is_constant(each) for each in test.values)
    if isinstance(test, ast.Compare) and len(test.comparators) == 1 and isinstance(test.ops[0], (ast.Eq, ast.Is)):
        return not _is_constant(test) and _named(test.left) != (_named(test.comparators[0]) or None)
    return not _is_constant(test)


def asserts(name: str) -> bool:
    """Return whether a call is an assertion by the last part of its name: `assertEqual`, `assert_called_once`."""
    return name.startswith("assert") and re.fullmatch(_PLAIN, name) is not None


def totals(own: Mapping[str, int], calls: Iterable[Called]) -> dict[str, int]:
    """Return the assertions that one run of each function makes.

    To its `own` come those that are calls, those of functions inside it, and for each call of another function of the
    file those that this function makes itself.
    """
    direct = dict(own)
    helped: list[tuple[str, str, str]] = []
    for each in calls:
        helper = _helper(each, own)
        if helper:
            helped.append((each.symbol, helper, each.tail.rpartition(".")[2] or each.root))
        elif _is_assertion(each):
            direct[each.symbol] = direct.get(each.symbol, 0) + 1
    inner = _with_inner(direct)
    found = dict(direct)
    for symbol, helper, name in helped:
        found[symbol] = found.get(symbol, 0) + max(inner.get(helper, 0), int(asserts(name)))
    return _with_inner(found)


def reached(node: FunctionNode) -> int:
    """Return the last line of a function that is not certainly behind a `return` or `raise` of its own body."""
    ends = (each.lineno for each in node.body if isinstance(each, (ast.Return, ast.Raise)))
    return next(ends, node.end_lineno or node.lineno)


def cases(node: FunctionNode) -> int:
    """Return how often `pytest.mark.parametrize` makes a test run; 0 when that cannot be told."""
    number = 1
    for each in node.decorator_list:
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "parametrize":
            number *= _listed(each)
    return number


def shape(node: FunctionNode, lines: Sequence[str]) -> tuple[int, ...]:
    """Return a number for each line of the body of a test, the same for lines that differ in names of variables and in
    literals only. A body that does nothing has none."""
    body = [each for each in node.body if not _does_nothing(each)]
    if not body:
        return ()
    first, last = body[0], node.end_lineno or node.lineno
    text = list(lines[first.lineno - 1 : last])
    if text and first.lineno == node.lineno:
        text[0] = text[0].encode("utf-8")[first.col_offset :].decode("utf-8", "replace")
    patterns = (_pattern(each) for each in text)
    return tuple(zlib.crc32(each.encode("utf-8", "surrogatepass")) for each in patterns if re.search(r"\w", each))


def _is_constant(node: ast.expr) -> bool:
    return not any(isinstance(each, _UNKNOWN) for each in ast.walk(node))


def _named(node: ast.expr) -> str:
    """Return a dotted name as it is written, or nothing for any other expression."""
    tail = ""
    while isinstance(node, ast.Attribute):
        tail, node = f".{node.attr}{tail}", node.value
    return f"{node.id}{tail}" if isinstance(node, ast.Name) else ""


def _helper(call: Called, known: Mapping[str, int]) -> str:
    """Return the function of this file that a call by name reaches, unless it is a test or the caller itself."""
    if call.root in OWNERS and call.tail.count(".") == 1:
        owners = call.symbol.split(".")
        candidates = [".".join([*owners[:depth], call.tail[1:]]) for depth in range(len(owners) - 1, 0, -1)]
    elif not call.tail and not call.origin:
        candidates = [call.root]
    else:
        return ""
    helper = next((each for each in candidates if each in known), "")
    return "" if helper == call.symbol or helper.rpartition(".")[2].startswith(TEST) else helper


def _is_assertion(call: Called) -> bool:
    name = call.tail.rpartition(".")[2] or call.root
    if call.origin in _OF_PYTEST:
        return True
    if call.root in OWNERS and call.tail.count(".") == 1 and re.fullmatch(_FAIL, name):
        return True
    if not asserts(name):
        return False
    said = [*call.node.args[:2], *(each.value for each in call.node.keywords)]
    return not (name in _COMPARING and all(_is_constant(each) for each in said))


def _with_inner(counts: Mapping[str, int]) -> dict[str, int]:
    """Add to each function what the functions inside it count."""
    found = dict(counts)
    for symbol, number in counts.items():
        outer = symbol.rpartition(".")[0]
        while outer:
            if outer in counts:
                found[outer] += number
            outer = outer.rpartition(".")[0]
    return found


def _listed(call: ast.Call) -> int:
    values = call.args[1:2] or [each.value for each in call.keywords if each.arg == "argvalues"]
    if not values or not isinstance(values[0], (ast.List, ast.Tuple, ast.Set)):
        return 0
    return 0 if any(isinstance(each, ast.Starred) for each in values[0].elts) else len(values[0].elts)


def _does_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _pattern(line: str) -> str:
    code = re.sub(_LITERAL, "_", line).partition("#")[0]
    words = re.sub(_NAME, lambda match: match[0] if keyword.iskeyword(match[0]) else "_", code)
    return re.sub(r"\s+", "", words).rstrip(",")
