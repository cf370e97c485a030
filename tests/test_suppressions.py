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
    "# pyright: ignore[reportX, reportY] - the stub": [
        ("pyright", "pyright: ignore", ("reportX", "reportY"), "the stub")
    ],
    "# pyright: basic": [("pyright", "pyright: basic", (), "")],
    "# pyright: strict": [],
    "# pyright: strict, reportX=false, reportY=true": [("pyright", "pyright: reportX=false", ("reportX",), "")],
    "# pyright: is mentioned here": [],
    "# pylint: disable = no-member - the stub": [("pylint", "pylint: disable", ("no-member",), "the stub")],
    "# pylint: disable-next=no-member": [("pylint", "pylint: disable-next", ("no-member",), "")],
    "# pylint: disable=all": [("pylint", "pylint: disable", (), "")],
    "# pylint: skip-file": [("pylint", "pylint: skip-file", (), "")],
    "# for users, pylint: disable=no-member": [("pylint", "pylint: disable", ("no-member",), "for users")],
    "# pylint: enable=no-member": [],
    "# nosec": [("bandit", "nosec", (), "")],
    "# nosec: B602, B607 - fixed words": [("bandit", "nosec", ("B602", "B607"), "fixed words")],
    "# nosec assert_used": [("bandit", "nosec", ("assert_used",), "")],
    "# nosec because of X": [("bandit", "nosec", (), "because of X")],
    "# nosec B602": [("bandit", "nosec", ("B602",), "")],
    "# nosemgrep: a.b-c, d": [("semgrep", "nosemgrep", ("a.b-c", "d"), "")],
    "# ty: ignore[x-y]": [("ty", "ty: ignore", ("x-y",), "")],
    "# pyrefly: ignore": [("pyrefly", "pyrefly: ignore", (), "")],
    "# pyre-fixme[7]: the stub": [("pyre", "pyre-fixme", ("7",), "the stub")],
    "# ruff: file-ignore[F401] - exports": [("ruff", "ruff: file-ignore", ("F401",), "exports")],
    "# ruff: disable[F401]": [("ruff", "ruff: disable", ("F401",), "")],
    "# gates: allow[complexity/cyclomatic, size/function-lines] one table": [
        ("gates", "gates: allow", ("complexity/cyclomatic", "size/function-lines"), "one table")
    ],
    "# gates: allow": [("gates", "gates: allow", (), "")],
    "# gates: are nice": [],
    "# pragma: no branch - never taken": [("coverage", "pragma: no branch", (), "never taken")],
    "# pragma no cover": [("coverage", "pragma no cover", (), "")],
    "# isort: skip": [("isort", "isort: skip", (), "")],
    "# isort:skip_file": [("isort", "isort:skip_file", (), "")],
    "# ruff: isort: skip_file": [("isort", "ruff: isort: skip_file", (), "")],
    "# fmt: off": [("formatter", "fmt: off", (), "")],
    "# fmt: on": [],
    "# noqa: E501  # fmt: skip": [("ruff", "noqa", ("E501",), ""), ("formatter", "fmt: skip", (), "")],
    "# pragma: no cover": [("coverage", "pragma: no cover", (), "")],
    "# complexipy: ignore": [("complexipy", "complexipy: ignore", (), "")],
    "# noqa: complexipy - a parser": [("complexipy", "noqa: complexipy", (), "a parser")],
    CLONES: [("jscpd", "jscpd:ignore" + "-start", (), "")],
    "# noqa: F401 # mypy: does not know this": [("ruff", "noqa", ("F401",), "mypy: does not know this")],
    "# noqa: F401 # pragmatic, for now": [("ruff", "noqa", ("F401",), "pragmatic, for now")],
    "# noqa: F401 # pyright: strict": [("ruff", "noqa", ("F401",), "")],
    "# noqa: F401 # pylint: enable=all": [("ruff", "noqa", ("F401",), "")],
    "# noqa: F401 # cspell:ignore foo # @generated # NOSONAR": [("ruff", "noqa", ("F401",), "")],
    "# noqa: F401 - type: ignore": [("ruff", "noqa", ("F401",), "")],
    "# noqa: F401 noqa: F811, exports": [("ruff", "noqa", ("F401",), "exports")],
    "# type: ignore pylint: disable=all": [("mypy", "type: ignore", (), "")],
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


