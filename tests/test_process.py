"""Programs that hang, crash, talk too much, leave children behind: what starting them comes to."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from gates import process
from gates.model import Completed, Tool
from gates.process import Spawner, Stopped, ToolError, Waiting, environment
from gates.programs import program
from tests.project import Project

STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    {close}
    open(sys.argv[1], "w").write(str(os.getpid()))
    time.sleep(60)
while not os.path.exists(sys.argv[1]) or not os.path.getsize(sys.argv[1]):
    time.sleep(0.01)
print("started", flush=True)
{then}
"""

IGNORING = (
    sys.executable,
    "-c",
    "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])",
)
"""Starts a program as a parent does that wants to hear nothing of its children."""


def python(code: str, *arguments: str, timeout: float = 20, stdin: bytes = b"", cwd: str = "/") -> Completed:
    argv = [sys.executable, "-I", "-c", code, *arguments]
    return Spawner().run(argv, cwd=Path(cwd), timeout=timeout, stdin=stdin)


def alive(number: int) -> bool:
    """Whether a process runs; one that is dead and waits for its parent does not."""
    try:
        status = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def gone(file: Path) -> bool:
    """Whether the process whose number is in the file ends within a second."""
    number = int(file.read_text())
    deadline = time.monotonic() + 1
    while alive(number) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(number)


def test_what_is_said_is_heard_as_it_comes(tmp_path: Path) -> None:
    answer = tmp_path / "answer"
    heard: list[bytes] = []

    def hear(said: bytes) -> None:
        heard.append(said)
        answer.touch()

    code = (
        "import os, sys, time\nprint('one', flush=True)\n"
        "while not os.path.exists(sys.argv[1]):\n    time.sleep(0.01)\nprint('two')\nprint('three', file=sys.stderr)"
    )
    argv = [sys.executable, "-I", "-c", code, str(answer)]
    done = Spawner().run(argv, cwd=tmp_path, timeout=20, waiting=Waiting(heard=hear))
    assert (heard[0], b"".join(heard)) == (b"one\n", done.out)
    assert done.out == b"one\ntwo\n"


def test_exit_code_and_both_streams_come_back() -> None:
    done = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)")
    assert (done.code, done.stdout, done.stderr) == (7, "out\n", "err\n")


def test_standard_input_is_empty_unless_given() -> None:
    assert python("import sys; print(repr(sys.stdin.read()))").stdout == "''\n"
    assert python("import sys; print(len(sys.stdin.buffer.read()))", stdin=b"x" * 5_000_000).stdout == "5000000\n"


def test_a_program_that_does_not_read_its_input_does_not_hang_us() -> None:
    assert python("print('done')", stdin=b"x" * 5_000_000).stdout == "done\n"


