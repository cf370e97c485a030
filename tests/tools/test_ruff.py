"""ruff: what its output means, and the ways in which it would lead us to a wrong verdict."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gates.model import Finding, Location
from gates.process import ToolError
from gates.tools import ruff
from tests.project import CLEAN, Project, outcome, rules, unprivileged

RECORDED = Path(__file__).parent / "recorded" / "ruff-0.17.5"
PATHS = {f"/project/{name}": name for name in ("lint.py", "syntax.py", "latin.py", "newer.py")}
RULES = "https://docs.astral.sh/ruff/rules"


def recorded(name: str) -> bytes:
    return (RECORDED / name).read_bytes()


def test_recorded_findings() -> None:
    assert ruff.parse(recorded("findings.jsonl"), PATHS) == (
        Finding(
            rule="lint/E902",
            message="stream did not contain valid UTF-8",
            location=Location("latin.py", 1, 1, 1, 1),
            url=f"{RULES}/io-error",
            tool_code="E902",
        ),
        Finding(
            rule="lint/F401",
            message="`os` imported but unused",
            location=Location("lint.py", 1, 8, 1, 10),
            help="Remove unused import: `os`.",
            url=f"{RULES}/unused-import",
            tool_code="F401",
        ),
        Finding(
            rule="lint/B006",
            message="Do not use mutable data structures for argument defaults",
            location=Location("lint.py", 4, 15, 4, 17),
            help="Replace with `None`; initialize within function.",
            url=f"{RULES}/mutable-argument-default",
            tool_code="B006",
        ),
        Finding(
            rule="lint/invalid-syntax",
            message="Expected a parameter or the end of the parameter list",
            location=Location("syntax.py", 1, 7, 1, 8),
            tool_code="invalid-syntax",
        ),
        Finding(
            rule="lint/invalid-syntax",
            message="unexpected EOF while parsing",
            location=Location("syntax.py", 2, 1, 2, 1),
            tool_code="invalid-syntax",
        ),
    )


def test_recorded_syntax_of_a_later_python() -> None:
    (finding,) = ruff.parse(recorded("newer.jsonl"), PATHS)
    assert finding.message == "Cannot use `type` alias statement on Python 3.11 (syntax was added in Python 3.12)"


def test_of_unused_suppressions_only_those_of_rules_that_ran_are_told() -> None:
    found = ruff.parse(recorded("noqa.jsonl"), {"/project/noqa.py": "noqa.py"})
    told = [(each.location.line, each.message) for each in ruff.judged(found) if each.tool_code == "RUF100"]
    assert len([each for each in found if each.tool_code == "RUF100"]) == 6
    assert told == [
        (3, "Unused `noqa` directive (unused: `F401`)"),
        (4, "Unused `noqa` directive (unused: `F401`)"),
        (7, "Unused suppression (unused: `F401`)"),
    ]
    assert [each for each in ruff.judged(found) if each.tool_code != "RUF100"] == [
        each for each in found if each.tool_code != "RUF100"
    ]


def test_no_output_is_no_finding() -> None:
    assert ruff.parse(b"", PATHS) == ()


@pytest.mark.parametrize(
    "output",
    [
        b"warning: something\n",
        b"[]\n",
        b"{}\n",
        b"\xff\xfe\n",
        b"null\n",
        recorded("newer.jsonl")[:-20],
        recorded("newer.jsonl") + b"All checks passed!\n",
        recorded("newer.jsonl").replace(b'"row":1', b'"row":"1"'),
        recorded("newer.jsonl").replace(b'"row":1', b'"row":1e999'),
        recorded("newer.jsonl").replace(b'"row":1', b'"row":NaN'),
        recorded("newer.jsonl").replace(b'"message"', b'"text"'),
    ],
)
def test_what_is_no_diagnostic_is_no_result(output: bytes) -> None:
    with pytest.raises(ToolError, match="ruff printed something that is no diagnostic"):
        ruff.parse(output, PATHS)


@pytest.mark.parametrize("name", ["/project/other.py", "/etc/passwd", "newer.py", "../newer.py", "/project/./newer.py"])
def test_a_file_that_was_not_asked_about_is_no_result(name: str) -> None:
    output = recorded("newer.jsonl").replace(b"/project/newer.py", name.encode())
    with pytest.raises(ToolError, match="ruff spoke of a file that it was not asked about"):
        ruff.parse(output, PATHS)


def test_places_outside_of_a_file_become_places_in_it(tmp_path: Path) -> None:
    output = recorded("newer.jsonl").replace(b'"row":1', b'"row":0').replace(b'"column":1', b'"column":-3')
    (finding,) = ruff.parse(output, PATHS)
    assert (finding.location.line, finding.location.column) == (1, 1)


def test_a_file_that_ruff_cannot_decode_is_never_green_whatever_is_selected(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("pyproject.toml", '[tool.gates.lint]\nselect = ["F"]\n')
    project.write("m.py", b"# coding: latin-1\nx = '\xe9'\n")
    assert rules(project.report("lint", "files")) == [("files/encoding", "m.py", 1)]
    assert project.check("lint").code == 3


@pytest.mark.parametrize("ignored", ["E", "E9", "E902", "ALL"])
def test_ignoring_rules_does_not_turn_an_undecodable_file_green(tmp_path: Path, ignored: str) -> None:
    project = Project(tmp_path)
    project.write("pyproject.toml", f'[tool.gates.lint]\nselect = ["F"]\nignore = ["{ignored}"]\n')
    project.write("m.py", b"# coding: latin-1\nx = '\xe9'\n")
    assert project.check("lint").code != 0


def test_an_unreadable_file_is_never_green(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("ok.py")
    project.write("m.py").chmod(0)
    assert project.check("lint", under=unprivileged()).code == 3


def test_an_edit_that_keeps_size_and_modification_time_is_seen(tmp_path: Path) -> None:
    project = Project(tmp_path)
    path = project.write("m.py", "x = 12345\n")
    before = path.stat()
    assert project.check("lint").code == 0
    path.write_text("import os\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert rules(project.report("lint")) == [("lint/F401", "m.py", 1)]


def test_no_cache_of_ruff_appears_anywhere(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py")
    project.check("lint")
    assert not list(tmp_path.rglob(".ruff_cache"))


@pytest.mark.parametrize("name", ["ruff.toml", ".ruff.toml", "pkg/ruff.toml"])
@pytest.mark.parametrize(
    "content", ["this is not TOML", 'exclude = ["*"]\n', "[lint]\nselect = []\n", "exit-zero = true\n"]
)
def test_the_projects_own_configuration_changes_nothing_unless_asked_for(
    tmp_path: Path, name: str, content: str
) -> None:
    project = Project(tmp_path)
    project.write("pkg/m.py", "import os\n")
    project.write(name, content)
    assert rules(project.report("lint")) == [("lint/F401", "pkg/m.py", 1)]


@pytest.mark.parametrize("content", ["this is not TOML", "lnit = 1\n", '[lint]\nselect = ["NOPE999"]\n'])
def test_an_inherited_configuration_that_ruff_does_not_understand_is_no_verdict(tmp_path: Path, content: str) -> None:
    project = Project(tmp_path)
    project.write("m.py", "import os\n")
    project.write("ruff.toml", content)
    project.write("pyproject.toml", "[tool.gates.lint]\ninherit = true\n")
    result = project.check("lint")
    assert result.code in (2, 3)
    assert "ruff.toml" in result.said


@pytest.mark.parametrize(
    "content", ['exclude = ["m.py"]\nforce-exclude = true\n', 'extend-exclude = ["*"]\nforce-exclude = true\n']
)
def test_an_inherited_configuration_cannot_leave_files_out(tmp_path: Path, content: str) -> None:
    project = Project(tmp_path)
    project.write("m.py", "import os\n")
    project.write("ruff.toml", content + '[lint]\nselect = ["F"]\n')
    project.write("pyproject.toml", "[tool.gates.lint]\ninherit = true\n")
    assert rules(project.report("lint")) == [("lint/F401", "m.py", 1)]


def test_a_rule_that_ruff_does_not_know_is_no_verdict(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py")
    project.write("pyproject.toml", '[tool.gates.lint]\nselect = ["NOPE999"]\n')
    assert project.check("lint").code in (2, 3)


def test_every_file_that_is_called_inspected_was_opened_by_ruff(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for name in ("a.py", "b.pyi", "c/d.py", "c d/e f.py"):
        project.write(name, CLEAN)
    project.write("bad.py", "def f(:\n")
    found = outcome(project.report("lint", "files"), "lint")
    assert (found["planned"], found["inspected"]) == (5, {"files": 4})
    assert [each["path"] for each in found["unread"]] == ["bad.py"]
