"""Names of files that look like something else: options, commands, other lines, other encodings."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from tests.project import CLEAN, Project, outcome

UNUSED = "import os\n"
NAMES = (
    "two words.py",
    "it's.py",
    'say "hi".py',
    "back\\slash.py",
    "$(touch canary).py",
    "a;touch canary;.py",
    "new\nline.py",
    "a\n::error::b.py",
    "-rf.py",
    "--exit-zero.py",
    "--config=x.py",
    "@file.py",
    "tab\there.py",
    "escape\x1b[2J.py",
    "bidi\u202e.py",
    "überall.py",
    "100%.py",
    "{braces}.py",
    "*.py",
    "[x].py",
    "#comment.py",
    "!not.py",
)
FOLDERS = ("--exit-zero", "-x", "with space", "new\nline", "a:b", "a,b")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tracked", [False, True])
def test_a_name_never_hides_a_finding(tmp_path: Path, name: str, tracked: bool) -> None:
    project = Project(tmp_path)
    project.write("ok.py")
    project.write(name, UNUSED)
    if tracked:
        project.commit()
    result = project.check("files", "lint", "complexity", "duplication")
    assert result.code == 1
    assert result.said.count(": error lint/F401 `os` imported but unused\n") == 1
    assert result.said.endswith("failed: 1 open finding, 3 of 4 gates passed, 2 files\n")
    assert result.said.count("\n") == 2
    assert not list(tmp_path.rglob("canary*"))


@pytest.mark.parametrize("name", [each for each in NAMES if each not in ("a\n::error::b.py",)])
def test_types_are_checked_whatever_the_name(tmp_path: Path, name: str) -> None:
    project = Project(tmp_path)
    project.write("ok.py")
    project.write(name, 'number: int = "one"\n')
    result = project.check("typing")
    assert result.code == 1, result
    assert result.said.count(" error typing/assignment ") == 1


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_never_hides_a_finding(tmp_path: Path, folder: str) -> None:
    project = Project(tmp_path)
    project.write(f"{folder}/m.py", UNUSED + 'number: int = "one"\n')
    result = project.check("files", "lint", "typing", "duplication")
    assert result.code == 1, result
    assert " error lint/F401 " in result.said
    assert " error typing/assignment " in result.said


def test_a_name_that_is_not_utf_8_is_shown_escaped_and_kept_exact(tmp_path: Path) -> None:
    project = Project(tmp_path)
    raw = b"caf\xe9.py"
    (project.root / os.fsdecode(raw)).write_text(UNUSED)
    report = project.report("files", "lint", "complexity", "size", "duplication")
    (finding,) = outcome(report, "lint")["findings"]
    assert finding["location"]["path"] == "caf\\xe9.py"
    assert base64.b64decode(finding["location"]["path_b64"]) == raw
    assert report["exit_code"] == 1


def test_mypy_crashes_on_a_name_that_is_not_utf_8_and_we_say_which(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("ok.py")
    (project.root / os.fsdecode(b"caf\xe9.py")).write_text(CLEAN)
    result = project.check("typing")
    assert result.code == 3
    assert result.said.startswith("typing: broken: ")
    assert "caf\\xe9.py" in result.said
    assert "internal error" not in result.said


def test_clones_in_names_that_are_not_utf_8_are_not_mixed_up(tmp_path: Path) -> None:
    project = Project(tmp_path)
    body = "".join(f"value_{i} = [{i}, {i} + 1, {i} + 2]\n" for i in range(20))
    for raw in (b"a\xe8.py", b"a\xe9.py"):
        (project.root / os.fsdecode(raw)).write_text(body)
    report = project.report("duplication")
    assert report["exit_code"] in (1, 3)
    clones = [each for each in outcome(report, "duplication")["findings"] if each["rule"] == "duplication/clone"]
    assert all(each["location"]["path"] != each["related"][0]["path"] for each in clones)


def test_two_names_that_differ_only_in_bytes_that_are_not_utf_8_are_told_apart(tmp_path: Path) -> None:
    project = Project(tmp_path)
    (project.root / os.fsdecode(b"a\xe9.py")).write_text(UNUSED)
    (project.root / os.fsdecode(b"a\xe8.py")).write_text(CLEAN)
    report = project.report("lint")
    assert report["exit_code"] in (1, 3)
    places = [each["location"]["path"] for each in outcome(report, "lint")["findings"]]
    assert places in (["a\\xe9.py"], [])


def test_a_very_long_name(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("n" * 252 + ".py", UNUSED)
    project.write("/".join(["f" * 200] * 10) + "/m.py", UNUSED)
    result = project.check("files", "lint", "duplication")
    assert result.code == 1
    assert result.said.count(" error lint/F401 ") == 2


def test_paths_that_look_like_options_can_be_asked_for(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("--exit-zero", "")
    project.write("-x.py", UNUSED)
    project.write("ok.py")
    result = project.gates("check", "--output-format", "concise", "--gate", "lint", "--", "-x.py")
    assert result.code == 1
    assert result.said.startswith("-x.py:1:8: error lint/F401 ")
    refused = project.gates("check", "-x.py")
    assert refused.code == 2
    assert "No such option" in refused.said


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("nowhere.py", "error: there is no file or directory `nowhere.py`\n"),
        ("..", "error: `..` lies outside the project\n"),
        ("/etc/passwd", "error: `/etc/passwd` lies outside the project\n"),
        ("notes.txt", "error: `notes.txt` holds no Python file that this project inspects\n"),
        ("no\x1bwhere.py", "error: there is no file or directory `no\\x1bwhere.py`\n"),
    ],
)
def test_a_path_that_cannot_be_checked_is_a_usage_error(tmp_path: Path, asked: str, message: str) -> None:
    project = Project(tmp_path)
    project.write("pyproject.toml", "[tool.gates]\n")
    project.write("ok.py")
    project.write("notes.txt", "")
    result = project.gates("check", asked)
    assert result.code == 2
    assert result.said.startswith(message)


def test_modules_named_like_the_standard_library_or_like_our_dependencies(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for name in ("json.py", "types.py", "typing.py", "click.py", "msgspec.py", "rich/__init__.py", "gates/__init__.py"):
        project.write(name, UNUSED)
    result = project.check("files", "lint", "complexity", "size", "duplication")
    assert result.code == 1
    assert result.said.count(" error lint/F401 ") == 7


def test_a_module_named_like_a_package_that_is_installed_is_typed_as_the_projects_own(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("click.py", "def own(number: int) -> int:\n    return number\n")
    project.write("a.py", 'import click\n\nprint(click.own("one"))\n')
    result = project.check("typing")
    assert result.code == 1
    assert "a.py:3:17: error typing/arg-type " in result.said


def test_a_name_that_is_not_utf_8_is_compared_with_a_base_and_accepted(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("gates.toml", 'preset = "prototype"\n[size]\nenabled = true\nfunction-lines = 1\n')
    path = project.root / os.fsdecode(b"caf\xe9.py")
    path.write_text("import os\n\n\ndef f():\n    return 1\n")
    project.commit()
    with path.open("a") as stream:
        stream.write("import re\n")
    since = project.gates("check", "--since", "HEAD", "--output-format", "concise")
    assert [line.split(" ")[2] for line in since.said.splitlines()[:-1]] == ["lint/F401"], since
    assert project.gates("baseline", "create").said == "gates-baseline.json: 3 findings accepted. Commit it.\n"
    assert project.check().code == 0
    assert project.gates("baseline", "update").said.startswith("gates-baseline.json: 0 findings resolved, 0 tightened")
