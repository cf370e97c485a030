"""import-linter: one exit code for everything, a cache that answers wrongly, packages found in the wrong place."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from gates.tools.import_linter import Answer, Break, Edge
from tests.project import Project, outcome, rules

RECORDED = (Path(__file__).parent / "recorded" / "import-linter-2.16" / "answer.json").read_bytes()
SETTINGS = """
[tool.gates.layers]
packages = ["{package}"]
external = {external}
[[tool.gates.layers.contracts]]
id = "floors"
why = "imports point down"
type = "layers"
layers = ["{package}.high", "{package}.{low}"]
"""


def layered(tmp_path: Path, package: str = "pkg", folder: str = "") -> Project:
    project = Project(tmp_path)
    settings(project, package)
    project.write(f"{folder}{package}/__init__.py", "")
    project.write(f"{folder}{package}/high.py", f"from {package} import low\n\nprint(low)\n")
    project.write(f"{folder}{package}/low.py", "number = 1\n")
    return project


def settings(project: Project, package: str = "pkg", *, low: str = "low", external: str = "false") -> None:
    project.write("pyproject.toml", SETTINGS.format(package=package, low=low, external=external))


def test_a_recorded_answer() -> None:
    edge = Edge("pkg.low", "pkg.high", (1,))
    expected = Answer(
        breaks=(Break("floors", edge, (edge,)),),
        invalid=(("gone", "Module 'pkg.nowhere' does not exist."),),
        modules=("pkg", "pkg.high", "pkg.low"),
    )
    assert msgspec.json.decode(RECORDED, type=Answer) == expected


@pytest.mark.parametrize("answer", ["", "garbage", '{"breaks": 1}', RECORDED.decode()[:-40]])
def test_an_answer_that_cannot_be_read_is_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str
) -> None:
    from tests.test_bad_input import in_process

    project = layered(tmp_path)
    script = project.base / "python"
    (project.base / "answer").write_text(answer)
    script.write_text(f"#!/bin/sh\ncat {project.base}/answer\n")
    script.chmod(0o755)
    monkeypatch.setattr("gates.project.program", lambda found: [str(script)])
    result = in_process(project, monkeypatch, capsys, "layers")
    assert result.code == 3
    assert result.said.startswith("layers: broken: import-linter's answer cannot be read: ")


def test_all_kept_passes(tmp_path: Path) -> None:
    result = layered(tmp_path).check("layers")
    assert (result.code, result.said) == (0, "passed: 0 open findings, 1 of 1 gate passed, 3 files\n")


def test_a_broken_contract_is_a_finding_at_the_import(tmp_path: Path) -> None:
    project = layered(tmp_path)
    project.write("pkg/low.py", "x = 1\n\n\ndef f():\n    import pkg.high\n    return pkg.high\n")
    result = project.check("layers")
    assert result.code == 1
    assert result.said.startswith("pkg/low.py:5:5: error layers/floors `pkg.low` imports `pkg.high`, ")
    assert result.said.endswith("\nfailed: 1 open finding, 0 of 1 gate passed, 3 files\n")


def test_a_module_that_a_contract_names_and_nobody_has_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    project = layered(tmp_path)
    settings(project, low="lower")
    result = project.check("layers")
    assert (result.code, result.out) == (2, "")
    assert result.said.startswith("error: contract `floors` cannot be checked: ")
    assert "pkg.lower" in result.said


def test_a_syntax_error_blocks_the_gate(tmp_path: Path) -> None:
    project = layered(tmp_path)
    project.write("pkg/low.py", "def f(:\n")
    result = project.check("layers", "files")
    assert result.code == 1
    assert "pkg/low.py:1:7: error files/syntax " in result.said
    assert "layers: skipped: blocked by files/syntax in pkg/low.py" in result.said
    alone = project.check("layers")
    assert alone.code == 3
    assert "blocked by files/syntax in pkg/low.py" in alone.said


def test_a_syntax_error_elsewhere_does_not(tmp_path: Path) -> None:
    project = layered(tmp_path)
    project.write("script.py", "def f(:\n")
    assert project.check("layers").code == 0


def test_a_package_that_nobody_has_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    project = layered(tmp_path)
    settings(project, "pgk")
    result = project.check("layers")
    assert result.code == 2
    assert result.said.startswith("error: `layers.packages` names `pgk`, of which the project has none\n")


@pytest.mark.parametrize("package", ["rich", "click", "grimp", "importlinter", "gates", "json", "msgspec"])
@pytest.mark.parametrize("folder", ["", "src/", "deep/er/"])
def test_a_package_named_like_an_installed_one_is_the_projects(tmp_path: Path, package: str, folder: str) -> None:
    project = layered(tmp_path, package, folder)
    assert project.check("layers").code == 0
    project.write(f"{folder}{package}/low.py", f"import {package}.high\n")
    assert rules(project.report("layers")) == [("layers/floors", f"{folder}{package}/low.py", 1)]


def _keep_times(path: Path, content: str) -> None:
    before = path.stat()
    path.write_text(content.ljust(before.st_size - 1) + "\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


@pytest.mark.parametrize("between", ["false", "true"])
def test_an_edit_that_keeps_size_and_modification_time_is_seen_with_and_without_external_packages(
    tmp_path: Path, between: str
) -> None:
    project = layered(tmp_path)
    path = project.write("pkg/low.py", "number = 1" + " " * 40 + "\n")
    assert project.check("layers").code == 0
    _keep_times(path, "import pkg.high")
    settings(project, external=between)
    assert project.check("layers").code == 1
    settings(project)
    assert project.check("layers").code == 1
    _keep_times(path, "number = 1")
    assert project.check("layers").code == 0


def test_no_cache_appears_anywhere(tmp_path: Path) -> None:
    project = layered(tmp_path)
    project.check("layers")
    assert not [path for path in tmp_path.rglob("*") if "import_linter" in path.name or "grimp" in path.name]


@pytest.mark.parametrize("name", [".importlinter", "setup.cfg"])
def test_the_projects_own_contracts_change_nothing(tmp_path: Path, name: str) -> None:
    project = layered(tmp_path)
    project.write(name, "[importlinter]\nroot_package = nowhere\n[importlinter:contract:x]\ntype = nope\n")
    assert project.check("layers").code == 0


def test_a_module_in_no_layer_of_an_exhaustive_contract_is_a_finding(tmp_path: Path) -> None:
    project = layered(tmp_path)
    text = SETTINGS.format(package="pkg", low="low", external="false").replace('"pkg.high", "pkg.low"', '"high", "low"')
    project.write("pyproject.toml", text + 'containers = ["pkg"]\nexhaustive = true\n')
    project.write("pkg/stray.py", "")
    assert rules(project.report("layers")) == [("layers/floors", "pkg/stray.py", 1)]


FORBIDDEN = """
[tool.gates.layers]
packages = ["pkg"]
external = true
[[tool.gates.layers.contracts]]
id = "no-http"
why = "no network"
type = "forbidden"
source-modules = ["pkg"]
forbidden-modules = ["requests", "urllib"]
"""


def test_an_import_of_a_package_that_is_not_installed_is_seen(tmp_path: Path) -> None:
    project = layered(tmp_path)
    project.write("pyproject.toml", FORBIDDEN)
    project.write(
        "pkg/low.py", "import urllib.request\n\ntry:\n    import requests\nexcept ImportError:\n    requests = None\n"
    )
    found = [rule for rule in rules(project.report("layers")) if rule[1] == "pkg/low.py"]
    assert found == [("layers/no-http", "pkg/low.py", 1), ("layers/no-http", "pkg/low.py", 4)]


def test_of_chains_of_one_length_the_same_is_told_wherever_and_whenever_files_were_written(tmp_path: Path) -> None:
    """grimp comes to modules in an order that depends on their folder and on the times of files."""
    told = set()
    for number in range(6):
        (tmp_path / f"checkout-{number}").mkdir()
        project = layered(tmp_path / f"checkout-{number}")
        middle = [f"middle_{letter}" for letter in "abcdefgh"]
        project.write("pkg/low.py", "from pkg import first\n")
        project.write("pkg/first.py", "".join(f"from pkg import {each}\n" for each in middle))
        for index, each in enumerate(middle):
            path = project.write(f"pkg/{each}.py", "from pkg import high\n")
            os.utime(path, (1_000_000_000, 1_000_000_000 + 7919 * number * index))
        project.write("pkg/high.py", "")
        (found,) = outcome(project.report("layers"), "layers")["findings"]
        told.add(tuple(each["note"] for each in found["related"]))
    assert len(told) == 1, told
