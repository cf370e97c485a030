"""What a merge of two baselines accepts: never more than what either side had reason to, whatever the order."""

from __future__ import annotations

import functools
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gates import ancestry, baseline
from gates.baseline import Entry
from tests.project import GATES

Entries = tuple[Entry, ...]

BODIES = ["".join(f"{letter}{index:05x}" for index in range(9)) for letter in "abc"]
KNOWN = [
    Entry(rule="complexity/cyclomatic", path="a.py", symbol="a:f", body=BODIES[0], value=12),
    Entry(rule="complexity/cognitive", path="a.py", symbol="a:f", body=BODIES[0], value=30),
    Entry(rule="complexity/cyclomatic", path="b.py", symbol="b:g", body=BODIES[1], value=20, count=2),
    Entry(rule="lint/F401", path="a.py", symbol="a", code="import os", count=3),
    Entry(rule="lint/S101", path="b.py", symbol="b:g", code="assert x", reason="old", date="2025-01-01"),
    Entry(rule="duplication/percent", code="project"),
    Entry(rule="size/function-lines", path="c.py", symbol="c:h", body=BODIES[2], value=90, latent=True),
]
NEW = [
    Entry(rule="lint/F401", path="c.py", symbol="c", code="import re"),
    Entry(rule="complexity/nesting", path="c.py", symbol="c:h", body=BODIES[2], value=5),
    Entry(rule="typing/arg-type", path="a.py", symbol="a:f", code="f(1)", count=2),
]
WHY = {"reason": "needed", "date": "2026-02-01"}
CHANGES = ("keep", "keep", "resolve", "fewer", "better", "worse", "more", "edit")


def changed(entry: Entry, change: str, number: int) -> Entry | None:
    """Return what a branch makes of an entry."""
    if change == "resolve" or (change == "fewer" and entry.count == 1):
        return None
    why = {**WHY, "reason": f"needed {number}"}
    valued = entry.value is not None
    changes: dict[str, dict[str, object]] = {
        "fewer": {"count": entry.count - 1},
        "better": {"value": (entry.value or 0) - 1 - number} if valued else {},
        "worse": {"value": (entry.value or 0) + 1 + number, **why} if valued else {},
        "more": {"count": entry.count + 1 + number, **why},
        "edit": {"body": f"{entry.body[:-1]}{number}"} if entry.body else {},
    }
    return msgspec.structs.replace(entry, **changes.get(change, {}))


@st.composite
def branches(draw: st.DrawFn, changes: Sequence[str] = CHANGES, names: Sequence[str] = ("",)) -> Entries:
    """Draw what a branch makes of what is known, and what it accepts with a reason; one of `names` is renamed."""
    number = draw(st.integers(0, 4))
    kept = [changed(each, draw(st.sampled_from(changes)), number) for each in KNOWN]
    added = [msgspec.structs.replace(each, **WHY) for each in NEW if draw(st.booleans())]
    old = draw(st.sampled_from(names))
    return baseline.counted_up(renamed(each, old, number) for each in (*kept, *added) if each is not None)


def renamed(entry: Entry, old: str, number: int) -> Entry:
    """Return an entry after a function was renamed and moved."""
    if not old or entry.symbol != old:
        return entry
    return msgspec.structs.replace(entry, symbol=f"z:{old[-1]}{number}", path="z.py")


STRICT = ("keep", "resolve", "fewer", "better", "edit")
NAMES = ("", "a:f", "b:g", "c:h")
MANY = st.lists(branches(), min_size=2, max_size=6) | st.lists(branches(STRICT, NAMES), min_size=2, max_size=6)


@given(branches(CHANGES, NAMES), branches(CHANGES, NAMES))
def test_the_sides_may_be_exchanged(left: Entries, right: Entries) -> None:
    assert ancestry.merged(left, right, KNOWN) == ancestry.merged(right, left, KNOWN)


@given(branches(CHANGES, NAMES))
def test_what_only_one_side_did_is_done(side: Entries) -> None:
    known = baseline.counted_up(KNOWN)
    assert ancestry.merged(side, known, known) == side
    assert ancestry.merged(known, side, known) == side
    assert ancestry.merged(side, side, known) == side


