"""What code is fastened to: the size of a statement is that of what would be written of it, without writing it."""

from __future__ import annotations

import ast
import inspect
import random

import pytest

from gates import anchors
from gates.anchors import Place
from gates.facts import statements
from gates.facts.analyse import analyse
from gates.facts.source import parse
from tests.fuzz.code import source

REAL = [*map(inspect.getsource, (ast, random, inspect))]


def found(text: str) -> list[statements.Statement]:
    kinds = (ast.stmt, ast.ExceptHandler, ast.match_case)
    return [each for each in ast.walk(ast.parse(text)) if isinstance(each, kinds)]


@pytest.mark.parametrize("text", [*map(source, range(200)), *REAL])
def test_the_size_of_a_statement_is_that_of_what_is_written(text: str) -> None:
    for each in found(text):
        assert statements.size(each) == anchors._Header(each).size


@pytest.mark.parametrize("text", [*map(source, range(50)), *REAL])
def test_facts_have_the_sizes_that_anchors_have(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LARGE_FUNCTION", "LARGE_CLASS", "LARGE_FILE"):
        monkeypatch.setattr(statements, name, 0)
    facts = analyse(text.encode())
    spans = {(1, 0), *((each.line, each.end_line) for each in facts.functions)}
    spans |= {(each.line, each.end_line) for each in facts.classes}
    assert {(each.line, each.end_line) for each in facts.sizes} == spans
    places = [Place(each.line, 1, each.end_line, body=True) for each in facts.sizes]
    assert [each.size for each in anchors.anchors(text, places)] == [each.nodes for each in facts.sizes]


def test_only_what_is_large_has_a_size() -> None:
    text = "\n".join(inspect.getsource(each) for each in (ast, inspect))
    facts = analyse(text.encode())
    large = {(each.line, each.end_line) for each in facts.functions if each.lines > 60}
    large |= {(each.line, each.end_line) for each in facts.classes if each.lines > 300}
    assert {(each.line, each.end_line) for each in facts.sizes} == {(1, 0), *large}
    assert len(facts.sizes) < len(facts.functions) / 5
    assert statements.sizes(parse("x = 1\n"), 1, (), ()) == ()
