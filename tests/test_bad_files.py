"""Files that no analyser should have to see: what is in them, seen from the command line."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path

import pytest

from tests.project import CLEAN, Project, outcome, rules, unprivileged

TANGLED = (
    "def tangled(n: int) -> int:\n"
    + "".join(f"    if n == {i}:\n        n += {i}\n" for i in range(40))
    + "    return n\n"
)
ENDING = "failed: 1 open finding, {passed} of {all} gates passed, 1 file\n"

WRONG: dict[str, tuple[bytes, str]] = {
    "syntax error": (b"def f(:\n", "m.py:1:7: error files/syntax `m.py` is not valid Python: invalid syntax\n"),
    "latin-1 on line 1": (
        b"x = '\xe9'\n",
        "m.py:1:1: error files/encoding `m.py` is not valid UTF-8: byte 0xe9 at offset 5\n",
    ),
    "latin-1 on line 4": (
        b"x = 1\n\n\ny = '\xe9'\n",
        "m.py:4:1: error files/encoding `m.py` is not valid UTF-8: byte 0xe9 at offset 13\n",
    ),
    "unknown encoding": (
        b"# coding: nope\nx = 1\n",
        "m.py:1:1: error files/encoding `m.py` declares an unusable encoding: unknown encoding: nope\n",
    ),
    "UTF-16": (
        "x = 1\n".encode("utf-16"),
        "m.py:1:1: error files/encoding `m.py` is not valid UTF-8: byte 0xff at offset 0\n",
    ),
    "NUL": (
        b"x = 1\ny = '\0'\n",
        "m.py:2:1: error files/syntax `m.py` is not valid Python: source code string cannot contain null bytes\n",
    ),
    "1,000 parentheses": (
        b"x = " + b"(" * 1000 + b"1" + b")" * 1000 + b"\n",
        "m.py:1:205: error files/syntax `m.py` is not valid Python: too many nested parentheses\n",
    ),
    "1,200 terms": (
        b"x = " + b"+".join([b"0"] * 1_200) + b"\n",
        "m.py:1:1: error files/too-deep `m.py` nests syntax more than 1,000 levels deep\n",
    ),
    "50,000 terms": (
        b"x = " + b"+".join([b"0"] * 50_000) + b"\n",
        "m.py:1:1: error files/too-deep `m.py` nests syntax more than 1,000 levels deep\n",
    ),
    "3,000 elif": (
        b"x = 1\nif x == 0:\n    pass\n" + b"".join(b"elif x == %d:\n    pass\n" % i for i in range(3000)),
        "m.py:2002:1: error files/too-deep `m.py` nests syntax more than 1,000 levels deep\n",
    ),
}

RIGHT: dict[str, bytes] = {
    "empty": b"",
    "only a comment, no final newline": b"# nothing",
    "byte-order mark": b"\xef\xbb\xbf" + CLEAN.encode(),
    "CRLF": CLEAN.replace("\n", "\r\n").encode(),
    "lone CR": CLEAN.replace("\n", "\r").encode(),
    "form feed": b"\x0c\n" + CLEAN.encode(),
    "60 tokens on one line": b"x = [" + b"1, " * 60 + b"]\n",
    "2 MB on one line": b"x = [" + b"1, " * 700_000 + b"]\n",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_cannot_be_analysed_is_one_finding_and_exit_1(tmp_path: Path, name: str) -> None:
    project = Project(tmp_path)
    content, finding = WRONG[name]
    project.write("m.py", content)
    result = project.check()
    assert (result.code, result.said) == (1, finding + ENDING.format(passed=5, all=6))


@pytest.mark.parametrize("name", RIGHT)
def test_unusual_but_right_files_pass_every_gate(tmp_path: Path, name: str) -> None:
    project = Project(tmp_path)
    project.write("m.py", RIGHT[name])
    result = project.check()
    assert (result.code, result.said) == (0, "passed: 0 open findings, 6 of 6 gates passed, 1 file\n")


@pytest.mark.parametrize("gate", ["complexity", "duplication", "lint", "size", "typing"])
@pytest.mark.parametrize("name", ["syntax error", "latin-1 on line 4", "NUL", "1,200 terms"])
def test_without_the_gate_files_what_cannot_be_analysed_breaks_the_others(tmp_path: Path, gate: str, name: str) -> None:
    project = Project(tmp_path)
    project.write("m.py", WRONG[name][0])
    project.write("ok.py")
    result = project.check(gate)
    assert result.code == 3
    assert result.said.startswith(f"{gate}: broken: m.py ")


@pytest.mark.parametrize("name", [name for name in WRONG if name not in ("NUL", "UTF-16")])
def test_padding_never_hides_a_finding_behind_green(tmp_path: Path, name: str) -> None:
    project = Project(tmp_path)
    project.write("m.py", TANGLED.encode() + WRONG[name][0])
    assert project.check().code == 1


def test_one_bad_file_does_not_take_the_findings_of_others_with_it(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("bad.py", WRONG["50,000 terms"][0])
    project.write("tangled.py", TANGLED)
    project.write("kinds.py", 'number: int = "one"\n')
    project.write("unused.py", "import os\n")
    assert rules(project.report()) == [
        ("complexity/cognitive", "tangled.py", 1),
        ("complexity/cyclomatic", "tangled.py", 1),
        ("files/too-deep", "bad.py", 1),
        ("lint/F401", "unused.py", 1),
        ("typing/assignment", "kinds.py", 1),
    ]


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("iso-8859-1", b"# coding: latin-1\nx = '\xe9'\n"),
        ("utf-7", b"# coding: utf-7\n#+AAo-import os, sys+AAo-undefined_name_here()\n"),
        ("unicode_escape", b"# coding: unicode_escape\n#\\nimport os\\nundefined_name\n"),
    ],
)
def test_a_declared_encoding_in_which_tools_read_something_else(encoding: str, content: bytes, tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py", content)
    result = project.check()
    assert result.code == 1
    assert f"m.py:1:1: error files/encoding `m.py` is written in {encoding}, and tools read UTF-8\n" in result.said


@pytest.mark.parametrize("name", ["syntax error", "50,000 terms", "1,000 parentheses", "NUL"])
def test_tools_that_start_before_files_are_analysed_say_what_they_say_afterwards(tmp_path: Path, name: str) -> None:
    """Of a project of this size files are analysed while mypy and jscpd begin; the second time all is known."""
    project = Project(tmp_path)
    for number in range(30):
        project.write(f"m{number}.py", 'wrong: int = ""\n' + "".join(f"x{each} = {each}\n" for each in range(700)))
    project.write("bad.py", WRONG[name][0])
    started = time.monotonic()
    first = project.report("typing", "duplication", "files")
    assert time.monotonic() - started < 25
    second = project.report("typing", "duplication", "files")
    for gate in ("typing", "duplication", "files"):
        one, other = outcome(first, gate), outcome(second, gate)
        assert {**one, "seconds": 0} == {**other, "seconds": 0}
        assert one["verdict"] != "broken"
    assert outcome(first, "typing")["unread"][0]["path"] == "bad.py"
    assert len(outcome(first, "typing")["findings"]) == 30


def test_a_declared_encoding_that_reads_the_same_in_utf_8_is_fine(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py", b"# coding: latin-1\nNUMBER = 1\n")
    assert project.check().code == 0


def test_syntax_newer_than_the_interpreter_is_no_verdict_and_says_which_python_is_needed(tmp_path: Path) -> None:
    project = Project(tmp_path)
    code, needed = _newer()
    project.write("m.py", code)
    result = project.check()
    assert result.code == 3
    running = ".".join(str(each) for each in sys.version_info[:2])
    install = f"install quality-gates under Python {needed}"
    assert f"files: broken: m.py needs Python {needed}, and gates runs on {running}: {install}" in result.said


def test_newer_syntax_beside_a_real_error_is_the_real_error(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py", _newer()[0] + "def f(:\n")
    result = project.check("files")
    assert result.code == 1
    assert " error files/syntax `m.py` is not valid Python: " in result.said


def _newer() -> tuple[str, str]:
    if sys.version_info < (3, 12):
        return "type X = int\n", "3.12"
    if sys.version_info < (3, 14):
        return "try:\n    pass\nexcept ValueError, TypeError:\n    pass\n", "3.14"
    pytest.skip("no later syntax is known to ruff")


@pytest.mark.parametrize("tracked", [False, True])
def test_a_pipe_named_like_python_is_refused_and_nobody_waits_for_it(tmp_path: Path, tracked: bool) -> None:
    project = Project(tmp_path)
    project.write("a.py", "import m\n\nprint(m)\n")
    if tracked:
        project.commit()
    os.mkfifo(project.root / "m.py")
    started = time.monotonic()
    result = project.check()
    assert time.monotonic() - started < 10
    assert result.code == 1
    assert "m.py:1:1: error files/not-a-file `m.py` is not a regular file\n" in result.said
    assert "typing: skipped: blocked by files/not-a-file in m.py" in result.said


def test_a_pipe_alone_is_a_finding(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py")
    os.mkfifo(project.root / "m.py")
    result = project.check("files", "lint", "complexity", "size", "duplication")
    assert result.code == 1
    assert result.said == (
        "m.py:1:1: error files/not-a-file `m.py` is not a regular file\n"
        "failed: 1 open finding, 4 of 5 gates passed, 2 files\n"
    )


def test_a_pipe_beside_nothing_else_is_no_pass(tmp_path: Path) -> None:
    project = Project(tmp_path)
    os.mkfifo(project.root / "m.py")
    started = time.monotonic()
    assert project.check().code in (1, 3)
    assert time.monotonic() - started < 10


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path)
    project.write("a.py")
    monkeypatch.chdir(project.root)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("m.py")
        result = project.check("files")
    assert result.code == 1
    assert "m.py:1:1: error files/not-a-file `m.py` " in result.said


@pytest.mark.parametrize("tracked", [False, True])
def test_a_directory_named_like_python_is_just_a_directory(tmp_path: Path, tracked: bool) -> None:
    project = Project(tmp_path)
    project.write("x.py/inside.py")
    project.write("x.py/deeper.py/more.py")
    if tracked:
        project.commit()
    result = project.check()
    assert (result.code, result.said) == (0, "passed: 0 open findings, 6 of 6 gates passed, 2 files\n")


@pytest.mark.parametrize("tracked", [False, True])
def test_links_to_nothing_and_to_outside_are_findings(tmp_path: Path, tracked: bool) -> None:
    project = Project(tmp_path)
    project.write("a.py")
    (tmp_path / "secret.py").write_text("import os\n")
    (project.root / "dangling.py").symlink_to("nowhere.py")
    (project.root / "outside.py").symlink_to(tmp_path / "secret.py")
    (project.root / "self.py").symlink_to("self.py")
    if tracked:
        project.commit()
    result = project.check()
    why = "is a link to nothing, or to a file outside of what is inspected"
    names = ("dangling.py", "outside.py", "self.py")
    expected = "".join(f"{name}:1:1: error files/not-a-file `{name}` {why}\n" for name in names)
    assert (result.code, result.said) == (1, expected + "failed: 3 open findings, 5 of 6 gates passed, 4 files\n")


@pytest.mark.parametrize("form", ["text", "json", "concise"])
def test_what_a_link_to_outside_points_at_is_never_shown(tmp_path: Path, form: str) -> None:
    project = Project(tmp_path)
    (tmp_path / "secret.py").write_text("# the secret of the house\n")
    (project.root / "outside.py").symlink_to(tmp_path / "secret.py")
    result = project.gates("check", "--output-format", form, "--gate", "files")
    assert result.code == 1
    assert "secret of the house" not in result.said


@pytest.mark.parametrize("tracked", [False, True])
def test_links_to_inspected_files_and_loops_of_folders_add_nothing(tmp_path: Path, tracked: bool) -> None:
    project = Project(tmp_path)
    project.write("pkg/a.py", "import os\n")
    (project.root / "link.py").symlink_to("pkg/a.py")
    (project.root / "pkg" / "loop").symlink_to("..")
    if tracked:
        project.commit()
    assert rules(project.report("files", "lint")) == [("lint/F401", "pkg/a.py", 1)]


def test_a_linked_folder_outside_is_not_entered(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.py").write_text("import os\n")
    (project.root / "linked").symlink_to(tmp_path / "elsewhere")
    assert project.report("files", "lint")["files"] == 1


def test_an_unreadable_file_is_no_verdict(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py")
    project.write("locked.py").chmod(0)
    result = project.check(under=unprivileged())
    assert result.code == 3
    why = "locked.py may not be read: permission denied. Make it readable, or exclude it"
    assert f"files: broken: {why}" in result.said


@pytest.mark.parametrize("tracked", [False, True])
def test_a_folder_that_may_not_be_entered_is_no_verdict(tmp_path: Path, tracked: bool) -> None:
    project = Project(tmp_path)
    project.write("a.py")
    project.write("closed/b.py")
    if tracked:
        project.commit()
    (project.root / "closed").chmod(0)
    try:
        result = project.check(under=unprivileged())
    finally:
        (project.root / "closed").chmod(0o755)
    assert result.code == 3
    assert "closed" in result.said
    assert "ermission denied" in result.said


def test_no_python_files_is_no_pass(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("README.md", "# nothing here\n")
    result = project.check()
    assert (result.code, result.said) == (
        3,
        "there is no Python file here that this project inspects\n"
        "broken: 0 open findings, 0 of 0 gates passed, 0 files\n",
    )


def test_what_a_gate_says_of_an_unreadable_file_is_in_the_report(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py")
    project.write("bad.py", b"def f(:\n")
    report = project.report()
    for gate in ("complexity", "duplication", "lint", "size", "typing"):
        unread = {each["path"]: each["reason"] for each in outcome(report, gate)["unread"]}
        assert unread["bad.py"] == "is not valid Python: invalid syntax", gate