@settings(max_examples=300)
@given(MANY, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(sides: list[Entries], chance: random.Random) -> None:
    join = functools.partial(ancestry.merged, ancestor=KNOWN)
    expected = functools.reduce(lambda left, right: join(left, right), sides)
    for _ in range(3):
        chance.shuffle(sides)
        assert functools.reduce(lambda left, right: join(left, right), sides) == expected
    assert join(expected, sides[0]) == expected


@given(branches(STRICT, NAMES), branches())
def test_nothing_is_looser_than_the_stricter_side(strict: Entries, other: Entries) -> None:
    reasons = {each.key: each.reason for each in KNOWN}
    found = {each.key: each for each in ancestry.merged(strict, other, KNOWN) if reasons.get(each.key) == each.reason}
    for side in (each for each in (*strict, *other) if each.key in found):
        assert found[side.key].count <= side.count
        assert (found[side.key].value or 0) <= (side.value or 0)


@given(branches(STRICT, NAMES), branches(("worse", "more")))
def test_what_one_side_improved_the_other_does_not_loosen(strict: Entries, loose: Entries) -> None:
    known = {each.key: each for each in KNOWN}
    stricter = {each.key: each for each in strict}
    for each in ancestry.merged(strict, loose, KNOWN):
        mine, before = stricter.get(each.key), known.get(each.key)
        if mine is not None and before is not None:
            assert mine.count == before.count or each.count <= mine.count
            assert mine.value == before.value or (each.value or 0) <= (mine.value or 0)


@given(branches(), branches(), st.integers(0, 3))
def test_what_gives_no_reason_is_dropped(left: Entries, right: Entries, number: int) -> None:
    silent = Entry(rule="lint/S105", path="q.py", symbol="q", code="secret = 1", count=1 + number)
    before = ancestry.merged(left, right, KNOWN)
    assert ancestry.merged([*left, silent], right, KNOWN) == before
    assert ancestry.merged(left, [*right, silent], KNOWN) == before
    said = msgspec.structs.replace(silent, reason="why")
    assert said in ancestry.merged([*left, said], right, KNOWN)


def test_more_of_what_is_known_needs_a_reason_too() -> None:
    loose = [msgspec.structs.replace(each, count=each.count + 1, value=each.value and each.value + 9) for each in KNOWN]
    known = baseline.counted_up(KNOWN)
    assert ancestry.merged(loose, known, known) == known
    assert ancestry.merged(known, loose, known) == known


def test_two_sides_that_make_a_baseline_keep_what_both_have() -> None:
    left, right = baseline.counted_up(KNOWN[:4]), baseline.counted_up(KNOWN[2:])
    assert ancestry.merged(left, right, ()) == baseline.counted_up([*KNOWN[2:4], KNOWN[4]])


def test_what_is_latent_does_not_become_debt() -> None:
    latent = KNOWN[-1]
    debt = msgspec.structs.replace(latent, latent=False)
    assert ancestry.merged([debt], [latent], [latent]) == ()
    assert ancestry.fresh([debt], [latent]) == [debt]


def write(path: Path, entries: Sequence[Entry]) -> Path:
    path.write_text(baseline.render(entries))
    return path


def driver(folder: Path, ancestor: Path, ours: Path, theirs: Path) -> subprocess.CompletedProcess[str]:
    """Run the merge driver as git does."""
    argv = [GATES, "baseline", "merge", str(ancestor), str(ours), str(theirs)]
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=30)


def test_the_driver_writes_our_file(tmp_path: Path) -> None:
    ancestor, ours = write(tmp_path / "o", KNOWN), write(tmp_path / "a", KNOWN[1:])
    theirs = write(tmp_path / "b", KNOWN[:-1])
    assert driver(tmp_path, ancestor, ours, theirs).returncode == 0
    assert ours.read_text() == baseline.render(KNOWN[1:-1])
    (tmp_path / "empty").write_text("")
    for nothing in ("empty", "missing"):
        assert driver(tmp_path, tmp_path / nothing, ours, theirs).returncode == 0
        assert ours.read_text() == baseline.render(KNOWN[1:-1])


def test_the_driver_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    sound = {name: write(tmp_path / name, KNOWN) for name in "oab"}
    for bad in sound:
        for content in ('{"schema": "gates.baseline/2"}', "<<<<<<< HEAD\n", '{"schema"'):
            write(tmp_path / bad, KNOWN).write_text(content)
            result = driver(tmp_path, sound["o"], sound["a"], sound["b"])
            assert result.returncode == 2
            assert {"o": "the baseline before both", "a": "our baseline", "b": "their baseline"}[bad] in result.stderr
            assert (tmp_path / bad).read_text() == content
        write(tmp_path / bad, KNOWN)


def test_the_driver_starts_without_what_it_does_not_need() -> None:
    code = "import sys, gates.cli, gates.commands.baseline; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"gates.engine", "gates.registry", "gates.judging", "rich", "mypy"} & set(done.stdout.split())


def test_a_new_reason_counts_whatever_its_date() -> None:
    known = msgspec.structs.replace(KNOWN[0], reason="old", date="2025-01-01")
    loose = msgspec.structs.replace(known, value=15, reason="new", date="2024-12-31")
    assert ancestry.merged([loose], [known], [known]) == (loose,)