EXPIRIES = {
    "# noqa: F401 expires=2027-01-31 - for plugins": ("2027-01-31", "for plugins"),
    "# type: ignore[misc]  # the stub is wrong (expires=2027-01-31)": ("2027-01-31", "the stub is wrong"),
    "# pylint: disable=no-member expires=2027-01-31": ("2027-01-31", ""),
    "# gates: allow[size/file-lines] until the split, Expires = 2027-01-31": ("2027-01-31", "until the split"),
    "# nosec B602 expires=soon - why not": ("soon", "why not"),
    "# nosec B602 - why not expires=": ("nothing", "why not"),
    "# nosec B602 it expires": ("", "it expires"),
}


@pytest.mark.parametrize("comment", EXPIRIES)
def test_the_date_until_which_it_holds_is_no_part_of_the_reason(comment: str) -> None:
    (found,) = parse_comment(comment, 1, 1)
    assert (found.expires, found.reason) == EXPIRIES[comment]
    assert found.end_column == len(comment) + 1


def test_a_date_may_stand_in_the_comment_above() -> None:
    source = "# Generated, expires=2027-01-31.\n# mypy: ignore-errors\n"
    (found,) = read(source, source.encode())
    assert (found.reason, found.expires) == ("Generated", "2027-01-31")


def test_a_comment_above_that_speaks_to_a_program_is_no_reason() -> None:
    assert [each.reason for each in read("# cspell:ignore foo\n# mypy: allow-untyped-defs\n", b"# mypy: x")] == [""]


def test_the_code_beside_a_comment_is_kept() -> None:
    source = "if x:\r\n    y  =  1  # noqa: F841\n# noqa\r"
    assert [each.source for each in read(source, source.encode())] == ["y = 1", ""]


@given(st.text(alphabet=st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=60))
def test_any_comment_can_be_read(text: str) -> None:
    for each in parse_comment(f"#{text}", 1, 1):
        assert each.tool
        assert each.column == 1


@given(st.sampled_from(sorted(COMMENTS)), st.text(alphabet=" #:", max_size=3))
def test_the_cheap_search_never_hides_a_directive(comment: str, gap: str) -> None:
    source = f"x = 1  #{gap}{comment[1:]}\n"
    assert bool(read(source, source.encode())) >= bool(parse_comment(f"#{gap}{comment[1:]}", 1, 8))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = f('a', b)  # noqa\n", 'x = f(  # noqa\n    "a",\n    b,\n)\n'),
        ("x = f(a,\n      b)  # noqa\n", "x = f(a, b)  # noqa\n"),
        ("try:\n    f()\nexcept (E, ):  # noqa\n    pass\n", "try:\n    f()\nexcept (E,):  # noqa\n    pass\n"),
        ("def f(a,\n  b):  # noqa\n    return a\n", "def f(a, b):  # noqa\n    return a\n"),
        ("x = 'it\\'s'  # noqa\n", 'x = "it\'s"  # noqa\n'),
        ("x = '''a\nb'''  # noqa\n", 'x = """a\nb"""  # noqa\n'),
    ],
)
def test_formatting_does_not_change_what_a_comment_stands_beside(before: str, after: str) -> None:
    first, second = (read(each, each.encode()) for each in (before, after))
    assert [each.source for each in first] == [each.source for each in second]
    assert first[0].source


def test_in_a_large_statement_a_comment_stands_beside_its_line() -> None:
    many = "".join(f'    "{number}",\n' for number in range(100))
    source = f'x = [\n    "a",  # noqa\n    # noqa\n{many}    "b",  # noqa\n]\n'
    assert [each.source for each in read(source, source.encode())] == ["a", "", "b"]
