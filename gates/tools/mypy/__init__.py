"""mypy: type errors.

A generated configuration outside the tree, never the project's own unless asked for; JSON, in which notes alone are
exit 1 and an empty line is success; one cache for each set of flags, which one run at a time may use; never dmypy,
which passes what mypy fails.
"""

from __future__ import annotations

import contextlib
import importlib.util
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gates.anchoring import Ahead, place_of
from gates.anchors import Place
from gates.answers import Number, understood_lines
from gates.cache import digest
from gates.model import UNDECODABLE, Completed, Finding, Location, Severity, Tool
from gates.process import Spawner, ToolError
from gates.project import Project
from gates.text import counted, visible
from gates.tools.mypy.memory import Known, cache_in, folder_for, known, module_names, note, short

__all__ = ["MYPY", "Known", "Run", "TwiceError", "check", "known", "module_names", "parse", "searched"]

MYPY = Tool(name="mypy", distribution="mypy", tested=">=2.4,<2.5", ran=(0, 1, 2), module="mypy")

_SECONDS = 60.0
_LINE_BYTES = 100_000
"""More than any line has that mypy writes."""
_LOG = "LOG: "
_SOURCE = "Found source:           BuildSource(path="
_DONE = "LOG:  Build finished in "
_FOUND = 1
_BLOCKED = 2
_ONCE = r'See https://mypy\.|Hint: "python3 -m pip install |\(or run "mypy --install-types"|\(Using --follow'
_NO_STUBS = 'Library stubs not installed for "'
_ANYTHING = "from typing import Any\n\ndef __getattr__(name: str) -> Any: ...\n"


class Run(Struct, frozen=True):
    """One run of mypy: the files, the configuration text (or the project's own file), and whose packages are seen.

    What is imported from an `unreadable` file has the type `Any`; mypy would check nothing at all because of it.

    Runs with the same `name` share a cache; those whose global flags differ must not.
    """

    name: str
    paths: tuple[str, ...]
    settings: str
    inherited: str = ""
    python: str = ""
    unreadable: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


class TwiceError(ToolError):
    """A file can be imported under two names, and mypy refuses to choose."""


class _InternalError(ToolError):
    """mypy crashed; a damaged cache is the usual cause, so it is emptied and mypy gets one more try."""


class _Error(Struct):
    file: str
    line: Number
    column: Number
    end_line: Number
    end_column: Number
    message: str
    hint: str | None
    code: str | None
    severity: str


def check(project: Project, run: Run) -> tuple[Finding, ...]:
    """Check the files and return what mypy says of them; what it says of files that they import is left out.

    Raises:
        TwiceError: one file has two names, since folders without `__init__` count as namespace packages.
        ToolError: mypy could not be run, could not check the files, or did not understand its configuration.
    """
    name = _name(project, run)
    with contextlib.ExitStack() as held:
        folder = folder_for(project, name, held)
        try:
            return _checked(project, run, name, folder)
        except _InternalError:
            shutil.rmtree(folder, ignore_errors=True)
            return _checked(project, run, name, folder)


def _checked(project: Project, run: Run, name: str, folder: Path) -> tuple[Finding, ...]:
    settings = project.scratch / f"{name}.ini"
    settings.write_text(run.settings, encoding="utf-8")
    options = ["--config-file", f"./{run.inherited}" if run.inherited else str(settings), "--output", "json"]
    cache = cache_in(project, folder)
    options += ["--cache-dir", str(cache), "--no-error-summary", "--show-absolute-path", "-v"]
    options += ["--soft-error-limit", "-1"]
    options += ["--python-executable", run.python] if run.python else []
    options += [*run.options, *_shadows(run.unreadable, project.scratch / "unreadable.py")]
    arguments = [*options, *_listed(run.paths, project.scratch / f"{name}.txt")]
    shown = project.shown(run.paths)
    with contextlib.ExitStack() as held:
        # without a cache it takes long, and says what it finds as it goes on
        found = None if cache.exists() else _Found(held.enter_context(Ahead(project)), shown)
        done = project.run(MYPY, arguments, heard=found.hear if found else None)
        if found:
            found.end()
        note(project, folder)
        _accept(done, run, settings.name)
        with project.understood(MYPY, done.out):
            return parse(done.out, shown)


