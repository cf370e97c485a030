"""Rows 66 to 72 of the fault matrix: disks that are full, closed or shared, and checks that are killed over them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.invariants import ran
from tests.faults.toolbox import SPOILED, workshop
from tests.project import GATES, Project, only, unprivileged, without_seconds

KILLS = int(os.environ.get("GATES_KILLS", "3"))
"""How often a check is killed; `make faults` does it 200 times."""


def room(size: int) -> tuple[str, ...]:
    """Return what to run a program under so that it cannot write a file of more bytes. Python itself must not write
    what it compiles: it would keep the first part of it (3.11), and crash over that from then on."""
    return ("env", "PYTHONDONTWRITEBYTECODE=1", "prlimit", f"--fsize={size}")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a finding of each gate that runs a tool, and of some others."""
    _, found = workshop(tmp_path)
    found.write("pkg/low.py", SPOILED)
    return found


# Row 66


@pytest.mark.parametrize("cache", ["cache", "project/cache"])
def test_66_a_checkout_that_cannot_be_written(project: Project, cache: str) -> None:
    """The cache lies elsewhere, or there is none and that is said."""
    expected = [(each["rule"], each["path"]) for each in findings(project)]
    folders = [each for each in (project.root, *project.root.rglob("*")) if each.is_dir()]
    for each in folders:
        each.chmod(0o555)
    try:
        env = {"GATES_CACHE": str(project.base / cache)}
        result = ran(project, "check", "--output-format", "json", env=env, under=unprivileged())
    finally:
        for each in folders:
            each.chmod(0o755)
    assert result.code == 1
    assert [(each["rule"], each["path"]) for each in _told(result.out)] == expected
    assert ("warning: the report is not kept in " in result.err) == (cache != "cache")


# Row 68


@pytest.mark.parametrize("name", ["json", "sarif", "html"])
def test_68_a_report_for_which_there_is_no_room_is_no_verdict_of_a_file_and_is_said(
    project: Project, name: str
) -> None:
    """The file keeps what it held, the verdict is printed, and nothing half written stays."""
    out = project.base / "out"
    out.mkdir()
    (out / "report").write_text("old")
    argv = ("check", "--output-format", "concise", "--output", f"{name}={out / 'report'}", *only("lint", "size"))
    result = ran(project, *argv, under=room(2000))
    assert result.code == 3, result
    assert "pkg/low.py:1:8: error lint/F401" in result.out and "failed: " in result.out
    assert "error: the report cannot be written to report: File too large\n" in result.err
    assert [each.name for each in out.iterdir()] == ["report"]
    assert (out / "report").read_text() == "old"


def test_68_the_other_files_are_written_nevertheless(project: Project) -> None:
    files = [project.base / name for name in ("one", "two")]
    outputs = ["--output", f"html={files[0]}", "--output", f"concise={files[1]}"]
    assert ran(project, "check", *outputs, *only("lint", "size"), under=room(2000)).code == 3
    assert (files[0].exists(), "lint/F401" in files[1].read_text()) == (False, True)


@pytest.mark.parametrize("device", ["full", "null", "stdout", "fd/1"])
def test_68_a_device_is_written_and_not_replaced(project: Project, device: str) -> None:
    before = os.lstat(f"/dev/{device}")
    result = ran(project, "check", "--output-format", "concise", "--output", f"json=/dev/{device}", *only("lint"))
    after = os.lstat(f"/dev/{device}")
    assert (after.st_mode, after.st_ino if device != "fd/1" else 0) == (
        before.st_mode,
        before.st_ino if device != "fd/1" else 0,
    )
    assert result.code == (3 if device == "full" else 1), result
    assert ("No space left on device" in result.err) == (device == "full")
    assert ('"schema"' in result.out) == (device in ("stdout", "fd/1"))


@pytest.mark.parametrize("size", [0, 4096])
def test_68_a_cache_for_which_there_is_no_room_changes_no_verdict(project: Project, size: int) -> None:
    """Of tools that need to write a file some say so and others do not: what they do not decide is exit 3."""
    expected = findings(project)
    env = {"GATES_CACHE": str(project.base / "small")}
    for _ in range(2):
        result = ran(project, "check", "--output-format", "json", env=env, under=room(size))
        assert_no_less(result.code, result.out, expected)
    whole = ran(project, "check", "--output-format", "json", env=env)
    assert (whole.code, _told(whole.out)) == (1, expected)


