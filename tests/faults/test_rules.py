"""Rows 41 to 48 of the fault matrix: what stands in the configuration, and what stands in its place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.invariants import Held, held
from tests.project import Project, unprivileged

FAST = ("files", "lint")
FILES = ("gates.toml", "pyproject.toml")


def refused(project: Project, *arguments: str, under: tuple[str, ...] = (), within: float = 20) -> str:
    result: Held = held(project, *arguments, gates=FAST, under=under, within=within)
    assert result.code == 2
    return result.said


DEEP = "x = " + "[" * 2000 + "]" * 2000
WRONG = {
    "unknown key": ("polices = 1", "gates.toml:1: unknown key `polices`\n"),
    "a key of another case": ("Preset = 'internal'", "gates.toml:1: unknown key `Preset`\nDid you mean `preset`?\n"),
    "wrong type": ("preset = ['internal']", "gates.toml:1: `preset`: expected `str`, got `array`\n"),
    "a date": ("preset = 2020-01-01", "gates.toml:1: `preset`: expected `str`, got `date`\n"),
    "not a number": ("timeout = nan", "gates.toml:1: `timeout`: expected `float` > 0.0\n"),
    "twice": ("timeout = 1\ntimeout = 2", "gates.toml:2:12: Cannot overwrite a value\n"),
    "a table twice": ("[lint]\n[lint]", "gates.toml:2:6: Cannot declare ('lint',) twice\n"),
    "broken": ("# x\npreset = ", "gates.toml:2:10: Invalid value\n"),
    "mark": ("\ufefftimeout = 1", "gates.toml:1:1: starts with a byte-order mark"),
    "lone CR": ("timeout = 1\rtimeout = 2", "gates.toml:1:12: Expected newline"),
    "NUL": ("preset = 'x\0'", "gates.toml:1:12: Found invalid character '\\x00'\n"),
    "escape": ("preset = '\x1b[2J'", "gates.toml:1:11: Found invalid character '\\x1b'\n"),
    "bidi": ("preset = '\u202e'", "gates.toml:1: `preset`: invalid enum value '\\u202e'\n"),
    "surrogate": ('preset = "\\ud800"', "gates.toml:1:17: Escaped character is not a Unicode scalar value\n"),
    "deep": (DEEP, "gates.toml: Values are nested too deeply\n"),
    "dotted": ("\na" + ".a" * 100_000 + " = 1", "gates.toml:2:1: A key of more than 100 parts\n"),
    "dotted table": ("[a" + " . 'a'" * 100_000 + "]", "gates.toml:1:1: A key of more than 100 parts\n"),
    "digits": ("timeout = " + "9" * 5000, "gates.toml: A number has too many digits\n"),
    "large": ("preset = '" + "x" * 2_000_000 + "'", "gates.toml is larger than 1 MiB\n"),
    "dots in values": ("x = [" + "1.5, " * 300 + "'" + "." * 300 + "']", "gates.toml:1: unknown key `x`\n"),
}


@pytest.mark.parametrize("name", WRONG)
def test_41_a_mistake_ends_the_run_and_says_where(name: str, tmp_path: Path) -> None:
    project = Project(tmp_path)
    content, said = WRONG[name]
    project.write("a.py", "import os\n")
    project.write("gates.toml", content)
    assert refused(project).startswith(f"error: {said}")


def test_41_what_is_wrong_in_another_table_of_the_file_is_a_mistake_too(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", "import os\n")
    project.write("pyproject.toml", f"[tool.other]\nx = {'9' * 5000}\n")
    assert refused(project).startswith("error: pyproject.toml: A number has too many digits\n")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _nothing(path: Path) -> None:
    path.symlink_to("nowhere")


def _itself(path: Path) -> None:
    path.symlink_to(path.name)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _closed(path: Path) -> None:
    path.write_text("[tool.gates]\n" if path.name == "pyproject.toml" else "")
    path.chmod(0)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("put", [_pipe, Path.mkdir, _nothing, _itself, _device, _closed])
def test_41_what_is_there_and_cannot_be_read_is_not_taken_for_no_rules(
    tmp_path: Path, put: Callable[[Path], None], name: str
) -> None:
    project = Project(tmp_path)
    project.write("a.py", "import os\n")
    put(project.root / name)
    why = "cannot be read: Permission denied" if put is _closed else "is no regular file, nor a link to one"
    assert refused(project, under=unprivileged()).startswith(f"error: {name} {why}\n")


def test_41_rules_behind_a_link_hold_and_are_not_dropped_where_a_commit_is_judged(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", "a = 1\n" * 9)
    project.write("shared/rules.toml", "[size]\nfile-lines = 2\n")
    (project.root / "gates.toml").symlink_to("shared/rules.toml")
    project.commit()
    assert held(project, gates=("size",)).rules == [("size/file-lines", "a.py")]
    assert "gates.toml is a link, and those of a commit are not followed\n" in refused(project, "--staged")
    since = held(project, "--since", "HEAD", gates=("size", "policy"), env={"CI": "1"})
    assert (since.code, since.rules) == (1, [("policy/unverified", "gates.toml")])
