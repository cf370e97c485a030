"""Cline: executables that are named like events, 2026-08. It has no hook that holds up the end of a turn."""

from __future__ import annotations

from gates.installing._files import File, Files
from gates.installing._settings import Kind, command

_MARK = "# Written by `gates install cline`"
_SCRIPT = """\
#!/bin/sh
{mark}; `gates uninstall cline` removes it.
cd "${{0%/*}}/../.." || exit 1
{line}
"""


def _file(kind: Kind, event: str) -> File:
    line = command(kind, "cline")
    content = _SCRIPT.format(mark=_MARK, line=line)
    return File(name=f".clinerules/hooks/{event}", content=content, commands=((kind, line),), mode=0o755)


_HOST = Files(
    target="cline",
    mark=_MARK,
    files=(_file("post-edit", "PostToolUse"), _file("guard", "PreToolUse")),
    told=("Cline has no hook at the end of a turn: what a session leaves open is seen by `gates check` alone.",),
)

install = _HOST.install
uninstall = _HOST.uninstall
hooks = _HOST.hooks
advice = _HOST.advice
