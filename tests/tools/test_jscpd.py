"""jscpd: what its report means, and the ways in which it would leave code out of the comparison."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.process import ToolError
from gates.tools import jscpd
from gates.tools.jscpd import Clone, Duplication, Fragment
from tests.project import Project, outcome

REPORT = (Path(__file__).parent / "recorded" / "jscpd-5.4.2" / "report.json").read_bytes()
PATHS = {"/project/a/x.py": "a/x.py", "/project/b/x.py": "b/x.py"}


def body(lines: int) -> str:
    """Return a function of so many lines, of 13 tokens each but the first."""
    return "def work(n):\n" + "".join(f"    value_{i} = [n + {i}, n - {i}, n * {i}]\n" for i in range(lines - 1))


def clones(project: Project) -> list[tuple[str, int, int, str, int]]:
    """Return each clone: path, first line and last, and path and line of the other side."""
    found = outcome(project.report("duplication"), "duplication")["findings"]
    places = [(each["location"], each["related"][0]) for each in found if each["rule"] == "duplication/clone"]
    return sorted((at["path"], at["line"], at["end_line"], to["path"], to["line"]) for at, to in places)


def test_a_recorded_report() -> None:
    first, second = Fragment("a/x.py", 2, 1, 9, 13), Fragment("b/x.py", 2, 1, 9, 13)
    text = body(7) + "    return n"
    assert jscpd.parse(REPORT, PATHS) == Duplication((Clone(first, second, 8, 98, text),), 800 / 18, 8, 2, 18, 198)


@pytest.mark.parametrize(
    "report",
    [
        b"",
        b"{}",
        b"[]",
        b"not json",
        REPORT[:-30],
        REPORT[: len(REPORT) // 2],
        REPORT.replace(b'"startLoc"', b'"start_loc"'),
        REPORT.replace(b'"percentage"', b'"percent"'),
        REPORT.replace(b'"percentage":', b'"percentage": NaN, "x":'),
        REPORT + b"garbage",
    ],
)
def test_what_is_no_report_is_no_result(report: bytes) -> None:
    with pytest.raises(ToolError, match="jscpd wrote a report that cannot be read"):
        jscpd.parse(report, PATHS)


@pytest.mark.parametrize("name", [b"/project/c/x.py", b"x.py", b"/etc/passwd", b"../a/x.py"])
def test_a_file_that_was_not_asked_about_is_no_result(name: bytes) -> None:
    with pytest.raises(ToolError, match="jscpd spoke of a file that it was not asked about"):
        jscpd.parse(REPORT.replace(b"/project/b/x.py", name), PATHS)


def test_files_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a/x.py", body(10))
    project.write("b/x.py", "# another\n\n" + body(10))
    assert clones(project) == [("b/x.py", 3, 12, "a/x.py", 1)]


def test_a_file_of_thousands_of_lines_is_compared(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", "".join(f"x_{i} = {i}\n" for i in range(20_000)) + body(10))
    project.write("b.py", body(10))
    assert clones(project) == [("b.py", 1, 10, "a.py", 20_001)]


def test_a_file_of_more_than_a_mebibyte_is_compared(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", "".join(f"x_{i} = '{'x' * 1000}{i}'\n" for i in range(1_200)) + body(10))
    project.write("b.py", body(10))
    assert (project.root / "a.py").stat().st_size > 1 << 20
    assert clones(project) == [("b.py", 1, 10, "a.py", 1_201)]


@pytest.mark.parametrize(("lines", "found"), [(9, 1), (10, 1), (11, 0)])
def test_min_lines_is_inclusive(tmp_path: Path, lines: int, found: int) -> None:
    project = Project(tmp_path)
    project.write("pyproject.toml", f"[tool.gates.duplication]\nmin-lines = {lines}\nmin-tokens = 20\n")
    project.write("a.py", body(10))
    project.write("b.py", body(10))
    assert [(line, end) for _, line, end, _, _ in clones(project)] == [(1, 10)] * found


def test_code_behind_a_clone_may_count_as_its_next_line_and_never_hides_it(tmp_path: Path) -> None:
    """jscpd reports these 10 lines as 11 when 11 are asked for: stricter than asked, as the page says."""
    project = Project(tmp_path)
    project.write("pyproject.toml", "[tool.gates.duplication]\nmin-lines = 11\nmin-tokens = 20\n")
    project.write("a.py", body(10) + "a = 1\n")
    project.write("b.py", body(10) + "b = 'another'\n")
    assert [(line, end) for _, line, end, _, _ in clones(project)] == [(1, 11)]


@pytest.mark.parametrize("lines", [1, 2])
def test_the_smallest_min_lines(tmp_path: Path, lines: int) -> None:
    project = Project(tmp_path)
    project.write(
        "pyproject.toml", f"[tool.gates.duplication]\nmin-lines = {lines}\nmin-tokens = 20\nmax-percent = 0\n"
    )
    project.write("a.py", body(3))
    project.write("b.py", body(3))
    assert [(line, end) for _, line, end, _, _ in clones(project)] == [(1, 3)]


def test_min_tokens_is_inclusive(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for name in ("a.py", "b.py"):
        project.write(name, f"{name[0]} = 1\n" + body(10))
    found = outcome(project.report("duplication"), "duplication")["findings"]
    tokens = int(next(each["message"] for each in found if "tokens" in each["message"]).split("(")[1].split()[0])
    for limit, number in ((tokens, 1), (tokens + 1, 0)):
        project.write("pyproject.toml", f"[tool.gates.duplication]\nmin-tokens = {limit}\n")
        assert len(clones(project)) == number


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".jscpd.json", '{"threshold": 100, "ignore": ["**/*"], "minTokens": 100000}'),
        (".jscpd.json", '{"path": ["/"], "exitCode": 3, "format": ["css"]}'),
        (".jscpd.json", "{ broken"),
        ("package.json", '{"jscpd": {"ignore": ["**/*"], "minLines": 1000}}'),
        ("package.json", "{ broken"),
        (".jscpdignore", "**/*\n"),
        (".ignore", "*.py\n"),
        ("a/.jscpd.json", '{"ignore": ["**/*"]}'),
    ],
)
def test_a_configuration_in_the_project_changes_nothing(tmp_path: Path, name: str, content: str) -> None:
    project = Project(tmp_path)
    project.write("a/x.py", body(10))
    project.write("b/x.py", body(10))
    project.write(name, content)
    assert clones(project) == [("b/x.py", 1, 10, "a/x.py", 1)]


@pytest.mark.parametrize("ignore", ["*.py\n", "b/\n", "*\n", "b/x.py\n"])
@pytest.mark.parametrize("place", [".gitignore", "b/.gitignore", ".git/info/exclude"])
def test_tracked_files_that_git_would_ignore_are_compared(tmp_path: Path, ignore: str, place: str) -> None:
    project = Project(tmp_path)
    project.write("a/x.py", body(10))
    project.write("b/x.py", body(10))
    project.commit()
    project.write(place, ignore)
    assert clones(project) == [("b/x.py", 1, 10, "a/x.py", 1)]


def test_stubs_and_hidden_folders_are_compared(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", body(10))
    project.write("b.pyi", body(10))
    project.write(".hidden/c.py", body(10))
    project.write("node_modules/d.py", body(10))
    project.write("tests/build/dist/e.py", body(10))
    project.commit()
    assert {path for path, *_ in clones(project)} | {"a.py"} >= {"b.pyi", "node_modules/d.py", "tests/build/dist/e.py"}
    assert len(clones(project)) == 4


def test_a_linked_folder_is_not_compared_with_itself(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a/x.py", body(10))
    (project.root / "b").symlink_to("a")
    assert clones(project) == []


def test_files_too_small_for_a_clone_are_named_and_the_rest_is_compared(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("small.py", "x = 1\n")
    project.write("short.py", "x = [" + "1, " * 100 + "]\n")
    project.write("a.py", body(10))
    project.write("b.py", body(10))
    report = project.report("duplication")
    found = outcome(report, "duplication")
    assert report["exit_code"] == 1, found["reason"]
    assert {each["path"] for each in found["unread"]} >= {"small.py"}


def test_clones_below_the_limit_are_reported_and_do_not_fail(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", body(10))
    project.write("b.py", body(10) + "".join(f"x_{i} = {i}\n" for i in range(1_000)))
    report = project.report("duplication")
    assert report["exit_code"] == 0
    (finding,) = outcome(report, "duplication")["findings"]
    assert (finding["rule"], finding["severity"]) == ("duplication/clone", "warning")


@pytest.mark.parametrize(
    "beside",
    ["a/ignored.py", "a/deep/ignored.pyi", "a/link.py", "a/linked/x.py", "a/script", "a/empty.py", "a/left/out.py"],
)
def test_what_lies_beside_the_files_of_the_project_is_not_compared(tmp_path: Path, beside: str) -> None:
    """jscpd is named whole folders where that says the same as naming each file; it is fifty times as fast."""
    project = Project(tmp_path)
    project.write("gates.toml", 'exclude = ["a/left"]\n')
    project.write(".gitignore", "ignored.py*\nscript\n")
    for name in ("a/x.py", "a/deep/y.py", "b/z.py", "a/__init__.py", "a-b/w.py"):
        project.write(name, body(10) if name != "a/__init__.py" else "")
    project.commit()
    known = clones(project)
    assert len(known) == 3
    match beside:
        case "a/link.py":
            (project.root / beside).symlink_to("x.py")
        case "a/linked/x.py":
            (project.root / "a/linked").symlink_to("../b")
        case "a/script":
            project.write(beside, f"#!/usr/bin/env python3\n{body(10)}")
        case "a/empty.py":
            project.write(beside, "")
        case _:
            project.write(beside, body(10))
    assert clones(project) == known
