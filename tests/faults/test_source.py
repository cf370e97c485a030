"""Rows 1 to 16 of the fault matrix: what stands in a file. Relatives of a fault share a project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.faults.invariants import Held, held
from tests.project import CLEAN, Project, rules

UNUSED = "import os\n"
BOM = b"\xef\xbb\xbf"


def judged(base: Path, files: Mapping[str, str | bytes], *, gates: tuple[str, ...] = ()) -> Held:
    """Return what becomes of files that stand beside a clean one and one with a finding."""
    project = Project(base)
    for name, content in {"clean.py": CLEAN, "found.py": UNUSED, **files}.items():
        project.write(name, content)
    result = held(project, gates=gates)
    assert ("lint/F401", "found.py") in result.rules
    return result


def of(result: Held, rule: str) -> set[str]:
    return {path for name, path in result.rules if name == rule}


SYNTAX: dict[str, str | bytes] = {
    "open.py": "def f(:\n",
    "quote.py": "x = 'abc\n",
    "dedent.py": "if 1:\n  x = 1\n y = 2\n",
    "tabs.py": "if 1:\n\tx = 1\n        y = 2\n",
    "two.py": "print 'x'\n",
    "octal.py": "x = 0777\n",
    "joiner.py": "o\u200by = 1\n",
    "quotes.py": "x = \u201ca\u201d\n",
    "backslash.py": "\\",
    "formatted.py": "x = f'{'\n",
    "digits.py": f"x = {'9' * 5000}\n",
    "nul.py": b"x = 1\n\0",
    "nul_in_comment.py": b"# a\0b\nx = 1\n",
    "only_nul.py": b"\0" * 5000,
    "end_of_file.py": b"x = 1\n\x1a",
    "utf_16_le.py": "x = 1\n".encode("utf-16-le"),
    "utf_32_be.py": "x = 1\n".encode("utf-32-be"),
}


def test_1_7_what_is_no_python_is_one_finding_each(tmp_path: Path) -> None:
    result = judged(tmp_path, SYNTAX)
    assert result.code == 1
    assert of(result, "files/syntax") == set(SYNTAX)


COMPILED: dict[str, tuple[str, int, int]] = {
    "twice.py": ("def f(a, a): pass\n", 1, 10),
    "starred.py": ("*a = 1\n", 1, 1),
    "outer.py": ("nonlocal x\n", 1, 1),
    "returned.py": ("x = 'é'; return 1\n", 1, 10),
    "in_a_class.py": ("class A:\n    return 1\n", 2, 5),
    "future.py": ("from __future__ import nope\n", 1, 1),
    "late.py": ("x = 1\nfrom __future__ import annotations\n", 2, 1),
    "loop.py": ("break\n", 1, 1),
    "after_all.py": ("try:\n    pass\nfinally:\n    continue\n", 4, 5),
    "blocks.py": (
        "".join(f"{' ' * level}try:\n" for level in range(21))
        + f"{' ' * 21}pass\n"
        + "".join(f"{' ' * level}finally: pass\n" for level in reversed(range(21))),
        21,
        21,
    ),
    "awaited.py": ("def f(g):\n    await g()\n", 2, 5),
    "with.py": ("def f(x):\n    async with x:\n        pass\n", 2, 5),
    "generator.py": ("async def f():\n    yield 1\n    return 2\n", 3, 5),
    "global.py": ("def f():\n    x = 1\n    global x\n", 3, 5),
    "stub.pyi": ("def f() -> None:\n    from a import *\n", 2, 19),
}


def test_1_what_parses_and_does_not_compile_is_one_finding_each(tmp_path: Path) -> None:
    """By the gate alone, too: no preset has to have a rule for each of them."""
    files: dict[str, str | bytes] = {name: content for name, (content, _, _) in COMPILED.items()}
    result = judged(tmp_path, files)
    assert (result.code, result.reasons) == (1, {})
    for name, (_, line, column) in COMPILED.items():
        assert places(result, name) == [("files/syntax", line, column)]
    assert Project(tmp_path).check("files").code == 1


def nested(levels: int) -> str:
    """What Python's compiler would write 2 to the power of so many times."""
    lines = [f"{' ' * level}{word}" for level in range(levels) for word in ("try: pass", "finally:")]
    return "\n".join([*lines, f"{' ' * levels}pass\n"])


