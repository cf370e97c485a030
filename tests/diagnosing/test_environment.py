"""Which programs judge: other versions of `gates`, a Python that is too old, tools that are damaged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gates import __version__
from gates.diagnosing import place, tools
from gates.project import installed
from tests.diagnosing.patient import Patient

CONFIGURED = '[tool.gates]\npreset = "internal"\n'
MOVES = """\
#!/bin/sh
# pip, as far as this test goes
cd "$(dirname "$0")/../lib/python3.11/site-packages" || exit
mv quality_gates-0.0.9.dist-info "quality_gates-${4#*==}.dist-info"
"""


@pytest.fixture
def project(tmp_path: Path) -> Patient:
    return Patient(tmp_path, ci=True)


def other(project: Patient, name: str) -> None:
    """Make an environment that has another version of us, and whose Python installs what it is asked for."""
    project.executable(f"{name}/bin/gates", "#!/bin/sh\ntouch started\n")
    project.executable(f"{name}/bin/python", MOVES)
    (project.root / name / "lib/python3.11/site-packages/quality_gates-0.0.9.dist-info").mkdir(parents=True)


def test_other_versions_of_us(project: Patient) -> None:
    project.write(".git/info/exclude", ".venv\ntool\n")
    other(project, ".venv")
    project.write(".venv/pyvenv.cfg", "version = 3.12.1\n")
    other(project, "tool")
    project.path = f"{project.root}/tool/bin:{project.path}"
    assert project.wrong() == (
        1,
        f"✗ environment    the `gates` in PATH (tool/bin/gates) is 0.0.9, this one is {__version__}\n"
        f"    run: tool/bin/python -m pip install quality-gates=={__version__}\n"
        f"✗ environment    the `gates` of .venv (.venv/bin/gates) is 0.0.9, this one is {__version__}\n"
        f"    run: .venv/bin/python -m pip install quality-gates=={__version__}\n",
    )
    assert not (project.root / "started").exists()
    project.path = project.path.partition(":")[2]
    assert project.mended() == (0, "")


def test_a_python_that_cannot_read_the_project(project: Patient) -> None:
    project.write("pyproject.toml", f'[project]\nname = "x"\nrequires-python = ">=3.99"\n{CONFIGURED}')
    version = ".".join(map(str, sys.version_info[:3]))
    assert project.wrong() == (
        1,
        "✗ environment    the project needs Python >=3.99: its syntax may be newer than this Python can read\n"
        f"    run: python3.99 -m venv .venv && .venv/bin/python -m pip install quality-gates=={__version__}\n"
        f"! environment    types are looked up in VENV, Python {version}, which the project does not support: it needs "
        ">=3.99\n"
        '    do: Name another interpreter: `typing.python = "…"`.\n',
    )


def test_an_interpreter_for_types_that_is_not_there(project: Patient) -> None:
    project.write("pyproject.toml", f'{CONFIGURED}[tool.gates.typing]\npython = "gone/python"\n')
    assert project.wrong() == (
        1,
        "✗ environment    `typing.python` names `gone/python`, which is no interpreter\n"
        "    do: Create it, or correct the path.\n",
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_somebody_else(project: Patient) -> None:
    os.chown(project.root, 65534, 65534)
    os.chown(project.root / ".git", 65534, 65534)
    result = project.gates("doctor", env={"PATH": project.path, "CI": "true"})
    lines = result.said.splitlines()
    place = lines.index("✗ configuration  git could not list the files: this repository belongs to another user")
    assert lines[place + 1] == f"    run: git config --global --add safe.directory {project.root}"
    subprocess.run(["bash", "-c", lines[place + 1].partition("run: ")[2]], env=project.environment(), check=True)
    assert project.wrong() == (0, "")


def test_tools_that_are_not_what_was_tested(project: Patient) -> None:
    """What would change our own environment is compared, and not run."""
    old = project.base / "old"
    (old / "ruff-0.1.0.dist-info").mkdir(parents=True)
    project.write("radon/__init__.py", "")
    project.write("pyproject.toml", f'{CONFIGURED}tools.mypy.version = "2.4.0"\n')
    project.extra["PYTHONPATH"] = f"{old}:{project.root}"
    code, said = project.wrong()
    assert (code, said) == (
        1,
        "✗ tools          mypy 2.4.1 is installed, but this project pins 2.4.0\n"
        "    run: VENV/bin/python -m pip install mypy==2.4.0\n"
        "✗ tools          radon would be imported from the project: radon/__init__.py\n"
        "    run: unset PYTHONPATH\n"
        "✗ tools          ruff 0.1.0 is installed, but only >=0.17,<0.18 was tested\n"
        "    run: VENV/bin/python -m pip install 'ruff>=0.17,<0.18'\n",
    )
    project.write("pyproject.toml", CONFIGURED)
    project.commands = project.commands[1:2]
    assert project.mended() == (0, "")


def test_a_tool_that_does_not_start(project: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project.base / "scripts"
    folder.mkdir()
    for name, line in (("ruff", "echo damaged >&2; exit 3"), ("jscpd", "exec jscpd")):
        (folder / name).write_text(f'#!/bin/sh\n{line} "$@"\n')
        (folder / name).chmod(0o755)
    (folder / "jscpd").chmod(0o644)
    monkeypatch.setattr("gates.programs._script_folders", lambda: [folder])
    monkeypatch.chdir(project.root)
    wrong = [(each.said, each.run) for each in tools.examine(place({})) if each.state != "ok"]
    again = f"{sys.executable} -m pip install --force-reinstall --no-deps"
    jscpd, ruff = (installed(name) for name in ("jscpd", "ruff"))
    assert wrong == [
        (f"jscpd {jscpd} does not start: jscpd is not installed beside this Python", f"{again} jscpd=={jscpd}"),
        (f"ruff {ruff} does not start: damaged", f"{again} ruff=={ruff}"),
    ]
