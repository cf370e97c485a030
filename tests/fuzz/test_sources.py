"""Odd but valid Python: it is always analysed, and how it is written changes no number that is no length."""

from __future__ import annotations

import ast
import io
import random
import tokenize
import warnings

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.facts import FileFacts
from gates.facts.analyse import analyse
from gates.facts.source import MAX_DEPTH
from gates.tools import complexipy, radon
from tests.examples import examples
from tests.fuzz.code import is_valid, source

SEEDS = st.integers(0, 2**40)
PUT = (
    *(" ", "\t", "\f", "\\\n", "#", "\n", "\r\n", "\r", ";", "\ufeff", "\0", "\u2028", "'''", '"', "\\", "(", "\x1a"),
    *("", "", "# type: ignore\n", "# noqa", "<<<<<<< x\n", "=======\n", ">>>>>>> y\n", "é", "\x85", "async ", "0"),
)


def numbers(facts: FileFacts) -> list[tuple[object, ...]]:
    """Return what is measured of each function and is no length and no place."""
    return [
        (each.symbol, each.cyclomatic, each.cognitive, each.nesting, each.arguments, each.statements, each.typed)
        for each in facts.functions
    ]


def analysed(text: str) -> FileFacts:
    """Return the facts of a source that is valid."""
    facts = analyse(text.encode())
    assert facts.unreadable is None, (facts.unreadable, text)
    return facts


def quietly(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def plain(text: str) -> str:
    """Return a source as `ast.unparse` writes it, or as it is: before 3.12 that cannot write backslashes in f-strings,
    and it makes one `elif` of an `if` that is alone in an `else`."""
    tree = quietly(text)
    choices = [each for each in ast.walk(tree) if isinstance(each, ast.If)]
    alone = ((each, each.orelse[0]) for each in choices if len(each.orelse) == 1 and isinstance(each.orelse[0], ast.If))
    if any(inner.col_offset != outer.col_offset for outer, inner in alone):
        return text
    try:
        return ast.unparse(tree)
    except ValueError:
        return text


@examples(100)
@given(SEEDS)
def test_how_code_is_written_changes_no_number(seed: int) -> None:
    text = source(seed)
    facts, tree = analysed(text), ast.dump(quietly(text))
    for written in (
        plain(text),
        f"\n\f\n# a comment\n{text}\n\n\n#{'x' * 300}",
        text.replace("\n", "  # why\n"),
        text.replace("\n", "\n\n"),
    ):
        if is_valid(written) and ast.dump(quietly(written)) == tree:
            assert numbers(analysed(written)) == numbers(facts), written
    assert numbers(analysed("\ufeff" + text)) == numbers(facts)
    for end in ("\r\n", "\r"):
        other = text.replace("\n", end)
        longer = len(other.encode()) - len(text.encode())
        expected = msgspec.structs.replace(facts, size=facts.size + longer)
        assert msgspec.structs.replace(analysed(other), lines=expected.lines) == expected, other


@examples(150)
@given(SEEDS)
def test_edited_code_is_analysed_or_it_is_told_why_not(seed: int) -> None:
    chance = random.Random(seed)
    text = source(seed, depth=2)
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice(PUT) + text[place + chance.choice((0, 0, 1, 3, 40)) :]
    content = text.encode()
    facts = analyse(content)
    assert facts.size == len(content)
    if facts.unreadable is not None:
        assert not is_valid(content) or not is_tokenized(content), (facts.unreadable, text)
        assert facts.functions == ()
        assert 1 <= facts.unreadable.line <= facts.lines + 1
        return
    assert is_valid(content)
    placed(facts, content)


def placed(facts: FileFacts, content: bytes) -> None:
    """Hold that everything lies in the file, and that the libraries that look at it again can."""
    assert all(1 <= each.first_line <= each.line <= each.end_line <= facts.lines for each in facts.functions)
    assert all(1 <= each.line <= each.end_line <= facts.lines for each in facts.classes)
    spans = [((each.first_line, each.end_line), 0.0) for each in facts.functions]
    complexipy.work(msgspec.msgpack.encode((content, spans)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        radon.work(content)


def is_tokenized(content: bytes) -> bool:
    """Whether Python's own tokenizer reads it; suppressions cannot be told otherwise."""
    try:
        list(tokenize.tokenize(io.BytesIO(content).readline))
    except (SyntaxError, tokenize.TokenError):
        return False
    return True


@examples(100)
@given(
    st.binary(max_size=80), st.sampled_from(["", "utf-8", "latin-1", "utf-16", "utf-7", "nope", "rot13", "idna", "hex"])
)
def test_any_bytes_under_any_declaration_are_analysed_or_not(content: bytes, declared: str) -> None:
    head = f"# -*- coding: {declared} -*-\n".encode() if declared else b""
    facts = analyse(head + content)
    assert facts.size == len(head + content)


@pytest.mark.parametrize("depth", [50, 99, 100, 200, 990, 1100, 6000])
@pytest.mark.parametrize(
    "shape", ["({})", "[{}]", "not {}", "-{}", "lambda: {}", "x if {} else y", "{}.a", "{}()", "{} + 1"]
)
def test_nesting_is_analysed_or_too_deep(shape: str, depth: int) -> None:
    before, after = shape.split("{}")
    facts = analyse(f"{before * depth}x{after * depth}".encode())
    assert facts.unreadable is None or facts.unreadable.kind in ("too-deep", "syntax")
    assert facts.unreadable is not None or depth <= MAX_DEPTH