def test_11_what_would_be_compiled_for_ever_is_read_at_once(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("nested.py", nested(80))
    project.write("wrong.py", nested(80) + "return 1\n")
    assert rules(project.report("files")) == [("files/syntax", "wrong.py", 162)]


def declared(name: str, body: bytes = b"x = 1\n") -> bytes:
    return f"# -*- coding: {name} -*-\n".encode() + body


ENCODINGS = {
    "plain.py": b"x = '\xe9'\n",
    "windows.py": b"x = '\x93'\n",
    "japanese.py": b"x = '\x82\xa0'\n",
    "surrogate.py": b"# \xed\xa0\x80\n",
    "overlong.py": b"x = '\xc0\xaf'\n",
    "cut_off.py": b"# \xe2\x82",
    "latin.py": declared("latin-1", b"x = '\xe9'\n"),
    "latin_on_line_2.py": b"\n# vim: set fileencoding=latin-1 :\nx = '\xe9'\n",
    "ascii.py": declared("ascii", b"x = '\xc3\xa9'\n"),
    "rotated.py": declared("rot13"),
    "utf_7.py": declared("utf-7", b"x = 1  # +AGE-\n"),
    "utf_16.py": "x = 1\n".encode("utf-16"),
    "utf_32.py": "x = 1\n".encode("utf-32"),
    "ebcdic.py": "x = 1\n".encode("cp037"),
    **{f"no_{name}.py": declared(name) for name in ("nope", "hex", "undefined", "punycode", "mbcs", "utf-16")},
    "long.py": declared("x" * 3000),
    "only_python_knows_it.py": declared("UTF-8-unix"),
    "mypy_takes_the_last.py": b"# coding: utf-8 coding: utf-7\nx = 1\n# +AGE-\n",
    "mypy_knows_none.py": b"# coding: utf-8, encoding: see below\n",
    "mark_and_another.py": BOM + declared("latin-1"),
}
READABLE = {
    "mark.py": BOM + b"x = 1\n",
    "mark_and_the_same.py": BOM + declared("utf-8"),
    "named.py": declared("utf8", "x = 'é'\n".encode()),
    "latin_in_ascii.py": declared("latin-1"),
    "on_line_3.py": "\n\n# coding: latin-1\nx = 'é'\n".encode(),
    "after_code.py": b"x = 1\n# the encoding: see below\n",
    "in_a_string.py": b"'''\n# coding: nope\n'''\n",
}


def test_2_3_4_6_what_is_read_differently_by_anybody_is_one_finding_each(tmp_path: Path) -> None:
    result = judged(tmp_path, {**ENCODINGS, **READABLE})
    assert result.code == 1
    assert of(result, "files/encoding") == set(ENCODINGS)
    assert result.reasons == {}


BODY = """\
import os


def tangled(number: int) -> int:
    text = "a{special}b"
{branches}
    return number + len(text)


wrong: int = "one"
"""
ENDS: dict[str, Callable[[str], str]] = {
    "crlf.py": lambda text: text.replace("\n", "\r\n"),
    "cr.py": lambda text: text.replace("\n", "\r"),
    "mixed.py": lambda text: text.replace("\n", "\r\n", 5),
    "form_feed.py": lambda text: text.replace("\n\n\n", "\n\x0c\n\n"),
    "no_end.py": lambda text: text.removesuffix("\n"),
}
SPECIAL = {f"u{ord(each):04x}.py": each for each in "\u2028\u2029\x85\x0c\x1c"}
"""Characters that some call the end of a line; Python does not, in a text."""


def places(result: Held, path: str) -> list[tuple[str, int, int]]:
    found = (each for outcome in result.report["outcomes"] for each in outcome["findings"])
    return sorted(
        (each["rule"], each["location"]["line"], each["location"]["column"])
        for each in found
        if each["location"]["path"] == path and each["gate"] != "duplication"
    )


def copied(result: Held) -> set[str]:
    found = (each for outcome in result.report["outcomes"] for each in outcome["findings"])
    clones = [each for each in found if each["rule"] == "duplication/clone"]
    return {place["path"] for each in clones for place in (each["location"], *each["related"])}


def test_8_line_ends_change_no_finding(tmp_path: Path) -> None:
    branches = "\n".join(f"    if number == {each}:\n        number += {each}" for each in range(20))
    text = BODY.format(branches=branches, special="")
    files = {name: ended(text).encode() for name, ended in ENDS.items()}
    files |= {name: BODY.format(branches=branches, special=each).encode() for name, each in SPECIAL.items()}
    gates = ("files", "lint", "complexity", "size", "typing", "duplication")
    result = judged(tmp_path, {"plain.py": text, **files}, gates=gates)
    assert copied(result) == {"plain.py", *files}
    expected = places(result, "plain.py")
    assert {rule for rule, _, _ in expected} == {"lint/F401", "typing/assignment", "complexity/cyclomatic"}
    assert {name: places(result, name) for name in files} == dict.fromkeys(files, expected)


DEEP = {
    "no.py": "x = " + "not " * 5000 + "1\n",
    "minus.py": "x = " + "-" * 5000 + "1\n",
    "attributes.py": "x = a" + ".b" * 5000 + "\n",
    "calls.py": "x = f" + "()" * 5000 + "\n",
    "items.py": "x = a" + "[0]" * 5000 + "\n",
    "powers.py": "x = " + "2**" * 3000 + "2\n",
    "lambdas.py": "x = " + "lambda: " * 3000 + "1\n",
    "choices.py": "x = " + "1 if a else " * 3000 + "1\n",
    "unions.py": "x: " + "int | " * 3000 + "int\n",
    "sum.py": "x = " + "0+" * 5000 + "0\n",
}
BROKEN = {"brackets.py": "x = " + "[" * 1000 + "]" * 1000 + "\n", "waits.py": "x = " + "await " * 3000 + "1\n"}


def test_11_12_13_what_is_too_deep_to_analyse_is_one_finding_each_and_hides_no_other(tmp_path: Path) -> None:
    result = judged(tmp_path, {**DEEP, **BROKEN})
    assert result.code == 1
    assert of(result, "files/too-deep") == set(DEEP)
    assert of(result, "files/syntax") == set(BROKEN)


FLAT = {
    "compared.py": "x = " + "1 < " * 5000 + "2\n",
    "chained.py": "x = " + "1 and " * 5000 + "2\n",
    "texts.py": "x = (" + "'a' " * 20_000 + ")\n",
    "empty.py": "",
    "comment.py": "# nothing",
}


def test_10_11_what_is_long_and_not_deep_passes(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for name, content in FLAT.items():
        project.write(name, content)
    assert held(project).code == 0


HEADERS = (
    "# @generated",
    "# Code generated by protoc. DO NOT EDIT.",
    "# Generated by Django 5.2",
    "# -*- auto-generated -*-\n# vendored from elsewhere",
    "# isort: skip_file",
    "# fmt: off",
    "# flake8: noqa: E501",
)


def test_15_a_marker_or_a_name_leaves_nothing_out(tmp_path: Path) -> None:
    folders = ("app", "vendor", "third_party", "generated", "migrations", "build", "dist", "site")
    headed = {f"m{index}_pb2.py": f"{each}\nimport os\n" for index, each in enumerate(HEADERS)}
    files = {f"{folder}/{name}": content.encode() for folder in folders for name, content in headed.items()}
    assert of(judged(tmp_path, files, gates=("files", "lint", "size")), "lint/F401") == {"found.py", *files}


def test_15_what_the_policy_leaves_out_is_named(tmp_path: Path) -> None:
    result = judged(tmp_path, {"gates.toml": 'exclude = ["gen/**"]\n', "gen/a.py": UNUSED}, gates=("files", "lint"))
    assert result.report["scope"]["excluded"] == [{"pattern": "gen/**", "files": 1}]


def test_16_which_files_are_inspected(tmp_path: Path) -> None:
    notebook = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    others = {"b.pyw": UNUSED, "c.ipynb": notebook, "tool": f"#!/usr/bin/env python3\n{UNUSED}", "d.py.txt": UNUSED}
    inspected = dict.fromkeys((".hidden.py", ".py", "a.pyi", "pkg/.py"), UNUSED)
    result = judged(tmp_path, {**others, **inspected})
    assert of(result, "lint/F401") == {"found.py", *inspected}
    assert result.report["files"] == 2 + len(inspected)
