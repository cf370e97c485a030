"""Where programs are: tools beside our interpreter, all others on PATH, but not in the checkout that is judged."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from gates.model import Tool
from gates.process import ToolError


def program(tool: Tool) -> list[str]:
    """Return the argv that starts a tool: beside our own interpreter, never from PATH or from the project.

    Raises:
        ToolError: a native program is not installed there.
    """
    if tool.module:
        return [sys.executable, "-P", "-m", tool.module]
    for folder in _script_folders():
        candidate = folder / tool.name
        if os.access(candidate, os.X_OK):
            return [str(candidate)]
    raise ToolError(f"{tool.name} is not installed beside this Python", f"Install it: {tool.install}")


def outside(name: str, folder: Path) -> str:
    """Return where PATH finds a program, passing over what lies below a folder: `PATH=.` or a `bin` of a checkout would
    let a checkout bring along what is run.

    Raises:
        ToolError: it is nowhere else.
    """
    inside = os.path.join(os.path.realpath(folder), "")
    for each in os.get_exec_path():
        candidate = os.path.join(each, name)
        found = os.path.isabs(candidate) and os.access(candidate, os.X_OK) and not os.path.isdir(candidate)
        if found and not os.path.realpath(candidate).startswith(inside):
            return candidate
    raise ToolError(f"`{name}` could not be started: {os.strerror(errno.ENOENT)}", "Install it, and put it on PATH.")


def _script_folders() -> Iterator[Path]:
    yield Path(sys.executable).parent
    import sysconfig

    yield Path(sysconfig.get_path("scripts"))
