"""How programs end: by themselves, when asked to, when nobody wants them any more; and what is said of each end."""

from __future__ import annotations

import errno
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gates.model import Tool
from gates.process import Spawner, Stopped, ToolError, Waiting, environment, killed_by
from gates.programs import outside, program
from tests.test_process import STUBBORN, alive, gone, python

LAST_WILL = """
import signal, sys, time
def end(number, frame):
    open(sys.argv[1], "w").write("ended")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
open(sys.argv[2], "w").close()
time.sleep(60)
"""
DEAF = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "w").close()
time.sleep(60)
"""


@pytest.fixture(params=["pidfd", "wait"])
def waiting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait as on Linux, and as where the kernel does not tell of the end of a process."""
    if request.param == "wait":
        monkeypatch.delattr(os, "pidfd_open")


def test_all_that_was_said_is_there_however_late_it_is_read() -> None:
    done = python("import sys; sys.stdout.write('x' * 50_000_000); sys.stderr.write('y' * 50_000_000)")
    assert (len(done.out), len(done.err)) == (50_000_000, 50_000_000)


@pytest.mark.usefixtures("waiting")
def test_the_end_is_waited_for_and_no_longer() -> None:
    started = time.monotonic()
    assert python("import sys; sys.exit(7)").code == 7
    with pytest.raises(ToolError, match=r"did not finish within 0\.5 seconds"):
        python("import time; time.sleep(60)", timeout=0.5)
    assert 0.5 < time.monotonic() - started < 10


def test_a_program_that_is_stopped_may_end_by_itself(tmp_path: Path) -> None:
    said, ready = tmp_path / "said", tmp_path / "ready"
    with pytest.raises(ToolError, match="nobody wants its answer"):
        argv = [sys.executable, "-c", LAST_WILL, str(said), str(ready)]
        Spawner().run(argv, cwd=tmp_path, timeout=60, waiting=Waiting(ready.exists))
    assert said.read_text() == "ended"


def test_a_program_is_stopped_as_soon_as_nobody_wants_its_answer() -> None:
    asked: list[float] = []

    def in_vain() -> bool:
        asked.append(time.monotonic())
        return len(asked) == 3

    started = time.monotonic()
    with pytest.raises(ToolError, match="it was stopped, since nobody wants its answer any more"):
        Spawner().run(
            [sys.executable, "-c", "import time; time.sleep(60)"], cwd=Path("/"), timeout=60, waiting=Waiting(in_vain)
        )
    assert time.monotonic() - started < 10
    assert 0.1 < min(later - earlier for earlier, later in itertools.pairwise(asked)) < 0.9


def test_a_program_whose_answer_is_wanted_is_not_stopped_before_its_time() -> None:
    argv = [sys.executable, "-c", "import time; time.sleep(0.5); print('answer')"]
    assert Spawner().run(argv, cwd=Path("/"), timeout=20, waiting=Waiting(lambda: False)).stdout == "answer\n"
    with pytest.raises(ToolError, match=r"did not finish within 0\.3 seconds"):
        Spawner().run(argv, cwd=Path("/"), timeout=0.3, waiting=Waiting(lambda: False))


def until_all_exist(files: Sequence[Path]) -> None:
    while not all(file.exists() for file in files):
        time.sleep(0.02)


def test_all_programs_are_stopped_in_the_time_that_one_gets(tmp_path: Path) -> None:
    spawner, ended = Spawner(), []
    ready = [tmp_path / str(number) for number in range(3)]

    def run(file: Path) -> None:
        with pytest.raises(Stopped, match="the check was interrupted"):
            spawner.run([sys.executable, "-c", DEAF, str(file)], cwd=Path("/"), timeout=60)
        ended.append(time.monotonic())

    threads = [threading.Thread(target=run, args=(file,)) for file in ready]
    for each in threads:
        each.start()
    until_all_exist(ready)
    assert not spawner.stopped
    spawner.check()
    started = time.monotonic()
    spawner.stop()
    for each in threads:
        each.join()
    assert (len(ended), spawner.stopped) == (3, True)
    assert 1.9 < max(ended) - started < 5.5
    with pytest.raises(Stopped):
        spawner.check()


def test_where_no_shell_can_be_started_nobody_watches_and_the_rest_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    popen = subprocess.Popen

    def refused(argv: Sequence[str], **options: Any) -> Any:
        if argv[0] == "/bin/sh":
            raise OSError(errno.ENOENT, "No such file or directory")
        return popen(argv, **options)

    monkeypatch.setattr(subprocess, "Popen", refused)
    assert python("print('done')").stdout == "done\n"


def test_who_watches_is_gone_with_the_program(tmp_path: Path) -> None:
    children = Path(f"/proc/{os.getpid()}/task/{threading.get_native_id()}/children")
    before = children.read_text()
    assert python("import os; print(os.getpgid(0) == os.getpid())").stdout == "True\n"
    assert children.read_text() == before


