"""Surroundings that are wrong: missing and foreign tools, places that cannot be written, damaged caches."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gates import cli
from gates.process import ToolError
from tests.project import CLEAN, GATES, Project, Result, outcome, rules, unprivileged

UNUSED = "import os\n"
BROKEN = 3


def in_process(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *gates: str
) -> Result:
    """Run `gates check` in this process, in which tools have been replaced."""
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("GATES_CACHE", str(project.cache))
    monkeypatch.setattr(
        sys, "argv", ["gates", "check", "--output-format", "concise", *(f"--gate={each}" for each in gates)]
    )
    with pytest.raises(SystemExit) as ended:
        cli.main()
    found = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return Result(ended.value.code, found.out, found.err)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = Project(tmp_path)
    found.write("a.py", UNUSED + "".join(CLEAN.replace("double", name) for name in ("one", "two", "three")))
    return found


TOOLS = [
    ("lint", "ruff", "ruff>=0.17,<0.18"),
    ("duplication", "jscpd", "jscpd>=5.4,<5.5"),
    ("typing", "mypy", "mypy>=2.4,<2.5"),
    ("complexity", "complexipy", "complexipy>=8.3,<8.4"),
]


@pytest.mark.parametrize(("gate", "tool", "needed"), TOOLS)
def test_a_missing_tool_is_no_verdict_and_says_how_to_install_it(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    gate: str,
    tool: str,
    needed: str,
) -> None:
    real = os.listdir
    monkeypatch.setattr(
        os, "listdir", lambda path=".": [name for name in real(path) if not name.startswith(f"{tool}-")]
    )
    result = in_process(project, monkeypatch, capsys, gate)
    assert result.code == BROKEN
    install = f"Install it: python -m pip install '{needed}'"
    assert result.said.startswith(f"{gate}: broken: {tool} is not installed beside this Python. {install}")


@pytest.mark.parametrize(("gate", "tool", "needed"), TOOLS)
def test_a_version_that_was_not_tested_is_no_verdict(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    gate: str,
    tool: str,
    needed: str,
) -> None:
    real = os.listdir

    def listed(path: str = ".") -> list[str]:
        names = [name for name in real(path) if not name.startswith(f"{tool}-")]
        return [*names, f"{tool}-9.9.dist-info"] if len(names) < len(real(path)) else names

    monkeypatch.setattr(os, "listdir", listed)
    result = in_process(project, monkeypatch, capsys, gate)
    assert result.code == BROKEN
    tested = needed.removeprefix(tool)
    said = f"{tool} 9.9 is installed, but only {tested} was tested. Run: python -m pip install '{needed}'"
    assert result.said.startswith(f"{gate}: broken: {said}")


@pytest.mark.parametrize(("gate", "tool", "needed"), TOOLS)
def test_a_pinned_version_that_is_not_installed_is_no_verdict(
    project: Project, gate: str, tool: str, needed: str
) -> None:
    project.write("pyproject.toml", f'[tool.gates.tools.{tool}]\nversion = "9.9"\n')
    result = project.check(gate)
    assert result.code == BROKEN
    assert f", but this project pins 9.9. Run: python -m pip install {tool}==9.9" in result.said


def test_a_pin_on_a_tool_that_does_not_exist_is_a_mistake_in_the_configuration(project: Project) -> None:
    project.write("pyproject.toml", '[tool.gates.tools.rufff]\nversion = "0.17.5"\n')
    result = project.check("lint")
    assert result.code == 2
    assert "Did you mean `ruff`?" in result.said


def test_a_program_missing_although_its_package_is_installed(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gates.programs._script_folders", lambda: iter([project.home]))
    result = in_process(project, monkeypatch, capsys, "lint")
    assert result.code == BROKEN
    assert "lint: broken: ruff is not installed beside this Python. Install it: " in result.said


FAKES = {
    "nothing at all": "exit 0",
    "exit 1 without a finding": "exit 1",
    "an exit code of its own": "echo went wrong >&2; exit 42",
    "garbage": "echo not json; exit 1",
    "a finding cut off": """echo '{"code": "F401", "filename": "/a'; exit 1""",
    "a crash": "kill -SEGV $$",
    "a mere claim to have checked": 'for f; do echo "Checking: $f" >&2; done; exit 0',
    "exit 1 and a claim to have checked": 'echo "Checking: $PWD/a.py" >&2; exit 1',
    "a mountain of output": "head -c 300000000 /dev/zero; exit 0",
}


@pytest.mark.parametrize(
    ("gate", "tool", "fake"),
    [(gate, tool, fake) for gate, tool in (("lint", "ruff"), ("duplication", "jscpd")) for fake in FAKES]
    + [("typing", "mypy", fake) for fake in FAKES if not FAKES[fake].endswith("exit 0") or "head" in FAKES[fake]],
)
def test_a_tool_that_misbehaves_never_passes(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    gate: str,
    tool: str,
    fake: str,
) -> None:
    script = project.base / tool
    script.write_text(f"#!/bin/sh\n{FAKES[fake]}\n")
    script.chmod(0o755)
    for module in ("gates.project", "gates.programs"):
        monkeypatch.setattr(f"{module}.program", lambda found: [str(script)])
    result = in_process(project, monkeypatch, capsys, gate)
    assert result.code == BROKEN, result
    assert result.said.startswith(f"{gate}: broken: ")


def test_a_tool_that_hangs_is_killed_and_is_no_verdict(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("pyproject.toml", "[tool.gates]\ntimeout = 1.0\n")
    script = project.base / "ruff"
    script.write_text("#!/bin/sh\ntrap '' TERM\nsleep 60\n")
    script.chmod(0o755)
    monkeypatch.setattr("gates.project.program", lambda found: [str(script)])
    result = in_process(project, monkeypatch, capsys, "lint", "size")
    assert result.code == BROKEN
    assert result.said.startswith("lint: broken: `ruff` did not finish within 1 seconds and was killed. ")
    assert "1 of 2 gates passed" in result.said


def test_one_broken_gate_does_not_take_the_findings_of_others_with_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(found: object) -> list[str]:
        raise ToolError("mypy is gone")

    monkeypatch.setattr(
        "gates.tools.mypy.Project.version", lambda self, tool: refuse(tool) if tool.name == "mypy" else "1"
    )
    result = in_process(project, monkeypatch, capsys)
    assert result.code == BROKEN
    assert "a.py:1:8: error lint/F401 `os` imported but unused\n" in result.said
    assert "typing: broken: mypy is gone" in result.said


def test_a_read_only_checkout_is_checked_like_any_other(project: Project) -> None:
    project.commit()
    before = project.digests()
    for path in (*project.root.rglob("*"), project.root):
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        result = project.check(under=unprivileged())
    finally:
        for path in (project.root, *project.root.rglob("*")):
            path.chmod(path.stat().st_mode | 0o200)
    assert result.code == 1
    assert result.said.endswith("failed: 1 open finding, 5 of 6 gates passed, 1 file\n"), result
    assert {name: content for name, (_, content) in before.items()} == {
        name: content for name, (_, content) in project.digests().items()
    }


@pytest.mark.parametrize("place", ["file/cache", "file"])
def test_a_cache_that_can_be_no_folder_is_a_mistake_that_can_be_mended(project: Project, place: str) -> None:
    (project.base / "file").write_text("")
    result = project.check(env={"GATES_CACHE": str(project.base / place)})
    assert (result.code, result.out) == (2, "")
    assert result.said.startswith("error: the ")
    assert "Set GATES_CACHE to a writable " in result.said


@pytest.mark.parametrize("damage", [b"", b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_cache_of_facts_changes_no_verdict(project: Project, damage: bytes) -> None:
    good = project.check()
    for name in ("facts.sqlite", "facts.sqlite-wal", "facts.sqlite-shm"):
        (project.cache / name).write_bytes(damage)
    assert project.check() == good
    assert project.check() == good


def test_a_flipped_bit_in_the_cache_of_facts_changes_no_verdict(project: Project) -> None:
    project.write(
        "long.py", "def f(n: int) -> int:\n" + "".join(f"    n += {i}\n" for i in range(200)) + "    return n\n"
    )
    good = project.check("size")
    assert good.code == 1
    content = bytearray((project.cache / "facts.sqlite").read_bytes())
    for place in range(100, len(content), 7):
        content[place] ^= 1
    (project.cache / "facts.sqlite").write_bytes(content)
    assert project.check("size") == good


def test_a_cache_of_facts_that_is_a_folder_changes_no_verdict(project: Project) -> None:
    good = project.check("size", "files")
    for file in project.cache.glob("facts.sqlite*"):
        file.unlink()
    (project.cache / "facts.sqlite").mkdir()
    assert project.check("size", "files") == good


def test_a_damaged_cache_of_mypy_changes_no_verdict(project: Project) -> None:
    project.write("types_.py", 'number: int = "one"\n')
    good = project.check("typing")
    assert good.code == 1
    databases = [path for path in project.own.glob("mypy/*/cache/**/*") if path.is_file()]
    assert databases
    for path in databases:
        path.write_bytes(b"garbage" * 1000)
    again = project.check("typing")
    assert again.code == 1, again
    assert again == good


def test_a_cache_inside_the_checkout_is_not_inspected(project: Project) -> None:
    project.write("pyproject.toml", '[tool.gates]\ncache = ".cache/gates"\n')
    environment = {name: value for name, value in project.environment().items() if name != "GATES_CACHE"}
    argv = [GATES, "check", "--output-format", "concise"]
    done = [subprocess.run(argv, cwd=project.root, env=environment, capture_output=True, check=False) for _ in range(2)]
    assert {each.returncode for each in done} == {1}
    assert done[0].stdout == done[1].stdout
    assert b", 1 file\n" in done[0].stdout


def test_no_home_directory(project: Project) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent/home"}
    done = subprocess.run([GATES, "check"], cwd=project.root, env=environment, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr
    assert done.returncode in (1, 2)


def test_a_check_changes_nothing_in_the_checkout(project: Project) -> None:
    project.write("pkg/__init__.py", "")
    project.write("pkg/b.py", "from pkg import c\n")
    project.write("pkg/c.py", CLEAN)
    project.commit()
    project.write("untracked.py", CLEAN)
    project.write("pkg/c.py", CLEAN + "\n")
    status = project.git("status", "--porcelain=v2", "-z")
    before = project.digests()
    assert project.gates("check").code == 1
    assert project.digests() == before
    assert project.git("status", "--porcelain=v2", "-z") == status


def test_a_report_about_a_tool_names_its_version(project: Project) -> None:
    report = project.report("lint")
    assert rules(report) == [("lint/F401", "a.py", 1)]
    assert set(outcome(report, "lint")["tools"]) == {"ruff"}


@pytest.mark.parametrize("limit", ["--nofile=12", "--nofile=32", "--stack=262144", "--as=400000000"])
def test_low_limits_of_the_system_never_turn_a_failure_green(project: Project, limit: str) -> None:
    project.write("kinds.py", 'number: int = "one"\n')
    project.write("deep.py", "x = " + "+".join(["0"] * 900) + "\n")
    result = project.check(under=("prlimit", limit))
    assert result.code in (1, 3)
    assert result.said
