"""The command line of a check is read by itself where it is plain, and then means what it means to the command."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.checkline import Line, plain
from gates.commands.check import command
from tests.hooks import Hooked
from tests.lines import loaded, means_the_same

WORDS = (
    "--gate",
    "--output-format",
    "--since",
    "--staged",
    "--jobs",
    "--",
    "-",
    "--gate=lint",
    "--help",
    "--nope",
    "lint",
    "json",
    "html",
    "auto",
    "__init__",
    "src/shop",
    "",
)
LATE = ["ast", "click", "concurrent.futures", "gates.engine", "gates.registry", "inspect", "json", "logging", "rich"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], Line()),
        (["src", "a.py"], Line(("src", "a.py"))),
        (["--output-format", "concise"], Line(output_format="concise")),
        (["--gate", "lint", "src", "--gate", "size"], Line(("src",), ("lint", "size"))),
    ],
)
def test_what_people_and_agents_write_is_plain(arguments: list[str], line: Line) -> None:
    assert plain(arguments) == line


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--gate"], ["--gate=lint"], ["--since", "main"], ["--staged"], ["--output-format", "nope"], ["-"]],
)
def test_all_else_is_for_the_command_to_read(arguments: list[str]) -> None:
    assert plain(arguments) is None


@given(st.lists(st.sampled_from(WORDS), max_size=6))
def test_what_is_plain_means_the_same_to_the_command(arguments: list[str]) -> None:
    assert means_the_same(plain(arguments), command, arguments)


def test_who_recalls_a_check_loads_nothing_that_judges(tmp_path: Path) -> None:
    project = Hooked(tmp_path)
    arguments = ("check", "--output-format", "concise", "--gate", "size")
    first, second = (loaded(project, arguments, LATE) for _ in range(2))
    assert first[0] == second[0] == "passed: 0 open findings, 1 of 1 gate passed, 1 file"
    assert "gates.engine" in first[1]
    assert second[1] == ["0"]
