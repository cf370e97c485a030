"""No test of the base is deleted, weakened or skipped by the change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from gates.config import Policy
from gates.facts import Class, FileFacts, Function
from gates.model import Finding, Inspection, Location, Measure, Rule
from gates.project import Base, Project, module_name, package_folders
from gates.suppressions import Suppression
from gates.text import counted

READS = "change"
RULES = (
    Rule(
        "deleted",
        "a test of the base still stands somewhere, under its name or with its body",
        "Put the test back; if what it tests was removed on purpose, say so to the person who asked for the change.",
    ),
    Rule(
        "weakened",
        "a test asserts no less than it did at the base, over no fewer cases",
        "Mend the code so that the test holds as it was, or let the test assert as much of the new behaviour.",
    ),
    Rule(
        "skipped",
        "no test is newly skipped or expected to fail",
        "Remove the mark and mend what makes the test fail.",
    ),
)
ALIKE = 0.5
"""Two tests are one that was renamed when at least this share of the lines of the longer one stands in the other,
names of variables and literals aside."""

_FILES = r"(?:^|/)(?:tests?/(?:.*/)?[^/]*|test[^/]*|[^/]*_test)\.py$"
_TOOLS = frozenset({"pytest", "unittest"})
_NAMED = 3
_MANY = 1_000_000


class Options(Struct, frozen=True, rename="kebab"):
    """This gate has no options."""


class _Test(NamedTuple):
    path: str
    function: Function

    @property
    def name(self) -> str:
        return self.function.name

    @property
    def key(self) -> tuple[str, str]:
        return (self.path, self.function.symbol)


_Tests = dict[tuple[str, str], _Test]


class _Change(NamedTuple):
    """The tests of the touched files at the base and now, and where those went that no longer stand in their place."""

    before: _Tests
    now: _Tests
    heirs: Mapping[tuple[str, str], _Test]

    def heir(self, test: _Test) -> _Test | None:
        """Return the test as it is now, in its place or where it went."""
        return self.now.get(test.key, self.heirs.get(test.key))

    def parts(self, test: _Test, heir: _Test | None) -> list[_Test]:
        """Return the new tests whose names begin with that of a test, into which it may have been split."""
        begins = re.compile(re.escape(test.name) + r"(?=[_A-Z0-9]).+")
        taken = heir.key if heir else ()
        new = (each for key, each in self.now.items() if key not in self.before and key != taken)
        return [each for each in new if begins.fullmatch(each.name)]


def plan(project: Project, policy: Policy[Options]) -> tuple[str, ...]:
    """Return the Python files that the change touched."""
    touched = project.base.touched if project.base else {}
    return tuple(path for path in project.files if path in touched)


def check(project: Project, policy: Policy[Options]) -> Inspection:
    """Hold the tests of the files that the change touched against what they were."""
    planned = plan(project, policy)
    if project.base is None:
        return Inspection(inspected=frozenset(planned))
    change = _change(project, project.base)
    return Inspection(
        findings=(
            *_deleted(project, project.base, change),
            *_weakened(project, change),
            *_skipped(project, project.base, change),
        ),
        inspected=frozenset(project.readable(planned)),
        unread=project.unread(planned),
        counts={"tests": len(change.now)},
    )


def _change(project: Project, base: Base) -> _Change:
    """Compare the tests of the files that can be compared."""
    current = {path: project.facts(path) for path in base.touched if path in project.snapshots}
    before = _tests({path: each.facts for path, each in base.before.items() if _comparable(base, path, current)})
    now = _tests(current)
    return _Change(before, now, _heirs(before, now))


def _comparable(base: Base, path: str, current: Mapping[str, FileFacts]) -> bool:
    """Whether a file tells what became of its tests: one that we cannot read, or do not inspect any more, does not."""
    return current[path].unreadable is None if path in current else base.touched.get(path) == "removed"


def _tests(files: Mapping[str, FileFacts]) -> _Tests:
    """Return the tests by path and symbol; of two with one symbol, the later one is what Python runs."""
    return {
        (path, each.symbol): _Test(path, each)
        for path, facts in sorted(files.items())
        if re.search(_FILES, path)
        for each in facts.functions
        if each.name.startswith("test") and _is_collected(each.symbol, facts.classes)
    }


def _is_collected(symbol: str, classes: Sequence[Class]) -> bool:
    owner = symbol.rpartition(".")[0]
    return not owner or any(each.symbol == owner for each in classes)


def _heirs(before: _Tests, now: _Tests) -> dict[tuple[str, str], _Test]:
    """Find for each test that is gone the one that took its place: with its name first, then with a body alike.

    A new test takes one place, one that is parametrized as many as it has new cases.
    """
    room = {key: _new_cases(each, before.get(key)) for key, each in now.items()}
    heirs: dict[tuple[str, str], _Test] = {}
    _settle(_same_names(_without(before, now), _without(now, before)), heirs, room)
    for find in (_same_bodies, _like_bodies):
        lost = _without(before, {**now, **heirs})
        _settle(find(lost, [each for key, each in now.items() if room[key] > 0]), heirs, room)
    return heirs


def _new_cases(test: _Test, before: _Test | None) -> int:
    return (test.function.cases or _MANY) - ((before.function.cases or _MANY) if before else 0)


def _without(tests: _Tests, others: _Tests) -> list[_Test]:
    return [each for key, each in tests.items() if key not in others]


def _settle(
    pairs: Iterable[tuple[_Test, _Test]], heirs: dict[tuple[str, str], _Test], room: dict[tuple[str, str], int]
) -> None:
    for test, heir in pairs:
        if test.key not in heirs and room[heir.key] > 0:
            heirs[test.key] = heir
            room[heir.key] -= 1


def _same_names(gone: Sequence[_Test], new: Sequence[_Test]) -> Iterator[tuple[_Test, _Test]]:
    """Yield moved tests; of several with one name, those whose bodies are most alike belong together."""
    named: dict[str, list[_Test]] = {}
    for each in new:
        named.setdefault(each.name, []).append(each)
    pairs = [(test, heir) for test in gone for heir in named.get(test.name, ())]
    taken: set[tuple[str, str]] = set()
    for test, heir in sorted(pairs, key=lambda pair: (-_likeness(*pair), pair[0].key, pair[1].key)):
        if heir.key not in taken and test.key not in taken:
            taken.update((heir.key, test.key))
            yield test, heir


def _same_bodies(gone: Sequence[_Test], new: Sequence[_Test]) -> Iterator[tuple[_Test, _Test]]:
    """Yield tests that were only renamed; among equals, one after the other."""
    equal: dict[tuple[int, ...], list[_Test]] = {}
    for each in new:
        equal.setdefault(each.function.shape, []).append(each)
    for test in gone:
        if waiting := equal.get(test.function.shape) if test.function.shape else None:
            yield test, waiting.pop(0)


def _like_bodies(gone: Sequence[_Test], new: Sequence[_Test]) -> Iterator[tuple[_Test, _Test]]:
    """Yield tests that were renamed and altered, or became cases of a parametrized one, the most alike first."""
    by_line: dict[int, list[_Test]] = {}
    for each in new:
        for line in set(each.function.shape):
            by_line.setdefault(line, []).append(each)
    found: list[tuple[float, _Test, _Test]] = []
    for test in gone:
        shared = {each.key: each for line in set(test.function.shape) for each in by_line.get(line, ())}
        alike = ((_likeness(test, each), test, each) for each in shared.values())
        found.extend(each for each in alike if each[0] >= ALIKE)
    found.sort(key=lambda each: (-each[0], each[1].key, each[1].path != each[2].path, each[2].key))
    yield from ((test, heir) for _, test, heir in found)


def _likeness(one: _Test, other: _Test) -> float:
    longest = max(len(one.function.shape), len(other.function.shape))
    return (Counter(one.function.shape) & Counter(other.function.shape)).total() / longest if longest else 1.0


def _deleted(project: Project, base: Base, change: _Change) -> Iterator[Finding]:
    removed: dict[str, list[str]] = {}
    for test in change.before.values():
        if change.heir(test) or _made_up(test, change.parts(test, None)):
            continue
        if base.touched.get(test.path) == "removed":
            removed.setdefault(test.path, []).append(test.function.symbol)
        else:
            message = f"`{test.function.symbol}` is gone, and no test like it was added"
            place = Location(test.path, symbol=_symbol(project, *test.key))
            yield Finding(rule="tests/deleted", message=message, location=place, identity=test.function.symbol)
    for path, symbols in removed.items():
        message = f"`{path}` is gone with {counted(len(symbols), 'test')}: {_listed(symbols)}"
        yield Finding(rule="tests/deleted", message=message, location=Location(path), identity=path.rpartition("/")[2])


def _made_up(test: _Test, parts: Iterable[_Test], kept: int = 0) -> bool:
    """Return whether the parts into which a test was split assert as much as it did."""
    numbers = [each.function.assertions for each in parts]
    return bool(numbers) and kept + sum(numbers) >= test.function.assertions


def _weakened(project: Project, change: _Change) -> Iterator[Finding]:
    """Yield one finding for each test that is weaker now; of several whose place it took, the strongest counts."""
    lost: dict[tuple[str, str], tuple[_Test, str, Measure]] = {}
    for test in change.before.values():
        heir = change.heir(test)
        problem = _less(test.function, heir.function, alone=test.key == heir.key) if heir else None
        if not heir or not problem or _made_up(test, change.parts(test, heir), heir.function.assertions):
            continue
        if heir.key not in lost or lost[heir.key][2].limit < problem[1].limit:
            lost[heir.key] = (heir, *problem)
    for heir, message, measure in lost.values():
        span = heir.function
        yield Finding(
            rule="tests/weakened",
            message=f"`{span.symbol}` {message}",
            location=Location(
                heir.path, span.line, span.column, span.end_line, span.end_column, _symbol(project, *heir.key)
            ),
            measure=measure,
            identity=span.symbol,
        )


def _less(before: Function, now: Function, *, alone: bool) -> tuple[str, Measure] | None:
    """Return what a test lost; the cases of one that took the place of others are not compared."""
    if before.shape and not now.shape:
        lines = len(before.shape)
        return f"does nothing any more, at the base it had {counted(lines, 'line')}", Measure(0, lines, "lines")
    if now.assertions < before.assertions:
        made = counted(now.assertions, "assertion") if now.assertions else "no assertion"
        message = f"makes {made}, at the base {before.assertions}"
        return message, Measure(now.assertions, before.assertions, "assertions")
    if alone and 0 < now.cases < before.cases:
        message = f"runs for {counted(now.cases, 'case')}, at the base {before.cases}"
        return message, Measure(now.cases, before.cases, "cases")
    return None


def _skipped(project: Project, base: Base, change: _Change) -> Iterator[Finding]:
    """Yield the marks that are new: a moved or renamed test brings its own along."""
    moved = {key: heir.function.symbol for key, heir in change.heirs.items()}
    known: Counter[tuple[str, str, str]] = Counter()
    for path, snapshot in base.before.items():
        for each in _marks(snapshot.facts):
            known[(each.tool, each.directive, moved.get((path, each.symbol), each.symbol))] += 1
    for path in sorted(path for path in base.touched if path in project.snapshots):
        for each in _marks(project.facts(path)):
            key = (each.tool, each.directive, each.symbol)
            if known[key]:
                known[key] -= 1
            else:
                yield _mark(path, each, _symbol(project, path, each.symbol))


def _marks(facts: FileFacts) -> Iterator[Suppression]:
    return (each for each in facts.suppressions if each.tool in _TOOLS)


def _mark(path: str, mark: Suppression, symbol: str) -> Finding:
    return Finding(
        rule="tests/skipped",
        message=f"`{mark.directive}` on `{mark.symbol or path}` is new",
        location=Location(path, mark.line, mark.column, mark.line, mark.end_column, symbol),
        identity=f"{mark.directive} {mark.symbol or path.rpartition('/')[2]}",
    )


def _symbol(project: Project, path: str, symbol: str) -> str:
    module = module_name(path, package_folders(project.whole))
    return f"{module}:{symbol}" if symbol else module


def _listed(symbols: Sequence[str]) -> str:
    more = f" and {len(symbols) - _NAMED} more" if len(symbols) > _NAMED else ""
    return ", ".join(f"`{each}`" for each in symbols[:_NAMED]) + more
