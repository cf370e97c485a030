"""What was accepted to the letter before is not judged again, and the report is the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

import tests.project
from gates import asking, baseline, engine, marking
from gates.config import Policy
from gates.model import Finding, Inspection, Location, Measure, Rule
from gates.project import PROJECT, Project
from gates.registry import Gate
from gates.reporters import json as published
from tests.examples import examples
from tests.project import without_seconds

State = Mapping[str, Sequence[str]]
"""The lines of each file."""

BASELINE = "gates-baseline.json"
LINES = (
    "x = 0",
    "x = 1",
    "def f(): x = 0",
    "def g(): x = 0",
    "y = 0  # of another file",
    "z = 0  # is large",
    "w = 0  # gates: allow[lint/w] it has to be",
    "w = 0",
    "v = 0",
    "v = 0  # latent",
    "s = 0  # as many as there are of x = 0",
    "",
)
FILES = ("a.py", "b.py", "p/__init__.py", "p/a.py", "q/__init__.py", "q/a.py", "q/b.py")
SMALL = {"a.py": ("x = 0", "x = 1"), "b.py": ("x = 0", "x = 0"), "p/a.py": ("x = 1", "y = 0  # of another file")}


class Options(Struct, frozen=True):
    """None."""


def _found(project: Project, path: str) -> Iterator[Finding]:
    lines = project.lines(path)
    for number, line in enumerate(lines, 1):
        name, _, value = line.partition("  #")[0].removeprefix("def f(): ").removeprefix("def g(): ").partition(" = ")
        place = Location(path, number, 1, number, len(line) + 1)
        if name == "x":
            yield Finding(rule=f"lint/x{value[0]}", message=f"there is {value}", location=place)
        elif name == "y":
            others = tuple(Location(each) for each in project.whole if each != path)
            yield Finding(rule="lint/y", message="y", location=place, related=others)
        elif name == "z":
            large = Measure(len(lines), 1, "statements")
            yield Finding(rule="lint/z", message="z", location=place, measure=large, identity="z")
        elif name == "w":
            yield Finding(rule="lint/w", message=f"one of {len(project.whole)} files", location=place)
        elif name == "v":
            yield Finding(rule="lint/v", message=line, location=place, identity="v")
        elif name == "s":
            yield Finding(rule="lint/s", message="s", location=place, identity="s", sums="lint/x0")


def _check(project: Project, policy: Policy[Struct]) -> Inspection:
    every = [each for path in reversed(project.whole) for each in _found(project, path)]
    found = [each for each in every if "latent" not in each.message]
    if found:
        found.append(Finding(rule="lint/all", message="all", location=found[-1].location, identity=PROJECT))
    latent = tuple(each for each in every if "latent" in each.message)
    return Inspection(findings=tuple(found), latent=latent, inspected=frozenset(project.files))


def _plan(project: Project, policy: object) -> tuple[str, ...]:
    return project.whole


GATE = Gate("lint", "A double", (Rule("*", "there is none of these", "Take it out."),), Options, "file", _check, _plan)


class Tree:
    """A project, its cache, and what a check of it comes to."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.root = folder / "project"
        self._monkeypatch = monkeypatch
        self.root.mkdir(parents=True)
        monkeypatch.chdir(self.root)

    def write(self, state: State) -> None:
        for path in FILES:
            place = self.root / path
            place.unlink(missing_ok=True)
            if path in state:
                place.parent.mkdir(exist_ok=True)
                place.write_text("".join(f"{line}\n" for line in state[path]))
        (self.root / "gates.toml").write_text('preset = "internal"\n')

    def examined(self, cache: str = "cache", **asked: Any) -> engine.Examined:
        self._monkeypatch.setenv("GATES_CACHE", str(self.folder / cache))
        loaded = asking.load()
        gates = (GATE, *loaded.chosen(("baseline", "suppressions")))
        return engine.examined(asking.Request(loaded=loaded, gates=gates, **asked))

    def accept(self, left_out: Iterable[int] = (), reasons: Iterable[int] = ()) -> None:
        """Accept what is there, but for some, and some of it for a reason."""
        missing, given = frozenset(left_out), frozenset(reasons)
        standing = self.examined("other", record=True).standing
        entries = [
            baseline.entry(each.trace, "why" if number in given else "", "2026-01-01" if number in given else "")
            for number, each in enumerate(standing)
            if number not in missing and each.trace.rule.startswith("lint/")
        ]
        (self.root / BASELINE).write_text(baseline.render(baseline.counted_up(entries)))

    def report(self, cache: str = "cache", **asked: Any) -> Any:
        return _published(self.examined(cache, **asked))


