"""Rows 49 to 64 of the fault matrix: tools that are missing, lie, babble, hang, crash, or touch what is not theirs."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest

from gates.process import environment
from tests.faults import toolbox as toolboxes
from tests.faults.invariants import Held, held, ran
from tests.faults.toolbox import GATE, Toolbox, workshop
from tests.project import GATES, Project, Result, only

ALL = tuple(GATE)
NATIVE = ("ruff", "jscpd")


def checked(tmp_path: Path, tool: str, orders: str, *arguments: str) -> Result:
    """Run the gate that a tool decides while the fake one is in its place; nothing of the checkout may change."""
    toolbox, project = workshop(tmp_path, tool, orders)
    argv = ("check", "--output-format", "concise", *only(GATE[tool]), *arguments)
    with project.unchanged():
        return ran(project, *argv, under=toolbox.under)


def undecided(result: Result, tool: str) -> str:
    """Return why the gate of a tool, alone, could not decide."""
    assert result.code == 3, result
    gate, _, reason = result.out.partition(": broken: ")
    assert (gate, result.err) == (GATE[tool], ""), result
    assert "internal error" not in reason
    return reason.splitlines()[0]


def every_gate(toolbox: Toolbox, project: Project) -> Held:
    """Check by all gates that run a tool, cold and warm, and hold the invariants in every format."""
    return held(project, gates=tuple(GATE.values()), under=toolbox.under)


@pytest.mark.parametrize("tool", ALL)
def test_a_tool_that_finds_nothing_and_says_so_passes(tmp_path: Path, tool: str) -> None:
    """Else none of the other cases would show anything."""
    result = checked(tmp_path, tool, "clean()")
    assert (result.code, result.out.startswith("passed: 0 open findings")) == (0, True), result


# Row 49


@pytest.mark.parametrize("tool", NATIVE)
def test_49_a_program_that_is_missing(tmp_path: Path, tool: str) -> None:
    toolbox, project = workshop(tmp_path)
    (toolbox.bin / tool).unlink()
    found = every_gate(toolbox, project)
    assert found.code == 3
    assert found.reasons == {GATE[tool]: f"{tool} is not installed beside this Python"}
    assert f"Install it: python -m pip install '{tool}>=" in found.texts["concise"]


def test_49_a_path_without_anything_but_git_changes_nothing(tmp_path: Path) -> None:
    toolbox, project = workshop(tmp_path)
    (tmp_path / "only").mkdir()
    git = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / "only" / "git").symlink_to(git)
    (tmp_path / "sh").symlink_to("/bin/sh")
    result = ran(project, "check", *only("lint"), env={"PATH": str(tmp_path / "only")}, under=toolbox.under)
    assert result.code == 0, result


# Row 50


@pytest.mark.parametrize("version", ["0.16.4", "0.18.0", "9.9.9", ""])
def test_50_a_program_of_another_version(tmp_path: Path, version: str) -> None:
    toolbox, project = workshop(tmp_path)
    if version:
        (toolbox.packages / f"ruff-{version}.dist-info").mkdir()
    else:
        (toolbox.packages / "real.pth").write_text(f"{Path(__file__).parents[2]}\n{_without_ruff(tmp_path)}\n")
    result = ran(project, "check", "--output-format", "concise", *only("lint"), under=toolbox.under)
    said = f"ruff {version} is installed, but only >=0.17,<0.18 was tested" if version else "ruff is not installed"
    assert undecided(result, "ruff").startswith(said)


def _without_ruff(folder: Path) -> Path:
    """Return a folder of links to all that is installed here but for ruff."""
    import site

    found = folder / "installed"
    found.mkdir()
    for each in (path for place in site.getsitepackages() for path in Path(place).iterdir()):
        if not each.name.startswith("ruff"):
            (found / each.name).symlink_to(each)
    return found


# Rows 53 and 54

EACH = ("nothing", "exit code 1 and nothing", "garbage after the answer", "another schema", "a key twice")
"""What each tool is tried with; the same code reads the other answers of all."""

SPOILED = {
    "nothing": "end(0)",
    "exit code 1 and nothing": "attest(); end(1)",
    "garbage after the answer": "attest(); answer(finding() + 'garbage')",
    "an answer that is cut off": "attest(); answer(finding()[:-10])",
    "another schema": 'attest(); answer(\'{"version": 2, "results": []}\')',
    "no object": "attest(); answer('[[]]')",
    "text": "attest(); answer('All checks passed!')",
    "not a number": "attest(); answer(finding(line=float('nan')))",
    "a number without end": "attest(); answer(finding(line=1.5).replace('1.5', '1e999'))",
    "a number of 31 digits": "attest(); answer(finding(line=10**30))",
    "a key twice": "attest(); body = finding()[1:-1]; answer('{' + body + ', ' + body + '}')",
    "half a character": "attest(); answer(finding(message='\\ud800'))",
    "bytes that are no text": "attest(); answer(finding(message='XX').encode().replace(b'XX', b'\\xff\\xfe'))",
    "brackets without end": "attest(); answer('[' * 100_000)",
}


@pytest.mark.parametrize(
    ("tool", "case"), [(tool, case) for tool in ALL for case in (SPOILED if tool == "ruff" else EACH)]
)
def test_53_and_54_an_answer_that_is_none(tmp_path: Path, tool: str, case: str) -> None:
    undecided(checked(tmp_path, tool, SPOILED[case]), tool)


@pytest.mark.parametrize(
    ("tool", "orders"),
    [
        ("ruff", "attest(1)"),
        ("mypy", "attest(1)"),
        ("jscpd", "answer(nothing().replace('\"sources\": ', '\"sources\": 1'))"),
        ("import-linter", "answer(nothing().replace('\"pkg.low\"', '\"pkg.lower\"'))"),
    ],
)
def test_53_a_tool_that_looked_at_something_else(tmp_path: Path, tool: str, orders: str) -> None:
    reason = undecided(checked(tmp_path, tool, orders), tool)
    assert "not inspected" in reason or "did not say" in reason or "compared 1" in reason


def test_53_a_tool_of_mypys_name_that_did_not_come_to_its_end(tmp_path: Path) -> None:
    orders = "attest(finished=False); end(0)"
    assert "did not say that it looked at 3 files" in undecided(checked(tmp_path, "mypy", orders), "mypy")


@pytest.mark.parametrize("tool", ALL)
def test_54_what_it_said_is_kept(tmp_path: Path, tool: str) -> None:
    toolbox, project = workshop(tmp_path, tool, "attest(); answer('All checks passed!')")
    result = ran(project, "check", "--output-format", "concise", *only(GATE[tool]), under=toolbox.under)
    kept = project.own / f"said-{tool}.txt"
    assert kept.read_text() == "All checks passed!"
    assert f"What {tool} said is kept in {kept}." in undecided(result, tool)


# Row 55


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "nobody.py"])
@pytest.mark.parametrize("tool", ALL)
def test_55_a_finding_about_a_file_that_nobody_asked_about(tmp_path: Path, tool: str, path: str) -> None:
    """mypy also speaks of the files that those import: nothing of that is reported."""
    result = checked(tmp_path, tool, f"attest(); answer(finding(path={path!r}))")
    assert result.code == (0 if tool == "mypy" else 3), result
    assert "passwd" not in result.out and "open findings" in result.out
    assert " 0 open findings" in result.out


@pytest.mark.parametrize("place", ["line=0, column=0", "line=10**9, column=10**9", "line=-1, column=-1"])
@pytest.mark.parametrize("tool", ALL)
def test_55_a_place_outside_of_its_file(tmp_path: Path, tool: str, place: str) -> None:
    orders = f"attest(); answer(finding({place})); end(1 if TOOL in ('ruff', 'mypy') else 0)"
    toolbox, project = workshop(tmp_path, tool, orders)
    found = held(project, gates=(GATE[tool],), under=toolbox.under)
    if tool == "jscpd" and "10**9" not in place:
        assert "Expected `int` >= " in found.reasons["duplication"]
        return
    (finding,) = found.report["outcomes"][0]["findings"]
    lines = (project.root / finding["location"]["path"]).read_text().splitlines()
    assert finding["location"]["line"] in range(1, max(len(lines), 1) + 1)
    assert finding["location"]["column"] > 0


# Row 56

BABBLE = {
    "300 MB": "attest(); [out(b'x' * 1_000_000) for _ in range(300)]; Path({end!r}).touch()",
    "300 MB of errors": "clean(); [os.write(2, b'x' * 60_000) for _ in range(5000)]; Path({end!r}).touch()",
    "one line of 100 MB": "attest(); out(b'x' * 100_000_000); Path({end!r}).touch()",
}


@pytest.mark.parametrize("case", BABBLE)
def test_56_too_much_output_is_read_to_its_end_and_is_no_result(tmp_path: Path, case: str) -> None:
    """The memory is that of the largest of all processes. A pipe that is closed early would end the writer."""
    toolbox, project = workshop(tmp_path, "ruff", BABBLE[case].format(end=str(tmp_path / "end")))
    argv = [*toolbox.under, GATES, "check", "--output-format", "concise", *only("lint")]
    started = time.monotonic()
    process = subprocess.Popen(argv, cwd=project.root, env=project.environment(), stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as stream:
        said = stream.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert undecided(Result(process.returncode, said, ""), "ruff")
    assert (tmp_path / "end").exists()
    assert len(said) < 1000
    assert time.monotonic() - started < 30
    assert usage.ru_maxrss < 450_000, "kB"


# Rows 58 and 59

HANGING = {
    "a tool that hangs": "hang()",
    "a tool that ignores SIGTERM": "attest(); hang(stubborn=True)",
    "a tool whose child holds the pipes": "leave_child({note!r}); hang(stubborn=True)",
}


@pytest.mark.parametrize("case", HANGING)
def test_58_a_tool_that_hangs_costs_its_time_limit_and_no_other_result(tmp_path: Path, case: str) -> None:
    toolbox, project = workshop(tmp_path, "ruff", HANGING[case].format(note=str(tmp_path / "child")))
    project.write("gates.toml", (project.root / "gates.toml").read_text() + "[size]\nfile-lines = 2\n")
    argv = ("check", "--timeout", "1", "--output-format", "concise", *only("lint", "size"))
    result = ran(project, *argv, under=toolbox.under, within=20)
    assert result.code == 3
    assert "lint: broken: `ruff` did not finish within 1 seconds and was killed" in result.out
    assert "pkg/high.py:1:1: error size/file-lines" in result.out


def test_58_a_child_that_leaves_the_group_and_holds_all_pipes_is_not_waited_for(tmp_path: Path) -> None:
    """It outlives us: there is no sandbox. What the tool itself said is known by then."""
    toolbox, project = workshop(tmp_path, "ruff", f"leave_child({str(tmp_path / 'child')!r}, session=True); clean()")
    started = time.monotonic()
    result = project.gates("check", *only("lint"), under=toolbox.under)
    child = int((tmp_path / "child").read_text())
    os.kill(child, signal.SIGKILL)
    assert (result.code, time.monotonic() - started < 10) == (0, True), result


@pytest.mark.parametrize("number", [6, 11])
@pytest.mark.parametrize("how", ["os.kill(os.getpid(), {})", "end(128 + {})"])
def test_59_a_crash_is_named_whether_we_or_a_shell_see_it(tmp_path: Path, number: int, how: str) -> None:
    reason = undecided(checked(tmp_path, "ruff", f"attest(); {how.format(number)}"), "ruff")
    assert signal.Signals(number).name in reason and "crashed" in reason


@pytest.mark.parametrize(("tool", "code"), [*((tool, 255) for tool in ALL), ("mypy", 2), ("ruff", 2), ("jscpd", 1)])
def test_59_an_exit_code_that_means_no_work_was_done(tmp_path: Path, tool: str, code: int) -> None:
    reason = undecided(checked(tmp_path, tool, f"attest(); answer(nothing()); end({code})"), tool)
    assert f"ended with exit code {code}" in reason or (tool, code) == ("mypy", 2), reason


# Row 60

TOUCHING = {
    "pkg/low.py": "Path('pkg/low.py').write_text('ONE: int = 2\\n')",
    "pkg/high.py": "Path('pkg/high.py').unlink()",
    "pkg/new.py": "Path('pkg/new.py').write_text('import os\\n')",
    "new.pyi": "Path('new.pyi').write_text('')",
}


@pytest.mark.parametrize(("tool", "path"), [*zip(ALL, TOUCHING, strict=True)])
def test_60_a_tool_that_touches_what_is_judged_is_found_out(tmp_path: Path, tool: str, path: str) -> None:
    toolbox, project = workshop(tmp_path, tool, f"clean(); {TOUCHING[path]}")
    result = ran(project, "check", "--output-format", "concise", *only(GATE[tool]), under=toolbox.under)
    assert result.code == 3, result
    assert result.out.startswith(f"files changed while they were checked: {path}; check again\n")


@pytest.mark.parametrize("tool", ["ruff", "import-linter"])
def test_60_what_was_found_in_a_file_that_changed_meanwhile_is_not_believed_of_the_old_one(
    tmp_path: Path, tool: str
) -> None:
    """The next check would be green, if what is known of a content were kept without looking again."""
    bad = "import os\nfrom pkg import high\n\nprint(high)\nONE: int = 1\n"
    toolbox, project = workshop(tmp_path, tool, "Path('pkg/low.py').write_text('ONE: int = 1\\n'); clean()")
    project.write("pkg/low.py", bad)
    assert project.check(GATE[tool], under=toolbox.under).code == 3
    project.write("pkg/low.py", bad)
    assert project.check(GATE[tool]).code == 1


# Row 61


@pytest.mark.parametrize(
    "question",
    [
        "sys.stdin.read() == '' or hang()",
        "subprocess.run([os.environ['PAGER'], '/dev/null'], check=True)",
        "subprocess.run(['git', '-c', 'color.ui=always', 'log'], check=True, stdout=subprocess.DEVNULL)",
        "os.isatty(0) and hang()",
        "Path('/dev/tty').open()",
    ],
)
def test_61_a_tool_that_asks_gets_no_answer_and_hangs_nobody(tmp_path: Path, question: str) -> None:
    """On a terminal, too."""
    toolbox, project = workshop(tmp_path, "ruff", f"import subprocess\n{question}\nclean()")
    argv = [*toolbox.under, GATES, "check", "--output-format", "concise", *only("lint")]
    master, slave = pty.openpty()
    process = subprocess.Popen(
        argv,
        cwd=project.root,
        env=project.environment({"PAGER": "less", "GIT_PAGER": "less", "TERM": "xterm"}),
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    out, err = (each.decode() for each in process.communicate(timeout=20))
    os.close(master)
    os.close(slave)
    if "/dev/tty" in question:
        reason = undecided(Result(process.returncode, out, err), "ruff")
        assert reason.startswith("ruff ended with exit code 1 and reported nothing")
    else:
        assert (process.returncode, err) == (0, ""), (out, err)


# Row 63

FLAPPING = """
    note = Path({count!r})
    note.touch()
    number = len(note.read_text())
    note.write_text("x" * (number + 1))
    attest()
    answer(finding(path=asked()[number % 3], line=number + 1))
    end(1)
    """


def test_63_a_second_look_finds_such_a_tool_out(tmp_path: Path) -> None:
    toolbox, project = workshop(tmp_path, "ruff", FLAPPING.format(count=str(tmp_path / "count")))
    argv = ("check", "--verify-determinism", "--output-format", "concise", *only("lint"))
    with project.unchanged():
        reason = undecided(ran(project, *argv, under=toolbox.under), "ruff")
    assert reason.startswith(
        "a second check came to something else: 2 findings only in one of them: "
        "pkg/__init__.py:1:1 lint/F401, pkg/high.py:2:1 lint/F401"
    )


@pytest.mark.parametrize("tool", ALL)
def test_63_a_second_look_confirms_the_others(tmp_path: Path, tool: str) -> None:
    toolbox, project = workshop(tmp_path)
    project.write("pkg/low.py", toolboxes.SPOILED)
    argv = ("check", "--output-format", "concise", *only(GATE[tool]))
    once, twice = (ran(project, *argv, *flag, under=toolbox.under) for flag in ((), ("--verify-determinism",)))
    assert twice == once


def test_63_a_tool_that_says_something_else_each_time(tmp_path: Path) -> None:
    """Without a second look nothing finds it out, but what it said of a content is believed until that changes: of one
    state there is one verdict."""
    count = tmp_path / "count"
    toolbox, project = workshop(tmp_path, "ruff", FLAPPING.format(count=str(count)))
    found = held(project, gates=("lint",), under=toolbox.under)
    assert (found.code, len(found.rules), count.read_text()) == (1, 1, "x")


# Row 64


def test_64_no_folder_of_path_is_one_of_the_checkout_by_where_a_tool_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "::.:bin:/usr/bin:./x:/bin:")
    assert environment({})["PATH"] == "/usr/bin:/bin"


@pytest.mark.parametrize("path", [".", "", "bin", "{root}/.venv/bin", "{root}", "{base}/link"])
def test_64_no_git_of_the_checkout_is_run(tmp_path: Path, path: str) -> None:
    toolbox, project = workshop(tmp_path)
    for name in ("git", "bin/git", ".venv/bin/git"):
        project.write(name, f"#!/bin/sh\ntouch {tmp_path}/canary\nexit 1\n").chmod(0o755)
    (tmp_path / "link").symlink_to(project.root / "bin")
    first = path.format(root=project.root, base=tmp_path)
    for name in ("git", "bin/git", ".venv/bin/git"):
        subprocess.run([str(project.root / name)], check=False)
        assert (tmp_path / "canary").exists()
        (tmp_path / "canary").unlink()
    result = ran(project, "check", *only("lint"), env={"PATH": f"{first}:{os.environ['PATH']}"}, under=toolbox.under)
    assert (result.code, (tmp_path / "canary").exists()) == (0, False), result
    nowhere = ran(project, "check", *only("lint"), env={"PATH": first}, under=toolbox.under)
    assert (nowhere.code, (tmp_path / "canary").exists()) == (3, False), nowhere
    assert nowhere.err.startswith("error: `git` could not be started: No such file or directory\n")
