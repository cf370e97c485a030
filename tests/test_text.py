"""Text that could steer a terminal is escaped; what is harmless stays as it is."""

from hypothesis import given
from hypothesis import strategies as st

from gates.text import counted, source_line, visible


def test_controls_bidi_and_broken_bytes_are_escaped() -> None:
    assert visible("a\x1b[2Jb") == "a\\x1b[2Jb"
    assert visible("a\u202eb\u200bc") == "a\\u202eb\\u200bc"
    assert visible("bad\udcff.py") == "bad\\xff.py"
    assert visible("two\nlines") == "two\\nlines"


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
    assert counted(1, "file") == "1 file"
    assert counted(1204, "file") == "1,204 files"
    assert counted(2, "copy", "copies") == "2 copies"
