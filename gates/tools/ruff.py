"""ruff: lint rules, and which Python a syntax needs.

Never its cache (it is keyed by modification time), always E902 (without it an unreadable file is exit 0), always one
diagnostic per line (its JSON array holds everything in memory).
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import msgspec
from msgspec import Struct

from gates.answers import Number, understood
from gates.cache import digest
from gates.model import Finding, GatesError, Location, Severity, Tool
from gates.process import ToolError
from gates.project import Project
from gates.text import visible

RUFF = Tool(name="ruff", distribution="ruff", tested=">=0.17,<0.18", ran=(0, 1, 2))

_ISOLATED = ("--isolated",)
_NEEDS = r"\(syntax was added in Python (\d+)\.(\d+)\)"
_ALWAYS = "E902"
_HARMLESS = (
    "--no-force-exclude",
    "--no-fix",
    "--no-fix-only",
    "--no-unsafe-fixes",
    "--extension",
    "py:python,pyi:python",
)
"""What an inherited configuration may not do: skip a file, change one, or read it as something else."""

_MAX_ARGUMENTS = 1_000_000
"""Bytes of file names on one command line, with room for the environment."""

_OF_AN_ARGUMENT = 11
"""Bytes that a name takes beside its own: `./`, its end, and a pointer."""

_FOUND = 1
_REFUSED = 2
_UNUSED = "RUF100"
_NOT_ASKED = r"; (?:non-enabled|duplicated|unknown): [^;)]*"
_UNKNOWN = r"(?:[Uu]nknown rule selector|invalid value).*"


class Selection(Struct, frozen=True):
    """Which rules run. `inherited` is a configuration file of the project's own, which then decides instead."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    line_length: int = 88
    inherited: str = ""
    target: str = ""


class _Place(Struct):
    row: Number
    column: Number


class _Fix(Struct):
    message: str | None


class _Diagnostic(Struct):
    code: str | None
    filename: str
    location: _Place
    end_location: _Place
    message: str
    url: str | None
    fix: _Fix | None


class Lint(Struct, frozen=True):
    """The findings of a run, and the files that ruff says it looked at."""

    findings: tuple[Finding, ...]
    checked: frozenset[str]


def lint(project: Project, paths: Sequence[str], selection: Selection) -> dict[str, tuple[Finding, ...]]:
    """Return what the selected rules find in each file that ruff says it looked at; what it found before stands where
    nothing changed that it looks at. A configuration of the project's own may let it look at anything.

    Of the unused suppressions, only those of rules that ran are told: others may be needed elsewhere, by a rule that
    another selection or another program has.

    Raises:
        ToolError: ruff could not be run, or its output is not what it should be.
    """
    version = project.version(RUFF)
    if selection.inherited:
        chosen = ["--config", f"./{selection.inherited}", "--extend-select", _ALWAYS, *_HARMLESS]
        return _by_file(_run(project, paths, ("check", "-v", *chosen)))
    chosen = [*_ISOLATED, "--select", ",".join([*selection.select, _ALWAYS])]
    ignored = [code for code in selection.ignore if code != _ALWAYS]
    chosen += ["--ignore", ",".join(ignored)] if ignored else []
    chosen += ["--line-length", str(selection.line_length)]
    chosen += ["--target-version", selection.target] if selection.target else []

    def look(missing: Sequence[str]) -> dict[str, tuple[Finding, ...]]:
        result = _run(project, missing, ("check", "-v", *chosen))
        found = _by_file(Lint(judged(result.findings), result.checked))
        return {path: tuple(_placed(each, "") for each in group) for path, group in found.items()}

    around = _Around(project)
    beside = {path: around.of(path) for path in paths}
    found = project.kept(tuple[Finding, ...], shlex.join([RUFF.name, version, *chosen]), beside, look)
    return {path: tuple(_placed(each, path) for each in group) for path, group in found.items()}


def _placed(finding: Finding, path: str) -> Finding:
    """Return a finding about another path: what is kept has none, for paths may hold bytes that are no text."""
    return msgspec.structs.replace(finding, location=msgspec.structs.replace(finding.location, path=path))


def _by_file(result: Lint) -> dict[str, tuple[Finding, ...]]:
    found: dict[str, list[Finding]] = {path: [] for path in result.checked}
    for each in result.findings:
        if each.location.path in found:  # else it says why it did not look, and the file counts as not inspected
            found[each.location.path].append(each)
    return {path: tuple(each) for path, each in found.items()}


