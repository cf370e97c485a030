"""Text for a GitHub runner and for Markdown does nothing there but stand there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gates.text import (
    code,
    fence,
    markdown,
    visible,
    workflow_data,
    workflow_log,
    workflow_property,
)
from tests.reporters.runner import Runner

PIECES = (
    "::",
    "##[",
    "error",
    "::error::x",
    "##[group]",
    "\ufe0f",
    "\u0301",
    "\u200b",
    ":",
    "#",
    "[",
    "]",
    " ",
    "\n",
    "%",
)
LINES = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=9).map("".join)
MARKS = (
    "`",
    "``",
    "|",
    "\\",
    "@all",
    "#12",
    "<b>",
    "![x](y)",
    "https://x.y",
    "www.x.y",
    "&lt;",
    "*",
    "_",
    "$",
    " ",
    "~~",
)
MARKDOWN = st.lists(st.sampled_from(MARKS) | st.text(max_size=3), max_size=9).map("".join)


@given(LINES)
def test_a_line_of_the_log_is_no_command(text: str) -> None:
    assert Runner().read(workflow_log(text)).log == [workflow_log(text)]


def test_what_is_no_command_stays_readable() -> None:
    assert workflow_log("tests/a.py::test_x failed: a[0]") == "tests/a.py::test_x failed: a[0]"
    assert workflow_log(" ::error::x") == " :\\x3aerror::x"
    assert workflow_log("\ufe0f:\ufe0f:error::x").count("::") == 0
    assert workflow_log("a ##[error]x") == "a ##\\x5berror]x"


@given(LINES)
def test_the_lines_of_a_message_stay_within_it_and_print_no_command(text: str) -> None:
    (command,) = Runner().read(f"::error title=x::{workflow_data(text)}").commands
    assert command.properties == {"title": "x"}
    assert command.data.count("\n") == text.count("\n")
    assert not any("##[" in line for line in command.data.split("\n"))


@given(LINES.map(lambda text: "x" + text))
def test_a_property_stays_within_its_command(text: str) -> None:
    (command,) = Runner().read(f"::error file={workflow_property(text)},title=x::y").commands
    assert command.data == "y"
    assert set(command.properties) == {"file", "title"}
    assert command.properties["file"].encode("utf-8")


def _shown(source: str) -> str:
    """The text that a reader sees, if the Markdown is words and code and nothing else."""
    (block,) = [each for each in MarkdownIt("commonmark").enable(["strikethrough"]).parse(source) if each.children]
    assert {each.type for each in block.children or []} <= {"text", "text_special", "code_inline"}
    return "".join(each.content for each in block.children or [])


@given(MARKDOWN)
def test_markdown_shows_the_text_and_does_nothing_else(text: str) -> None:
    seen = _shown(f"x {markdown(text)} x")
    assert [each for each in seen if each not in "` "] == [
        each for each in "x" + visible(text) + "x" if each not in "` "
    ]


@given(MARKDOWN)
def test_a_code_span_shows_the_text(text: str) -> None:
    assert _shown(f"x {code(text)} x").split() == f"x {visible(text)} x".split()


@pytest.mark.parametrize("text", ["@all", "see #12", "GH-12", "https://x.y", "www.x.y", "7f3a91c2", ":tada:", "a@b.c"])
def test_what_github_links_by_itself_stands_in_code(text: str) -> None:
    assert f"`{text.split()[-1]}`" in markdown(text)


def test_words_in_backticks_are_code_and_a_backtick_without_another_is_a_character() -> None:
    assert markdown("`a_b` is a_b & c") == "`a_b` is a\\_b &amp; c"
    assert markdown("a ` b_c") == "a \\` b\\_c"
    assert (code("a`b"), code("a``b"), code("`")) == ("`` a`b ``", "``` a``b ```", "`` ` ``")


@pytest.mark.parametrize(
    ("lines", "mark"), [([], "```"), (["``"], "```"), (["```"], "````"), (["a ```` b", "`"], "`````")]
)
def test_a_fence_is_longer_than_what_it_holds_and_no_longer_than_that(lines: list[str], mark: str) -> None:
    assert fence(lines) == mark


def test_a_mark_that_combines_with_the_command_is_escaped_where_it_would() -> None:
    assert workflow_data("\u0301x\u0301 100%\nnext") == "\\u0301x\u0301 100%25%0Anext"
    assert workflow_data("") == ""
    for text in ("3 files, (x)", "\u00e4nderung", "\u2192 \u0301"):
        assert workflow_data(text) == text


def test_a_property_is_what_a_person_can_see_of_it() -> None:
    seen = "a,b:c%\r\n\t\u00a0\u3000\u00e4"
    assert workflow_property(seen) == "a%2Cb%3Ac%25%0D%0A\t\u00a0\u3000\u00e4"
    assert workflow_property("\u2028\x1b\u202e\udcff") == "\\u2028\\x1b\\u202e\\xff"


def test_what_has_no_meaning_in_markdown_stays_as_it_is() -> None:
    assert markdown("100% \"sure\": 'a', b; c/d?") == "100% \"sure\": 'a', b; c/d?"


def test_an_empty_span_opens_no_other() -> None:
    assert _shown(f"x {code('')} {code('a`` @evil ``')} x").endswith("a`` @evil `` x")


def test_a_bar_is_escaped_in_a_cell_and_only_there() -> None:
    assert (code("int | None"), code("int | None", cell=True)) == ("`int | None`", "`int \\| None`")
    assert markdown("`int | None`", cell=True) == "`int \\| None`"


@given(st.lists(st.sampled_from(["`", "```", "````", "x", "~~~"]), max_size=6))
def test_no_line_closes_its_fence(lines: list[str]) -> None:
    mark = fence(lines)
    (block,) = MarkdownIt().parse("\n".join([mark, *lines, mark]))
    assert block.content.splitlines() == lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a  ", "a"),
        ("    a", "a"),
        ("1. a", "1\\. a"),
        ("12) a", "12\\) a"),
        ("`a`  ", "`a`"),
        ("1.5 a 2. b", "1.5 a 2. b"),
    ],
)
def test_at_the_beginning_and_the_end_of_a_line_nothing_becomes_a_list_or_code_or_a_break(
    text: str, shown: str
) -> None:
    assert markdown(text) == shown
    (block,) = [each for each in MarkdownIt("commonmark").parse(f"{shown}\n\n") if each.children]
    assert {each.type for each in block.children or []} <= {"text", "text_special", "code_inline"}