class _Found:
    """What mypy has found by now: what the findings in a file are recognised by can be looked at as soon as it speaks
    of the next one."""

    def __init__(self, ahead: Ahead, paths: Mapping[str, str]) -> None:
        self._ahead = ahead
        self._paths = paths
        self._begun = b""
        self._is_lost = False
        self._path = ""
        self._places: list[Place] = []

    def hear(self, said: bytes) -> None:
        """Listen to what comes next, which may end within a line; no more once it is no diagnostic, of which is told
        when all is said."""
        if self._is_lost:
            return
        *lines, self._begun = (self._begun + said).split(b"\n")
        try:
            for line in filter(None, lines):
                self._take(msgspec.json.decode(line, type=_Error))
        except UNDECODABLE:
            self._is_lost = True
        self._is_lost = self._is_lost or len(self._begun) > _LINE_BYTES

    def end(self) -> None:
        """All is said."""
        self._turn_to("")
        self._ahead.end()

    def _take(self, error: _Error) -> None:
        path = self._paths.get(error.file, "")
        if path != self._path:
            self._turn_to(path)
        if path:
            self._places.append(place_of(_location(error, path)))

    def _turn_to(self, path: str) -> None:
        if self._places:
            self._ahead.add(self._path, self._places)
        self._path, self._places = path, []


def _accept(done: Completed, run: Run, settings: str) -> None:
    """Hold that mypy did all of its work.

    Raises:
        ToolError: it did not, or does not say so.
    """
    seen, said = _log(done.stderr)
    if complaint := _complaint(said, run.inherited or settings):
        raise ToolError(f"mypy does not understand its configuration: {visible(complaint)}", "Correct it.")
    if done.code == _BLOCKED:
        raise _blocked(_blocker(done.out, said), run)
    if done.code == _FOUND and not done.out.strip():
        raise ToolError("mypy ended with exit code 1 and reported nothing", f"If it is damaged: {MYPY.install}")
    if missing := [path for path in run.paths if repr(path) not in seen]:
        raise ToolError(
            f"mypy did not say that it looked at {counted(len(missing), 'file')}: {visible(missing[0])}",
            f"If it is damaged: {MYPY.install}",
        )


def _complaint(said: str, settings: str) -> str:
    return next((line for line in said.splitlines() if f"{settings}:" in line), "")


def _log(stderr: str) -> tuple[frozenset[str], str]:
    """Return of which files mypy's log says that they were checked, in Python's notation, and what else it said.

    A clean run prints nothing, as does a program that is no mypy: only the log tells them apart.
    """
    log = [line for line in stderr.splitlines() if line.startswith(_LOG)]
    sources = [line.partition(_SOURCE)[2].rpartition(", module=")[0] for line in log if _SOURCE in line]
    done = any(line.startswith(_DONE) for line in log)
    other = "\n".join(line for line in stderr.splitlines() if not line.startswith(_LOG))
    return frozenset(sources if done else ()), other.strip()


def _name(project: Project, run: Run) -> str:
    """Return the name of what belongs to this set of flags, in this folder: mypy's cache keeps absolute paths."""
    inherited = (project.root / run.inherited).read_text("utf-8", "replace") if run.inherited else ""
    key = (project.version(MYPY), run.name, inherited, run.python, *run.unreadable, *run.options)
    return f"{short(project.root)}-{digest(*(each.encode('utf-8', 'surrogateescape') for each in key))[:12]}"


def _blocked(reason: str, run: Run) -> ToolError:
    kind = ToolError
    if "found twice under different module names" in reason and not run.options:
        kind = TwiceError
    elif "INTERNAL ERROR" in reason:
        kind = _InternalError
    return kind(f"mypy could not check the files: {reason}")


