"""What code is fastened to: the size of a statement is that of what would be written of it, without writing it."""

from __future__ import annotations

import ast
import inspect
import random

import pytest

from gates import anchors
from gates.anchors import Place
from tests.fuzz.code import source


def statements(text: str) -> list[ast.stmt | ast.ExceptHandler | ast.match_case]:
    kinds = (ast.stmt, ast.ExceptHandler, ast.match_case)
    return [each for each in ast.walk(ast.parse(text)) if isinstance(each, kinds)]


@pytest.mark.parametrize("text", [*map(source, range(200)), *map(inspect.getsource, (ast, random, inspect))])
def test_the_size_of_a_statement_is_that_of_what_is_written(text: str) -> None:
    for each in statements(text):
        assert anchors._size_of_header(each) == anchors._Header(each).size


@pytest.mark.parametrize("seed", range(50))
def test_a_place_without_a_sketch_has_the_same_size(seed: int) -> None:
    text = source(seed)
    whole = Place(1, 1, 0, body=True)
    (sketched,) = anchors.anchors(text, [whole])
    (sized,) = anchors.anchors(text, [whole._replace(sketched=False)])
    assert (sized.size, sized.body, sized.code) == (sketched.size, "", "")
