"""OpenHands: the hooks of its SDK, 2026-08. Times are in seconds; events may be spelt as Claude Code spells them."""

from __future__ import annotations

from gates.installing._settings import Settings, command, grouped, handler

_HOST = Settings(
    target="openhands",
    host="portable",
    file=".openhands/hooks.json",
    bare=True,
    entries=grouped(
        lambda kind: handler(kind, command(kind, "portable")),
        (("stop", "Stop", ""), ("post-edit", "PostToolUse", "*"), ("guard", "PreToolUse", "*")),
    ),
)

install = _HOST.install
uninstall = _HOST.uninstall
hooks = _HOST.hooks
advice = _HOST.advice
