"""Rows 74 to 78 of the fault matrix: signals, closed terminals, and machines that have little of everything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gates.process import Spawner, Stopped, ToolError
from tests.faults.invariants import ran
from tests.faults.test_storage import assert_no_less, findings
from tests.faults.toolbox import SPOILED, workshop
from tests.project import Project, only
from tests.test_interrupts import assert_ended, slow, started
from tests.test_process import gone

__all__ = ["slow"]

STRANGER = (
    "setpriv",
    "--reuid=54321",
    "--inh-caps=-all,+dac_override,+dac_read_search",
    "--ambient-caps=+dac_override,+dac_read_search",
)
"""Somebody with no processes yet, for whom limits on them hold; one who may read where root has its Python."""

LACKS = {
    "64 open files": ("prlimit", "--nofile=64"),
    "16 open files": ("prlimit", "--nofile=16"),
    "512 MB of addresses": ("prlimit", f"--as={512 << 20}"),
    "20 processes": (*STRANGER, "prlimit", "--nproc=20"),
    "5 processes": (*STRANGER, "prlimit", "--nproc=5"),
}


@pytest.fixture
def project() -> Iterator[Project]:
    """A project with findings of all gates that run a tool, where also strangers may look: git asks whether it may, and
    that question knows no capabilities."""
    with tempfile.TemporaryDirectory() as base:
        _, found = workshop(Path(base))
        found.write("pkg/low.py", SPOILED)
        (found.home / ".gitconfig").write_text("[safe]\n\tdirectory = *\n")
        for folder in (found.base, found.cache, found.home):
            folder.chmod(0o777)
        yield found


# Row 74 and 75: what an interrupt comes to is in tests/test_interrupts.py.


def test_75_several_programs_that_ignore_sigterm_end_in_the_time_of_one(tmp_path: Path) -> None:
    """A runner of GitHub kills what is left 10 seconds after its first signal, 2.5 after its second."""
    spawner = Spawner()
    code = "import signal, sys, time; signal.signal(15, signal.SIG_IGN); open(sys.argv[1], 'w'); time.sleep(60)"
    ended: list[type[Exception]] = []

    def run(number: int) -> None:
        try:
            spawner.run([sys.executable, "-IS", "-c", code, str(tmp_path / str(number))], cwd=tmp_path, timeout=60)
        except ToolError as error:
            ended.append(type(error))
        except Stopped as error:
            ended.append(type(error))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    while len(list(tmp_path.iterdir())) < len(threads):
        time.sleep(0.02)
    since = time.monotonic()
    spawner.stop()
    for thread in threads:
        thread.join()
    assert time.monotonic() - since < 6
    assert ended == [Stopped] * 5


def test_75_somebody_who_left_the_group_with_all_pipes_does_not_make_us_wait(tmp_path: Path) -> None:
    """Neither for what they might still say, nor for what they might still read."""
    code = (
        "import os, sys, time\nif os.fork() == 0:\n    os.setsid()\n"
        "    open(sys.argv[1], 'w').write(str(os.getpid()))\n    time.sleep(30)\n"
        "while not os.path.exists(sys.argv[1]) or not os.path.getsize(sys.argv[1]): time.sleep(0.01)\n"
        "print('said')\n"
    )
    note = tmp_path / "pid"
    since = time.monotonic()
    done = Spawner().run(
        [sys.executable, "-IS", "-c", code, str(note)], cwd=tmp_path, timeout=20, stdin=b"x" * 5_000_000
    )
    seconds = time.monotonic() - since
    os.kill(int(note.read_text()), signal.SIGKILL)
    assert (done.code, done.stdout) == (0, "said\n")
    assert seconds < 7
    assert gone(note)


# Row 76


def test_76_a_closed_terminal_ends_the_check_and_everything_that_it_started(slow: Project) -> None:
    process = started(slow)
    os.kill(process.pid, signal.SIGHUP)
    assert_ended(slow, process, 143)


def test_76_a_check_under_nohup_goes_on(tmp_path: Path) -> None:
    toolbox, project = workshop(tmp_path, "ruff", f"Path({str(tmp_path / 'there')!r}).touch(); time.sleep(1); clean()")
    argv = ["nohup", *toolbox.under, "gates", "check", *only("lint")]
    process = subprocess.Popen(argv, cwd=project.root, env=project.environment(), stdout=-1, stderr=-1)
    while not (tmp_path / "there").exists():
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGHUP)
    process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.mark.parametrize("reader", ["head -c 1", "true"])
def test_76_a_reader_that_goes_away_takes_no_file_along(project: Project, reader: str) -> None:
    out = project.base / "report.json"
    command = ran(project, "check", "--output", f"json={out}", *only("lint"))
    assert command.code == 1
    whole = out.read_text()
    out.unlink()
    script = f'"$@" | {reader} > /dev/null; exit ${{PIPESTATUS[0]}}'
    under = ("bash", "-c", script, "bash")
    result = ran(project, "check", "--output", f"json={out}", *only("lint"), under=under)
    assert (result.code, result.err) == (1, "")
    assert len(out.read_text()) in range(len(whole) - 40, len(whole) + 40)


# Row 78


@pytest.mark.parametrize("lack", LACKS)
def test_78_a_machine_that_has_too_little_gives_the_truth_or_no_verdict(project: Project, lack: str) -> None:
    if "setpriv" in LACKS[lack] and os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    expected = findings(project)
    argv = ("check", "--output-format", "json")
    result = project.gates(*argv, under=("env", "PYTHONDONTWRITEBYTECODE=1", *LACKS[lack]), timeout=60)
    print(lack, result.code, result.out[-300:] if not result.out else "", result.err[-600:])
    if result.code not in (-9, -24, 137, 152, 127, 126) and "Traceback" not in result.err:
        assert_no_less(result.code, result.out, expected)
    else:
        assert result.code not in (0, 1) and not result.out, result
    again = ran(project, *argv)
    assert_no_less(again.code, again.out, expected)
    assert again.code == 1
