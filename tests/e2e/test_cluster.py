"""Workers of a real dask cluster do what worker processes do: the report is the same, whoever dies."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_shards import timeless
from tests.e2e.test_since import tangled
from tests.project import Project

POLICY = """\
[tool.gates]
complexity.cyclomatic = 4
complexity.cognitive = 3
complexity.maintainability = 60
"""
GATES = ("--gate", "complexity", "--gate", "size", "--gate", "files")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project of some 3 MB, which is enough work to be shared out."""
    made = Project(tmp_path)
    made.write("pyproject.toml", POLICY)
    for number in range(40):
        made.write(f"m{number}.py", "\n\n".join(tangled(f"f{each}", 6 + number % 3) for each in range(250)))
    return made


class Cluster:
    """A scheduler and two workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "home").mkdir(exist_ok=True)
        file = folder / "scheduler.json"
        here = ("--host", "127.0.0.1")
        self.processes = [
            self._start("scheduler", *here, "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        ]
        self.address = "dask://" + _said(file, r'"address": "tcp://([\d.:]+)"')
        for _ in range(2):
            own = ("--nthreads", "1", "--no-dashboard", "--no-nanny")
            self.processes.append(self._start("worker", f"tcp://{self.address.removeprefix('dask://')}", *own))

    def _start(self, role: str, *arguments: str) -> subprocess.Popen[bytes]:
        argv = [sys.executable, "-m", "distributed.cli.dask_" + role, *arguments]
        env = {"PATH": os.environ["PATH"], "HOME": str(self._folder / "home"), "PYTHONWARNINGS": "ignore"}
        with (self._folder / f"{role}.log").open("ab") as said:
            return subprocess.Popen(argv, cwd=self._folder, env=env, stdout=said, stderr=said)

    def wait_for_workers(self) -> None:
        _said(
            self._folder / "scheduler.log",
            r"(?s)Register worker.*Register worker|Starting worker compute stream.*Starting worker",
        )

    def close(self) -> None:
        for each in self.processes:
            each.kill()
            each.wait()


def _said(file: Path, pattern: str) -> str:
    """Wait until a file says something, and return the first group of it."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if file.exists() and (match := re.search(pattern, file.read_text())):
            return match[1] if match.re.groups else match[0]
        time.sleep(0.05)
    raise AssertionError(file.read_text() if file.exists() else f"{file} was never written")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    try:
        made.wait_for_workers()
        yield made
    finally:
        made.close()


def test_a_cluster_comes_to_the_same_report(project: Project, cluster: Cluster) -> None:
    alone = project.gates("check", *GATES, "--output-format", "json", env={"GATES_CACHE": str(project.base / "alone")})
    workers = cluster.processes[1:]
    before = sum(_ticks(each.pid) for each in workers)
    done = project.gates("check", *GATES, "--output-format", "json", "--executor", cluster.address, timeout=60)
    assert sum(_ticks(each.pid) for each in workers) > before + os.sysconf("SC_CLK_TCK")
    assert (done.code, timeless(done.out)) == (alone.code, timeless(alone.out)), done.err
    assert done.code == 1


def test_a_worker_that_is_killed_costs_nothing(project: Project, cluster: Cluster) -> None:
    alone = project.gates("check", *GATES, "--output-format", "json", env={"GATES_CACHE": str(project.base / "alone")})
    argv = [sys.executable, "-m", "gates", "check", *GATES, "--output-format", "json", "--executor", cluster.address]
    checking = subprocess.Popen(
        argv, cwd=project.root, env=project.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    _wait_until_busy(cluster.processes[1].pid)
    cluster.processes[1].send_signal(signal.SIGKILL)
    out, err = checking.communicate(timeout=90)
    assert (checking.returncode, timeless(out.decode())) == (alone.code, timeless(alone.out)), err
    assert cluster.processes[1].wait() == -signal.SIGKILL


def _wait_until_busy(pid: int) -> None:
    """Wait until a process has worked for half a second: it is at a chunk."""
    begun = _ticks(pid)
    end = time.monotonic() + 30
    while _ticks(pid) < begun + os.sysconf("SC_CLK_TCK") // 2:
        assert time.monotonic() < end
        time.sleep(0.02)


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        (
            "thread://4",
            2,
            "error: `thread://4` is no executor\nName the scheduler of a dask cluster: dask://HOST:PORT\n",
        ),
        ("dask://127.0.0.1:9", 3, "error: no scheduler answers at `dask://127.0.0.1:9`\n"),
        ("dask://nonsense", 3, "error: no scheduler answers at `dask://nonsense`\n"),
    ],
)
def test_an_address_where_nobody_works_is_no_pass(project: Project, address: str, code: int, said: str) -> None:
    done = project.gates("check", *GATES, "--executor", address, timeout=60)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith(said)
