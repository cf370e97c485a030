"""Cursor: cursor.com/docs/hooks as of 2026-08-25. Times are in seconds.

The guard is closed when it fails. The host's own limit of rounds lies one above ours, which has the last word.
"""

from __future__ import annotations

from gates.installing._settings import SECONDS, Entry, Settings, command

_HOST = Settings(
    target="cursor",
    host="cursor",
    file=".cursor/hooks.json",
    new={"version": 1},
    entries=(
        Entry(
            kind="stop",
            event="stop",
            value={"command": command("stop", "cursor"), "timeout": SECONDS["stop"], "loop_limit": 4},
        ),
        Entry(
            kind="post-edit",
            event="postToolUse",
            value={"command": command("post-edit", "cursor"), "matcher": "Write", "timeout": SECONDS["post-edit"]},
        ),
        Entry(
            kind="guard",
            event="preToolUse",
            value={
                "command": command("guard", "cursor"),
                "matcher": "Shell|Write|Delete",
                "timeout": SECONDS["guard"],
                "failClosed": True,
            },
        ),
    ),
    told=("Cursor refuses commands and edits while the guard cannot be started.",),
)

install = _HOST.install
uninstall = _HOST.uninstall
hooks = _HOST.hooks
advice = _HOST.advice
