"""Each external tool is installed beside our interpreter, in a version that was tested, and starts."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gates import registry
from gates.diagnosing import Diagnosis, Place, of_error, ok, problem
from gates.model import Completed, Tool
from gates.process import ToolError
from gates.programs import program
from gates.project import checked_version
from gates.text import visible

_SECONDS = 20.0


def examine(place: Place) -> Sequence[Diagnosis]:
    """Return what is so of each tool, and in one line of all that are in order."""
    pins: Mapping[str, str] = place.config.pins if place.config else {}
    tools = registry.tools()
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda tool: _examined(place, tool, pins), tools))
    good = [each.said for each in found if each.state == "ok"]
    together = [ok(f"{', '.join(good)}: tested versions, and they start")] if good else []
    return [*together, *(each for each in found if each.state != "ok")]


def _examined(place: Place, tool: Tool, pins: Mapping[str, str]) -> Diagnosis:
    try:
        version = checked_version(tool, pins)
    except ToolError as error:
        return of_error(
            ToolError(error.message, f"Run: {error.hint.partition(': ')[2]}".replace("python", _python(), 1))
        )
    if foreign := _foreign(place, tool):
        return problem(f"{tool.name} would be imported from the project: {foreign}", run="unset PYTHONPATH")
    try:
        done = place.spawner.run(_start(tool), cwd=Path(sys.prefix), timeout=_SECONDS)
        wrong = f"does not start: {_last_line(done)}" if done.code else ""
    except ToolError as error:
        wrong = f"does not start: {error.message}"
    if wrong:
        again = f"{_python()} -m pip install --force-reinstall --no-deps {tool.distribution}=={version}"
        return problem(f"{tool.name} {visible(version)} {wrong}", run=again)
    return ok(f"{tool.name} {visible(version)}")


def _python() -> str:
    return shlex.quote(sys.executable)


def _start(tool: Tool) -> list[str]:
    if tool.library:
        return [sys.executable, "-P", "-c", f"import {tool.library}"]
    return [*program(tool), "--version"]


def _foreign(place: Place, tool: Tool) -> str:
    """Return where a library comes from when that is the project, and not the environment that we run in."""
    if not tool.library or tool.module:
        return ""
    spec = importlib.util.find_spec(tool.library.partition(".")[0])
    origin = Path(spec.origin) if spec and spec.origin else None
    if origin is None or origin.is_relative_to(sys.prefix) or not origin.is_relative_to(place.root):
        return ""
    return place.shown(origin)


def _last_line(done: Completed) -> str:
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    return visible(lines[-1])[:200] if lines else f"exit code {done.code}"
