"""What a forge reads names files as its repository does, also when the project is a folder in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gates import registry, views
from gates.model import Report, View
from gates.reporters.github import render
from tests.project import Project
from tests.reporters.runner import Runner
from tests.reporters.sample import REPORT

FORGES = ("github", "gitlab", "rdjson", "sarif")


def _files(name: str, text: str) -> set[str]:
    """Return every path in a report of a format that a forge reads."""
    if name == "github":
        return {each.properties["file"] for each in Runner().read(text).annotations if "file" in each.properties}
    document = json.loads(text)
    if name == "sarif":
        places = [place for result in document["runs"][0]["results"] for place in _places(result)]
        return {each["physicalLocation"]["artifactLocation"]["uri"] for each in places}
    entries = document if name == "gitlab" else document["diagnostics"]
    return {each["location"]["path"] for each in entries}


def _places(
    result: dict[str, list[dict[str, dict[str, dict[str, str]]]]],
) -> list[dict[str, dict[str, dict[str, str]]]]:
    return [*result["locations"], *result.get("relatedLocations", [])]


@pytest.mark.parametrize("name", FORGES)
@pytest.mark.parametrize("report", [REPORT], ids=["sample"])
def test_every_path_begins_at_the_repository(name: str, report: Report) -> None:
    plain = _files(name, registry.reporter(name)(report, View()))
    assert plain
    assert _files(name, registry.reporter(name)(report, View(prefix="api/"))) == {f"api/{each}" for each in plain}


def test_an_equals_sign_survives_at_the_beginning_of_the_whole_path_only() -> None:
    files = _files("github", render(REPORT, View(prefix="=x/")))
    assert files
    assert all(each.startswith("./=x/") for each in files)


@pytest.mark.parametrize("options", [(), ("--staged",), ("--since", "HEAD")])
def test_the_prefix_is_where_the_project_lies(tmp_path: Path, options: tuple[str, ...]) -> None:
    project = Project(tmp_path)
    project.write("api/pyproject.toml", "[tool.gates]\n")
    project.write("api/pkg/m.py")
    project.commit()
    project.write("api/pkg/m.py", "import os\n")
    project.git("add", "-A")
    project.write("api/pkg/m.py", "import os\n\n")
    project.root = project.root / "api" / "pkg"
    for name in FORGES:
        written = project.gates("check", "--gate", "lint", "--output-format", name, *options)
        assert _files(name, written.out) == {"api/pkg/m.py"}, written
        read_again = project.gates("report", "convert", "--to", name)
        assert _files(name, read_again.out) == {"api/pkg/m.py"}


def test_there_is_none_at_the_root_and_outside_of_a_repository(tmp_path: Path) -> None:
    assert views.view(tmp_path).prefix == ""
    (tmp_path / ".git").mkdir()
    assert views.view(tmp_path).prefix == ""
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert views.view(tmp_path / "a" / "b").prefix == "a/b/"