def _shadows(paths: Sequence[str], anything: Path) -> list[str]:
    """Return the options that let mypy see something harmless in the place of files that it cannot read."""
    anything.write_text(_ANYTHING, encoding="utf-8")
    return [word for path in paths for word in ("--shadow-file", f"./{path}", str(anything))]


def _listed(paths: Sequence[str], listing: Path) -> list[str]:
    """Return the arguments that name the files: through a file, which has no room for names with a line end."""
    names = [f"./{path}" for path in paths]
    plain = "\n".join(name for name in names if "\n" not in name)
    listing.write_text(plain, encoding="utf-8", errors="surrogateescape")
    return [f"@{listing}", "--", *(name for name in names if "\n" in name)]


def parse(output: bytes, paths: Mapping[str, str]) -> tuple[Finding, ...]:
    """Turn `--output json` into findings; `paths` maps the names that mypy prints to ours, others are left out.

    Raises:
        ToolError: a line is no diagnostic.
    """
    try:
        errors = understood_lines(output, _Error)
    except msgspec.MsgspecError as error:
        raise ToolError(f"mypy printed something that is no diagnostic: {error}") from error
    return tuple(_finding(each, paths[each.file]) for each in errors if each.file in paths)


def _finding(error: _Error, path: str) -> Finding:
    code = error.code or "misc"
    return Finding(
        rule=f"typing/{code}",
        message=error.message.rstrip("."),
        location=_location(error, path),
        severity=Severity.NOTE if error.severity == "note" else Severity.ERROR,
        help=_help(error),
        tool_code=code,
    )


def _location(error: _Error, path: str) -> Location:
    ends = max(error.end_line, 1), max(error.end_column + 1, 1)
    return Location(path, max(error.line, 1), max(error.column + 1, 1), *ends)


def _help(error: _Error) -> str:
    """Return what mypy notes, but for what it notes only once in a run, by the first file that it comes to, which
    depends on its cache; the name of missing stubs is part of that, and is put in for every file."""
    noted = [line for line in error.hint.split("\n") if line and not re.match(_ONCE, line)] if error.hint else []
    if error.message.startswith(_NO_STUBS):
        from mypy.stubinfo import stub_distribution_name

        name = error.message.removeprefix(_NO_STUBS).partition('"')[0]
        noted += [f"Here: python -m pip install {stub_distribution_name(name)}."]
    return " ".join(noted)


def _blocker(output: bytes, stderr: str) -> str:
    """Return what stopped mypy: the error without a line, or of syntax; else what it said outside of its JSON."""
    for line in output.split(b"\n"):
        try:
            error = msgspec.json.decode(line, type=_Error)
        except UNDECODABLE:
            continue
        if error.line < 1 or error.code == "syntax":
            hint = (error.hint or "").partition("\n")[0]
            return visible(f"{Path(error.file).name}: {error.message}. {hint}".strip())
    text = stderr.strip() or output.decode("utf-8", "replace").strip()
    return visible(text.splitlines()[0])[:300] if text else "it did not say why"


def searched(spawner: Spawner, root: Path, python: str) -> tuple[Path, ...]:
    """Return the folders in which mypy looks for the packages of an interpreter, also those that are not there.

    Raises:
        ToolError: the interpreter does not say.
    """
    spec = importlib.util.find_spec("mypy")  # to find the module in it would import it
    script = Path(spec.origin).with_name("pyinfo.py") if spec and spec.origin else Path()
    done = spawner.run([python, str(script), "getsearchdirs"], cwd=root, timeout=_SECONDS)
    from ast import literal_eval

    try:
        found = literal_eval(done.out.decode("utf-8"))
        return tuple(Path(each) for each in sorted({path for paths in found for path in paths}))
    except (ValueError, TypeError, SyntaxError) as error:
        raise ToolError(f"`{visible(python)}` does not say where its packages are") from error
