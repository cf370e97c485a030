"""The command line: what it prints, how fast it starts, what it imports."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import click
import pexpect
import pytest

from gates.cli import cli
from tests.project import GATES, Project, outcome

HEAVY = ["rich", "jinja2", "tomlkit", "mypy.build", "grimp", "importlinter", "multiprocessing", "asyncio"]


def test_help_takes_less_than_150_ms_of_processor_time(tmp_path: Path) -> None:
    """Processor time of the best of seven: the clock would measure what else the machine is doing."""
    project = Project(tmp_path)
    times = []
    for _ in range(7):
        before = os.times()
        assert project.gates("--help").code == 0
        after = os.times()
        times.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert min(times) < 0.150


def test_the_help_says_of_each_command_what_the_command_says_of_itself(tmp_path: Path) -> None:
    context = click.Context(cli)
    commands = [cli.get_command(context, name) for name in cli.list_commands(context)]
    said = {each.name: each.short_help for each in commands if each is not None and not each.hidden}
    listed = Project(tmp_path).gates("--help").out.partition("Commands:\n")[2]
    assert dict(line.split(maxsplit=1) for line in listed.splitlines()) == said


@pytest.mark.parametrize("output", ["json", "concise"])
def test_a_check_imports_nothing_heavy(output: str, tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py")
    script = (
        "import sys\nfrom gates.cli import main\n"
        f"sys.argv = ['gates', 'check', '--output-format', '{output}']\n"
        "try:\n    main()\nexcept SystemExit as error:\n    print('exit', error.code, file=sys.stderr)\n"
        f"print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)\n"
    )
    argv = [sys.executable, "-P", "-c", script]
    done = subprocess.run(argv, cwd=project.root, env=project.environment(), capture_output=True, text=True, check=True)
    assert done.stderr == "exit 0\n[]\n"


def test_help_names_every_command_and_the_exit_codes(tmp_path: Path) -> None:
    said = Project(tmp_path).gates("--help").out
    for name in ("check", "config", "explain", "list", "schema", "Exit codes: 0 passed, 1 failed"):
        assert name in said


def test_an_unknown_command_or_flag_is_a_usage_error(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert "No such command" in project.gates("chekc").err
    assert project.gates("chekc").code == 2
    assert project.gates("check", "--exit-zero").code == 2
    assert project.gates("check", "--output-format", "pdf").code == 2
    assert "there is no gate `complexty`" in project.gates("check", "--gate", "complexty").err


def test_reports_that_were_asked_for_can_be_read_by_others(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py")
    mask = os.umask(0o022)
    try:
        project.gates("check", "--output", "json=report.json")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((project.root / "report.json").stat().st_mode) == 0o644


def test_paths_that_are_wrong_say_so(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py")
    project.write("docs/index.md", "# docs")
    assert project.gates("check", "nothing.py").err.startswith("error: there is no file or directory `nothing.py`")
    assert "lies outside the project" in project.gates("check", "..").err
    assert "holds no Python file" in project.gates("check", "docs").err
    assert project.gates("check", "docs").code == 2


def test_a_check_from_a_subdirectory_judges_the_whole_project(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("gates.toml", "[size]\nfile-lines = 1\n")
    project.write("m.py", "a = 1\nb = 2\n")
    project.write("sub/n.py", "a = 1\n")
    argv = [GATES, "check", "--gate", "size", "--output-format", "concise"]
    done = subprocess.run(argv, cwd=project.root / "sub", env=project.environment(), capture_output=True, text=True)
    assert "m.py:1:1: error size/file-lines" in done.stdout
    below = subprocess.run([*argv, "n.py"], cwd=project.root / "sub", env=project.environment(), capture_output=True)
    assert below.returncode == 0


@pytest.mark.parametrize(
    ("what", "hint"),
    [
        ("F401", "Did you mean `lint/F401`?"),
        ("f401", "Did you mean `lint/F401`?"),
        ("cyclomatic", "Did you mean `complexity/cyclomatic`?"),
        ("complexty", "Did you mean `complexity`?"),
        ("size/file-line", "the gate `size` has no rule `file-line`"),
        ("nothing-12", "`gates list` names gates and rules; `gates check` prints the ids of findings."),
    ],
)
def test_explain_names_what_was_meant(tmp_path: Path, what: str, hint: str) -> None:
    project = Project(tmp_path)
    project.write("m.py")
    result = project.gates("explain", what)
    assert (result.code, hint in result.err) == (2, True), result
    assert project.gates("explain", "lint/F401").code == 0


@pytest.mark.parametrize(("typed", "hint"), [("chek", " Did you mean `gates check`?"), ("frobnicate", "")])
def test_an_unknown_command_names_the_nearest(tmp_path: Path, typed: str, hint: str) -> None:
    result = Project(tmp_path).gates(typed)
    assert (result.code, result.err.splitlines()[-1]) == (2, f"Error: No such command '{typed}'.{hint}")


def test_nouns_agree_with_their_numbers(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("gates.toml", 'preset = "internal"\n')
    project.write("a.py", "import nowhere\n")
    project.write("b.py", "def f(:\n")
    said = project.gates("check", "--gate", "complexity", "--output-format", "text").out
    assert "1 of 2 files" in said
    said = project.gates("check", "--gate", "complexity", "--output-format", "github").out
    assert "1 of 2 files inspected" in said
    project.write("b.py", "import nowhere.deeper\n")
    first = outcome(project.report("typing"), "typing")["findings"][0]
    told = project.gates("explain", first["id"]).out
    assert "one of 3 findings in 2 files with one cause: " in told
    (project.root / "b.py").unlink()
    project.write("a.py", "import nowhere\nimport nowhere.deeper\n")
    first = outcome(project.report("typing"), "typing")["findings"][0]
    assert "one of 2 findings in 1 file with one cause: " in project.gates("explain", first["id"]).out


def test_progress_shows_on_a_terminal_and_only_there(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py")
    assert "\r" not in project.gates("check").err
    env = project.environment({"TERM": "xterm"})
    argv = ["check", "--gate", "files", "--gate", "lint"]
    child = pexpect.spawn(GATES, argv, cwd=project.root, env=env, timeout=30, encoding="utf-8", dimensions=(24, 100))
    child.expect(pexpect.EOF)
    child.close()
    assert "checking: 1 of 1 file  files lint" in str(child.before)
    assert "\x1b[32m✓ files" in str(child.before)
    assert child.exitstatus == 0


def test_explain_tells_a_rule_a_gate_and_a_finding(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("gates.toml", "[complexity]\ncyclomatic = 1\n")
    project.write("m.py", "def f(x: int) -> int:\n    return 1 if x else 2\n")
    finding = project.report("complexity")["outcomes"][0]["findings"][0]
    said = project.gates("explain", finding["id"]).out
    assert said.startswith(f"{finding['id']}  complexity/cyclomatic  error, open\nm.py:1:1  m:f\n")
    assert "### cyclomatic" in said
    assert "### cognitive" not in said
    assert project.gates("explain", "complexity/cyclomatic").out in said
    assert "### cognitive" in project.gates("explain", "complexity").out
    assert "## Cases" not in project.gates("explain", "complexity").out
    assert project.gates("explain", "complexity/nothing").code == 2
    assert "is neither a gate, a rule, nor a finding" in project.gates("explain", "nothing-12").err


def test_list_names_every_gate_and_why_one_is_off(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("gates.toml", '[size]\nenabled = false\nwhy = "generated code"\n')
    said = project.gates("list").out
    assert "size (off: generated code)\n" in said
    assert "complexity (on)\n" in said
    assert "    layers/*" in said


def test_colours_can_be_forced_and_forbidden(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py")
    assert "\x1b[" not in project.gates("check", "--gate", "files").out
    assert "\x1b[" in project.gates("check", "--gate", "files", env={"FORCE_COLOR": "1"}).out


def test_the_module_is_the_command(tmp_path: Path) -> None:
    argv = [sys.executable, "-P", "-m", "gates", "--version"]
    done = subprocess.run(argv, cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, check=True)
    assert done.stdout == Project(tmp_path).gates("--version").out == "gates 0.1.0\n"


def test_the_version_that_is_told_at_once_is_told_in_the_same_words(tmp_path: Path) -> None:
    said = [Project(tmp_path).gates(*argv).out for argv in (["--version"], ["--version", "--version"])]
    assert said == ["gates 0.1.0\n"] * 2
    argv = [sys.executable, "-X", "importtime", "-P", "-m", "gates", "--version"]
    done = subprocess.run(argv, cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, check=True)
    assert "click" not in done.stderr and "msgspec" not in done.stderr
    with open("/dev/full", "w") as full:
        argv = [sys.executable, "-u", "-m", "gates", "--version"]
        assert subprocess.run(argv, cwd=tmp_path, env=dict(os.environ), stdout=full, check=False).returncode == 3


def test_a_base_without_a_name_is_a_mistake(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py")
    result = project.gates("check", "--since", "")
    assert result.code == 2
    assert "--since names no commit" in result.err
