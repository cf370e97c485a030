"""Old code: what is there is accepted, what is touched has to come down."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import Project

OLD = '"""Old."""\n\n\ndef pick(number: int) -> int:\n    """Pick."""\n' + "".join(
    f"    if number == {each}:\n        return {each * 7}\n" for each in range(12)
)
LEGACY = '[tool.gates]\npreset = "legacy"\n[tool.gates.typing]\nenabled = false\nwhy = "It takes a second."\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return an empty project."""
    return Project(tmp_path)


def prepared(project: Project) -> None:
    """Make old code whose baseline is committed."""
    project.write("pyproject.toml", LEGACY)
    project.write("old.py", OLD + "    return 0\n")
    project.commit()
    assert project.gates("baseline", "create").code == 0
    project.commit()


def test_without_a_baseline_or_a_base_nothing_is_judged(project: Project) -> None:
    project.write("pyproject.toml", LEGACY)
    project.write("old.py")
    result = project.gates("check")
    assert result.code == 2
    assert "gates baseline create" in result.err


def test_old_code_that_nobody_touches_is_accepted(project: Project) -> None:
    prepared(project)
    project.write("new.py", '"""New."""\n\nANSWER = 42\n')
    for arguments in ((), ("--since", "HEAD"), ("--staged",)):
        assert project.gates("check", *arguments).code == 0


def test_a_touched_function_has_to_come_down(project: Project) -> None:
    prepared(project)
    project.write("old.py", OLD + "    return 1\n")
    for arguments in ((), ("--since", "HEAD")):
        result = project.gates("check", "--output-format", "concise", *arguments)
        assert result.code == 1
        assert "has cyclomatic complexity 13, limit 10" in result.out


def test_a_touched_function_that_came_down_by_one_is_accepted(project: Project) -> None:
    prepared(project)
    project.write("old.py", OLD.replace("    if number == 11:\n        return 77\n", "") + "    return 1\n")
    for arguments in ((), ("--since", "HEAD")):
        assert project.gates("check", *arguments).code == 0


def test_a_function_that_is_formatted_anew_is_not_touched(project: Project) -> None:
    prepared(project)
    spread = OLD.replace("return 77", "return (\n            77  # why\n        )").replace(
        "def pick(number: int)", "def pick(\n    number: int,\n)"
    )
    project.write("old.py", spread + "    return 0\n")
    for arguments in ((), ("--since", "HEAD")):
        assert project.gates("check", *arguments).code == 0
