"""jscpd: clones, by tokens.

Always absolute names (its own are relative to each scan root), never `--max-lines` (it skips whole files), a size limit
that nothing reaches, and one line less than asked for: its `--min-lines N` finds clones of more than N lines.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import msgspec
from msgspec import Struct

from gates.answers import Count, Line, understood
from gates.facts.source import UnreadableError, read, with_newlines
from gates.model import Tool
from gates.process import ToolError
from gates.project import Project
from gates.scope import SUFFIXES
from gates.text import counted, visible

JSCPD = Tool(name="jscpd", distribution="jscpd", tested=">=5.4,<5.5", ran=(0,))

_MAX_ARGUMENTS = 1_500_000
"""Bytes of file names that fit on a command line; jscpd takes no list of files in any other way."""


class Fragment(Struct, frozen=True, order=True):
    """One side of a clone. Lines are 1-based, columns 1-based, the end is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


class Clone(Struct, frozen=True, order=True):
    """The same code in two places, with its size and its text."""

    first: Fragment
    second: Fragment
    lines: int
    tokens: int
    text: str


class Duplication(Struct, frozen=True):
    """The clones of a project in the order of their places, the share of duplicated lines in percent, and how many
    files, with how many lines and tokens, were compared."""

    clones: tuple[Clone, ...] = ()
    percent: float = 0.0
    duplicated_lines: int = 0
    sources: int = 0
    lines: int = 0
    tokens: int = 0


class _Place(Struct):
    line: Line
    column: Count


class _Side(Struct, rename="camel"):
    name: str
    start_loc: _Place
    end_loc: _Place


class _Duplicate(Struct, rename="camel"):
    first_file: _Side
    second_file: _Side
    lines: Count
    tokens: Count
    fragment: str


class _Total(Struct, rename="camel"):
    percentage: float
    duplicated_lines: Count
    sources: Count
    lines: Count
    tokens: Count


class _Statistics(Struct):
    total: _Total


class _Report(Struct):
    duplicates: list[_Duplicate]
    statistics: _Statistics


def clones(
    project: Project, paths: Sequence[str], *, min_tokens: int, min_lines: int, one_by_one: bool = False
) -> Duplication:
    """Find clones of at least `min_tokens` tokens and `min_lines` lines among the files, which jscpd is named by folder
    where that says the same, or `one_by_one`: it takes a millisecond for each name.

    Raises:
        ToolError: jscpd could not be run, wrote no report, or the names of the files do not fit on a command line.
    """
    project.version(JSCPD)
    if not paths:
        return Duplication()
    names = check_names(project, paths)
    settings, folder = project.scratch / "jscpd.json", project.scratch / f"jscpd-{min_tokens}-{min_lines}"
    settings.write_text("{}", encoding="utf-8")
    output = ["--reporters", "json", "--output", str(folder), "--silent", "--no-colors", "--no-tips", "--absolute"]
    scan = ["--format", "python", "--formats-exts", "python:py,pyi", "--mode", "mild", "--max-size", "1000mb"]
    scan += ["--pattern", "**/*.{py,pyi}"]  # in a folder it takes for Python what begins with `#!`
    limits = ["--min-tokens", str(min_tokens), "--min-lines", str(min_lines - 1), "--no-gitignore"]
    copies = _copies(project, paths)
    named = paths if one_by_one or copies else _named(project.root, paths, min_tokens)
    given = [str(copies.get(path, f"./{path}")) for path in named]
    project.run(JSCPD, ["--config", str(settings), *output, *scan, *limits, "--", *given])
    try:
        report = (folder / "jscpd-report.json").read_bytes()
    except OSError as error:
        raise ToolError(f"jscpd wrote no report: {error.strerror}") from error
    with project.understood(JSCPD, report):
        return parse(report, names | {str(copy): path for path, copy in copies.items()})


def check_names(project: Project, paths: Sequence[str]) -> dict[str, str]:
    """Return the paths by the names that jscpd prints.

    Raises:
        ToolError: it could not be given all of these files at once, or not tell them apart.
    """
    size = sum(len(path) + 3 for path in paths)
    if size > _MAX_ARGUMENTS:
        raise ToolError(f"jscpd cannot be given {counted(len(paths), 'file')} at once", "Narrow `source`.")
    return project.shown(paths)


