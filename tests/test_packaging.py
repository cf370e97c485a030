"""The built wheel is the whole product: one package, its pages, and a command that works without this checkout."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.project import CLEAN

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    argv = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(argv, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_one_package_with_its_pages_and_presets(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"gates"}
    pages = sorted(name for name in names if name.startswith("gates/pages/"))
    assert pages == sorted(f"gates/pages/{path.name}" for path in (ROOT / "docs" / "gates").glob("*.md"))
    assert {"gates/presets.toml", "gates/py.typed"} <= set(names)
    assert {f"gates/ci/{name}" for name in ("github.yml", "gitlab.yml", "gates.sh")} <= set(names)


def test_the_wheel_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    unpacked, project = tmp_path / "site", tmp_path / "project"
    zipfile.ZipFile(wheel).extractall(unpacked)
    project.mkdir()
    (project / "m.py").write_text(CLEAN)

    def gates(*arguments: str) -> subprocess.CompletedProcess[str]:
        script = f"import sys; sys.path.insert(0, {str(unpacked)!r}); from gates.cli import main; main()"
        env = {"PYTHONPATH": str(unpacked), "GATES_CACHE": str(tmp_path / "cache"), "PATH": "/usr/bin:/bin"}
        argv = [sys.executable, "-c", script, *arguments]
        return subprocess.run(argv, cwd=project, env=env, capture_output=True, text=True, check=False)

    checked = gates("check", "--output-format", "concise")
    assert re.fullmatch(r"passed: 0 open findings, (\d+) of \1 gates passed, 1 file\n", checked.stdout), checked.stderr
    assert "### file-lines" in gates("explain", "size/file-lines").stdout
