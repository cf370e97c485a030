"""Ctrl-C, SIGTERM and a reader that goes away: the exit code says so, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.project import CLEAN, GATES, Project
from tests.test_process import alive

SLOW = "#!/bin/sh\ntrap '' TERM\nsleep 97 &\necho $$ $! > {pids}\nwait\n"
"""mypy starts the interpreter that `typing.python` names; this one ignores SIGTERM and never answers."""


@pytest.fixture
def slow(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write("a.py", CLEAN)
    project.write("python", SLOW.format(pids=tmp_path / "pids")).chmod(0o755)
    project.write("pyproject.toml", '[tool.gates.typing]\npython = "python"\n')
    (tmp_path / "tmp").mkdir()
    return project


def started(project: Project, *arguments: str) -> subprocess.Popen[bytes]:
    env = project.environment({"TMPDIR": str(project.base / "tmp")})
    argv = [GATES, "check", *arguments]
    process = subprocess.Popen(
        argv, cwd=project.root, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    deadline = time.monotonic() + 20
    while not _pids(project):
        assert time.monotonic() < deadline, "the slow program was never started"
        time.sleep(0.05)
    return process


def _pids(project: Project) -> list[int]:
    file = project.base / "pids"
    return [int(each) for each in file.read_text().split()] if file.exists() else []


def assert_ended(project: Project, process: subprocess.Popen[bytes], code: int) -> None:
    since = time.monotonic()
    out, err = process.communicate(timeout=15)
    assert time.monotonic() - since < 5
    assert process.returncode == code
    assert b"Traceback" not in out + err
    time.sleep(0.2)
    assert not [each for each in _pids(project) if alive(each)]
    assert list((project.base / "tmp").iterdir()) == []


@pytest.mark.parametrize("jobs", ["1", "8"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_check_and_everything_that_it_started(
    slow: Project, number: signal.Signals, code: int, jobs: str
) -> None:
    before = slow.digests()
    process = started(slow, "--jobs", jobs)
    os.kill(process.pid, number)
    assert_ended(slow, process, code)
    assert slow.digests() == before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_to_the_group(slow: Project, number: signal.Signals, code: int) -> None:
    process = started(slow)
    os.killpg(process.pid, number)
    assert_ended(slow, process, code)


def test_what_was_started_does_not_survive_kill_9(slow: Project) -> None:
    """Of the group, as a CI runner does when nothing else has helped."""
    process = started(slow)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=15)
    until = time.monotonic() + 10
    while left := [each for each in _pids(slow) if alive(each)]:
        assert time.monotonic() < until, left
        time.sleep(0.05)
    assert len(_pids(slow)) == 2
    process.communicate(timeout=15)  # nobody else holds our output


def test_an_impatient_reader_who_interrupts_three_times(slow: Project) -> None:
    process = started(slow)
    for _ in range(3):
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.1)
    assert_ended(slow, process, 130)


def test_interrupt_then_terminate_as_a_ci_runner_does(slow: Project) -> None:
    process = started(slow)
    os.kill(process.pid, signal.SIGINT)
    time.sleep(0.3)
    os.kill(process.pid, signal.SIGTERM)
    since = time.monotonic()
    process.communicate(timeout=15)
    assert time.monotonic() - since < 5
    assert process.returncode in (130, 143)
    time.sleep(0.2)
    assert not [each for each in _pids(slow) if alive(each)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_report_of_an_earlier_check_is_not_taken_for_that_of_one_that_was_interrupted(
    slow: Project, number: signal.Signals
) -> None:
    files = {"json": "report.json", "text": "report.txt", "sarif": "report.sarif", "junit": "report.xml"}
    asked = [each for form, file in files.items() for each in ("--output", f"{form}={file}")]
    assert slow.gates("check", "--gate", "size", *asked).code == 0
    process = started(slow, *asked)
    os.kill(process.pid, number)
    process.communicate(timeout=15)
    report = json.loads((slow.root / "report.json").read_text())
    assert (report["verdict"], report["exit_code"], report["reason"]) == ("broken", 3, "the check was interrupted")
    assert report["outcomes"] == []
    for file in files.values():
        assert "the check was interrupted" in (slow.root / file).read_text()


def test_a_report_says_why_there_is_none_and_a_mistake_in_what_is_asked_leaves_it_alone(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", CLEAN)
    project.commit()
    asked = ("check", "--gate", "size", "--output", f"json={tmp_path / 'report.json'}")
    assert project.gates(*asked).code == 0
    before = (tmp_path / "report.json").read_bytes()
    for wrong in ("nowhere.py", "--since=nothing"):
        assert project.gates(*asked, wrong).code == 2
        assert (tmp_path / "report.json").read_bytes() == before
    project.write(".git/index", "damaged")
    assert project.gates(*asked, "--staged").code == 3
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["verdict"], report["scope"]["kind"]) == ("broken", "staged")
    assert "index file smaller than expected" in report["reason"]


def test_an_interrupted_check_leaves_no_wrong_result_for_the_next(slow: Project) -> None:
    process = started(slow)
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=15)
    slow.write("a.py", 'number: int = "one"\n')
    slow.write("pyproject.toml", "[tool.gates]\n")
    assert slow.check("typing").code == 1


def test_a_time_limit_kills_everything_that_the_tool_started(slow: Project) -> None:
    process = started(slow, "--timeout", "1", "--gate", "typing", "--output-format", "concise")
    out, err = process.communicate(timeout=15)
    assert process.returncode == 3
    assert out.startswith(b"typing: broken: ") and b"did not finish within 1 seconds and was killed" in out
    assert err == b""
    time.sleep(0.2)
    assert not [each for each in _pids(slow) if alive(each)]


@pytest.mark.parametrize("form", ["text", "json", "concise"])
def test_a_reader_that_goes_away_is_no_pass_and_no_traceback(tmp_path: Path, form: str) -> None:
    project = Project(tmp_path)
    project.write("a.py", "".join(f"import a{i}\n" for i in range(5_000)))
    script = f"{GATES} check --gate lint --output-format {form} | head -c 10 >/dev/null; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=project.root,
        env=project.environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == b""
    assert done.returncode != 0


def test_a_reader_that_was_never_there(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", "import os\n")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [GATES, "check", "--gate", "lint"],
        cwd=project.root,
        env=project.environment(),
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert done.stderr == b""
    assert done.returncode != 0


def test_a_full_disk_under_standard_output_is_no_pass(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", CLEAN)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [GATES, "check", "--gate", "size"],
            cwd=project.root,
            env=project.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode in (2, 3)
    assert b"Traceback" not in done.stderr
    assert done.stderr.startswith(b"error: ")


@pytest.mark.parametrize(("source", "code"), [(CLEAN, 0), ("import os\n", 1)])
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_who_starts_us_without_standard_streams_gets_the_verdict(
    tmp_path: Path, source: str, code: int, closed: str
) -> None:
    project = Project(tmp_path)
    project.write("a.py", source)
    command = f'"$0" check --gate lint {closed}'
    done = subprocess.run(
        ["/bin/sh", "-c", command, GATES], cwd=project.root, env=project.environment(), capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (code, b"")