def _copies(project: Project, paths: Sequence[str]) -> dict[str, Path]:
    """Write those files anew whose lines end with a carriage return alone, since jscpd sees one line in them; return
    the copies by path.

    Raises:
        ToolError: one cannot be read any more.
    """
    copies: dict[str, Path] = {}
    for number, path in enumerate(each for each in paths if project.snapshots[each].bare_returns):
        copy = Path(os.path.realpath(project.scratch)) / f"jscpd-lines-{number:06}{PurePosixPath(path).suffix}"
        copy.write_bytes(content(project, path))
        copies[path] = copy
    return copies


def content(project: Project, path: str) -> bytes:
    """Return what jscpd is given of a file.

    Raises:
        ToolError: it cannot be read any more.
    """
    try:
        found = read(project.root / path)
    except UnreadableError as error:
        raise ToolError(f"{visible(path)} {error}") from error
    return with_newlines(found) if project.snapshots[path].bare_returns else found


def _named(root: Path, paths: Sequence[str], min_tokens: int) -> list[str]:
    """Return the topmost folders that hold no other Python files than these, but for such as are too short for any
    clone, and the files that are in none of them."""
    given = frozenset(paths)
    whole: dict[str, bool] = {}
    for top in sorted({path.partition("/")[0] for path in paths if "/" in path}):
        whole |= _whole(root, top, lambda path: path in given or not _counts(root / path, min_tokens))
    return sorted({_topmost(path, whole) for path in paths})


def _whole(root: Path, top: str, fits: Callable[[str], bool]) -> dict[str, bool]:
    """Return of a folder and all below it whether every Python file in it `fits`. What cannot be looked into does not,
    nor does a link to a folder, which may lead anywhere."""
    found: dict[str, tuple[list[str], bool]] = {}
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        inner, fitting = _in_folder(root, folder, fits)
        found[folder] = inner, fitting
        waiting += inner
    whole: dict[str, bool] = {}
    for folder, (inner, fitting) in reversed(found.items()):
        whole[folder] = fitting and all(whole[each] for each in inner)
    return whole


def _in_folder(root: Path, folder: str, fits: Callable[[str], bool]) -> tuple[list[str], bool]:
    """Return the folders in a folder, and whether every file in it fits."""
    inner: list[str] = []
    fitting = True
    try:
        with os.scandir(f"{root}/{folder}") as entries:
            for each in entries:
                path = f"{folder}/{each.name}"
                if each.is_dir(follow_symlinks=False):
                    inner.append(path)
                elif each.name.endswith(SUFFIXES):
                    fitting = fitting and fits(path)
                elif each.is_dir():
                    fitting = False
    except OSError:
        return [], False
    return inner, fitting


def _counts(path: Path, min_tokens: int) -> bool:
    """Whether jscpd may find something in a file; what is none it may follow to anywhere."""
    return path.is_symlink() or not path.is_file() or path.stat().st_size >= min_tokens


def _topmost(path: str, whole: Mapping[str, bool]) -> str:
    parts = path.split("/")
    above = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
    return next((folder for folder in above if whole.get(folder)), path)


def parse(report: bytes, paths: Mapping[str, str]) -> Duplication:
    """Turn jscpd's JSON report into clones; `paths` maps the names that jscpd prints to ours.

    Raises:
        ToolError: it is not the report that this version of jscpd writes, or speaks of other files.
    """
    try:
        found = understood(report, _Report)
    except msgspec.MsgspecError as error:
        raise ToolError(f"jscpd wrote a report that cannot be read: {error}") from error
    total = found.statistics.total
    pairs = sorted(
        Clone(
            _fragment(each.first_file, paths),
            _fragment(each.second_file, paths),
            each.lines,
            each.tokens,
            each.fragment,
        )
        for each in found.duplicates
    )
    return Duplication(tuple(pairs), total.percentage, total.duplicated_lines, total.sources, total.lines, total.tokens)


def _fragment(side: _Side, paths: Mapping[str, str]) -> Fragment:
    if side.name not in paths:
        raise ToolError("jscpd spoke of a file that it was not asked about")
    start, end = side.start_loc, side.end_loc
    return Fragment(paths[side.name], start.line, start.column + 1, end.line, end.column + 1)
