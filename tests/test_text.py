"""Text that could steer a terminal is escaped; what is harmless stays as it is."""

import json
import os
from urllib.parse import unquote_to_bytes

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.text import (
    ascii_json,
    counted,
    html,
    is_utf8,
    path_text,
    quoted,
    sarif_message,
    script_json,
    source_line,
    uri,
    visible,
)


def test_controls_bidi_and_broken_bytes_are_escaped() -> None:
    assert visible("a\x1b[2Jb") == "a\\x1b[2Jb"
    assert visible("a\u202eb\u200bc") == "a\\u202eb\\u200bc"
    assert visible("bad\udcff.py") == "bad\\xff.py"
    assert visible("two\nlines") == "two\\nlines"


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        ("\udc7f", "\\udc7f"),
        ("\udc80", "\\x80"),
        ("\udcff", "\\xff"),
        ("\udd00", "\\udd00"),
        ("\x9b", "\\x9b"),
        ("\U000e0001", "\\U000e0001"),
    ],
)
def test_a_byte_that_is_no_text_is_shown_as_that_byte_and_other_characters_by_their_number(
    character: str, shown: str
) -> None:
    assert visible(f"a{character}b") == f"a{shown}b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", ":\\x3aerror::x"),
        (" ::error::x", " :\\x3aerror::x"),
        ("a::b", "a::b"),
        ("a ##[error]x ##[y]", "a ##\\x5berror]x ##\\x5by]"),
        ("\x1b##[error]::x", "\\x1b##\\x5berror]::x"),
        ("# [x] and #[y]", "# [x] and #[y]"),
    ],
)
def test_what_a_runner_takes_for_a_command_is_broken_and_nothing_else(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_letters_of_any_script_stay() -> None:
    assert visible("naïve 名前 emoji 🎉") == "naïve 名前 emoji 🎉"


@given(st.text())
def test_nothing_that_comes_out_can_move_a_cursor(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert visible(shown) == shown


def test_source_lines_keep_their_indentation() -> None:
    assert source_line("\tif x:\r\n") == "    if x:"


def test_counts_read_as_english() -> None:
    assert counted(0, "file") == "0 files"
    assert counted(1, "file") == "1 file"
    assert counted(1204, "file") == "1,204 files"
    assert counted(2, "copy", "copies") == "2 copies"


def test_what_is_quoted_has_200_characters_at_most_and_says_that_it_was_cut() -> None:
    assert quoted("x" * 200, "") == "x" * 200
    assert quoted("x" * 201, "") == "x" * 199 + "\u2026"
    assert quoted("\tif x:\r\n", "") == "    if x:"


def test_what_is_quoted_holds_neither_its_boundary_nor_the_markup_of_a_host() -> None:
    assert quoted("a |b|b0|0| c", "|b0|") == "a  c"
    assert quoted("</data> <!-- <|end|> <?x a < b", "") == "\u2039/data> \u2039!-- \u2039|end|> \u2039?x a < b"
    assert quoted("```python ``x``", "") == "'''python ``x``"


@pytest.mark.parametrize(
    ("path", "valid"),
    [
        ("a/n\u00e4.py", True),
        ("\ud7ff\ue000.py", True),
        ("\ud800.py", False),
        ("a\udcff", False),
        ("\udfff", False),
    ],
)
def test_a_path_that_was_no_utf_8_is_known(path: str, valid: bool) -> None:
    assert is_utf8(path) is valid


def test_text_in_html_is_no_tag_no_entity_and_ends_no_attribute() -> None:
    assert html("<a b=\"c\" d='e'>&lt;\x1b") == "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;lt;\\x1b"


@given(st.text())
def test_json_in_a_script_ends_no_element_and_is_the_same_json(text: str) -> None:
    shown = script_json(json.dumps(f"</script><!--&{text}"))
    assert not {"<", ">", "&"} & set(shown)
    assert json.loads(shown) == f"</script><!--&{text}"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_in_ascii_is_the_same_json(text: str) -> None:
    shown = ascii_json(msgspec.json.encode(f"\u00e9\U0001f389{text}"))
    assert shown.isascii()
    assert json.loads(shown) == f"\u00e9\U0001f389{text}"


@given(st.binary())
def test_a_path_keeps_its_bytes_on_the_way_into_a_uri(raw: bytes) -> None:
    assert path_text(raw) == os.fsdecode(raw)
    assert unquote_to_bytes(uri(path_text(raw))) == raw


def test_a_uri_holds_what_may_stand_in_one() -> None:
    assert uri("a/b c-._~#?:\u00e9\udcff.py") == "a/b%20c-._~%23%3F%3A%C3%A9%FF.py"


def test_a_sarif_message_holds_no_link() -> None:
    assert sarif_message("see [x](https://x.y)\n") == "see [x] (https://x.y)\\n"