class _Around:
    """What ruff looks at beside the content of a file: whether it may be executed, the modules beside it, which folders
    above it are packages, and where its imports lead from the root and from `src`."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._root = f"{project.root}/"
        self._modules = functools.cache(self._listed)
        self._beside = functools.cache(self._packages)
        self._leads = functools.cache(self._led)

    def of(self, path: str) -> str:
        """Return a name for all of it."""
        modules = {each.module for each in self._project.facts(path).imports}
        led = sorted({self._leads(each) for each in modules if not each.startswith(".")})
        return f"{_is_executable(self._root + path)} {self._beside(path.rpartition('/')[0])} {led}"

    def _listed(self, folder: str) -> frozenset[str]:
        with contextlib.suppress(OSError), os.scandir(self._root + folder) as entries:
            return frozenset(f"{each.name}/" if each.is_dir() else each.name for each in entries if _counts(each))
        return frozenset()

    def _packages(self, folder: str) -> str:
        above = [folder, *(str(each) for each in PurePosixPath(folder).parents if folder)]
        packages = [each for each in above if "__init__.py" in self._modules("" if each == "." else each)]
        return repr((sorted(self._modules(folder)), packages))

    def _led(self, imported: str) -> str:
        found = [[*self._steps(base, imported.split("."))] for base in ("", "src/")]
        return digest(repr((imported, found)).encode())

    def _steps(self, base: str, parts: Sequence[str]) -> Iterator[list[str]]:
        yield sorted(self._modules(f"{base}{parts[0]}"))
        folder = base
        for part in parts:
            yield sorted(self._modules(folder).intersection((f"{part}/", f"{part}.py", f"{part}.pyi")))
            folder = f"{folder}{part}/"


def _counts(entry: os.DirEntry[str]) -> bool:
    return entry.name.endswith((".py", ".pyi", ".ipynb")) or ("." not in entry.name and entry.name != "__pycache__")


def _is_executable(path: str) -> bool:
    return bool(os.stat(path).st_mode & 0o111)


def python_needed(project: Project, paths: Sequence[str], running: tuple[int, int]) -> dict[str, str]:
    """Return the Python version that each file's syntax needs, for files that need a later one than `running`."""
    target = f"py{running[0]}{running[1]}"
    result = _run(project, paths, ("check", "-v", *_ISOLATED, "--select", _ALWAYS, "--target-version", target))
    needed: dict[str, tuple[int, int]] = {}
    older: set[str] = set()
    for finding in result.findings:
        if match := re.search(_NEEDS, finding.message):
            version = (int(match[1]), int(match[2]))
            needed[finding.location.path] = max(version, needed.get(finding.location.path, (0, 0)))
        else:
            older.add(finding.location.path)
    return {path: f"{major}.{minor}" for path, (major, minor) in needed.items() if path not in older}


def parse(output: bytes, paths: Mapping[str, str]) -> tuple[Finding, ...]:
    """Turn `--output-format json-lines` into findings; `paths` maps the names that ruff prints to ours.

    Raises:
        ToolError: a line is no diagnostic, or speaks of a file that was not asked about.
    """
    try:
        diagnostics = [understood(line, _Diagnostic) for line in output.split(b"\n") if line.strip()]
    except msgspec.MsgspecError as error:
        raise ToolError(f"ruff printed something that is no diagnostic: {error}") from error
    return tuple(_finding(each, paths) for each in diagnostics)


def judged(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings without what is said of suppressions of rules that did not run."""
    return tuple(
        finding if finding.tool_code != _UNUSED else _of_what_ran(finding)
        for finding in findings
        if finding.tool_code != _UNUSED or "(unused: " in finding.message
    )


def _of_what_ran(finding: Finding) -> Finding:
    return msgspec.structs.replace(finding, message=re.sub(_NOT_ASKED, "", finding.message))


def _finding(diagnostic: _Diagnostic, paths: Mapping[str, str]) -> Finding:
    if diagnostic.filename not in paths:
        raise ToolError("ruff spoke of a file that it was not asked about")
    code = diagnostic.code or "unknown"
    start, end = diagnostic.location, diagnostic.end_location
    advice = diagnostic.fix.message if diagnostic.fix and diagnostic.fix.message else ""
    return Finding(
        rule=f"lint/{code}",
        message=diagnostic.message.rstrip("."),
        location=Location(paths[diagnostic.filename], max(start.row, 1), max(start.column, 1), end.row, end.column),
        severity=Severity.ERROR,
        help=f"{advice.rstrip('.')}." if advice else "",
        url=diagnostic.url or "",
        tool_code=code,
    )


def _run(project: Project, paths: Sequence[str], arguments: Sequence[str]) -> Lint:
    project.version(RUFF)
    done = [_run_once(project, each, arguments) for each in _portions(paths)]
    findings = (finding for each in done for finding in each.findings)
    return Lint(tuple(findings), frozenset().union(*(each.checked for each in done)))


def _portions(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the paths in portions that fit on a command line; ruff judges each file for itself."""
    begin = size = 0
    for index, path in enumerate(paths):
        needed = len(os.fsencode(path)) + _OF_AN_ARGUMENT
        if size + needed > _MAX_ARGUMENTS:
            yield paths[begin:index]
            begin, size = index, 0
        size += needed
    if paths:
        yield paths[begin:]


def _run_once(project: Project, paths: Sequence[str], arguments: Sequence[str]) -> Lint:
    shown = project.shown(paths)
    listed = ["--no-cache", "--output-format", "json-lines", "--", *(f"./{path}" for path in paths)]
    done = project.run(RUFF, [*arguments, *listed])
    if done.code == _REFUSED:
        raise _refusal(done.stderr, inherited="--isolated" not in arguments)
    if done.code == _FOUND and not done.out.strip():
        raise ToolError("ruff ended with exit code 1 and reported nothing", f"If it is damaged: {RUFF.install}")
    seen = done.err.decode("utf-8", "replace")
    checked = frozenset(path for name, path in shown.items() if f"Checking: {name}\n" in seen)
    with project.understood(RUFF, done.out):
        return Lint(parse(done.out, shown), checked)


def _refusal(stderr: str, *, inherited: bool) -> GatesError:
    """Tell a rule that ruff does not know, which is a mistake of our configuration, from everything else."""
    match = re.search(_UNKNOWN, stderr)
    if match and not inherited:
        said = visible(match.group())
        return GatesError(
            f"ruff refuses `lint.select` or `lint.ignore`: {said}", "Correct the code in the configuration."
        )
    hint = "Correct the project's own configuration of ruff." if inherited else f"If it is damaged: {RUFF.install}"
    return ToolError(f"ruff ended with exit code 2: {visible(stderr.strip())[:400]}", hint)