def _published(found: engine.Examined) -> Any:
    return without_seconds(msgspec.to_builtins(published.document(found.report)))


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    return Tree(tmp_path, monkeypatch)


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of which files was known how their findings are marked and judged."""
    found: list[str] = []
    original = marking.marked

    def marked(
        gate: Gate, project: Project, findings: Sequence[Finding], known: Mapping[str, marking.Marked] = {}
    ) -> marking.Marked:
        found.extend(known)
        return original(gate, project, findings, known)

    monkeypatch.setattr(marking, "marked", marked)
    return found


def test_what_is_accepted_to_the_letter_is_settled(tree: Tree, settled: list[str]) -> None:
    tree.write(SMALL)
    tree.accept()
    first = tree.report()
    assert settled == []
    assert tree.report() == first
    assert settled == ["b.py"]  # the total stands in a.py, and what p/a.py has speaks of others


def test_an_edit_unsettles_its_file(tree: Tree, settled: list[str]) -> None:
    state = {**SMALL, "q/b.py": ("z = 0  # is large",), "p/__init__.py": ("x = 1",)}
    tree.write(state)
    tree.accept()
    tree.report()
    tree.write({**state, "b.py": ("", "x = 0", "x = 0")})
    assert tree.report() == tree.report("empty")
    assert settled == ["p/__init__.py"]  # what has a value may be lent its body


def test_an_id_counts_equals_in_files_before(tree: Tree, settled: list[str]) -> None:
    tree.write(SMALL)
    tree.accept()
    before = _ids(tree.report(), "b.py")
    tree.write({**SMALL, "a.py": ("x = 1",)})
    found = tree.report()
    assert settled == ["b.py"]
    assert _ids(found, "b.py") != before
    assert found == tree.report("empty")


def _ids(report: Any, path: str) -> list[str]:
    findings = (each for outcome in report["outcomes"] for each in outcome["findings"])
    return [each["id"] for each in findings if each["location"]["path"] == path]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"reason":"why"', '"reason":"because"'),
        ('"path":"b.py"', '"path":"q/b.py"'),
        ('"count":2', '"count":3'),
    ],
)
def test_what_is_accepted_decides(tree: Tree, before: str, after: str) -> None:
    tree.write(SMALL)
    tree.accept(reasons=range(9))
    tree.report()
    place = tree.root / BASELINE
    assert before in place.read_text()
    place.write_text(place.read_text().replace(before, after))
    assert tree.report() == tree.report("empty")


def test_the_name_of_a_module_decides(tree: Tree, settled: list[str]) -> None:
    tree.write({**SMALL, "q/b.py": ("x = 1",)})
    tree.accept()
    tree.report()
    tree.write({**SMALL, "q/b.py": ("x = 1",), "q/__init__.py": ()})
    assert tree.report() == tree.report("empty")
    assert settled == ["b.py"]


def test_the_content_of_a_file_decides(tree: Tree, settled: list[str]) -> None:
    tree.write({**SMALL, "b.py": ("def f(): x = 0",)})
    tree.accept()
    tree.report()
    tree.write({**SMALL, "b.py": ("def g(): x = 0",)})
    found = tree.report()
    assert found == tree.report("empty")
    assert settled == []


def test_a_comment_that_has_expired_stands_on_a_day_before(
    tree: Tree, settled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Machines on both sides of midnight may share a cache."""
    tree.write({**SMALL, "q/b.py": ("x = 1", "w = 0  # gates: allow[lint/w] later, expires=2026-01-31")})
    for number, stands in enumerate((False, True)):
        monkeypatch.setattr("gates.allowances._stands", lambda comment, stands=stands: stands)
        if not number:
            tree.accept()
        assert tree.report() == tree.report(f"empty-{number}")
    tree.report()
    assert settled == ["b.py", "b.py"]


