"""GitHub Copilot, CLI and coding agent: `content/copilot/reference/hooks-reference.md` of github/docs, 2026-08.

Times are in seconds. The names in Pascal case make it say which event it is. `bash`, which VS Code does not know, keeps
it from running these hooks as well: it has its own.
"""

from __future__ import annotations

from gates.installing._settings import SECONDS, Entry, Kind, Settings, command


def _entry(kind: Kind, event: str, matcher: str = "") -> Entry:
    tools = {"matcher": matcher} if matcher else {}
    run = {"type": "command", "bash": command(kind, "copilot")}
    return Entry(kind=kind, event=event, value={**run, **tools, "timeoutSec": SECONDS[kind]})


_HOST = Settings(
    target="copilot",
    host="copilot",
    file=".github/hooks/quality-gates.json",
    new={"version": 1},
    entries=(
        _entry("stop", "Stop"),
        _entry("post-edit", "PostToolUse", "Edit|MultiEdit|Write"),
        _entry("guard", "PreToolUse", "Bash|Edit|MultiEdit|Write"),
    ),
    told=(
        "Copilot refuses tools while the guard cannot be started: its coding agent needs gates in "
        ".github/workflows/copilot-setup-steps.yml.",
    ),
)

install = _HOST.install
uninstall = _HOST.uninstall
hooks = _HOST.hooks
advice = _HOST.advice
