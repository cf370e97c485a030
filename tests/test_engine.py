"""The engine believes nobody: gates that crash, hang, lie or wander off are BROKEN, and never passed."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace

from gates import asking, engine
from gates.config import Policy
from gates.model import (
    BrokenError,
    Completed,
    Finding,
    GatesError,
    Inspection,
    Location,
    Outcome,
    Report,
    Rule,
    Unread,
    Verdict,
)
from gates.process import Spawner
from gates.project import Project
from gates.registry import Gate

Check = Callable[[Project, Policy[Struct]], Inspection]


class Options(Struct, frozen=True):
    """None."""


def _whole(project: Project, policy: object) -> tuple[str, ...]:
    return project.whole


def _double(check: Check, name: str = "size") -> Gate:
    rules = (Rule("limit", "nothing is over a limit", "Make it smaller."),)
    return Gate(name, "A double", rules, Options, "file", check, _whole)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Report]:
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.py").write_text("x = 1\n")
    (root / "b.py").write_text("def f():\n    return 1\n")
    monkeypatch.chdir(root)
    monkeypatch.setenv("GATES_CACHE", str(tmp_path / "cache"))

    def checked(check: Check, *, paths: tuple[str, ...] = (), files: bool = True) -> Report:
        loaded = asking.load()
        chosen = (*(loaded.chosen(["files"]) if files else ()), _double(check))
        return engine.check(asking.Request(loaded=loaded, gates=chosen, paths=paths))

    return checked


def _last(report: Report) -> Outcome:
    return report.outcomes[-1]


def _seen(project: Project) -> frozenset[str]:
    return frozenset(project.files)


def test_a_gate_that_accounts_for_every_file_passes(run: Callable[..., Report]) -> None:
    report = run(lambda project, policy: Inspection(inspected=_seen(project)))
    assert (report.verdict, report.exit_code, _last(report).planned) == (Verdict.PASSED, 0, 2)


def test_a_file_that_is_not_accounted_for_breaks_the_gate(run: Callable[..., Report]) -> None:
    report = run(lambda project, policy: Inspection(inspected=frozenset({"a.py"})))
    assert (report.verdict, report.exit_code) == (Verdict.BROKEN, 3)
    assert _last(report).reason == "1 planned file not inspected: b.py"


def test_a_file_that_is_named_as_unread_is_accounted_for(run: Callable[..., Report]) -> None:
    notes = (Unread("b.py", "is too short"),)
    report = run(lambda project, policy: Inspection(inspected=frozenset({"a.py"}), unread=notes))
    assert report.exit_code == 0
    assert _last(report).unread == notes


def test_a_crash_breaks_the_gate_and_not_the_others(run: Callable[..., Report], tmp_path: Path) -> None:
    def crash(project: Project, policy: Policy[Struct]) -> Inspection:
        raise ZeroDivisionError("oops")

    report = run(crash)
    assert [each.verdict for each in report.outcomes] == [Verdict.PASSED, Verdict.BROKEN]
    assert "internal error, ZeroDivisionError: oops" in _last(report).reason
    assert "oops" in next(tmp_path.glob("cache/checkouts/*/crash-size.txt")).read_text()


def test_a_tool_that_fails_breaks_the_gate_with_its_advice(run: Callable[..., Report]) -> None:
    def broken(project: Project, policy: Policy[Struct]) -> Inspection:
        raise BrokenError("the tool is gone", "Install it.")

    report = run(broken)
    assert (report.exit_code, _last(report).reason, _last(report).hint) == (3, "the tool is gone", "Install it.")


def test_a_mistake_of_the_user_ends_the_check(run: Callable[..., Report]) -> None:
    def mistaken(project: Project, policy: Policy[Struct]) -> Inspection:
        raise GatesError("that cannot be")

    with pytest.raises(GatesError, match="that cannot be"):
        run(mistaken)


@pytest.mark.parametrize("path", ["/etc/passwd", "../up.py", "c.py"])
def test_findings_outside_of_the_project_break_the_gate(path: str, run: Callable[..., Report]) -> None:
    finding = Finding(rule="size/limit", message="m", location=Location(path))
    report = run(lambda project, policy: Inspection(inspected=_seen(project), findings=(finding,)))
    assert report.exit_code == 3
    assert _last(report).reason == f"the gate speaks of files that are not part of the project: {path}"


def test_places_are_kept_inside_their_file(run: Callable[..., Report]) -> None:
    wild = Location("b.py", 10**9, -5, -1, -1)
    finding = Finding(rule="size/limit", message="m", location=wild)
    report = run(lambda project, policy: Inspection(inspected=_seen(project), findings=(finding,)))
    place = report.open()[0].location
    assert (place.line, place.column, place.end_line) == (2, 1, 2)
    assert place.symbol == "b:f"
    assert report.open()[0].help == "Make it smaller."


def test_what_was_not_asked_about_is_marked_and_does_not_fail(run: Callable[..., Report]) -> None:
    findings = tuple(Finding(rule="size/limit", message="m", location=Location(path)) for path in ("a.py", "b.py"))

    def both(project: Project, policy: Policy[Struct]) -> Inspection:
        return Inspection(inspected=frozenset(project.whole), findings=findings[1:])

    report = run(both, paths=("a.py",))
    assert [each.status.value for each in report.findings()] == ["out_of_scope"]
    assert report.exit_code == 0


def test_no_plan_is_no_pass(run: Callable[..., Report]) -> None:
    gate = msgspec.structs.replace(_double(lambda project, policy: Inspection()), plan=lambda project, policy: ())
    report = engine.check(asking.Request(loaded=asking.load(), gates=(gate,)))
    assert _last(report).reason == "there is nothing for this gate to inspect"


def test_an_unreadable_file_cannot_pass_by_leaving_out_the_gate_that_reports_it(run: Callable[..., Report]) -> None:
    Path("b.py").write_text("def f(:\n")

    def honest(project: Project, policy: Policy[Struct]) -> Inspection:
        return Inspection(inspected=frozenset(project.readable(project.files)), unread=project.unread(project.files))

    assert run(honest).exit_code == 1
    report = run(honest, files=False)
    assert (report.exit_code, _last(report).reason) == (3, "b.py is not valid Python: invalid syntax")


def test_blocked_is_not_passed(run: Callable[..., Report]) -> None:
    report = run(lambda project, policy: Inspection(blocked="files/syntax in b.py"))
    assert (report.verdict, report.exit_code) == (Verdict.BROKEN, 3)
    assert (_last(report).verdict, _last(report).reason) == (Verdict.SKIPPED, "blocked by files/syntax in b.py")


def test_ids_survive_moved_lines_and_files_and_count_equals(run: Callable[..., Report]) -> None:
    def symbols(project: Project, policy: Policy[Struct]) -> Inspection:
        findings = [
            Finding(rule="size/limit", message=f"{line}", location=Location(path, line), identity="f")
            for path in project.files
            for line in (1, 2)
        ]
        return Inspection(inspected=_seen(project), findings=tuple(findings))

    before = [each.id for each in run(symbols).findings()]
    assert len(set(before)) == len(before) == 4
    os.rename("a.py", "moved.py")
    Path("b.py").write_text("\n" * 500 + Path("b.py").read_text())
    assert sorted(each.id for each in run(symbols).findings()) == sorted(before)


def test_no_tool_runs_twice_over_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A syntax error makes two gates need ruff; it sees each file once."""
    shop = tmp_path / "shop"
    shutil.copytree(Path(__file__).parent.parent / "examples" / "shop", shop)
    (shop / "broken.py").write_text("def f(:\n")
    monkeypatch.chdir(shop)
    monkeypatch.setenv("GATES_CACHE", str(tmp_path / "cache"))
    seen: list[tuple[str, str]] = []
    run = Spawner.run

    def recorded(self: Spawner, argv: Sequence[str], **options: Any) -> Completed:
        listed = [Path(each[1:]).read_text().splitlines() for each in argv if each.startswith("@")]
        files = [each for each in (*argv, *itertools.chain(*listed)) if each.endswith(".py") and each.startswith("./")]
        tool = next((each for each in argv[1:] if each in ("mypy", "gates.tools.import_linter")), Path(argv[0]).name)
        seen.extend((tool, name) for name in files or ["all"])
        return run(self, argv, **options)

    monkeypatch.setattr(Spawner, "run", recorded)
    loaded = asking.load()
    engine.check(asking.Request(loaded=loaded, gates=loaded.chosen(())))
    assert {tool for tool, _ in seen} == {"ruff", "mypy", "jscpd", "gates.tools.import_linter"}
    assert ("ruff", "./broken.py") in seen
    assert len(seen) == len(set(seen))


def test_who_waits_longest_for_a_program_begins_first(run: Callable[..., Report]) -> None:
    began: list[str] = []

    def noted(name: str) -> Check:
        def check(project: Project, policy: Policy[Struct]) -> Inspection:
            began.append(name)
            return Inspection(inspected=_seen(project))

        return check

    waits = {"complexity": 0, "size": 1, "tests": 0, "typing": 3}
    gates = tuple(replace(_double(noted(name), name), waits=number) for name, number in waits.items())
    engine.check(asking.Request(loaded=asking.load(), gates=gates))
    assert (set(began[:2]), set(began[2:])) == ({"size", "typing"}, {"complexity", "tests"})
