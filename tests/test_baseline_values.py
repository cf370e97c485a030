"""Baselines as values: what is written is read again, an update never adds, a merge never loosens."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates import ancestry, baseline, identity
from gates.baseline import MAX_ACCEPTED, Entry
from gates.identity import Trace
from gates.model import GatesError
from tests.examples import examples

NAME = "gates-baseline.json"

WORDS = st.sampled_from(["", "a", "b:f", "b:g", "\u202e", "\x1b[2J", "é", "😀", "x" * 200, '"rule":', "\\"])
RULES = st.sampled_from(["lint/F401", "lint/S101", "complexity/cyclomatic", "typing/x", "duplication/clone"])
VALUES = st.none() | st.integers(-50, 50).map(float) | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ENTRY = st.builds(
    Entry,
    rule=RULES,
    path=WORDS | TEXT,
    symbol=WORDS | TEXT,
    code=WORDS | TEXT,
    body=st.sampled_from(["", "0a1b2c", "0a1b2c3d4e5f"]),
    value=VALUES,
    count=st.integers(1, 4),
    reason=WORDS | TEXT,
    date=st.sampled_from(["", "2026-01-05"]),
    latent=st.booleans(),
)
FILES = st.lists(ENTRY, max_size=12, unique_by=lambda each: each.key)
TRACES = st.lists(
    st.builds(
        Trace,
        rule=RULES,
        path=st.sampled_from(["a.py", "b.py"]),
        symbol=st.sampled_from(["a", "a:f", "a:g", "b:f", "b:h"]),
        code=st.sampled_from(["", "import os", "x = y"]),
        body=st.sampled_from(["", "0a1b2c3d4e5f", "0a1b2c3d4e5f6a6b6c", "ffffff"]),
        value=st.none() | st.integers(1, 9).map(float),
    ),
    max_size=12,
)
DEFINED = identity.names(["a", "b", "a:f", "b:h"])


@given(FILES)
def test_what_is_written_is_read_again(found: list[Entry]) -> None:
    text = baseline.render(found)
    assert text.isascii()
    read = baseline.parse(text.encode(), NAME)
    assert sorted(read.entries, key=lambda each: each.key) == sorted(found, key=lambda each: each.key)
    assert baseline.render(read.entries) == text == baseline.render(found[::-1])
    assert list(read.lines) == list(range(2, len(found) + 2))


@examples(100)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_is_read_is_a_baseline_or_an_error(content: bytes) -> None:
    with pytest.raises(GatesError) as raised:
        baseline.parse(content, NAME)
    assert raised.value.message.isprintable()


def traces(entries: Sequence[Entry]) -> list[Trace]:
    """Return what entries accept, each as often as it counts."""
    return [entries[index].trace() for index in baseline.expanded(entries)]


def seen(known: Sequence[Entry], found: Sequence[Trace]) -> list[tuple[Trace, Entry]]:
    """Return the findings that are accepted, each with its entry."""
    owners = baseline.expanded(known)
    pairs = identity.match(traces(known), found, lambda: DEFINED).pairs
    return [(trace, known[owners[pair]]) for trace, pair in zip(found, pairs, strict=True) if pair is not None]


def worst(entries: Sequence[Entry], rule: str) -> float:
    """Return the worst value that is accepted of a rule."""
    return max(each.value or 0 for each in entries if each.rule == rule)


@examples(300)
@given(TRACES, TRACES)
def test_an_update_never_adds(before: list[Trace], after: list[Trace]) -> None:
    known = baseline.counted_up(baseline.entry(each) for each in before)
    there = seen(known, after)
    kept = baseline.shrunk(known, there, {each.gate for each in known})
    assert sum(each.count for each in kept) == len(there)
    assert len(seen(kept, after)) == len(there)
    assert {(each.rule, each.symbol, each.code) for each in kept} <= {
        (trace.rule, trace.symbol, trace.code) for trace, _ in there
    }
    assert all(each.value is None or each.value <= worst(known, each.rule) for each in kept)


@given(TRACES, TRACES)
def test_pruning_changes_no_value_and_no_name(before: list[Trace], after: list[Trace]) -> None:
    known = baseline.counted_up(baseline.entry(each) for each in before)
    there = seen(known, after)
    kept = baseline.shrunk(known, there, {each.gate for each in known}, tighten=False)
    assert sum(each.count for each in kept) == len(there)
    assert {msgspec.structs.replace(each, count=1) for each in kept} <= {
        msgspec.structs.replace(each, count=1) for each in known
    }


@given(TRACES)
def test_entries_of_gates_that_did_not_run_are_left_alone(before: list[Trace]) -> None:
    known = baseline.counted_up(baseline.entry(each) for each in before)
    assert baseline.shrunk(known, [], ()) == known


@given(FILES)
def test_nothing_is_fresh_in_what_was_there(found: list[Entry]) -> None:
    assert ancestry.fresh(found, found) == []
    assert ancestry.fresh(found, []) == found
    assert ancestry.fresh([], found) == []


@given(FILES, st.data())
def test_what_accepts_more_is_fresh(found: list[Entry], data: st.DataObject) -> None:
    if found:
        entry = data.draw(st.sampled_from(found))
        worse = msgspec.structs.replace(entry, value=abs(entry.value or 0) * 2 + 1)
        more = msgspec.structs.replace(entry, count=entry.count + 1)
        for other in (worse, more):
            changed = [other if each is entry else each for each in found]
            assert other in ancestry.fresh(changed, found)


def test_the_largest_count_is_read_quickly() -> None:
    text = f'{{"schema": "{baseline.SCHEMA}", "entries": [{{"rule": "lint/F401", "count": {MAX_ACCEPTED}}}]}}'
    assert baseline.parse(text.encode(), NAME).entries[0].count == MAX_ACCEPTED
