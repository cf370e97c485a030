"""Gemini CLI: `docs/hooks/reference.md` and `hookRunner.ts` at 5411f11 of 2026-08-21. Times are in milliseconds.

Any exit code above 1 would refuse a tool, and send a turn back for ever: also that of a shell that finds no program.
"""

from __future__ import annotations

from gates.installing._settings import SECONDS, Settings, command, grouped

_HOST = Settings(
    target="gemini",
    host="gemini",
    file=".gemini/settings.json",
    entries=grouped(
        lambda kind: {
            "type": "command",
            "name": f"gates-{kind}",
            "command": f"{command(kind, 'gemini')} || exit 1",
            "timeout": SECONDS[kind] * 1000,
        },
        (
            ("stop", "AfterAgent", ""),
            ("post-edit", "AfterTool", "write_file|replace"),
            ("guard", "BeforeTool", "run_shell_command|write_file|replace"),
        ),
    ),
    told=("Gemini CLI warns about hooks of a project that are new or changed: trust them there.",),
)

install = _HOST.install
uninstall = _HOST.uninstall
hooks = _HOST.hooks
advice = _HOST.advice
