"""Reports that were written are read again: prompt, flag, convert, merge, explain."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("m.py", "import os\nimport sys\n")
    return made


def _open(project: Project) -> list[str]:
    report = project.report("lint")
    return [each["id"] for outcome in report["outcomes"] for each in outcome["findings"]]


def test_prompt_renders_the_last_report(project: Project) -> None:
    assert project.gates("prompt").code == 2
    _open(project)
    said = project.gates("prompt").out
    assert said.startswith("gates: failed. 2 open errors from 2 causes in 1 file.")
    assert len(project.gates("prompt", "--max-chars", "900").out) <= 900
    assert "import os" in said
    assert ">     1 | import os" not in project.gates("prompt", "--no-excerpts").out


def test_a_report_of_another_machine_becomes_a_prompt(project: Project, tmp_path: Path) -> None:
    project.gates("check", "--gate", "lint", "--output", f"json={tmp_path}/ci.json")
    (project.own / "last-report.json").unlink()
    assert "lint/F401" in project.gates("prompt", str(tmp_path / "ci.json")).out
    assert project.gates("prompt", "nothing.json").code == 2


def test_a_flag_is_recorded_shown_and_changes_no_verdict(project: Project) -> None:
    first, _ = _open(project)
    said = project.gates("flag", first, "--reason", "imported for its side effect")
    assert (said.code, said.out) == (
        0,
        f"flagged {first} for a person in .gates/flags/{first}.json; it stays open\n",
    )
    report = project.report("lint")
    assert report["exit_code"] == 1
    assert report["flags"] == [{"id": first, "reason": "imported for its side effect"}]
    assert "flagged for a person: imported for its side effect" in project.gates("prompt").out
    explained = project.gates("explain", first).out
    assert "\nflagged for a person: imported for its side effect\n" in explained
    assert "\nre-check: gates check --gate lint -- m.py\n" in explained


@pytest.mark.parametrize(("name", "reason"), [("../../etc/passwd", "x"), ("lint-00000000", "x")])
def test_only_an_open_finding_can_be_flagged(name: str, reason: str, project: Project) -> None:
    _open(project)
    assert project.gates("flag", name, "--reason", reason).code == 2
    assert not (project.root / ".gates").exists()


def test_a_flag_needs_a_reason(project: Project) -> None:
    first, _ = _open(project)
    assert project.gates("flag", first, "--reason", " ").code == 2
    assert project.gates("flag", first).code == 2


def test_convert_gives_what_the_check_gave(project: Project, tmp_path: Path) -> None:
    written = project.gates(
        "check", "--gate", "lint", "--output-format", "concise", "--output", f"json={tmp_path}/r.json"
    )
    assert project.gates("report", "convert", f"{tmp_path}/r.json", "--to", "concise").out == written.out
    assert project.gates("report", "convert", "--to", "concise").out == written.out


def test_merge_gives_the_same_bytes_whatever_the_order(project: Project, tmp_path: Path) -> None:
    project.write("n.py", "import re\n")
    names = []
    for number, path in enumerate(["m.py", "n.py"]):
        names.append(str(tmp_path / f"{number}.json"))
        project.gates("check", "--gate", "lint", "--output", f"json={names[-1]}", path)
    forward, backward = project.gates("report", "merge", *names), project.gates("report", "merge", *reversed(names))
    assert forward == backward
    assert forward.code == 1
    merged = json.loads(forward.out)
    assert (merged["summary"]["open"], merged["files"], merged["scope"]["paths"]) == (3, 2, ["m.py", "n.py"])
    assert project.gates("report", "merge", names[0], names[0]).out == project.gates("report", "merge", names[0]).out


def test_reports_of_other_rules_are_not_merged(project: Project, tmp_path: Path) -> None:
    project.gates("check", "--output", f"json={tmp_path}/a.json")
    project.write("gates.toml", "[size]\nfile-lines = 7\n")
    project.gates("check", "--output", f"json={tmp_path}/b.json")
    result = project.gates("report", "merge", f"{tmp_path}/a.json", f"{tmp_path}/b.json")
    assert (result.code, result.out) == (2, "")
    assert "not made with the same rules" in result.said


SARIF = """{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "ESLint"}}, "results": [{"ruleId": "no-eval",
"message": {"text": "eval is evil"}, "level": "error", "locations": [{"physicalLocation": {"artifactLocation":
{"uri": "web/a.js"}, "region": {"startLine": 3}}}]}]}]}"""


def test_the_results_of_another_tool_become_part_of_the_report_and_the_prompt(project: Project) -> None:
    _open(project)
    project.write("eslint.sarif", SARIF)
    imported = project.gates("report", "import", "--format", "sarif", "eslint.sarif")
    assert imported.code == 1
    assert {each["gate"]: each["verdict"] for each in json.loads(imported.out)["outcomes"]} == {
        "eslint": "failed",
        "lint": "failed",
    }
    said = project.gates("prompt").out
    assert re.search(r"^- eslint-[0-9a-f]+ eslint/no-eval web/a\.js:3: eval is evil$", said, re.MULTILINE)
    assert said.endswith("Re-check: gates check --gate lint -- m.py (and run again: eslint)\n")
    assert project.gates("report", "import", "--format", "rdjson", "eslint.sarif").code == 2
