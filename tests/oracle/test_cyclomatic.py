"""For every function, our cyclomatic number is that of `radon cc -j`, run by hand.

radon's own listing leaves out the functions of a class that is defined inside a function. We measure those too. What
radon says of them is asked for by putting each into a file of its own.
"""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gates.facts.analyse import analyse

from .conftest import Corpora
from .corpora import NAMES, Done, assert_same, by_hand, outcome, script, sources

Place = tuple[str, int, int]

FUNCTIONS = {"flask": 1419, "httpx": 1134, "django": 30495}
LEFT_OUT = {"flask": 68, "httpx": 25, "django": 614}
"""Functions that radon's own listing leaves out."""

CONFIG = """
[complexity]
cyclomatic = 1
cognitive = "off"
nesting = "off"
arguments = "off"
"""

EXCEPT_STAR = """
def plain(job):
    try:
        job()
    except* (ValueError, KeyError):
        job = 1
    except* OSError:
        job = 2 if job else 3

try:
    def guarded(job):
        return job and job()
except* OSError:
    class Fallback:
        def method(self, job):
            return [each for each in job if each]
"""


@dataclass(frozen=True)
class Defined:
    """A function as Python's own parser sees it; `left_out` when it stands in a class inside a function."""

    node: ast.FunctionDef | ast.AsyncFunctionDef
    left_out: bool


@dataclass(frozen=True)
class Numbers:
    """A corpus with radon's numbers: those it lists, and those of the functions that it leaves out."""

    root: Path
    listed: dict[Place, int]
    refused: frozenset[str]
    left_out: dict[Place, int]


@pytest.fixture(scope="module", params=NAMES)
def numbers(request: pytest.FixtureRequest, corpus: Corpora, tmp_path_factory: pytest.TempPathFactory) -> Numbers:
    """Return what radon says of a corpus."""
    root, empty = corpus(request.param), tmp_path_factory.mktemp("radon")
    listed, refused = radon(root, empty)
    left_out = {
        (path, *place): each.node
        for path in sources(root)
        for place, each in defined(root / path).items()
        if each.left_out
    }
    return Numbers(root, listed, refused, alone(left_out, empty))


def radon(root: Path, empty: Path) -> tuple[dict[Place, int], frozenset[str]]:
    """Run `radon cc -j` over a folder; it runs in an empty one, because it obeys a pyproject.toml where it stands."""
    done: Done = by_hand([script("radon"), "cc", "-j", "--show-closures", str(root)], empty)
    listed: dict[Place, int] = {}
    refused = set()
    for name, blocks in json.loads(done.out).items():
        path = Path(name).relative_to(root).as_posix()
        if not path.endswith(".py"):  # radon also reads files that begin with `#!` and `python`
            continue
        if "error" in blocks:
            refused.add(path)
            continue
        for block in functions(blocks):
            place = (path, int(block["lineno"]), int(block["col_offset"]) + 1)
            assert listed.setdefault(place, block["complexity"]) == block["complexity"]
    return listed, frozenset(refused)


def functions(blocks: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the functions among radon's blocks; it lists methods both in their class and beside it."""
    for block in blocks:
        if block["type"] != "class":
            yield block
        yield from functions((*block.get("methods", ()), *block.get("closures", ())))


def defined(file: Path) -> dict[tuple[int, int], Defined]:
    """Return every function of a file by its place; none when the file does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(file.read_bytes())
    except SyntaxError:
        return {}
    return {
        (each.node.lineno, each.node.col_offset + 1): each for each in below(tree, in_function=False, left_out=False)
    }


def below(tree: ast.AST, *, in_function: bool, left_out: bool) -> Iterator[Defined]:
    """Yield the functions below a node."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Defined(node, left_out)
            yield from below(node, in_function=True, left_out=left_out)
        else:
            inner = left_out or (in_function and isinstance(node, ast.ClassDef))
            yield from below(node, in_function=in_function, left_out=inner)


def alone(nodes: Mapping[Place, ast.FunctionDef | ast.AsyncFunctionDef], folder: Path) -> dict[Place, int]:
    """Return radon's number for each function when it stands in a file of its own."""
    if not nodes:
        return {}
    files = folder / "alone"
    files.mkdir()
    for index, node in enumerate(nodes.values()):
        (files / f"{index}.py").write_text(ast.unparse(node), "utf-8")
    listed, refused = radon(files, folder)
    assert not refused
    first = {path: value for (path, line, _), value in sorted(listed.items(), reverse=True)}
    return {place: first[f"{index}.py"] for index, place in enumerate(nodes)}


def measured(root: Path) -> tuple[dict[Place, int], frozenset[str]]:
    """Return our number for each function, and the files that cannot be read."""
    facts = {path: analyse((root / path).read_bytes()) for path in sources(root)}
    values = {
        (path, each.line, each.column): each.cyclomatic for path, all_ in facts.items() for each in all_.functions
    }
    return values, frozenset(path for path, each in facts.items() if each.unreadable is not None)


def test_every_function_has_radons_number(numbers: Numbers, request: pytest.FixtureRequest) -> None:
    """The facts hold each function that Python sees, with radon's number."""
    name = request.node.callspec.params["numbers"]
    ours, unreadable = measured(numbers.root)
    assert unreadable == numbers.refused
    every = {(path, *place) for path in sources(numbers.root) for place in defined(numbers.root / path)}
    assert ours.keys() == every
    assert_same(ours.items(), [*numbers.listed.items(), *numbers.left_out.items()])
    assert (len(ours), len(numbers.left_out)) == (FUNCTIONS[name], LEFT_OUT[name])


def test_the_report_shows_the_same_numbers(numbers: Numbers) -> None:
    """With a limit of 1, each function above it is a finding of the real command, with radon's number."""
    found = outcome(numbers.root, "complexity", CONFIG)["findings"]
    assert {each["rule"] for each in found} == {"complexity/cyclomatic"}
    ours = [(each["location"], each["measure"]["value"]) for each in found]
    theirs = [each for each in (numbers.listed | numbers.left_out).items() if each[1] > 1]
    assert_same((((at["path"], at["line"], at["column"]), value) for at, value in ours), theirs)


def test_except_star(tmp_path: Path) -> None:
    """radon counts no handler of `except*`, and lists what stands inside; so do we."""
    root, empty = tmp_path / "project", tmp_path / "empty"
    root.mkdir()
    empty.mkdir()
    root.joinpath("module.py").write_text(EXCEPT_STAR, "utf-8")
    listed, refused = radon(root, empty)
    ours, unreadable = measured(root)
    assert not refused and not unreadable
    assert_same(ours.items(), listed.items())
    assert sorted(ours.values()) == [2, 2, 3]
