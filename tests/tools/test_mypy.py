"""mypy: what its output means, and the ways in which it would lead us to a wrong verdict."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.anchoring import Ahead, place_of
from gates.anchors import Place
from gates.model import Finding, Location, Severity
from gates.process import ToolError
from gates.tools import mypy
from tests.project import CLEAN, Project, outcome, rules, without_seconds

RECORDED = Path(__file__).parent / "recorded" / "mypy-2.4.1"
PATHS = {f"/project/{name}": name for name in ("errors.py", "note.py", "syntax.py")}


def recorded(name: str) -> bytes:
    return (RECORDED / name).read_bytes()


def test_recorded_errors() -> None:
    assert mypy.parse(recorded("errors.jsonl"), PATHS) == (
        Finding(
            rule="typing/arg-type",
            message='Argument 1 to "call" has incompatible type "Cat"; expected "Named"',
            location=Location("errors.py", 15, 6, 15, 11),
            help='Following member(s) of "Cat" have conflicts:     name: expected "str", got "int"',
            tool_code="arg-type",
        ),
        Finding(
            rule="typing/assignment",
            message='Incompatible types in assignment (expression has type "str", variable has type "int")',
            location=Location("errors.py", 16, 15, 16, 20),
            tool_code="assignment",
        ),
    )


@given(st.lists(st.integers(0, 2000), max_size=8))
def test_what_it_finds_is_foreseen_file_by_file_however_it_arrives(cuts: list[int]) -> None:
    said = recorded("errors.jsonl") + recorded("note.jsonl") + b"nonsense\n" + recorded("errors.jsonl")
    heard: list[tuple[str, list[Place]]] = []
    ended: list[bool] = []
    ahead = SimpleNamespace(add=lambda path, places: heard.append((path, places)), end=lambda: ended.append(True))
    found = mypy._Found(cast(Ahead, ahead), PATHS)
    for begin, end in pairwise(sorted({0, len(said), *(each % len(said) for each in cuts)})):
        found.hear(said[begin:end])
    found.end()
    assert heard == [
        ("errors.py", [Place(15, 6, 0, False), Place(16, 15, 0, False)]),
        ("note.py", [place_of(mypy.parse(recorded("note.jsonl"), PATHS)[0].location)]),
    ]
    assert ended == [True]


@pytest.mark.parametrize("said", [bytes(1 << 16), b"x\n" * (1 << 15)])
def test_it_does_not_listen_for_long_to_what_is_no_diagnostic(said: bytes) -> None:
    found = mypy._Found(cast(Ahead, SimpleNamespace(add=None, end=lambda: None)), PATHS)
    for _ in range(10_000):
        found.hear(said)
    assert len(found._begun) < 200_000
    found.end()


def test_a_recorded_note() -> None:
    (finding,) = mypy.parse(recorded("note.jsonl"), PATHS)
    assert (finding.severity, finding.message) == (Severity.NOTE, 'Revealed type is "int"')


def test_what_is_said_of_files_that_were_not_asked_about_is_left_out() -> None:
    assert mypy.parse(recorded("errors.jsonl"), {"/project/note.py": "note.py"}) == ()


def test_the_empty_line_of_success_is_no_finding() -> None:
    assert mypy.parse(b"\n", PATHS) == ()


@pytest.mark.parametrize(
    "output",
    [
        recorded("missing.txt"),
        recorded("undecodable.txt"),
        b"Found 1 error in 1 file (errors prevented further checking)\n",
        b"Success: no issues found in 1 source file\n",
        recorded("errors.jsonl")[:-20],
        recorded("errors.jsonl") + b"Found 2 errors\n",
        b"[]\n",
        b"\xff\n",
        recorded("note.jsonl").replace(b'"line": 2', b'"line": "2"'),
    ],
)
def test_what_is_no_diagnostic_is_no_result(output: bytes) -> None:
    with pytest.raises(ToolError, match="mypy printed something that is no diagnostic"):
        mypy.parse(output, PATHS)


def test_a_place_without_a_line_becomes_the_first_line() -> None:
    (finding,) = mypy.parse(recorded("twice.jsonl"), {"/project/d2/m.py": "d2/m.py"})
    assert finding.location == Location("d2/m.py", 1, 1, 1, 1)


def test_notes_alone_do_not_fail(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py", "x = 1\nreveal_type(x)\n")
    report = project.report("typing")
    assert report["exit_code"] == 0
    (finding,) = outcome(report, "typing")["findings"]
    assert (finding["severity"], finding["message"]) == ("note", 'Revealed type is "int"')


INHERIT = "[tool.gates.typing]\ninherit = true\n"
MISUNDERSTOOD = {
    "unknown key": ("pyproject.toml", INHERIT + "[tool.mypy]\nstric = true\n"),
    "wrong type": ("pyproject.toml", INHERIT + '[tool.mypy]\ncheck_untyped_defs = "perhaps"\n'),
    "unknown error code": ("pyproject.toml", INHERIT + '[tool.mypy]\ndisable_error_code = ["nope"]\n'),
    "override without module": ("pyproject.toml", INHERIT + "[tool.mypy]\n[[tool.mypy.overrides]]\nstrict = true\n"),
    "overrides are no array": ("pyproject.toml", INHERIT + "[tool.mypy]\n[tool.mypy.overrides]\nmodule = 'm'\n"),
    "unknown key in an override": (
        "pyproject.toml",
        INHERIT + "[tool.mypy]\n[[tool.mypy.overrides]]\nmodule = 'm'\ndisallow_untyped_deffs = true\n",
    ),
    "old Python": ("pyproject.toml", INHERIT + '[tool.mypy]\npython_version = "2.7"\n'),
    "no section": ("mypy.ini", "[mipy]\nstrict = True\n"),
    "unknown key in mypy.ini": ("mypy.ini", "[mypy]\nstric = True\n"),
    "duplicate key in mypy.ini": ("mypy.ini", "[mypy]\nstrict = True\nstrict = False\n"),
    "broken mypy.ini": ("mypy.ini", "strict = True\n"),
    "unknown key in setup.cfg": ("setup.cfg", "[mypy]\nstric = True\n"),
    "setup.cfg only speaks of mypy": ("setup.cfg", "[metadata]\ndescription = uses mypy\n"),
    "pyproject.toml only speaks of mypy": (
        "pyproject.toml",
        INHERIT + '[project]\nname = "mypy-user"\nversion = "1"\n',
    ),
}


@pytest.mark.parametrize("name", MISUNDERSTOOD)
def test_an_inherited_configuration_that_mypy_ignores_is_no_pass(tmp_path: Path, name: str) -> None:
    project = Project(tmp_path)
    project.write("pyproject.toml", INHERIT)
    project.write(*MISUNDERSTOOD[name])
    project.write("m.py")
    result = project.check("typing")
    assert result.code in (2, 3), result.said


@pytest.mark.parametrize("name", ["unknown key", "wrong type", "unknown key in mypy.ini", "unknown key in setup.cfg"])
def test_the_complaint_of_mypy_is_shown(tmp_path: Path, name: str) -> None:
    project = Project(tmp_path)
    project.write("pyproject.toml", INHERIT)
    project.write(*MISUNDERSTOOD[name])
    project.write("m.py")
    result = project.check("typing")
    assert result.code == 3
    assert result.said.startswith("typing: broken: mypy does not understand its configuration: ")


def test_an_inherited_configuration_that_is_understood_decides(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("pyproject.toml", INHERIT + "[tool.mypy]\nstrict = true\n")
    project.write("m.py", "def f(x):\n    return x\n")
    assert rules(project.report("typing")) == [("typing/no-untyped-def", "m.py", 1)]


def test_a_file_that_only_speaks_of_mypy_does_not_hide_the_one_that_configures_it(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("pyproject.toml", INHERIT + '[project]\nname = "mypy-user"\nversion = "1"\n')
    project.write("setup.cfg", "[mypy]\nstrict = True\n")
    project.write("m.py", "def f(x):\n    return x\n")
    assert rules(project.report("typing")) == [("typing/no-untyped-def", "m.py", 1)]


def test_broken_toml_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("pyproject.toml", "[tool.mypy]\nstrict = tru\n")
    project.write("m.py")
    result = project.check("typing")
    assert result.code == 2
    assert result.said.startswith("error: pyproject.toml:2:10: ")


@pytest.mark.parametrize("name", ["mypy.ini", ".mypy.ini", "setup.cfg"])
def test_the_projects_own_configuration_changes_nothing_unless_asked_for(tmp_path: Path, name: str) -> None:
    project = Project(tmp_path)
    project.write(name, "[mypy]\nignore_errors = True\nexclude = .*\n")
    project.write("m.py", 'number: int = "one"\n')
    assert rules(project.report("typing")) == [("typing/assignment", "m.py", 1)]


def _keep_times(path: Path, content: str) -> None:
    before = path.stat()
    path.write_text(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def test_an_edit_that_keeps_size_and_modification_time_is_seen(tmp_path: Path) -> None:
    project = Project(tmp_path)
    path = project.write("m.py", "number: int = 'one'\n")
    assert project.check("typing").code == 1
    _keep_times(path, "number: str = 'one'\n")
    assert project.check("typing").code == 0
    _keep_times(path, "number: int = 'one'\n")
    assert project.check("typing").code == 1


def test_an_edit_of_the_same_size_within_the_same_second_is_seen(tmp_path: Path) -> None:
    project = Project(tmp_path)
    path = project.write("m.py", "number: str = 'one'\n")
    os.utime(path, (1_700_000_000.1, 1_700_000_000.1))
    assert project.check("typing").code == 0
    path.write_text("number: int = 'one'\n")
    os.utime(path, (1_700_000_000.8, 1_700_000_000.8))
    assert project.check("typing").code == 1


def test_an_invisible_edit_of_an_imported_file_is_seen(tmp_path: Path) -> None:
    project = Project(tmp_path)
    path = project.write("low.py", "def f() -> int: raise OSError\n")
    project.write("high.py", "import low\n\nnumber: int = low.f()\n")
    assert project.check("typing").code == 0
    _keep_times(path, "def f() -> str: raise OSError\n")
    assert rules(project.report("typing")) == [("typing/assignment", "high.py", 3)]


def test_an_invisible_edit_of_an_excluded_file_is_seen(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("pyproject.toml", '[tool.gates]\nexclude = ["low.py"]\n')
    path = project.write("low.py", "def f() -> int: raise OSError\n")
    project.write("high.py", "import low\n\nnumber: int = low.f()\n")
    assert project.check("typing").code == 0
    _keep_times(path, "def f() -> str: raise OSError\n")
    assert rules(project.report("typing")) == [("typing/assignment", "high.py", 3)]


def test_an_invisible_edit_while_the_file_was_away_is_seen(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("other.py")
    path = project.write("m.py", "number: str = 'one'\n")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert project.check("typing").code == 0
    path.unlink()
    assert project.check("typing").code == 0
    path.write_text("number: int = 'one'\n")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert project.check("typing").code == 1


FILES = {
    "pkg/__init__.py": "from pkg.a import A as A\n",
    "pkg/a.py": "class A:\n    name: str = 1\n\n    def go(self) -> 'int':\n        return self.name\n",
    "pkg/b.py": "from pkg import A\n\n\nclass B(A):\n    def go(self) -> str:\n        return A().nam\n",
    "pkg/c.py": "from pkg.b import B\n\nB().go() + 1\nreveal_type(B().name)\n",
}


@pytest.mark.parametrize("edited", ["pkg/__init__.py", "pkg/a.py", "pkg/b.py"])
def test_after_a_comment_the_verdict_is_that_of_a_fresh_run(tmp_path: Path, edited: str) -> None:
    project = Project(tmp_path)
    for name, content in FILES.items():
        project.write(name, content)
    assert project.check("typing").code == 1
    for number in range(3):
        project.write(edited, f"# comment {number}\n" * number + FILES[edited])
        fresh = project.report("typing", env={"GATES_CACHE": str(tmp_path / f"fresh{number}")})
        assert without_seconds(project.report("typing")) == without_seconds(fresh)
        assert len(rules(fresh)) >= 4


def test_no_daemon_is_left_behind(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py")
    project.check("typing")
    assert not list(tmp_path.rglob("*dmypy*"))
    assert not list(project.root.rglob(".mypy_cache"))


def test_modules_of_the_same_name_are_all_checked(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for folder in ("a", "b", "c"):
        project.write(f"{folder}/m.py", f'{folder}: int = "one"\n')
    project.write("a/m.pyi", "a: int\n")
    found = [path for rule, path, _ in rules(project.report("typing")) if rule == "typing/assignment"]
    assert found == ["a/m.py", "b/m.py", "c/m.py"]


def test_a_later_pythons_syntax_does_not_hide_the_rest(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py", 'number: int = "one"\n')
    project.write("bad.py", "def f(:\n")
    report = project.report("typing", "files")
    assert ("typing/assignment", "m.py", 1) in rules(report)


def test_a_clean_project_passes(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py", CLEAN)
    result = project.check("typing")
    assert (result.code, result.said) == (0, "passed: 0 open findings, 1 of 1 gate passed, 1 file\n")


@pytest.mark.parametrize("comment", ["# mypy: ignore-errors", "# type: ignore"])
def test_a_comment_that_silences_a_whole_file_is_no_silent_pass(tmp_path: Path, comment: str) -> None:
    project = Project(tmp_path)
    project.write("pyproject.toml", '[tool.gates]\npreset = "production"\n')
    project.write("m.py", f'{comment}\nnumber: int = "one"\n')
    assert project.check("typing", "suppressions").code == 1


@pytest.mark.parametrize("line", ["from pkg import b", "from . import b"])
def test_a_module_that_appears_is_found_by_files_that_did_not_change(tmp_path: Path, line: str) -> None:
    """mypy's own cache repeats that the package has no such attribute, and hides the error behind it."""
    project = Project(tmp_path)
    project.write("pkg/__init__.py", "")
    project.write("pkg/a.py", f"{line}\n\nx: int = b.y\n")
    assert rules(project.report("typing")) == [("typing/attr-defined", "pkg/a.py", 1)]
    project.write("pkg/b.py", 'y = "s"\n')
    assert rules(project.report("typing")) == [("typing/assignment", "pkg/a.py", 3)]


def test_what_mypy_notes_once_does_not_depend_on_what_it_knows(tmp_path: Path) -> None:
    """mypy notes which stubs to install, and where to read on, with the first import that it comes to in a run."""
    project = Project(tmp_path)
    project.write("gates.toml", 'typing.strictness = "strict"\n')
    for name in ("a", "b", "c"):
        project.write(f"{name}.py", "import simplejson\nimport nowhere_to_be_found\n")
    cold = [each["help"] for each in outcome(project.report("typing"), "typing")["findings"]]
    assert cold == cold[:2] * 3
    assert cold[0].endswith("Here: python -m pip install types-simplejson.")
    project.write("a.py", "import simplejson\n")
    warm = project.report("typing")
    again = project.report("typing", env={"GATES_CACHE": str(tmp_path / "cold")})
    assert outcome(warm, "typing")["findings"] == outcome(again, "typing")["findings"]