def test_who_left_the_group_and_holds_the_pipe_does_not_hang_us(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    left = STUBBORN.format(close="os.setsid()", then="os._exit(0)")
    assert python(left, str(pid), stdin=b"x" * 5_000_000).stdout == "started\n"
    assert time.time() - pid.stat().st_mtime < 3.9
    assert alive(int(pid.read_text())), "SECURITY.md says that it is not found"
    os.kill(int(pid.read_text()), signal.SIGKILL)
    assert gone(pid)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", ""),
        ("first\\n  last words  \\n\\n \\n", ", after saying:   last words  "),
        ("x" * 300, f", after saying: {'x' * 200}"),
        ("\\x1b[2J", ", after saying: \\x1b[2J"),
    ],
)
def test_the_last_line_that_a_crash_left_is_told(said: str, told: str) -> None:
    code = f"import os, sys; sys.stderr.write('{said}'); sys.stderr.flush(); os.kill(os.getpid(), 6)"
    with pytest.raises(ToolError) as raised:
        python(code)
    assert raised.value.message.endswith(f"crashed: SIGABRT{told}")


def test_a_signal_without_a_name_is_told_by_its_number() -> None:
    with pytest.raises(ToolError, match=r"crashed: signal 40$"):
        python("import os; os.kill(os.getpid(), 40)")


@pytest.mark.parametrize(
    ("code", "name"),
    [(139, "SIGSEGV"), (137, "SIGKILL"), (129, "SIGHUP"), (128, ""), (0, ""), (2, ""), (11, ""), (160, ""), (255, "")],
)
def test_an_exit_code_above_128_tells_of_a_signal(code: int, name: str) -> None:
    assert killed_by(code) == name


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("-m", "slow"), "slow"),
        (("-P", "-m", "tools.slow_tool"), "slow-tool"),
        (("-c", "import time; time.sleep(60)", "-m", "slow"), Path(sys.executable).name),
    ],
)
def test_a_program_has_the_name_that_people_know(tmp_path: Path, arguments: tuple[str, ...], name: str) -> None:
    (tmp_path / "tools").mkdir()
    for file in ("slow.py", "tools/slow_tool.py"):
        (tmp_path / file).write_text("import time; time.sleep(60)")
    with pytest.raises(ToolError, match=rf"^`{name}` did not finish"):
        Spawner().run([sys.executable, *arguments], cwd=Path("/"), timeout=0.4, env={"PYTHONPATH": str(tmp_path)})


def test_a_tool_that_is_a_module_is_run_by_our_python_without_the_folder_it_stands_in() -> None:
    tool = Tool(name="mypy", distribution="mypy", tested=">=2.4,<2.5", module="mypy")
    assert program(tool) == [sys.executable, "-P", "-m", "mypy"]


def test_the_path_that_tools_get_has_no_folder_that_depends_on_where_they_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:.::bin:/bin")
    monkeypatch.setenv("HOME", "/nowhere")
    found = environment({})
    assert (found["PATH"], found["HOME"]) == ("/usr/bin:/bin", "/nowhere")
    monkeypatch.delenv("PATH")
    assert "PATH" not in environment({})


def test_a_program_of_the_checkout_or_of_no_certain_place_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("checkout/bin", "checkout2", "text", "folder/tool", "right", "later"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("checkout/bin", "checkout2", "right", "later"):
        (tmp_path / name / "tool").write_text("#!/bin/sh\n")
        (tmp_path / name / "tool").chmod(0o755)
    (tmp_path / "text" / "tool").write_text("no program")
    (tmp_path / "link").symlink_to("checkout/bin")
    monkeypatch.chdir(tmp_path)
    before = [tmp_path / name for name in ("checkout/bin", "link", "text", "folder", "missing")]
    path = [".", "right", *map(str, before), str(tmp_path / "right"), str(tmp_path / "later")]
    monkeypatch.setenv("PATH", os.pathsep.join(path))
    assert outside("tool", tmp_path / "checkout") == str(tmp_path / "right" / "tool")
    monkeypatch.setenv("PATH", os.pathsep.join(["right", *map(str, before), str(tmp_path / "checkout2")]))
    assert outside("tool", tmp_path / "checkout") == str(tmp_path / "checkout2" / "tool")
    with pytest.raises(ToolError, match="`tool` could not be started: No such file or directory") as raised:
        outside("tool", tmp_path)
    assert raised.value.hint == "Install it, and put it on PATH."


TAKING_UP = """
import sys
from pathlib import Path
from gates.git import worktrees
from gates.process import Spawner, Waiting
worktrees.recorded(Spawner(), Path(sys.argv[1]), "a turn")
"""


def test_a_filter_of_the_repository_does_not_survive_who_took_up_files(tmp_path: Path) -> None:
    place, pid = tmp_path / "place", tmp_path / "pid"
    subprocess.run(["git", "init", "--quiet", str(place)], check=True)
    clean = f"echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 60"
    subprocess.run(["git", "-C", str(place), "config", "filter.slow.clean", clean], check=True)
    (place / ".gitattributes").write_text("*.txt filter=slow\n")
    (place / "a.txt").write_text("a\n")
    with subprocess.Popen([sys.executable, "-c", TAKING_UP, str(place)]) as process:
        until_all_exist([pid])
        process.kill()
    assert gone(pid)
