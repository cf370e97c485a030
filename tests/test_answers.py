"""Many lines of JSON are read as each of them by itself: as strictly, and no more so."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.answers import Number, understood, understood_lines


class Said(msgspec.Struct):
    file: str
    line: Number
    hint: str | None


class Loose(msgspec.Struct):
    file: str
    line: Number = 1


LINES = (
    b'{"file": "a", "line": 1, "hint": null}',
    b'{"line": 2, "file": "\\"line\\": 1", "hint": "\\"file\\""}',
    b'{"file" : "b", "line": 3, "hint": null, "more": [1]}',
    b'{"file": "a", "line": 1, "line": 2, "hint": null}',
    b'{"file": "a", "line" : 1, "line": 2, "hint": null}',
    b'{"file": "a", "hint": null}',
    b'{"file": "a", "line": 1}',
    b"",
    b"  ",
    b"no JSON",
    b'{"file": "\xff", "line": 1, "hint": null}',
)


def by_line(raw: bytes, kind: type[Said] | type[Loose]) -> list[Said | Loose] | None:
    try:
        return [understood(line, kind) for line in raw.split(b"\n") if line.strip()]
    except msgspec.MsgspecError:
        return None


@pytest.mark.parametrize("kind", [Said, Loose])
@given(lines=st.lists(st.sampled_from(LINES), max_size=5))
def test_many_lines_are_read_as_each(kind: type[Said] | type[Loose], lines: list[bytes]) -> None:
    raw = b"\n".join(lines)
    try:
        found = understood_lines(raw, kind)
    except msgspec.MsgspecError:
        assert by_line(raw, kind) is None
    else:
        assert found == by_line(raw, kind)


def test_a_line_that_makes_up_for_another_is_refused() -> None:
    twice, never = b'{"file": "a", "line": 1, "line": 2, "hint": null}', b'{"file": "a", "hint": null}'
    with pytest.raises(msgspec.MsgspecError):
        understood_lines(b"\n".join([twice, never]), Said)
