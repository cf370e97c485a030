"""Inline suppressions of every tool, as the tokenizer finds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.suppressions import parse_comment, read

CLONES = "# jscpd:ignore" + "-start"
"""jscpd takes its directive also out of a string: written in one piece, it would hide the code below."""

COMMENTS: dict[str, list[tuple[str, str, tuple[str, ...], str]]] = {
    "# noqa": [("ruff", "noqa", (), "")],
    "# NOQA:E501,W291": [("ruff", "noqa", ("E501", "W291"), "")],
    "# noqa: F401 - used by plugins": [("ruff", "noqa", ("F401",), "used by plugins")],
    "# noqa: F401, E501 kept for users": [("ruff", "noqa", ("F401", "E501"), "kept for users")],
    "# ruff: noqa: F401": [("ruff", "ruff: noqa", ("F401",), "")],
    "# ruff: ignore[C901]": [("ruff", "ruff: ignore", ("C901",), "")],
    "# flake8: noqa": [("ruff", "flake8: noqa", (), "")],
    "# type: ignore": [("mypy", "type: ignore", (), "")],
    "# type: ignore[arg-type, misc]  # the stub is wrong": [
        ("mypy", "type: ignore", ("arg-type", "misc"), "the stub is wrong")
    ],
    "# type: ignore[misc]  # noqa: E501 - a table": [
        ("mypy", "type: ignore", ("misc",), "a table"),
        ("ruff", "noqa", ("E501",), "a table"),
    ],
    "# because of X  # noqa: S101": [("ruff", "noqa", ("S101",), "because of X")],
    "# mypy: ignore-errors": [("mypy", "mypy: ignore-errors", (), "")],
    '# mypy: disable-error-code="misc,arg-type"': [("mypy", "mypy: disable-error-code", ("misc", "arg-type"), "")],
    "# pyright: ignore[reportX]": [("pyright", "pyright: ignore", ("reportX",), "")],
    "# pylint: disable=too-many-lines,no-member": [("pylint", "pylint: disable", ("too-many-lines", "no-member"), "")],
    "# nosec B602": [("bandit", "nosec", ("B602",), "")],
    "# pragma: no cover": [("coverage", "pragma: no cover", (), "")],
    "# complexipy: ignore": [("complexipy", "complexipy: ignore", (), "")],
    "# noqa: complexipy - a parser": [("complexipy", "noqa: complexipy", (), "a parser")],
    CLONES: [("jscpd", "jscpd:ignore" + "-start", (), "")],
    "# the noqa comment is discussed here": [],
    "# type: int": [],
    "# a plain comment": [],
}


@pytest.mark.parametrize("comment", COMMENTS)
def test_a_comment(comment: str) -> None:
    found = [(each.tool, each.directive, each.codes, each.reason) for each in parse_comment(comment, 1, 1)]
    assert found == COMMENTS[comment]


def test_only_comments_count_and_places_are_exact() -> None:
    source = 's = "# noqa"\né = 1  # noqa: F841 - unused on purpose\n"""\n# type: ignore\n"""\n'
    (found,) = read(source, source.encode())
    assert (found.line, found.column, found.end_column) == (2, 8, 8 + len("# noqa: F841 - unused on purpose"))


@given(st.text(alphabet=st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=60))
def test_any_comment_can_be_read(text: str) -> None:
    for each in parse_comment(f"#{text}", 1, 1):
        assert each.tool
        assert each.column == 1


@given(st.sampled_from(sorted(COMMENTS)), st.text(alphabet=" #:", max_size=3))
def test_the_cheap_search_never_hides_a_directive(comment: str, gap: str) -> None:
    source = f"x = 1  #{gap}{comment[1:]}\n"
    assert bool(read(source, source.encode())) >= bool(parse_comment(f"#{gap}{comment[1:]}", 1, 8))
