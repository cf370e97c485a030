"""What is asked of the engine, and what of it the report says: gates, paths, states, bases, policies."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gates import asking, baseline, checkouts, engine, flags
from gates.model import Finding, Flag, GatesError, Inspection, Location, Off, Report, Scope, Verdict
from gates.running import Moment
from gates.sharding import Asked, Shard
from tests.project import CLEAN, Project
from tests.test_engine import _double

POLICY = 'preset = "prototype"\n[complexity]\nenabled = true\narguments = 2\n'
WIDE = "def add(a, b, c):\n    return a + b + c\n"
WIDER = "def add(a, b, c, d):\n    return a + b + c + d\n"
QUICK = ("files", "complexity")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)
    for name, content in {"gates.toml": POLICY, "a.py": CLEAN, "pkg/wide.py": WIDE}.items():
        project.write(name, content)
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("GATES_CACHE", str(project.cache))
    monkeypatch.setenv("HOME", str(project.home))
    return project


def asked(*names: str, **wanted: Any) -> asking.Request:
    """Return a request for some gates, or for those that are on."""
    loaded = asking.load()
    base = bool(wanted.get("since") or wanted.get("staged"))
    return asking.Request(loaded=loaded, gates=loaded.chosen(names, base=base) if names else (), **wanted)


def checked(*names: str, **wanted: Any) -> Report:
    return engine.check(asked(*(names or QUICK), **wanted))


def found(report: Report) -> list[str]:
    return [f"{each.location.path} {each.rule} {each.status.value} {each.origin.value}" for each in report.findings()]


def mistake(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(GatesError) as raised:
        act()
    return raised.value.message, raised.value.hint or ""


# Gates


def test_without_names_the_policy_says_which_gates_run(project: Project) -> None:
    loaded = asking.load()
    assert [gate.name for gate in loaded.chosen(())] == ["baseline", "complexity", "files", "lint"]
    assert [gate.name for gate in loaded.chosen(("size", "files"))] == ["files", "size"]
    project.write("gates.toml", 'preset = "internal"\n')
    other = asking.load()
    on = ["baseline", "complexity", "duplication", "files", "lint", "size", "typing"]
    assert [gate.name for gate in loaded.chosen((), config=other.config)] == on
    assert [gate.name for gate in other.chosen((), base=True)] == sorted([*on, "policy", "tests"])


def test_a_gate_that_is_not_there_or_has_nothing_to_compare_with_is_a_mistake(project: Project) -> None:
    loaded = asking.load()
    message, hint = mistake(lambda: loaded.chosen(("no\x1b",)))
    assert message == "there is no gate `no\\x1b`"
    assert hint.startswith("Gates: baseline, complexity, ")
    said = mistake(lambda: loaded.chosen(("files", "tests")))
    assert said == ("the gate `tests` compares with a base", "Name one: `--since REF` or `--staged`.")
    assert [each.name for each in loaded.chosen(("tests",), base=True)] == ["tests"]


def test_a_policy_that_turns_everything_off_passes_nothing(project: Project) -> None:
    names = ("baseline", "complexity", "files", "lint")
    project.write(
        "gates.toml", 'preset = "prototype"\n' + "".join(f'{n} = {{enabled=false, why="w"}}\n' for n in names)
    )
    said = mistake(lambda: asking.load().chosen(()))
    assert said == ("no gate is on", "Turn gates on in the configuration; `gates list` names them.")


def test_a_gate_that_is_turned_off_is_named_with_its_reason(project: Project) -> None:
    project.write("gates.toml", POLICY + '[lint]\nenabled = false\nwhy = "elsewhere"\n')
    assert checked().policy.off == (Off("lint", "elsewhere"),)
    assert "lint" not in [each.gate for each in engine.check(asked()).outcomes]


def test_only_gates_that_look_at_what_was_named_run(project: Project) -> None:
    report = engine.check(asked(reads=("file",)))
    assert [each.gate for each in report.outcomes] == ["complexity", "files", "lint"]
    assert engine.check(asked(reads=("change",))).outcomes == ()


# Files and paths


def test_the_report_says_what_it_is_about(project: Project) -> None:
    report = checked()
    assert (report.scope.kind, report.scope.paths, report.scope.base) == ("project", (), "")
    assert (report.files, report.lines, report.reason, report.exit_code) == (2, 4, "", 1)
    assert (report.policy.source, report.policy.preset, report.policy.untrusted) == ("gates.toml", "prototype", "")
    assert found(report) == ["pkg/wide.py complexity/arguments open unknown"]
    assert report.seconds == round(report.seconds, 3) > 0


@pytest.mark.parametrize(
    ("wanted", "scope"),
    [
        ({}, Scope("project")),
        ({"paths": ("pkg/", "a.py")}, Scope("paths", ("a.py", "pkg"))),
        ({"since": "HEAD", "paths": ("a.py",)}, Scope("since", ("a.py",))),
        ({"since": "HEAD", "staged": True}, Scope("staged")),
    ],
)
def test_a_check_that_came_to_no_end_says_what_was_asked_and_why(
    project: Project, wanted: dict[str, Any], scope: Scope
) -> None:
    report = engine.unfinished(asked(**wanted), "the power went")
    assert (report.verdict, report.exit_code, report.reason) == (Verdict.BROKEN, 3, "the power went")
    assert (report.scope, report.files, report.lines, report.outcomes) == (scope, 0, 0, ())
    assert (report.policy.source, report.policy.preset) == ("gates.toml", "prototype")


def test_paths_narrow_what_is_judged(project: Project) -> None:
    report = checked(paths=("pkg/", "a.py"))
    assert (report.scope.kind, report.scope.paths, report.files) == ("paths", ("a.py", "pkg"), 2)
    report = checked(paths=("a.py",))
    assert (report.scope.paths, report.files, report.lines, report.exit_code) == (("a.py",), 1, 2, 0)


def test_paths_that_hold_nothing_are_a_mistake_unless_they_may(project: Project) -> None:
    project.write("notes.txt", "x")
    assert (
        mistake(lambda: checked(paths=("notes.txt",)))[0]
        == "`notes.txt` holds no Python file that this project inspects"
    )
    report = checked(paths=("notes.txt", "a.py"), passes_over=True)
    assert (report.files, report.exit_code) == (1, 0)


def test_a_project_without_a_file_is_no_pass(project: Project) -> None:
    for name in ("a.py", "pkg/wide.py"):
        (project.root / name).unlink()
    report = checked()
    assert (report.verdict, report.exit_code, report.outcomes) == (Verdict.BROKEN, 3, ())
    assert report.reason == "there is no Python file here that this project inspects"


def test_an_override_that_matches_no_file_is_a_mistake(project: Project) -> None:
    wrong = '[[overrides]]\npaths = ["src/**"]\nwhy = "w"\ncomplexity.arguments = 9\n'
    project.write("gates.toml", POLICY + wrong.replace("src", "pkg") + wrong)
    said = mistake(checked)
    assert said == ("gates.toml:9: this override matches no file", "Correct its `paths`, or remove it.")


def test_files_and_facts_are_told_without_a_check(project: Project) -> None:
    project.write("c.py", "from os import path\n")
    assert engine.inspected(asking.load()) == ("a.py", "c.py", "pkg/wide.py")
    facts = engine.facts(asking.load())
    assert [each.symbol for each in facts["pkg/wide.py"].functions] == ["add"]
    assert sorted(facts) == ["a.py", "c.py", "pkg/wide.py"]
    assert engine.examined(asked("files")).imported() >= {"os", "path"}
    project.write("gates.toml", f'source = ["src"]\n{POLICY}')
    assert mistake(lambda: engine.facts(asking.load()))[0] == "`source` entry `src` matches no Python file"
    assert engine.inspected(asking.load()) == ()


def test_a_folder_that_is_gone_is_a_mistake(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = project.root / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert mistake(asking.load) == ("the current directory no longer exists", "Change to one that does.")


@pytest.mark.parametrize(
    ("act", "name"),
    [
        (lambda root: (root / "a.py").write_text("x = 2\n"), "a.py"),
        (lambda root: (root / "pkg/new.py").write_text("x = 2\n"), "pkg/new.py"),
        (lambda root: (root / "a.py").unlink(), "a.py"),
        (lambda root: os.replace(root / "older.txt", root / "a.py"), "a.py"),
    ],
)
def test_files_that_change_under_the_check_are_no_verdict(
    project: Project, act: Callable[[Path], object], name: str
) -> None:
    os.utime(project.write("older.txt"), ns=(1, 1))

    def touching(project: Any, policy: object) -> Inspection:
        act(project.root)
        return Inspection(inspected=frozenset(project.files))

    request = asked("files")
    report = engine.check(msgspec.structs.replace(request, gates=(*request.gates, _double(touching))))
    assert (report.exit_code, report.reason) == (3, f"files changed while they were checked: {name}; check again")


def test_a_check_tells_how_far_it_is(project: Project) -> None:
    seen: list[Moment] = []
    checked(watch=seen.append)
    assert (2, 2) in {(each.files, each.total) for each in seen}
    assert ("complexity", "files") in {each.running for each in seen}


# Where things are kept


def test_only_a_whole_check_is_kept_as_one(project: Project) -> None:
    requests = (asked(), asked(paths=("a.py",)), asked("files"))
    last, full = "last-report.json", "last-full-report.json"
    assert [[each.name for each in request.kept_in] for request in requests] == [[last, full], [last], [last]]
    assert all(each.is_relative_to(project.cache / "checkouts") for each in asked().kept_in)


def test_where_nothing_can_be_kept_the_check_is_the_same(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    before = checked()
    monkeypatch.setattr(checkouts, "ready", lambda place, root: False)
    assert found(checked()) == found(before)


def test_the_flags_that_ask_again_are_those_that_asked(project: Project) -> None:
    project.commit()
    assert asked("files", since="HEAD", staged=True).flags == ("--since", "HEAD", "--staged")
    assert (asked(staged=True).flags, asked(since="HEAD").flags, asked().flags) == (
        ("--staged",),
        ("--since", "HEAD"),
        (),
    )


# Bases, commits and baselines


def test_a_change_is_held_against_its_base(project: Project) -> None:
    project.commit()
    head = project.git("rev-parse", "HEAD").strip()
    project.write("pkg/wide.py", WIDER)
    report = checked(since="HEAD")
    assert (report.scope.kind, report.scope.base, report.files) == ("since", head, 2)
    assert found(report) == ["pkg/wide.py complexity/arguments open worsened"]
    report = checked(staged=True)
    assert (report.scope.kind, report.scope.base) == ("staged", head)
    assert found(report) == ["pkg/wide.py complexity/arguments accepted inherited"]
    project.git("add", "-A")
    assert found(checked(staged=True)) == ["pkg/wide.py complexity/arguments open worsened"]
    report = checked("complexity", "duplication", "files", staged=True)
    assert found(report) == ["pkg/wide.py complexity/arguments open worsened"]
    assert [each.planned for each in report.outcomes] == [2, 2, 2]
    assert found(checked(staged=True, paths=("a.py",))) == []


def test_what_is_staged_can_be_held_against_an_older_base(project: Project) -> None:
    wide = project.root / "pkg" / "wide.py"
    wide.unlink()
    project.commit()
    project.write("pkg/wide.py", WIDE)
    project.commit()
    project.write("a.py", f"{CLEAN}\n")
    project.git("add", "-A")
    assert found(checked(staged=True)) == []
    assert found(checked(staged=True, since="HEAD~1")) == ["pkg/wide.py complexity/arguments open introduced"]


def test_who_trusts_no_policy_trusts_that_of_no_other_state(project: Project) -> None:
    project.write("gates.toml", f'trust = "repo"\n{POLICY}')
    loaded = asking.load()
    assert (loaded.trusts, loaded.policy_in(project.root).untrusted) == (True, False)
    wary = loaded.distrusted
    assert (wary.trusts, wary.config.untrusted, wary.policy_in(project.root).untrusted) == (False, True, True)
    assert engine.check(asking.Request(loaded=wary, gates=wary.chosen(("files",)))).policy.untrusted != ""


def test_a_part_of_a_check_says_what_it_is_a_part_of(project: Project) -> None:
    for loaded in (asking.load(), asking.load().distrusted):
        part = engine.part(asking.Request(loaded=loaded, gates=loaded.chosen(QUICK)), Shard(1, 2, {}))
        assert part.asked == Asked(("complexity", "files"), "", not loaded.trusts)
        assert [each.gate for each in part.looks] == ["complexity", "files"]


def test_what_a_gate_over_changes_finds_is_new(project: Project) -> None:
    project.commit()
    project.write("gates.toml", POLICY.replace("= 2", "= 3"))
    report = checked("complexity", "files", "policy", since="HEAD")
    assert found(report) == [
        "pkg/wide.py complexity/arguments accepted inherited",
        "gates.toml policy/changed open introduced",
    ]


def test_a_commit_is_judged_whatever_is_checked_out(project: Project) -> None:
    project.commit()
    project.write("pkg/wide.py", CLEAN)
    assert found(checked(commit="HEAD")) == ["pkg/wide.py complexity/arguments open unknown"]
    assert found(checked()) == []


def test_of_what_is_staged_the_policy_is_staged_too(project: Project) -> None:
    project.commit()
    project.write("gates.toml", POLICY.replace("= 2", "= 3"))
    assert found(checked()) == []
    assert found(checked(commit="HEAD")) == ["pkg/wide.py complexity/arguments open unknown"]


def test_a_base_whose_policy_cannot_be_read_fails_in_ci_alone(project: Project) -> None:
    project.write("gates.toml", "preset = 1\n")
    project.commit()
    project.write("gates.toml", POLICY)
    names = ("files", "policy")
    report = checked(*names, since="HEAD")
    assert ([each.rule for each in report.findings()], report.exit_code) == (["policy/unverified"], 0)
    assert checked(*names, since="HEAD", ci=True).exit_code == 1


def accepted(project: Project, **changed: object) -> None:
    """Accept the function that has too many arguments."""
    standing = engine.examined(asked("files", "complexity", record=True)).standing
    (entry,) = (baseline.entry(each.trace) for each in standing)
    project.write("gates-baseline.json", baseline.render([msgspec.structs.replace(entry, **changed)]))


def test_what_the_baseline_accepts_is_known_and_what_it_accepts_in_vain_is_told(project: Project) -> None:
    accepted(project)
    names = ("files", "complexity", "baseline")
    assert found(checked(*names)) == ["pkg/wide.py complexity/arguments accepted unknown"]
    project.write("pkg/wide.py", CLEAN)
    (stale,) = checked(*names).findings()
    assert (stale.rule, stale.severity.value) == ("baseline/stale", "note")
    (stale,) = checked(*names, locked=True).findings()
    assert stale.severity.value == "error"
    assert [each.gate for each in engine.check(asked(paths=("a.py",))).outcomes] == ["complexity", "files", "lint"]


def test_debt_that_the_change_accepts_counts_when_it_gives_a_reason(project: Project) -> None:
    project.write("pkg/wide.py", CLEAN)
    project.commit()
    project.write("pkg/wide.py", WIDE)
    accepted(project)
    names = ("files", "complexity", "baseline")
    report = checked(*names, since="HEAD")
    assert "pkg/wide.py complexity/arguments open introduced" in found(report)
    assert "baseline/added" in {each.rule for each in report.findings()}
    accepted(project, reason="agreed", date="2026-01-05")
    assert "pkg/wide.py complexity/arguments accepted introduced" in found(checked(*names, since="HEAD"))


def test_the_baseline_of_the_state_that_is_judged_holds(project: Project) -> None:
    project.commit()
    accepted(project)
    assert found(checked(commit="HEAD")) == ["pkg/wide.py complexity/arguments open unknown"]
    project.git("add", "-A")
    project.git("commit", "-q", "-m", "accept")
    (project.root / "gates-baseline.json").unlink()
    assert found(checked(commit="HEAD")) == ["pkg/wide.py complexity/arguments accepted unknown"]
    assert found(checked()) == ["pkg/wide.py complexity/arguments open unknown"]


def test_old_code_needs_something_to_be_held_against(project: Project) -> None:
    project.write("gates.toml", POLICY.replace("prototype", "legacy"))
    message, hint = mistake(checked)
    assert message.startswith("the preset `legacy` needs the file gates-baseline.json, or a base to compare with")
    assert hint == "Run: gates baseline create"
    assert checked(record=True).exit_code == 1
    project.commit()
    assert checked(since="HEAD").exit_code == 0
    accepted(project)
    assert checked().exit_code == 0


def test_flags_that_people_left_are_in_the_report(project: Project) -> None:
    identity = checked().findings()[0].id
    for each in (identity, "complexity-00000000"):
        flags.add(project.root, Flag(each, "wrong"))
    assert [each.id for each in checked().flags] == [identity]


def test_what_a_gate_finds_in_a_file_nobody_asked_for_does_not_count(project: Project) -> None:
    def wandering(project: Any, policy: object) -> Inspection:
        found = tuple(Finding(rule="size/limit", message="m", location=Location(path)) for path in project.whole)
        return Inspection(inspected=frozenset(project.whole), findings=found)

    request = asked("files", paths=("a.py",))
    report = engine.check(msgspec.structs.replace(request, gates=(*request.gates, _double(wandering))))
    assert [(each.location.path, each.status.value) for each in report.findings()] == [
        ("a.py", "open"),
        ("pkg/wide.py", "out_of_scope"),
    ]
