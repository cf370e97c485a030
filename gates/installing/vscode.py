"""VS Code, agent hooks (preview): code.visualstudio.com/docs/agents/reference/hooks-reference, 2026-08.

Times are in seconds. Copilot CLI reads all files in this folder: `linux` and `osx`, which it does not know, keep it
from running these hooks as well.
"""

from __future__ import annotations

from gates.installing._settings import SECONDS, Entry, Kind, Settings, command


def _entry(kind: Kind, event: str) -> Entry:
    line = command(kind, "portable")
    return Entry(
        kind=kind, event=event, value={"type": "command", "linux": line, "osx": line, "timeout": SECONDS[kind]}
    )


_HOST = Settings(
    target="vscode",
    host="portable",
    file=".github/hooks/quality-gates-vscode.json",
    entries=(_entry("stop", "Stop"), _entry("post-edit", "PostToolUse"), _entry("guard", "PreToolUse")),
)

install = _HOST.install
uninstall = _HOST.uninstall
hooks = _HOST.hooks
advice = _HOST.advice