def test_a_time_limit_kills_the_group_with_grandchildren_that_ignore_sigterm(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(ToolError, match=r"did not finish within 1 seconds and was killed") as caught:
        python(STUBBORN.format(close="", then="time.sleep(60)"), str(tmp_path / "pid"), timeout=1)
    assert time.monotonic() - started < 8
    assert "timeout" in caught.value.hint
    assert gone(tmp_path / "pid")


def test_a_grandchild_that_holds_the_pipe_does_not_hang_us_and_does_not_survive(tmp_path: Path) -> None:
    started = time.monotonic()
    done = python(STUBBORN.format(close="", then="os._exit(0)"), str(tmp_path / "pid"))
    assert (done.code, done.stdout) == (0, "started\n")
    assert time.monotonic() - started < 8
    assert gone(tmp_path / "pid")


def test_a_grandchild_that_closed_the_pipe_does_not_survive_either(tmp_path: Path) -> None:
    close = "os.close(0); os.close(1); os.close(2)"
    done = python(STUBBORN.format(close=close, then="os._exit(0)"), str(tmp_path / "pid"))
    assert done.code == 0
    assert gone(tmp_path / "pid")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_too_much_output_is_drained_and_is_no_result(
    stream: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(process, "MAX_OUTPUT", 100_000)
    code = f"import sys; [sys.{stream}.write('x' * 65536) for _ in range(100)]; open(sys.argv[1], 'w').write('all')"
    with pytest.raises(ToolError, match=r"wrote more than 100,000 bytes of output"):
        python(code, str(tmp_path / "end"))
    assert (tmp_path / "end").read_text() == "all"


def test_output_up_to_the_cap_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MAX_OUTPUT", 100_000)
    assert len(python("print('x' * 99_999)").out) == 100_000
    with pytest.raises(ToolError, match=r"wrote more than 100,000 bytes"):
        python("print('x' * 100_000)")


@pytest.mark.parametrize("name", ["SIGHUP", "SIGSEGV", "SIGABRT", "SIGKILL"])
def test_a_crash_names_the_signal_and_the_last_words(name: str) -> None:
    code = (
        f"import os, signal, sys; print('last words', file=sys.stderr, flush=True); os.kill(os.getpid(), signal.{name})"
    )
    with pytest.raises(ToolError, match=rf"crashed: {name}, after saying: last words$"):
        python(code)


def test_a_program_that_is_missing_or_no_program(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"`/no/such` could not be started: No such file or directory"):
        Spawner().run(["/no/such", "argument"], cwd=tmp_path, timeout=5)
    (tmp_path / "text").write_text("no program")
    with pytest.raises(ToolError, match=r"could not be started: Permission denied"):
        Spawner().run([str(tmp_path / "text")], cwd=tmp_path, timeout=5)


def test_a_stop_from_another_thread_ends_what_runs_and_refuses_what_comes(tmp_path: Path) -> None:
    spawner = Spawner()
    timer = threading.Timer(0.5, spawner.stop)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Stopped):
        spawner.run([sys.executable, "-c", "import time; time.sleep(60)"], cwd=tmp_path, timeout=60)
    assert time.monotonic() - started < 5
    with pytest.raises(Stopped):
        spawner.run([sys.executable, "-c", "pass"], cwd=tmp_path, timeout=60)
    timer.join()


def test_nothing_is_started_where_exit_codes_are_lost() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with pytest.raises(ToolError, match="SIGCHLD is ignored"):
            python("import sys; sys.exit(7)")
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_the_command_sees_exit_codes_also_when_its_parent_ignores_the_end_of_programs(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py")
    project.commit()
    project.write(".git/index", "damaged")
    said = project.gates("check", "--staged", under=IGNORING)
    assert (said.code, "index file smaller than expected" in said.err) == (3, True), said


def test_no_file_descriptor_is_left_open(tmp_path: Path) -> None:
    python("pass")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        python("pass")
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    "name",
    [
        "RUFF_OUTPUT_FORMAT",
        "RUFF_NO_CACHE",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "PYTHONHOME",
        "MYPYPATH",
        "MYPY_CACHE_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_CONFIG_COUNT",
        "LD_PRELOAD",
        "VIRTUAL_ENV",
        "FORCE_COLOR",
        "SECRET_TOKEN",
    ],
)
def test_a_variable_that_could_change_what_a_tool_says_is_not_handed_on(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "1")
    assert name not in environment({})
    assert environment({name: "2"})[name] == "2"


def test_locale_and_hash_seed_are_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.ISO-8859-1")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    found = environment({})
    assert (found["LC_ALL"], found["PYTHONHASHSEED"], found["PYTHONSAFEPATH"]) == ("C.UTF-8", "0", "1")


def test_a_program_is_taken_from_beside_our_interpreter_and_never_from_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "ruff"
    fake.write_text("#!/bin/sh\nexit 0\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    tool = Tool(name="ruff", distribution="ruff", tested=">=0.17,<0.18")
    assert program(tool) == [str(Path(sys.executable).with_name("ruff"))]


def test_a_program_that_is_not_installed_says_how_to_install_it() -> None:
    tool = Tool(name="no-such-tool", distribution="no-such", tested=">=1.0,<2.0")
    with pytest.raises(ToolError, match=r"no-such-tool is not installed beside this Python") as caught:
        program(tool)
    assert caught.value.hint == "Install it: python -m pip install 'no-such>=1.0,<2.0'"


MODULES = ("json", "tokenize", "tomllib", "msgspec", "click", "mypy", "radon", "gates", "grimp", "importlinter")


def test_a_check_executes_no_code_of_the_project(tmp_path: Path) -> None:
    project = Project(tmp_path)
    canary = tmp_path / "canary"
    plant = f"open({str(canary)!r}, 'a').write(__name__)\n"
    for name in (*MODULES, "sitecustomize", "usercustomize", "conftest", "setup"):
        project.write(f"{name}.py", plant)
    for name in ("ruff", "mypy", "jscpd", "git", "python", ".venv/bin/mypy", ".venv/bin/ruff", "bin/ruff"):
        project.write(name, f"#!/bin/sh\necho {name} >> {canary}\n").chmod(0o755)
    project.write("pkg/__init__.py", plant)
    project.write("pkg/low.py", plant)
    project.write("mypy.ini", "[mypy]\nplugins = pkg.low\n")
    project.write("ruff.toml", 'select = ["D"]\n')
    project.write("pyproject.toml", LAYERED)
    project.commit()
    result = project.gates("check", "--output-format", "concise")
    assert not canary.exists(), canary.read_text()
    assert result.code in (0, 1), result
    assert "layers" not in result.said


LAYERED = """
[tool.mypy]
plugins = ["pkg.low"]
[tool.importlinter]
root_package = "pkg"
contract_types = ["evil: pkg.low.Contract"]
[tool.gates.lint]
select = ["F"]
[tool.gates.layers]
packages = ["pkg"]
contracts = [{ id = "apart", why = "w", type = "acyclic", ancestors = ["pkg"] }]
"""


def test_variables_of_python_and_of_tools_change_nothing(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", 'import os\n\nnumber: int = "one"\n')
    (tmp_path / "evil").mkdir()
    for name in ("json", "sitecustomize", "mypy", "msgspec"):
        (tmp_path / "evil" / f"{name}.py").write_text("raise SystemExit(0)\n")
    plain = project.check("lint", "typing")
    evil = str(tmp_path / "evil")
    ours = {"RUFF_OUTPUT_FORMAT": "concise", "RUFF_SELECT": "D", "MYPYPATH": evil, "MYPY_CONFIG_FILE_DIR": evil}
    changed = project.check("lint", "typing", env=ours | {"COLUMNS": "20", "FORCE_COLOR": "1", "MYPY_FORCE_COLOR": "1"})
    assert plain.code == changed.code == 1
    assert plain.out == changed.out
