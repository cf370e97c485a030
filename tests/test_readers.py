"""The default format suits the reader, by the documented table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gates import readers
from tests.generate_docs import with_formats
from tests.project import Project

PAGE = (Path(__file__).parent.parent / "docs" / "reports.md").read_text("utf-8")


def test_the_table_of_agents_is_the_code() -> None:
    assert dict(re.findall(r"^\| `([A-Z_]+)` \| (.*) \|$", PAGE, re.MULTILINE)) == dict(readers.AGENTS)


def test_the_table_of_formats_is_fresh() -> None:
    assert with_formats(PAGE) == PAGE


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "text"),
        ({"CLAUDECODE": "1"}, "prompt"),
        ({"CLAUDECODE": "0"}, "text"),
        ({"AI_AGENT": "codex", "GITHUB_ACTIONS": "true"}, "prompt"),
        ({"GITHUB_ACTIONS": "true"}, "github"),
        ({"GATES_AGENT": "1"}, "prompt"),
        ({"CLAUDECODE": "1", "GATES_AGENT": "0"}, "text"),
        ({"CLAUDECODE": "1", "GATES_AGENT": "0", "GITHUB_ACTIONS": "true"}, "github"),
    ],
)
def test_the_reader_decides(environ: dict[str, str], expected: str) -> None:
    assert readers.output_format(environ) == expected


def test_the_format_changes_by_itself_and_the_exit_code_does_not(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py", "import os\n")
    person = project.gates("check", "--gate", "lint")
    agent = project.gates("check", "--gate", "lint", env={"CURSOR_AGENT": "1"})
    assert person.out.startswith("m.py:1:8  error  lint/F401")
    assert agent.out.startswith("gates: failed. 1 open error from 1 cause in 1 file.")
    assert person.code == agent.code == 1


def test_many_formats_in_one_run(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py", "import os\n")
    files = {name: tmp_path / f"out.{name}" for name in ("json", "concise", "prompt")}
    outputs = [word for name, file in files.items() for word in ("--output", f"{name}={file}")]
    result = project.gates("check", "--gate", "lint", *outputs)
    assert result.code == 1
    assert all(file.read_text("utf-8") for file in files.values())
    assert "lint/F401" in files["concise"].read_text("utf-8")


@pytest.mark.parametrize("output", ["pdf=x", "json", "json=", "json=no/such/folder/x.json"])
def test_a_wrong_output_ends_the_run_before_it_begins(output: str, tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py", "import os\n")
    result = project.gates("check", "--output", output)
    assert (result.code, result.out) == (2, "")
    assert result.said.startswith("error: ")
    assert not list(project.cache.rglob("last-report.json"))