def assert_no_less(code: int, out: str, expected: list[dict[str, str]]) -> None:
    """Hold that a check said the truth, or which gates could not, or nothing but that it could not."""
    assert code in (1, 3)
    if not out:
        assert code == 3
        return
    broken = {each["gate"] for each in json.loads(out)["outcomes"] if each["verdict"] in ("broken", "skipped")}
    assert code == (3 if broken else 1)
    assert _told(out) == [each for each in expected if each["rule"].partition("/")[0] not in broken]


# Row 69


def test_69_checks_that_are_killed_at_any_moment_leave_nothing_wrong(project: Project) -> None:
    """With a cache that all share, while the project changes: each next check says what one with no cache says."""
    chance = random.Random(20_26)
    states = [_clean, _spoiled, _other]
    truth = {state: _truth(project, state) for state in states}
    whole = _seconds(project)
    verdicts = []
    for _ in range(KILLS):
        chance.choice(states)(project)
        killed = _killed(project, chance.uniform(0.0, whole))
        state = chance.choice(states)
        state(project)
        result = ran(project, "check", "--output-format", "json", within=90)
        assert (result.code, _timeless(result.out)) == truth[state], (killed, state)
        verdicts.append((killed, result.code))
    print(f"{KILLS} killed after up to {whole:.1f} s; ended before that:", sum(not killed for killed, _ in verdicts))


def _killed(project: Project, seconds: float) -> bool:
    """Kill a check after so many seconds, and return whether it was still running."""
    process = subprocess.Popen(
        [GATES, "check", "--output-format", "json"],
        cwd=project.root,
        env=project.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    process.kill()
    return process.wait() == -signal.SIGKILL


def _clean(project: Project) -> None:
    project.write("pkg/low.py", "ONE: int = 1\n")


def _spoiled(project: Project) -> None:
    project.write("pkg/low.py", SPOILED)


def _other(project: Project) -> None:
    project.write("pkg/low.py", "ONE: str = 1\n")


def _truth(project: Project, state: Callable[[Project], None]) -> tuple[int, object]:
    state(project)
    env = {"GATES_CACHE": str(project.base / f"truth{state.__name__}")}
    result = ran(project, "check", "--output-format", "json", env=env)
    return result.code, _timeless(result.out)


def _seconds(project: Project) -> float:
    _other(project)
    started = time.monotonic()
    ran(project, "check", "--output-format", "json")
    return time.monotonic() - started


def _timeless(out: str) -> object:
    return without_seconds(json.loads(out))


# Row 72


def test_72_checks_that_write_one_file_at_the_same_time(project: Project) -> None:
    """And one that is stopped meanwhile: whoever reads it finds one whole report."""
    out = project.root / "report.json"
    argv = [GATES, "check", "--output", f"json={out}", "--output-format", "concise", *only("lint", "size")]
    started = [
        subprocess.Popen(argv, cwd=project.root, env=project.environment(), stdout=subprocess.PIPE) for _ in range(4)
    ]
    while not out.exists():
        time.sleep(0.01)
    started[0].kill()
    while any(each.poll() is None for each in started):
        assert json.loads(out.read_text())["exit_code"] == 1
        time.sleep(0.005)
    for each in started:
        each.communicate()
    assert [each.returncode for each in started[1:]] == [1, 1, 1]


def findings(project: Project) -> list[dict[str, str]]:
    result = ran(project, "check", "--output-format", "json", env={"GATES_CACHE": str(project.base / "reference")})
    found = _told(result.out)
    assert {each["rule"].partition("/")[0] for each in found} >= {"lint", "typing", "layers"}
    return found


def _told(out: str) -> list[dict[str, str]]:
    found = (each for outcome in json.loads(out)["outcomes"] for each in outcome["findings"])
    return [{"rule": each["rule"], "path": each["location"]["path"], "id": each["id"]} for each in found]
