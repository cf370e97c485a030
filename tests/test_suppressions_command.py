"""gates suppressions: the ledger, as a table and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.project import Project

SOURCE = """\
import json  # noqa: F401, E402 - for plugins, expires=2027-01-31
x: int = "a"  # type: ignore
y = [1,2]  # fmt: skip
"""
TEST = "import pytest\n\n\n@pytest.mark.skip(reason='slow')\ndef test_a() -> None: ...\n"


def test_the_ledger_as_a_table(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("app/a.py", SOURCE)
    project.write("tests/test_a.py", TEST)
    project.write("gates.toml", '[[overrides]]\npaths = ["tests/**"]\nwhy = "Cases."\nlint.ignore = ["S101"]\n')
    result = project.gates("suppressions")
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "app/a.py:1         ruff       F401, E402        for plugins (expires 2027-01-31)\n"
        "app/a.py:2         mypy       type: ignore      -\n"
        "app/a.py:3         formatter  fmt: skip         -\n"
        "tests/test_a.py:4  pytest     pytest.mark.skip  slow\n"
        "\n"
        "4 suppressions in 2 files\n"
        "  by tool: formatter 1, mypy 1, pytest 1, ruff 1\n"
        "  by code: E402 1, F401 1\n"
        "\n"
        "in the configuration\n"
        '  gates.toml:1  gates  tests/**: lint.ignore = ["S101"]\n'
        "    why: Cases.\n"
    )


def test_the_ledger_as_json(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", SOURCE.partition("\n")[0] + "\n")
    result = project.gates("suppressions", "--output-format", "json")
    assert json.loads(result.out) == {
        "schema": "gates.suppressions/1",
        "suppressions": [
            {
                "path": "a.py",
                "line": 1,
                "column": 14,
                "tool": "ruff",
                "directive": "noqa",
                "codes": ["F401", "E402"],
                "reason": "for plugins",
                "expires": "2027-01-31",
                "symbol": "",
                "judged": True,
            }
        ],
        "totals": {"tools": {"ruff": 1}, "codes": {"F401": 1, "E402": 1}},
        "configuration": [],
        "unread": [],
    }


def test_a_project_without_any(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py")
    assert project.gates("suppressions").out == "0 suppressions in 0 files\n"


def test_what_cannot_be_read_is_named_and_the_rest_is_listed(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", SOURCE)
    project.write("b.py", "def f(:  # noqa\n")
    result = project.gates("suppressions")
    assert result.code == 0
    assert result.out.endswith("\nnot read, see `gates check --gate files`: b.py\n")


def test_a_wrong_configuration_is_a_mistake(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", SOURCE)
    project.write("gates.toml", "complexty = 1\n")
    assert project.gates("suppressions").code == 2


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_reason_steers_no_terminal(output: str, tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", "import pytest\npytest.skip('a \\x1b[2J b \\ud800')\nx = 1  # noqa: F401 \u202e c\n")
    said = project.gates("suppressions", "--output-format", output).said
    assert "\x1b" not in said
    assert "\u202e" not in said


INHERITED = {
    "ruff in pyproject": (
        {
            "pyproject.toml": '[tool.ruff.lint.per-file-ignores]\n"tests/*" = ["S101"]\n'
            + "[tool.gates]\nlint.inherit = true\n"
        },
        ['pyproject.toml:2  ruff  tests/*: ignore = ["S101"]'],
    ),
    "ruff in its own file": (
        {
            "ruff.toml": '[per-file-ignores]\n"a.py" = ["F"]\n[lint]\nextend-per-file-ignores = {"b.py" = ["E"]}\n',
            "pyproject.toml": '[tool.ruff.lint.per-file-ignores]\n"c.py" = ["S101"]\n',
            "gates.toml": "lint.inherit = true\n",
        },
        ['ruff.toml:2  ruff  a.py: ignore = ["F"]', 'ruff.toml:4  ruff  b.py: ignore = ["E"]'],
    ),
    "mypy in pyproject": (
        {
            "pyproject.toml": '[tool.mypy]\ndisable_error_code = ["misc"]\n[[tool.mypy.overrides]]\n'
            'module = ["a.*", "b"]\nignore_errors = true\n'
            '[[tool.mypy.overrides]]\nmodule = "c"\nignore_errors = false\n'
            "[tool.gates]\ntyping.inherit = true\n"
        },
        [
            'pyproject.toml:2  mypy  *: disable_error_code = ["misc"]',
            "pyproject.toml:5  mypy  a.*: ignore_errors = true",
            "pyproject.toml:5  mypy  b: ignore_errors = true",
        ],
    ),
    "mypy in its own file": (
        {
            "mypy.ini": "[mypy]\nstrict = true\n[mypy-a.*,b]\nignore_errors = True\n"
            "[mypy-c]\ndisable_error_code = misc\n",
            "gates.toml": "typing.inherit = true\n",
        },
        [
            "mypy.ini:4  mypy  a.*: ignore_errors = true",
            "mypy.ini:4  mypy  b: ignore_errors = true",
            'mypy.ini:6  mypy  c: disable_error_code = ["misc"]',
        ],
    ),
    "mypy in setup.cfg": (
        {"setup.cfg": "[mypy]\n[mypy-a]\nignore_errors = True\n", "gates.toml": "typing.inherit = true\n"},
        ["setup.cfg:3  mypy  a: ignore_errors = true"],
    ),
    "what is not inherited": (
        {"ruff.toml": '[per-file-ignores]\n"a.py" = ["F"]\n', "mypy.ini": "[mypy]\nignore_errors = True\n"},
        [],
    ),
}


@pytest.mark.parametrize("name", INHERITED)
def test_what_inherited_tools_ignore_by_path(name: str, tmp_path: Path) -> None:
    files, expected = INHERITED[name]
    project = Project(tmp_path)
    project.write("a.py")
    for path, content in files.items():
        project.write(path, content)
    result = project.gates("suppressions")
    assert result.code == 0, result
    lines = [line.strip() for line in result.out.splitlines()]
    assert [line for line in lines if "  ruff  " in line or "  mypy  " in line] == expected


@pytest.mark.parametrize(("name", "content"), [("ruff.toml", "[\n"), ("mypy.ini", "nonsense\n"), ("mypy.ini", "\xff")])
def test_an_inherited_file_that_cannot_be_read_is_a_mistake(name: str, content: str, tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py")
    project.write(name, content.encode("latin-1"))
    project.write("gates.toml", f"{'lint' if name == 'ruff.toml' else 'typing'}.inherit = true\n")
    result = project.gates("suppressions")
    assert result.code == 2
    assert name in result.err
