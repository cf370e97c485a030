"""The script for any CI system: what it installs, what it writes, how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.action.test_action import PYTHON
from tests.project import Project

SCRIPT = Path(__file__).parent.parent.parent / "examples" / "ci" / "gates.sh"
REPORTS = {"report.json", "gates.sarif", "code-quality.json", "junit.xml", "prompt.md"}


@pytest.mark.parametrize(("base", "code"), [("", 1), ("HEAD", 0), ('"; touch injected; "', 2)])
def test_the_script_installs_judges_and_ends_as_the_check_does(tmp_path: Path, base: str, code: int) -> None:
    project = Project(tmp_path)
    project.write("pyproject.toml", '[tool.gates]\nlint.select = ["F"]\n')
    project.write("m.py", "import os\n")
    project.write("requirements-run.txt", "")
    project.commit()
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "python3").write_text(PYTHON.format(log=tmp_path / "log", python=sys.executable))
    (programs / "python3").chmod(0o755)
    env = project.environment(
        {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "TMPDIR": str(tmp_path),
            "GATES_REPOSITORY": str(project.root),
            "GATES_COMMIT": project.git("rev-parse", "HEAD").strip(),
            "GATES_BASE": base,
            "GATES_REPORTS": "re ports",
        }
    )
    done = subprocess.run(["sh", str(SCRIPT)], cwd=project.root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "--require-hashes" in (tmp_path / "log").read_text()
    assert {each.name for each in (project.root / "re ports").iterdir()} == (REPORTS if code < 2 else set())
    assert not (project.root / "injected").exists()
    assert not list(tmp_path.glob("tmp*"))


def test_the_script_asks_for_what_it_needs(tmp_path: Path) -> None:
    done = subprocess.run(["sh", str(SCRIPT)], cwd=tmp_path, env={}, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "GATES_REPOSITORY" in done.stderr
