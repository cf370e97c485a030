"""What makes two findings the same one: properties that hold whatever is found."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates import anchors, identity, sketches
from gates.anchors import Place
from gates.identity import Matched, Names, Trace

MANY = settings(max_examples=int(os.environ.get("GATES_EXAMPLES", "300")), deadline=None)
BODIES = [sketches.sketch(f"statement {number}" for number in range(first, first + 8)) for first in (0, 1, 2, 20, 40)]
NAMES = ("a", "b", "c", "d")
SYMBOLS = st.builds("{}:{}".format, st.sampled_from(["m", "n"]), st.sampled_from(NAMES)) | st.sampled_from(
    ["m", "n", ""]
)
RULES = st.sampled_from(["g/one", "g/two"])
VALUES = st.none() | st.integers(-2, 3).map(float)
OF_CODE = st.builds(
    Trace,
    rule=RULES,
    symbol=SYMBOLS,
    code=st.builds("{}({}, {})".format, *[st.sampled_from(NAMES)] * 3) | st.sampled_from(["import a", "import b"]),
    path=st.sampled_from(["m.py", "n.py"]),
)
OF_BODY = st.builds(Trace, rule=RULES, symbol=SYMBOLS, body=st.sampled_from(BODIES), value=VALUES)
OF_COPY = st.builds(
    lambda body, value, latent: Trace(rule="g/copy", code=f"sha:{body[:6]}", body=body, value=value, latent=latent),
    st.sampled_from(BODIES),
    VALUES,
    st.booleans(),
)
TRACES = st.lists(OF_CODE | OF_BODY | OF_COPY, max_size=9)
DEFINED = st.sets(st.sampled_from(["m:a", "m:b", "n:a", "n:c", "m:d", "m", "n"])).map(identity.names)


def match(known: Sequence[Trace], found: Sequence[Trace], defined: Names) -> Matched:
    return identity.match(known, found, lambda: defined)


def said(known: Sequence[Trace], found: Sequence[Trace], matched: Matched) -> Counter[tuple[Trace, Trace | None]]:
    """Return what was paired with what, without the places in the lists."""
    pairs = zip(found, matched.pairs, strict=True)
    return Counter((each, None if pair is None else known[pair]) for each, pair in pairs)


@MANY
@given(TRACES, TRACES, DEFINED)
def test_each_known_one_is_matched_at_most_once_and_the_rest_is_gone(
    known: list[Trace], found: list[Trace], defined: Names
) -> None:
    matched = match(known, found, defined)
    taken = [pair for pair in matched.pairs if pair is not None]
    assert len(matched.pairs) == len(found)
    assert len(taken) == len(set(taken))
    left = set(range(len(known))) - set(taken)
    assert matched.gone == tuple(sorted(index for index in left if not known[index].latent))


@MANY
@given(TRACES, TRACES, DEFINED)
def test_only_findings_of_one_rule_are_the_same(known: list[Trace], found: list[Trace], defined: Names) -> None:
    for each, old in said(known, found, match(known, found, defined)):
        assert old is None or old.rule == each.rule


@MANY
@given(TRACES, DEFINED)
def test_everything_is_itself(traces: list[Trace], defined: Names) -> None:
    matched = match(traces, traces, defined)
    assert None not in matched.pairs
    assert matched.gone == ()
    assert not any(identity.worse(each, old) for each, old in said(traces, traces, matched) if old)


@MANY
@given(TRACES, TRACES, DEFINED, st.randoms(use_true_random=False))
def test_the_order_of_findings_does_not_matter(
    known: list[Trace], found: list[Trace], defined: Names, chance: random.Random
) -> None:
    first = said(known, found, match(known, found, defined))
    known, found = chance.sample(known, len(known)), chance.sample(found, len(found))
    assert said(known, found, match(known, found, defined)) == first


@MANY
@given(st.lists(OF_CODE | OF_BODY | OF_COPY, min_size=1, max_size=9), DEFINED, st.data())
def test_one_more_of_a_kind_is_exactly_one_too_many(traces: list[Trace], defined: Names, data: st.DataObject) -> None:
    more = data.draw(st.sampled_from(traces))
    found = [*traces, more]
    matched = match(traces, found, defined)
    assert [each for each, pair in zip(found, matched.pairs, strict=True) if pair is None] == [more]
    assert matched.gone == ()
    less = match(found, traces, defined)
    assert None not in less.pairs
    assert len(less.gone) == (not more.latent)


@MANY
@given(TRACES, TRACES, DEFINED)
def test_what_did_not_change_is_never_taken_for_something_else(
    same: list[Trace], others: list[Trace], defined: Names
) -> None:
    """Whatever else is there, what is equal in both states is inherited, as often as it is in both."""
    matched = match(same, [*same, *others], defined)
    assert sum(pair is not None for pair in matched.pairs) == len(same)


@MANY
@given(st.lists(OF_BODY, min_size=1, max_size=6, unique_by=lambda each: (each.rule, each.symbol)), st.data())
def test_a_worse_value_is_exactly_one_worse_finding(traces: list[Trace], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(traces) - 1))
    value = traces[index].value
    worse = msgspec.structs.replace(traces[index], value=0.0 if value is None else value + 1)
    found = [*traces[:index], worse, *traces[index + 1 :]]
    matched = match(traces, found, identity.names(()))
    pairs = [(each, traces[pair]) for each, pair in zip(found, matched.pairs, strict=True) if pair is not None]
    assert len(pairs) == len(found)
    assert [each for each, old in pairs if identity.worse(each, old)] == [worse]


@pytest.mark.parametrize(
    ("known", "found", "worsened", "new"),
    [
        ([12], [12, 15], 0, 1),
        ([5, 9], [9, 12], 1, 0),
        ([12, 20], [12, 13], 0, 0),
        ([12, 20], [20], 0, 0),
        ([12], [15], 1, 0),
        ([12, 12], [12, 12, 12], 0, 1),
    ],
)
def test_of_several_with_one_name_each_meets_its_own(
    known: list[float], found: list[float], worsened: int, new: int
) -> None:
    """A property has up to three functions of one name, and so has code that depends on the platform."""
    old = [Trace(rule="g/one", symbol="m:C.x", value=each) for each in known]
    now = [Trace(rule="g/one", symbol="m:C.x", value=each) for each in found]
    pairs = match(old, now, identity.names(["m:C.x"])).pairs
    assert sum(pair is None for pair in pairs) == new
    assert sum(pair is not None and identity.worse(now[at], old[pair]) for at, pair in enumerate(pairs)) == worsened


def test_a_copy_may_grow_by_a_line_before_it_is_a_worse_one() -> None:
    copy = Trace(rule="g/copy", code="sha:1", body=BODIES[0], value=50.0)
    values = (40.0, 50.0, 50.0 + identity.DRIFT, 51.0 + identity.DRIFT)
    assert [identity.worse(msgspec.structs.replace(copy, value=each), copy) for each in values] == [False] * 3 + [True]


@pytest.mark.parametrize(
    ("before", "after", "defined", "same"),
    [
        ("old(1)", "new(1)", ["m:new"], True),
        ("old(1)", "new(1)", ["m:new", "m:old"], False),
        ("old(1)", "new(1)", [], False),
        ("old(1)", "new(2)", ["m:new"], False),
        ("old(x, y)", "new(y, x)", ["m:new"], False),
        ("old(old)", "new(other)", ["m:new", "m:other"], False),
        ("old.a", "new.a", ["new"], True),
    ],
)
def test_code_is_renamed_when_the_old_name_is_gone_and_the_new_one_is_defined(
    before: str, after: str, defined: list[str], same: bool
) -> None:
    known, found = Trace(rule="g/one", symbol="m:f", code=before), Trace(rule="g/one", symbol="m:f", code=after)
    assert (match([known], [found], identity.names(defined)).pairs == (0,)) is same


STATEMENTS = (
    "x = call(1, 2)",
    "del x",
    "assert (x, 1)",
    "if x:\n    y = 'a' \"b\"",
    "for x in y: pass",
    "import os, re",
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=6), st.integers(0, 3), st.booleans())
def test_an_anchor_does_not_know_where_it_stands(parts: list[str], above: int, inside: bool) -> None:
    text = "\n".join(parts)
    shift = "\n" * above + ("def f():\n" if inside else "")
    moved = shift + "\n".join(f"    {line}" if inside else line for line in text.split("\n"))
    places = [number for number, line in enumerate(text.split("\n"), 1) if not line.startswith(" ")]
    first = anchors.anchors(text, [Place(line, 1, 0, False) for line in places])
    offset, column = above + inside, 5 if inside else 1
    assert anchors.anchors(moved, [Place(line + offset, column, 0, False) for line in places]) == first


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.integers(-1, 5), st.integers(-1, 70), st.integers(0, 6), st.booleans())
def test_whatever_stands_there_and_whatever_place_is_asked_for_has_an_anchor(
    text: str, line: int, column: int, end: int, body: bool
) -> None:
    place = Place(max(line, 1), max(column, 1), end, body)
    assert len(anchors.anchors(text, [place])) == 1
    assert "\n" not in anchors.anchors(text, [place])[0].code


def test_an_expression_that_is_too_deep_to_be_written_is_taken_by_its_line() -> None:
    text = f"def f():\n    return {' + '.join(['a'] * 5000)}\n"
    body, code = anchors.anchors(text, [Place(1, 1, 2, True), Place(2, 5, 0, False)])
    assert body == anchors.Anchor("def f():")
    assert code.code.startswith("return a + a")