def test_a_total_is_accepted_while_all_that_it_adds_up_is_settled(tree: Tree, settled: list[str]) -> None:
    tree.write({"a.py": ("s = 0  # as many",), "b.py": ("x = 0",)})
    tree.accept(left_out=(0, 1))
    first = tree.report()
    assert "lint/x0: all are accepted" in str(first)
    assert tree.report() == first
    assert settled == ["b.py"]


def test_an_entry_is_stale_where_a_comment_silences_what_it_accepts(tree: Tree, settled: list[str]) -> None:
    tree.write({**SMALL, "q/b.py": ("x = 1", "w = 0")})
    tree.accept()
    tree.write({**SMALL, "q/b.py": ("x = 1", "w = 0  # gates: allow[lint/w] it has to be")})
    found = tree.report()
    assert "accepts `lint/w` of `b`" in str(found)
    assert tree.report() == found
    assert settled == ["b.py"]


@pytest.mark.parametrize("asked", [{"paths": ("b.py",)}, {"since": "HEAD"}, {"record": True}])
def test_nothing_else_is_settled(asked: dict[str, Any], tree: Tree, settled: list[str]) -> None:
    tree.write({**SMALL, "q/b.py": ("x = 1",)})
    tree.accept()
    repository = tests.project.Project(tree.folder)
    repository.commit()
    tree.report()
    tree.write({**SMALL, "a.py": ("x = 0", "x = 1", "x = 1")})
    found, expected = (tree.examined(each, **asked) for each in ("cache", "empty"))
    assert settled == []
    assert found.standing == expected.standing
    assert _published(found) == _published(expected)


def test_nothing_is_settled_where_what_is_touched_has_to_improve(tree: Tree, settled: list[str]) -> None:
    tree.write(SMALL)
    tree.accept()
    with (tree.root / "gates.toml").open("a") as policy:
        policy.write("improve-touched = true\n")
    assert tree.report() == tree.report()
    assert settled == []


def test_nothing_is_settled_in_a_file_that_changes_meanwhile(
    tree: Tree, settled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write(SMALL)
    tree.accept()
    before = (tree.root / "b.py").read_text()

    def changing(project: Project, policy: Policy[Struct]) -> Inspection:
        found = _check(project, policy)
        (tree.root / "b.py").write_text(before.replace("x = 0", "x = 0  # for now"))
        return found

    monkeypatch.setattr("tests.test_settling.GATE", msgspec.structs.replace(GATE, check=changing))
    tree.report()
    monkeypatch.undo()
    monkeypatch.chdir(tree.root)
    (tree.root / "b.py").write_text(before)
    assert tree.report() == tree.report("empty")
    assert settled == []


STATES = st.dictionaries(st.sampled_from(FILES), st.lists(st.sampled_from(LINES), max_size=5), min_size=1)


@examples(60)
@given(
    states=st.lists(STATES, min_size=2, max_size=4),
    edits=st.lists(st.tuples(st.sampled_from(FILES), st.lists(st.sampled_from(LINES), max_size=5)), max_size=4),
    left_out=st.sets(st.integers(0, 12), max_size=2),
    reasons=st.sets(st.integers(0, 12), max_size=3),
)
def test_a_cache_changes_no_report(
    states: list[State],
    edits: list[tuple[str, list[str]]],
    left_out: set[int],
    reasons: set[int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        tree = Tree(tmp_path_factory.mktemp("any") / "tree", patch)
        state = dict(states[0])
        tree.write(state)
        tree.accept(left_out, reasons)
        tree.report()
        for number, (path, lines) in enumerate([*edits, *((path, each[path]) for each in states for path in each)]):
            state[path] = lines
            tree.write(state)
            if number == len(edits):
                tree.accept(left_out)
            assert tree.report() == tree.report(f"empty-{number}")
