"""radon: its numbers are used, its mistakes about functions, places and configuration are not."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gates.facts.analyse import analyse
from gates.tools import radon
from tests.project import Project, outcome

NESTED = """\
def outer(flag):
    class Inner:
        def method(self, n):
            if n:
                return [
                    1,
                    2,
                ]
            def innermost(m):
                return m if m else None
            return innermost
    return Inner if flag else None


class Top:
    class Deep:
        async def go(self):
            async for each in self:
                yield each
"""


def cyclomatic(source: str) -> dict[str, int]:
    return {each.symbol: each.cyclomatic for each in analyse(source.encode()).functions}


def test_functions_that_radon_never_visits_are_measured() -> None:
    assert cyclomatic(NESTED) == {
        "outer": 2,
        "outer.Inner.method": 2,
        "outer.Inner.method.innermost": 2,
        "Top.Deep.go": 2,
    }


@pytest.mark.parametrize(
    ("last", "end"),
    [
        ("    return [\n        1,\n        2,\n    ]\n", 5),
        ("    return (\n        n\n    )\n", 4),
        ('    return """a\nb\n"""\n', 4),
        ("    print(\n        n,\n        n,\n    )\n", 5),
        ("    if n:\n        pass\n    # a comment after\n\n\nx = 1\n", 3),
    ],
)
def test_a_function_ends_where_its_last_statement_ends(last: str, end: int) -> None:
    (function,) = analyse(f"def f(n):\n{last}".encode()).functions
    assert (function.line, function.end_line, function.lines) == (1, end, end)


def test_decorators_do_not_move_the_start() -> None:
    (function,) = analyse(b"@property\n@staticmethod\ndef f(n):\n    return n\n").functions
    assert (function.first_line, function.line, function.end_line) == (1, 3, 4)


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ("return 1", 1),
        ("if n: pass", 2),
        ("if n: pass\n    elif m: pass\n    else: pass", 3),
        ("for i in n: pass\n    else: pass", 3),
        ("while n: pass", 2),
        ("try: pass\n    except A: pass\n    except B: pass\n    else: pass\n    finally: pass", 4),
        ("return n and m and o or p", 4),
        ("return [i for i in n if i if m]", 4),
        ("return 1 if n else 2", 2),
        ("assert n", 2),
        ("match n:\n        case 1: pass\n        case 2: pass\n        case _: pass", 3),
        ("return lambda i: i", 1),
        ("with n: pass", 1),
    ],
)
def test_what_counts_as_a_path(body: str, paths: int) -> None:
    assert cyclomatic(f"def f(n, m, o, p, A, B):\n    {body}\n") == {"f": paths}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pyproject.toml", '[tool.pytest.ini_options]\nlog_date_format = "%H:%M:%S"\n'),
        ("pyproject.toml", '[tool.radon]\nexclude = "*.py"\ncc_min = "F"\n'),
        ("radon.cfg", "[radon]\nexclude = *.py\ncc_min = F\n"),
        ("setup.cfg", "[radon]\nexclude = *.py\n"),
    ],
)
def test_what_radons_command_reads_or_crashes_on_does_not_matter(tmp_path: Path, name: str, content: str) -> None:
    project = Project(tmp_path)
    project.write(name, content)
    project.write("m.py", "def f(n: int) -> int:\n" + "    if n: pass\n" * 40 + "    return n\n")
    result = project.check("complexity")
    assert result.code == 1
    assert result.said.startswith("m.py:1:1: error complexity/cognitive `f` has ")
    assert "m.py:1:1: error complexity/cyclomatic `f` has cyclomatic complexity 41, limit 15\n" in result.said


@pytest.mark.parametrize("place", ["b'\\xef\\xbb\\xbf'", "crlf"])
def test_byte_order_mark_and_line_ends_change_no_number(place: str) -> None:
    content = NESTED.encode()
    changed = b"\xef\xbb\xbf" + content if place.startswith("b") else content.replace(b"\n", b"\r\n")
    assert analyse(changed).functions == analyse(content).functions


def test_a_deep_expression_does_not_hide_the_functions_beside_it(tmp_path: Path) -> None:
    project = Project(tmp_path)
    deep = "x = " + "+".join(["0"] * 900) + "\n"
    project.write("m.py", deep + "def f(n: int) -> int:\n" + "    if n: pass\n" * 40 + "    return n\n")
    rules = {each["rule"] for each in outcome(project.report("complexity"), "complexity")["findings"]}
    assert "complexity/cyclomatic" in rules


def test_the_maintainability_index_is_radons() -> None:
    assert _index("") == 100.0
    assert _index("def f(n):\n    return n + 1\n") == pytest.approx(88.0, abs=12)
    long = "def f(n):\n" + "".join(f"    if n == {i}:\n        n += {i} * n\n" for i in range(300))
    assert 0 <= _index(long) < 30


def _index(source: str) -> float:
    return msgspec.msgpack.decode(radon.work(source.encode()), type=float)


def test_radon_itself_is_only_needed_for_its_index(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py", "def f() -> None: ...\n")
    pin = '[tool.gates.tools.radon]\nversion = "9.9"\n'
    project.write("pyproject.toml", pin)
    assert outcome(project.report("complexity"), "complexity")["tools"].keys() == {"complexipy"}
    bound = "[tool.gates.complexity]\nmaintainability = 50\n"
    project.write("pyproject.toml", bound)
    assert outcome(project.report("complexity"), "complexity")["tools"].keys() == {"complexipy", "radon"}
    project.write("pyproject.toml", pin + bound)
    result = project.check("complexity")
    assert (result.code, "but this project pins 9.9" in result.said) == (3, True)


def test_a_low_maintainability_index_fails(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(
        "pyproject.toml", "[tool.gates.complexity]\nmaintainability = 50\ncyclomatic = 'off'\ncognitive = 'off'\n"
    )
    project.write(
        "m.py", "def f(n: int) -> int:\n" + "".join(f"    if n == {i}:\n        n += {i} * n\n" for i in range(300))
    )
    report = project.report("complexity")
    (finding,) = outcome(report, "complexity")["findings"]
    assert (report["exit_code"], finding["rule"]) == (1, "complexity/maintainability")
    assert finding["measure"]["value"] < finding["measure"]["limit"] == 50


@pytest.mark.parametrize(
    "source",
    [
        "# a comment\fthat ends with [\\\n",
        "if x:\n  \f y = 1  # \u2028 \\\n",
        "\f# \x85 (\n\f\f\nx = 1  # \x1c '\n",
    ],
)
def test_lines_that_only_radon_sees_break_nothing(source: str) -> None:
    assert analyse(source.encode()).unreadable is None
    assert 0 < msgspec.msgpack.decode(radon.work(source.encode()), type=float) <= 100
