"""What is kept by file is found anew when something else changes that decides it: warm and cold say the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project import Project

POLICY = """\
[tool.gates]
preset = "internal"
[tool.gates.lint]
select = ["E", "F", "I", "INP", "EXE", "N"]
[tool.gates.complexity]
cognitive = 3
maintainability = 60
[tool.gates.layers]
packages = ["pkg"]
[[tool.gates.layers.contracts]]
id = "down"
type = "layers"
layers = ["pkg.high", "pkg.low"]
why = "Low knows nothing of high."
"""
NESTED = "def nested(items: list[int]) -> int:\n" + "".join(
    f"{'    ' * depth}for i{depth} in items:\n" for depth in range(1, 6)
)
FILES = {
    "pyproject.toml": POLICY,
    "pkg/__init__.py": "",
    "pkg/high.py": "import made\nimport msgspec\n\nprint(made, msgspec)\n",
    "pkg/low.py": NESTED + "                        return i5\n    return 0\n",
    "pkg/run.py": "#!/usr/bin/env python3\nx = 1\n",
    "tools/script.py": "import pkg.low\n\nprint(pkg.low)\n",
}


def _replace(name: str, old: str, new: str) -> Callable[[Project], object]:
    return lambda project: project.write(name, FILES[name].replace(old, new))


CHANGES: dict[str, Callable[[Project], object]] = {
    "executable": lambda project: (project.root / "pkg/run.py").chmod(0o755),
    "no package any more": lambda project: (project.root / "pkg/__init__.py").unlink(),
    "a package now": lambda project: project.write("tools/__init__.py", ""),
    "first party now": lambda project: project.write("made/__init__.py", ""),
    "first party in src": lambda project: project.write("src/made.py", ""),
    "other rules": _replace("pyproject.toml", '"E", "F"', '"F"'),
    "warnings only": _replace("pyproject.toml", "[tool.gates.complexity]", 'warn = ["INP"]\n[tool.gates.complexity]'),
    "other limit": _replace("pyproject.toml", "cognitive = 3", "cognitive = 5"),
    "other bound": _replace("pyproject.toml", "maintainability = 60", "maintainability = 95"),
    "other Python": _replace("pyproject.toml", "[tool.gates]", '[project]\nrequires-python = ">=3.12"\n[tool.gates]'),
    "another import": _replace("pkg/low.py", "def nested", "import pkg.high\n\n\ndef nested"),
    "other contract": _replace("pyproject.toml", '"pkg.high", "pkg.low"', '"pkg.low", "pkg.high | pkg.run"'),
    "the same elsewhere": lambda project: os.rename(project.root / "pkg/run.py", project.root / "tools/run.py"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_warm_says_what_cold_says(change: Callable[[Project], object], tmp_path: Path) -> None:
    project = Project(tmp_path)
    for name, content in FILES.items():
        project.write(name, content)
    gates = ("lint", "complexity", "layers")
    assert project.check(*gates).code == 1
    change(project)
    warm = project.check(*gates)
    assert warm == project.check(*gates, env={"GATES_CACHE": str(tmp_path / "cold")})
