"""Entries of accepted debt by hand: how they are told, read, counted, shrunk, compared and merged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from gates import ancestry, baseline
from gates.baseline import Baseline, Entry
from gates.identity import Trace
from gates.model import GatesError

NAME = "gates-baseline.json"
BODY, OTHER = "0a1b2c3d4e5f6a6b6c", "ffffff"
LONG = Entry(rule="size/function-lines", path="a.py", symbol="a:f", body=BODY, value=90)
IMPORT = Entry(rule="lint/F401", path="a.py", symbol="a", code="import os", count=2)
CLONE = Entry(rule="duplication/clone", path="b.py", code="sha:1", body=BODY, value=60)


def trace(entry: Entry, **changed: object) -> Trace:
    return replace(entry.trace(), **changed)


@pytest.mark.parametrize(
    ("rule", "value", "told"),
    [
        ("size/function-lines", 90.0, "90 nodes of syntax"),
        ("size/functions-per-module", 41.0, "41"),
        ("duplication/clone", 60.0, "60 words"),
        ("duplication/percent", 3.25, "3.25"),
        ("typing/typed-functions", -95.5, "95.5"),
        ("complexity/cyclomatic", 12_345.0, "12,345"),
        ("complexity/cyclomatic", 999_999.0, "999,999"),
        ("complexity/cyclomatic", 1_000_000.0, "1e+06"),
        ("complexity/cyclomatic", 0.0, "0"),
        ("lint/F401", None, ""),
    ],
)
def test_a_value_is_told_in_the_unit_in_which_it_is_compared(rule: str, value: float | None, told: str) -> None:
    assert baseline.amount(rule, value) == Entry(rule=rule, value=value).amount == told


def test_an_entry_knows_its_gate_and_what_it_is_held_by() -> None:
    assert (LONG.gate, IMPORT.gate) == ("size", "lint")
    assert baseline.entry(LONG.trace(), "agreed", "2026-01-05") == replace(LONG, reason="agreed", date="2026-01-05")
    latent = replace(CLONE, latent=True)
    assert baseline.entry(latent.trace()) == latent
    assert LONG.key == replace(LONG, body=OTHER, value=1, count=3, reason="w", date="d", path="c.py").key
    assert CLONE.key != replace(CLONE, body=OTHER).key
    assert CLONE.key != latent.key


def test_a_baseline_knows_which_entries_are_about_a_gate() -> None:
    assert Baseline((LONG, IMPORT, replace(LONG, symbol="a:g"))).by_gate == {"size": [0, 2], "lint": [1]}


# The file


@pytest.mark.parametrize("number", [0, 1, 3])
def test_the_line_of_each_entry_is_known(number: int) -> None:
    found = sorted((LONG, IMPORT, CLONE)[:number], key=lambda each: (each.path, each.key))
    text = baseline.render(found)
    assert text.count("\n") == (number + 2 if number else 1)
    assert baseline.parse(text.encode(), NAME) == Baseline(tuple(found), tuple(range(2, number + 2)))
    spread = text.replace("  {", "  {\n\n  ")
    assert baseline.parse(spread.encode(), NAME).lines == tuple(4 + 3 * index for index in range(number))


def test_entries_that_share_a_line_have_the_same() -> None:
    text = baseline.render([LONG, IMPORT])
    joined = text.replace("},\n  {", "}, {").replace("[\n", "[\n\n")
    assert joined.count("\n") == text.count("\n")
    assert baseline.parse(joined.encode(), NAME).lines == (3, 3)
    assert baseline.parse(f"\n{text}".encode(), NAME).lines == (3, 4)


def test_copies_that_differ_in_their_bodies_are_not_the_same_entry() -> None:
    copies = [CLONE, replace(CLONE, body=OTHER, count=2)]
    text = baseline.render(copies)
    assert sorted(baseline.parse(text.encode(), NAME).entries, key=lambda each: each.body) == sorted(
        copies, key=lambda each: each.body
    )


def test_where_entries_cannot_be_told_from_text_the_file_is_their_place() -> None:
    text = baseline.render([LONG, IMPORT]).replace('"rule":"lint', '"r\\u0075le":"lint')
    assert baseline.parse(text.encode(), NAME).lines == (1, 1)
    text = baseline.render([LONG]).replace('"rule"', '"rule":"twice",\n"rule"')
    assert baseline.parse(text.encode(), NAME).lines == (1,)


def test_a_value_that_is_whole_is_written_so_and_another_as_it_is() -> None:
    text = baseline.render([replace(LONG, value=90.0), replace(CLONE, value=-3.5), replace(IMPORT, value=0.0)])
    assert ('"value":90}' in text, '"value":-3.5}' in text, '"value":0,' in text) == (True, True, True)


def test_a_file_that_is_not_there_is_none_and_a_file_is_closed_again(tmp_path: Path) -> None:
    path = tmp_path / NAME
    assert baseline.read(path, NAME) is None
    path.write_text(baseline.render([LONG]))
    before = len(os.listdir("/proc/self/fd"))
    assert baseline.read(path, NAME) == Baseline((LONG,), (2,))
    path.write_text("")
    with pytest.raises(GatesError, match=f"{NAME} is no baseline"):
        baseline.read(path, NAME)
    assert len(os.listdir("/proc/self/fd")) == before


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for name, make in (("folder", os.mkdir), ("pipe", os.mkfifo)):
        make(tmp_path / name)
        with pytest.raises(GatesError, match=f"the baseline {name} cannot be read: it is no regular file"):
            baseline.read(tmp_path / name, name)
    (tmp_path / "link").symlink_to("folder")
    with pytest.raises(GatesError, match="the baseline link is a link, and links are not followed") as raised:
        baseline.read(tmp_path / "link", "link")
    assert raised.value.hint == "Put the file itself there."
    (tmp_path / "file").touch()
    with pytest.raises(GatesError, match="the baseline x cannot be read: Not a directory"):
        baseline.read(tmp_path / "file" / "x", "x")


def test_a_file_may_have_64_mib_and_no_byte_more(tmp_path: Path) -> None:
    path = tmp_path / NAME
    text = baseline.render([LONG])
    path.write_text(text + " " * ((64 << 20) - len(text)))
    assert baseline.read(path, NAME) == Baseline((LONG,), (2,))
    with path.open("a") as stream:
        stream.write(" ")
    with pytest.raises(GatesError, match="is larger than 64 MiB"):
        baseline.read(path, NAME)


def test_as_much_may_be_accepted_as_a_check_can_hold() -> None:
    most = baseline.MAX_ACCEPTED
    for counts in ((most,), (most - 1, 1)):
        found = [replace(IMPORT, code=f"import a{index}", count=count) for index, count in enumerate(counts)]
        assert sum(each.count for each in baseline.parse(baseline.render(found).encode(), NAME).entries) == most
    found.append(CLONE)
    with pytest.raises(GatesError, match="accepts more than 1,000,000 findings"):
        baseline.parse(baseline.render(found).encode(), NAME)


# Counting, shrinking, comparing


def test_equal_entries_are_counted_with_the_worst_value_and_a_reason() -> None:
    why = {"reason": "agreed", "date": "2026-01-05"}
    better, worse = replace(LONG, value=70, **why), replace(LONG, value=95)
    assert baseline.counted_up([better, worse]) == (replace(LONG, value=95, count=2, **why),)
    assert baseline.counted_up([worse, better, replace(IMPORT, count=3), IMPORT]) == (
        replace(IMPORT, count=5),
        replace(LONG, value=95, count=2, **why),
    )
    other = {"reason": "better known", "date": "2026-02-01"}
    assert baseline.counted_up([better, replace(worse, **other)]) == (replace(LONG, value=95, count=2, **other),)


def test_an_update_keeps_what_is_there_at_its_value_and_under_its_name_of_today() -> None:
    known = (IMPORT, LONG, CLONE)
    seen = [
        (trace(LONG, value=70.0, symbol="b:g", path="b.py"), LONG),
        (trace(IMPORT, path="c.py"), IMPORT),
        (trace(CLONE, value=99.0), CLONE),
    ]
    assert baseline.shrunk(known, seen, {"lint", "size", "duplication"}) == (
        CLONE,
        replace(LONG, value=70, symbol="b:g", path="b.py"),
        replace(IMPORT, count=1, path="c.py"),
    )
    assert baseline.shrunk(known, seen, {"lint", "size"}, tighten=False) == (replace(IMPORT, count=1), LONG, CLONE)
    assert baseline.shrunk(known, [], {"size"}) == (IMPORT, CLONE)
    more = [(trace(IMPORT), IMPORT)] * 5
    for tighten in (True, False):
        assert baseline.shrunk((IMPORT,), more, {"lint"}, tighten=tighten) == (IMPORT,)


def test_what_is_accepted_in_a_file_that_nobody_could_look_at_stays() -> None:
    known = (IMPORT, LONG, CLONE)
    assert baseline.shrunk(known, [], {"lint", "size", "duplication"}, hidden={"a.py"}) == (IMPORT, LONG)
    seen = [(trace(LONG, value=70.0), LONG)]
    assert baseline.shrunk((LONG,), seen, {"size"}, hidden={"b.py"}) == (replace(LONG, value=70),)


def test_a_value_that_is_not_known_any_more_stays() -> None:
    assert baseline.shrunk((LONG,), [(trace(LONG, value=None), LONG)], {"size"}) == (LONG,)
    bare = replace(LONG, value=None)
    assert baseline.shrunk((bare,), [(trace(LONG, value=70.0), bare)], {"size"}) == (bare,)


def test_each_entry_stands_as_often_as_it_counts() -> None:
    assert baseline.expanded([replace(IMPORT, count=3), LONG]) == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("change", "is_fresh"),
    [
        ({}, False),
        ({"value": 89}, False),
        ({"value": 91}, True),
        ({"count": 2}, True),
        ({"path": "z.py"}, False),
        ({"body": OTHER}, False),
        ({"reason": "agreed"}, False),
        ({"symbol": "a:g"}, False),
        ({"symbol": "a:g", "reason": "agreed"}, True),
        ({"symbol": "a:g", "body": OTHER}, True),
        ({"symbol": "a:g", "value": 91}, True),
        ({"latent": True}, True),
    ],
)
def test_an_entry_is_fresh_when_it_accepts_more_than_before(change: dict[str, object], is_fresh: bool) -> None:
    now = replace(LONG, **change)
    assert ancestry.fresh([IMPORT, now], [IMPORT, LONG]) == ([now] if is_fresh else [])


def test_one_old_debt_stands_for_one_new_name() -> None:
    first, second = (replace(LONG, symbol=name) for name in ("a:g", "a:h"))
    assert ancestry.fresh([first], [LONG]) == []
    assert len(ancestry.fresh([first, second], [LONG])) == 1
    assert ancestry.fresh([LONG, first], [LONG]) == [first]
    two, one = replace(LONG, count=2), replace(LONG, symbol="A:f")
    assert ancestry.fresh([two, one], [two]) == [one]
    last = replace(LONG, symbol="z:f", count=2)
    assert ancestry.fresh([replace(two, count=3), last], [replace(LONG, count=4)]) == [replace(two, count=3)]
    assert ancestry.fresh([replace(two, count=3), replace(one, count=2)], [replace(LONG, count=4)]) == [
        replace(two, count=3)
    ]


def test_fewer_findings_are_not_fresh() -> None:
    assert ancestry.fresh([replace(IMPORT, count=1)], [IMPORT]) == []
    assert ancestry.fresh([replace(IMPORT, count=3)], [IMPORT]) == [replace(IMPORT, count=3)]


# Merging


def merged(left: Entry | None, right: Entry | None, before: Entry | None = LONG) -> tuple[Entry, ...]:
    """Return what a merge makes of one entry, whichever side is ours."""
    sides = [[each] if each else [] for each in (left, right, before)]
    found = ancestry.merged(*sides)
    assert found == ancestry.merged(sides[1], sides[0], sides[2])
    return found


WHY = {"reason": "agreed", "date": "2026-01-05"}
LATER = {"reason": "agreed again", "date": "2026-02-01"}


def test_a_merge_takes_the_stricter_side() -> None:
    assert merged(replace(LONG, value=70), replace(LONG, value=80)) == (replace(LONG, value=70),)
    assert merged(replace(LONG, value=70), LONG) == (replace(LONG, value=70),)
    assert merged(None, replace(LONG, value=80)) == ()
    three = replace(IMPORT, count=3)
    assert merged(IMPORT, replace(IMPORT, count=1), three) == (replace(IMPORT, count=1),)


def test_a_merge_takes_the_looser_side_only_for_a_new_reason_and_where_the_other_left_it_alone() -> None:
    worse = replace(LONG, value=99)
    assert merged(worse, LONG) == (LONG,)
    assert merged(replace(worse, **WHY), LONG) == (replace(worse, **WHY),)
    assert merged(replace(worse, **WHY), replace(LONG, value=80)) == (replace(LONG, value=80, **WHY),)
    assert merged(replace(worse, **WHY), replace(LONG, value=95, **LATER)) == (replace(LONG, value=95, **WHY),)
    known = replace(LONG, **WHY)
    assert merged(replace(worse, **WHY), known, known) == (known,)
    assert merged(replace(worse, **LATER), known, known) == (replace(worse, **LATER),)
    more = replace(IMPORT, count=5, **WHY)
    assert merged(more, IMPORT, IMPORT) == (more,)


def test_a_merge_takes_the_reason_that_one_side_changed_and_the_earlier_of_two() -> None:
    for first, second in ((WHY, LATER), (LATER, WHY)):
        mine = replace(LONG, **first)
        assert merged(replace(LONG, **second), mine, mine) == (replace(LONG, **second),)
    assert merged(replace(LONG, **WHY), replace(LONG, **LATER)) == (replace(LONG, **WHY),)


def test_a_merge_follows_a_name_that_one_side_changed() -> None:
    moved, renamed = replace(LONG, path="z.py"), replace(LONG, symbol="a:g")
    assert merged(moved, LONG) == (moved,)
    assert merged(renamed, replace(LONG, value=70)) == (replace(renamed, value=70),)
    assert merged(renamed, None) == ()
    assert merged(replace(LONG, path="y.py"), moved) == (replace(LONG, path="y.py"),)


def test_a_merge_follows_each_of_several_findings() -> None:
    two = replace(IMPORT, symbol="a:f")
    stays, moved = replace(two, count=1), replace(two, count=1, path="b.py", symbol="b:f")
    for left, right in (([stays, moved], [two]), ([two], [stays, moved])):
        assert ancestry.merged(left, right, [two]) == (stays, moved)
    further = replace(moved, path="c.py", symbol="c:f")
    assert ancestry.merged([moved, further], [two], [two]) == (moved, further)
    assert ancestry.merged([stays, moved], [stays], [two]) == (moved,)
    renewed = replace(stays, **WHY)
    assert ancestry.merged([renewed, moved], [two], [two]) == (renewed, replace(moved, **WHY))


def test_a_merge_keeps_what_is_new_for_a_reason_or_on_both_sides() -> None:
    assert merged(LONG, None, None) == ()
    assert merged(replace(LONG, **WHY), None, None) == (replace(LONG, **WHY),)
    assert merged(LONG, replace(LONG, value=95, count=2), None) == (LONG,)
    assert merged(replace(LONG, value=95, **WHY), LONG, None) == (replace(LONG, **WHY),)
    assert merged(replace(LONG, **WHY), replace(LONG, **LATER), None) == (replace(LONG, **WHY),)
    bare = replace(IMPORT, count=1)
    assert merged(bare, bare, None) == (bare,)
