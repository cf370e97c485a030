"""The command line of a hook is read by itself where it is plain, and then means what it means to the command."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.commands.hook import command
from gates.hookline import Line, plain
from tests.hooks import Hooked
from tests.lines import loaded, means_the_same
from tests.project import CLEAN

WORDS = (
    "--all",
    "--gate",
    "--since",
    "--push",
    "--",
    "-",
    "--gate=lint",
    "--help",
    "--nope",
    "lint",
    "HEAD~1",
    "a.py",
    "",
)
LATE = ["click", "concurrent.futures", "inspect", "json", "logging", "rich", "typing_extensions"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], Line()),
        (["--"], Line()),
        (["--all"], Line(everything=True)),
        (["--push", "origin"], Line(remote="origin")),
        (["--all", "--since", "origin/main"], Line(everything=True, since="origin/main")),
        (["--gate", "lint", "--gate", "size", "--", "a.py", "--all"], Line(("a.py", "--all"), ("lint", "size"))),
    ],
)
def test_what_hooks_write_is_plain(arguments: list[str], line: Line) -> None:
    assert plain(arguments) == line


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--gate"], ["--gate", "--all"], ["--gate=lint"], ["a.py"], ["--since", ""], ["-"]]
)
def test_all_else_is_for_the_command_to_read(arguments: list[str]) -> None:
    assert plain(arguments) is None


def test_what_may_be_an_option_or_a_file_is_for_the_command_to_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "--all").touch()
    assert plain(["--all"]) is None
    assert plain(["--", "--all"]) == Line(("--all",))


@given(st.lists(st.sampled_from(WORDS), max_size=6))
def test_what_is_plain_means_the_same_to_the_command(arguments: list[str]) -> None:
    assert means_the_same(plain(arguments), command, arguments)


def test_a_commit_loads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    project = Hooked(tmp_path)
    project.write("b.py", CLEAN.replace("double", "twice"))
    project.git("add", "b.py")
    assert loaded(project, ["hook", "--"], LATE)[1] == ["0"]
