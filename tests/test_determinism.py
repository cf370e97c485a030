"""The same tree gives the same report: whatever the number of workers, the hash seed, the cache, the order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.project import Project, without_seconds

PYPROJECT = """
[tool.gates]
preset = "production"
[tool.gates.layers]
packages = ["pkg"]
[[tool.gates.layers.contracts]]
id = "floors"
why = "imports point down"
type = "layers"
layers = ["pkg.high", "pkg.low"]
"""
BODY = "\n".join(f"    value_{i} = [n + {i}, n - {i}, n * {i}, n ** {i}]\n    print(value_{i})" for i in range(6))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    found = Project(tmp_path_factory.mktemp("determinism"))
    found.write("pyproject.toml", PYPROJECT)
    found.write("pkg/__init__.py", "")
    found.write("pkg/high.py", "from pkg import low\n\nprint(low)\n")
    found.write("pkg/low.py", "from pkg import high\n\nprint(high)\n")
    for number in range(12):
        found.write(f"pkg/copy_{number}.py", f"import os\n\n\ndef work_{number}(n):\n{BODY}\n    return n\n")
    found.write("pkg/union.py", UNION)
    found.write("pkg/big.py", "x = [\n" + "    1,\n" * 60_000 + "]\n")
    found.write("bad.py", "def f(:\n")
    return found


UNION = """
from typing import Literal

Colour = Literal["red", "green", "blue", "yellow"]


def paint(colour: Colour) -> Colour:
    return colour


paint("black")
"""


@pytest.fixture(scope="module")
def expected(project: Project) -> object:
    report = project.report()
    rules = {each["rule"] for outcome in report["outcomes"] for each in outcome["findings"]}
    assert {"duplication/clone", "layers/floors", "lint/F401", "typing/arg-type"} <= rules
    return without_seconds(report)


@pytest.mark.parametrize("jobs", [1, 2, 8])
@pytest.mark.parametrize("cache", ["warm", "cold"])
def test_jobs_and_cache(project: Project, expected: object, tmp_path: Path, jobs: int, cache: str) -> None:
    env = {"GATES_CACHE": str(tmp_path / "cold")} if cache == "cold" else {}
    assert without_seconds(project.report(jobs=jobs, env=env)) == expected


@pytest.mark.parametrize("seed", ["0", "1", "4711", "random"])
def test_hash_seed(project: Project, expected: object, tmp_path: Path, seed: str) -> None:
    env = {"PYTHONHASHSEED": seed, "GATES_CACHE": str(tmp_path / "cold")}
    assert without_seconds(project.report(env=env)) == expected


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        {"TERM": "dumb", "COLUMNS": "20", "TZ": "Asia/Tokyo", "CI": "true"},
    ],
)
def test_locale_terminal_and_time_zone(project: Project, expected: object, env: dict[str, str]) -> None:
    assert without_seconds(project.report(env=env)) == expected


def test_two_runs_of_each_format_print_the_same(project: Project) -> None:
    first, second = (project.check() for _ in range(2))
    assert first == second


def test_modification_times_do_not_matter(project: Project, expected: object) -> None:
    for number, path in enumerate(sorted(project.root.rglob("*.py"))):
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
    assert without_seconds(project.report()) == expected


def test_another_checkout_gives_the_same_report(project: Project, expected: object, tmp_path: Path) -> None:
    other = Project(tmp_path)
    for path in sorted(project.root.rglob("*"), reverse=True):
        if path.is_file():
            other.write(str(path.relative_to(project.root)), path.read_bytes())
    assert without_seconds(other.report()) == expected
