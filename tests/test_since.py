"""A change is told what it brought, what it made worse and by how much, what is known, and what it resolved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.project import Project

POLICY = """preset = "internal"
[complexity]
cyclomatic = 10
cognitive = 100
[size]
function-lines = 60
"""


def branches(name: str, number: int, comment: str = "", test: str = "a ==") -> str:
    """Return a function of so many paths plus one."""
    body = "".join(f"    if {test} {each}:\n        return {each}\n" for each in range(number))
    return f"def {name}(a: int) -> int:{comment}\n{body}    return -1\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("gates.toml", POLICY)
    made.write("m.py", branches("settle", 13) + "\n\n" + branches("ship", 14) + "\n\n" + branches("pack", 15))
    made.commit()
    return made


def check(project: Project, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        project.gates("check", "--gate", "complexity", "--output-format", "json", *options).out
    )
    return found


def cyclomatic(report: dict[str, Any]) -> dict[str, tuple[str, str, float, float | None]]:
    """Return status, origin, value and earlier value of each function that has too many paths."""
    (outcome,) = report["outcomes"]
    return {
        each["location"]["symbol"].partition(":")[2]: (
            each["status"],
            each["origin"],
            each["measure"]["value"],
            each["before"],
        )
        for each in outcome["findings"]
        if each["rule"] == "complexity/cyclomatic"
    }


def change(project: Project) -> None:
    """Make one function worse and one better, resolve a third, and add one."""
    project.write(
        "m.py", branches("settle", 16) + "\n\n" + branches("ship", 12) + "\n\n" + branches("give", 11, test="a * a <")
    )


def test_the_base_is_named_values_have_a_history_and_what_is_gone_is_counted(project: Project) -> None:
    change(project)
    report = check(project, "--since", "HEAD")
    assert report["scope"]["kind"] == "since"
    assert report["scope"]["base"] == project.git("rev-parse", "HEAD").strip()
    assert cyclomatic(report) == {
        "settle": ("open", "worsened", 17, 14),
        "ship": ("accepted", "inherited", 13, 15),
        "give": ("open", "introduced", 12, None),
    }
    assert report["summary"]["resolved"] == report["outcomes"][0]["resolved"] == 1


def test_the_reader_is_told(project: Project) -> None:
    change(project)
    said = project.gates("check", "--gate", "complexity", "--since", "HEAD", "--output-format", "text").out
    base = project.git("rev-parse", "--short=7", "HEAD").strip()
    assert "`settle` has cyclomatic complexity 17, limit 10, was 14\n" in said
    assert "✗ complexity  failed   1 new, 1 worsened, 1 known, 1 resolved" in said
    assert f"\ncompared with {base}\n1 known: in the base\nresolved 1 finding since {base}\nnext: " in said
    said = project.gates("prompt").out
    assert ", was 14 [worsened]\n" in said
    assert "`ship`" not in said


def test_a_finding_is_explained_with_its_history(project: Project) -> None:
    change(project)
    check(project, "--since", "HEAD")
    base = project.git("rev-parse", "--short=12", "HEAD").strip()
    assert (
        f"\norigin: worsened since {base}\nvalue: 17 paths now, 14 in the base, limit 10\nre-check: "
    ) in project.gates("explain", _id(project, origin="worsened")).out
    assert (
        f"\norigin: inherited from {base}\nvalue: 13 paths now, 15 in the base, limit 10\n"
        "accepted because: the base has it too\nre-check: "
    ) in project.gates("explain", _id(project, origin="inherited")).out


def _id(project: Project, **marks: str) -> str:
    return str(next(each["id"] for each in _findings(project) if all(each[key] == marks[key] for key in marks)))


def _findings(project: Project) -> list[dict[str, Any]]:
    report = json.loads((project.own / "last-report.json").read_bytes())
    return [each for outcome in report["outcomes"] for each in outcome["findings"]]


def test_a_change_that_improves_is_told_so(project: Project) -> None:
    project.write("m.py", branches("settle", 12) + "\n\n" + branches("ship", 3))
    result = project.gates("check", "--gate", "complexity", "--since", "HEAD", "--output-format", "text")
    assert (result.code, result.out.endswith("\nthis change resolves 2 findings and adds none\n")) == (0, True)


def test_what_is_silenced_is_not_resolved(project: Project) -> None:
    silenced = "  # gates: allow[complexity/cyclomatic] a table would be longer"
    project.write(
        "m.py", branches("settle", 13) + "\n\n" + branches("ship", 14) + "\n\n" + branches("pack", 15, silenced)
    )
    report = check(project, "--since", "HEAD")
    assert (report["summary"]["suppressed"], report["summary"]["resolved"]) == (1, 0)


def test_what_is_staged_is_called_staged(project: Project) -> None:
    change(project)
    project.git("add", "-A")
    report = check(project, "--staged")
    assert (report["scope"]["kind"], report["summary"]["resolved"]) == ("staged", 1)
    said = project.gates("report", "convert", "--to", "text").out
    assert "\nstaged, compared with " in said


def test_what_is_worse_than_the_baseline_is_open_and_says_what_it_was(project: Project) -> None:
    assert project.gates("baseline", "create").code == 0
    project.write("m.py", branches("settle", 16) + "\n\n" + branches("ship", 14) + "\n\n" + branches("pack", 15))
    report = check(project)
    assert cyclomatic(report)["settle"] == ("open", "unknown", 17, 14)
    assert cyclomatic(report)["pack"] == ("accepted", "unknown", 16, 16)
    said = project.gates("check", "--gate", "complexity", "--output-format", "text").out
    assert "17, limit 10, was 14\n  it is worse than the baseline accepts\n" in said
    assert "complexity  failed   1 error, 2 known  " in said
    assert "\n2 known: in the baseline\n" in said
    explained = project.gates("explain", _id(project, status="open")).out
    assert (
        "\nvalue: 17 paths now, 14 in the baseline, limit 10\nopen because: it is worse than the baseline" in explained
    )


def test_debt_taken_on_with_a_reason_is_told(project: Project) -> None:
    assert project.gates("baseline", "create").code == 0
    project.write("n.py", branches("carry", 13))
    assert project.gates("baseline", "update", "--accept-new", "--reason", "it goes in May").code == 0
    said = project.gates("check", "--gate", "complexity", "--output-format", "text").out
    assert "\n4 known: in the baseline\n    1 in the baseline because: it goes in May\n" in said


def test_lines_have_no_history_as_they_are_not_what_is_compared(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("gates.toml", POLICY)
    lines = "".join(f"    a = a + {each}\n" for each in range(62))
    project.write("m.py", f"def f(a: int) -> int:\n{lines}    return a\n")
    project.commit()
    project.write("m.py", f"def f(a: int) -> int:\n{lines}    a = a * 2\n    return a\n")
    result = project.gates("check", "--gate", "size", "--since", "HEAD", "--output-format", "json")
    (finding,) = json.loads(result.out)["outcomes"][0]["findings"]
    assert (finding["origin"], finding["measure"]["unit"], finding["before"]) == ("worsened", "lines", None)


def test_reports_of_different_bases_are_not_merged(project: Project, tmp_path: Path) -> None:
    one, two = tmp_path / "1.json", tmp_path / "2.json"
    one.write_text(json.dumps(check(project, "--since", "HEAD")))
    two.write_text(json.dumps(check(project)))
    result = project.gates("report", "merge", str(one), str(two))
    assert (result.code, result.out) == (2, "")
    assert "do not compare with the same base" in result.said
