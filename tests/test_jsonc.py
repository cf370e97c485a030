"""Items are put into JSON with comments and taken out again, and not one other character of the text changes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gates import jsonc
from gates.installing._places import Place
from gates.installing._settings import Entry, Settings
from gates.jsonc import MalformedError

RUN = {"type": "command", "command": "gates agent {} --host h", "timeout": 3}
HOST = Settings(
    target="t",
    host="h",
    file="hooks.json",
    entries=(
        Entry(kind="stop", event="Stop", value={"hooks": [RUN | {"command": "gates agent stop --host h"}]}),
        Entry(
            kind="post-edit",
            event="Edit",
            value={"matcher": "*", "hooks": [RUN | {"command": "gates agent post-edit --host h"}]},
        ),
        Entry(kind="guard", event="Edit", value=RUN | {"command": "gates agent guard --host h"}),
    ),
)
TEXTS = st.text(st.sampled_from('ab/*,"\\{}[]:é\n'), max_size=5).map(json.dumps)
ATOMS = st.one_of(TEXTS, st.sampled_from(["1", "-2.5e3", "true", "null", "{}", "[]"]))


@st.composite
def spaces(draw: st.DrawFn) -> str:
    """Return white space and comments, as they may stand between any two tokens."""
    line_end = draw(st.sampled_from(["\n", "\r\n"]))
    parts = ["", "", " ", "\t", line_end, f"{line_end}    ", "/* , ] */", f"/*{line_end}*/", f'// }} "{line_end}']
    return "".join(draw(st.lists(st.sampled_from(parts), max_size=3)))


@st.composite
def containers(draw: st.DrawFn, items: st.SearchStrategy[str], ends: str) -> str:
    """Return an array or object with these items, and a trailing comma or none."""
    found = draw(st.lists(items, max_size=3))
    around = [f"{draw(spaces())}{each}{draw(spaces())}" for each in found]
    trailing = f"{draw(st.sampled_from(['', ',']))}{draw(spaces())}" if found else ""
    return f"{ends[0]}{','.join(around) or draw(spaces())}{trailing}{ends[1]}"


@st.composite
def members(draw: st.DrawFn, names: st.SearchStrategy[str], values: st.SearchStrategy[str]) -> str:
    return f"{draw(names)}{draw(spaces())}:{draw(spaces())}{draw(values)}"


EVENTS = containers(members(st.sampled_from(['"Stop"', '"Edit"', '"Mine"']), containers(TEXTS, "[]")), "{}")
MEMBERS = st.one_of(members(TEXTS, ATOMS), members(st.just('"hooks"'), EVENTS))
DOCUMENTS = st.builds("{}{}{}{}".format, st.sampled_from(["", "\ufeff"]), spaces(), containers(MEMBERS, "{}"), spaces())


def place(text: str) -> Place:
    return Place(Path("/p"), "hooks.json", Path("/p/hooks.json"), 0o644, text)


def merged(text: str) -> str:
    return HOST._merged(place(text))


def cleared(text: str) -> str:
    return HOST._cleared(place(text))


def value(text: str) -> Any:
    found = jsonc.parse(text).value
    assert isinstance(found, dict)
    return found


def plain(text: str) -> Any:
    """Return the value of a text that another parser reads, once comments and trailing commas are gone."""
    strings = r'"(?:[^"\\]|\\.)*"'
    bare = re.sub(rf"({strings})|//[^\r\n]*|/\*[\s\S]*?\*/", lambda each: each.group(1) or " ", text.lstrip("\ufeff"))
    return json.loads(re.sub(rf"({strings})|,(?=\s*[\]}}])", lambda each: each.group(1) or "", bare))


@given(DOCUMENTS)
def test_values_are_those_that_another_parser_sees(text: str) -> None:
    assert value(text) == plain(text)


@settings(max_examples=150)
@given(DOCUMENTS)
@example("{}")
@example("{ // only this\n}")
@example('{"hooks": {"Edit": [\n  ]}}')
@example('{"a": 1, // one  \n}')
@example('{"a": 1 // one  \n}')
@example('{"hooks": {}, "hooks": {"Stop": [],},}')
@example('\ufeff{\r\n\t"a": [1,\r\n\t\t2]\r\n}')
def test_what_is_put_in_can_be_taken_out(text: str) -> None:
    once = merged(text)
    assert plain(once) == value(once)
    before, after = value(text), value(once)
    for event, entries in after.pop("hooks").items():
        wanted = [each.value for each in HOST.entries if each.event == event]
        assert entries == [*before.get("hooks", {}).get(event, []), *wanted]
    assert {**after, "hooks": 0} == {**before, "hooks": 0}
    assert merged(once) == once
    assert cleared(once) == text


@given(DOCUMENTS)
def test_two_hosts_in_one_file(text: str) -> None:
    other = Settings(
        target="o", host="o-h", file="hooks.json", entries=tuple(_for_other(each) for each in HOST.entries)
    )
    both = other._merged(place(merged(text)))
    assert cleared(other._cleared(place(both))) == text


def _for_other(entry: Entry) -> Entry:
    return Entry(
        kind=entry.kind, event=entry.event, value=json.loads(json.dumps(entry.value).replace("host h", "host o-h"))
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, column 1: a value is expected"),
        ("{", "line 1, column 2: `NAME:` in double quotes, or `}` is expected"),
        ('{"a": 1\n "b": 2}', "line 2, column 2: `,` or `}` is expected"),
        ('{"a": 1}\r\n x', "line 2, column 2: nothing more is expected"),
        ("{'a': 1}", "line 1, column 2: `NAME:` in double quotes, or `}` is expected"),
        ("{a: 1}", "line 1, column 2: `NAME:` in double quotes, or `}` is expected"),
        ('{"a": [1,,2]}', "line 1, column 10: a value is expected"),
        ("{,}", "line 1, column 2: `NAME:` in double quotes, or `}` is expected"),
        ('{"a": "b\n"}', "line 1, column 7: a value is expected"),
        ('{"a": 01}', "line 1, column 8: `,` or `}` is expected"),
        ("{} /* ", "line 1, column 4: nothing more is expected"),
        ("[" * 9999, "line 1, column 102: less nesting is expected"),
        ('{"a": ' + "1" * 9999 + "}", "line 1, column 7: a number that is not that long is expected"),
    ],
)
def test_what_is_no_json(text: str, said: str) -> None:
    with pytest.raises(MalformedError) as error:
        jsonc.parse(text)
    assert str(error.value) == said


@given(st.text(st.sampled_from('{}[]":,/*a1 \n\\'), max_size=12))
def test_whatever_the_text_is(text: str) -> None:
    try:
        found = jsonc.parse(text)
    except MalformedError:
        return
    assert found.value == plain(text)


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ('{\n  "a": [1, 2]\n}', '{\n  "a": [1, 2,\n    0]\n}'),
        ('{\n  "a": [\n    1 // one\n  ]\n}', '{\n  "a": [\n    1, // one\n    0\n  ]\n}'),
        ('{\n  "a": [\n    1, // one\n  ]\n}', '{\n  "a": [\n    1, // one\n    0,\n  ]\n}'),
        ('{\n  "a": [\n    1\n    // below\n  ]\n}', '{\n  "a": [\n    1,\n    0\n    // below\n  ]\n}'),
        ('{\n\t"a": []\n}', '{\n\t"a": [0]\n}'),
        ('{\n\t"b": 1\n}', '{\n\t"b": 1,\n\t"a": [\n\t\t0\n\t]\n}'),
        ("{}", '{"a": [\n  0\n]}'),
    ],
)
def test_where_an_item_comes_to_stand(text: str, then: str) -> None:
    assert jsonc.added(text, ["a"], 0) == then


@pytest.mark.parametrize("mine", ["// mine\n{}", "{}// mine\n", "\ufeff{}"])
def test_a_text_that_was_made_and_then_written_into_stays(mine: str) -> None:
    made = HOST._merged(Place(Path("/p"), "hooks.json", Path("/p/hooks.json")))
    assert cleared(made) == ""
    left = cleared(mine.replace("{}", made))
    assert (value(left), left.replace("{", "").replace("}", "").strip()) == ({}, mine.replace("{}", "").strip())
