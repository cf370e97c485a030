"""Cyclomatic complexity is radon's number for every function, whatever stands in it: held against radon itself."""

from __future__ import annotations

import ast
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from radon.visitors import ComplexityVisitor  # type: ignore[import-untyped]  # radon ships no types

from gates.facts.analyse import analyse

PLAIN = ("x", "1", "'text'", "x.y[0]", "f'{x and y!r:{z or 1}}'", "None", "...")
EXPRESSIONS = (
    "({} and {})",
    "({} or {} and {} or {})",
    "(not {})",
    "({} if {} else {})",
    "({} < {} != {})",
    "({} + {})",
    "[{} for x in {}]",
    "[{} async for x in {} if {} if {}]",
    "{{{} for x in {} for y in {} if {}}}",
    "{{{}: {} for x, y in {}}}",
    "({} for x in {} if {})",
    "(lambda x={}, *y: {})",
    "(x := {})",
    "print({}, *{}, key={})",
    "x[{}:{}]",
    "{{**{}, {}: [{}, *{}]}}",
    "(await {})",
    "(yield {})",
)
STATEMENTS = (
    "{}",
    "x = y = {}",
    "x: {} = {}",
    "x[{}] += {}",
    "assert {}",
    "assert {}, {}",
    "return {}",
    "raise {} from {}",
    "del x[{}]",
    "pass; x = {}; pass",
    "import x.y as z",
    "global z",
)
BLOCKS = (
    ("if {}:",),
    ("if {}:", "else:"),
    ("if {}:", "elif {}:", "elif {}:", "else:"),
    ("for x in {}:",),
    ("for x in {}:", "else:"),
    ("async for x, y in {}:", "else:"),
    ("while {}:",),
    ("while {}:", "else:"),
    ("try:", "except:"),
    ("try:", "except {}:", "except ({}, x) as y:", "else:", "finally:"),
    ("try:", "finally:"),
    ("try:", "except* {}:", "except* ({}, x) as y:", "else:"),
    ("with {}:",),
    ("with {} as x, {}:",),
    ("async with {}:",),
    ("def f(x={}, /, *y: {}, z: {} = {}) -> {}:",),
    ("async def f():",),
    ("@{}\n@x({})\nasync def f(x):",),
    ("class C:",),
    ("@{}\nclass C({}, key={}):",),
)
PATTERNS = (
    "_",
    "x",
    "(x)",
    "1 | 2",
    "_ if {}",
    "x if {}",
    "1 as x if {}",
    "[x, _, *y]",
    "[_]",
    "C(_, x=y)",
    "{{'a': _, **y}}",
    "None",
    "x.y",
    "1 | _",
)
SETTINGS = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def filled(draw: st.DrawFn, template: str, depth: int) -> str:
    """Return a template with an expression in each of its places."""
    places = template.replace("{{", "").count("{}")
    return template.format(*(draw(expressions(depth)) for _ in range(places)))


@st.composite
def expressions(draw: st.DrawFn, depth: int) -> str:
    """Return an expression that holds at most `depth` levels of others."""
    template = draw(st.sampled_from((*PLAIN, *EXPRESSIONS) if depth else PLAIN))
    return template if template in PLAIN else draw(filled(template, depth - 1))


@st.composite
def bodies(draw: st.DrawFn, depth: int) -> str:
    """Return one to three statements that hold at most `depth` levels of others."""
    return "\n".join(draw(statements(depth)) for _ in range(draw(st.integers(1, 3))))


@st.composite
def statements(draw: st.DrawFn, depth: int) -> str:
    """Return a statement, simple or with blocks."""
    parts = draw(st.sampled_from((*STATEMENTS, *BLOCKS, *["match"] * 3) if depth else STATEMENTS))
    if parts == "match":
        cases = draw(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=4))
        inside = "\n".join(draw(headed(f"case {each}:", depth - 1)) for each in cases)
        return f"match {draw(expressions(1))}:\n{indented(inside)}"
    if isinstance(parts, str):
        return draw(filled(parts, 2))
    return "\n".join(draw(headed(each, depth - 1)) for each in parts)


@st.composite
def headed(draw: st.DrawFn, header: str, depth: int) -> str:
    """Return a block under its header."""
    return f"{draw(filled(header, 1))}\n{indented(draw(bodies(depth)))}"


def indented(lines: str) -> str:
    """Return lines one level deeper."""
    return "\n".join(f" {each}" for each in lines.split("\n"))


def radons(source: str) -> dict[tuple[int, int], int]:
    """Return radon's number for each function by its place, also of those that its own listing leaves out."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            visitor = ComplexityVisitor.from_ast(node)
            found[node.lineno, node.col_offset + 1] = visitor.functions[0].complexity
    return found


def test_nothing_but_a_function() -> None:
    """The first analysis in a process raises its limit of recursion, which hypothesis must not see happen in a test."""
    assert [each.cyclomatic for each in analyse(b"def f(): ...\n").functions] == [1]


@SETTINGS
@given(st.lists(headed("def f():", 3), min_size=1, max_size=2))
def test_every_function_has_radons_number(functions: list[str]) -> None:
    """Also what parses and does not compile, such as an `await` in it, has a number."""
    source = "\n".join(functions)
    with mock.patch("gates.facts.analyse.check_compiles"):
        facts = analyse(source.encode())
    assert facts.unreadable is None, source
    assert {(each.line, each.column): each.cyclomatic for each in facts.functions} == radons(source), source
