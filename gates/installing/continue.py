"""Continue CLI: hooks as Claude Code has them, 2026-08. Times are in seconds."""

from __future__ import annotations

from gates.installing._settings import Settings, command, grouped, handler

_HOST = Settings(
    target="continue",
    host="portable",
    file=".continue/settings.json",
    entries=grouped(
        lambda kind: handler(kind, command(kind, "portable")),
        (("stop", "Stop", ""), ("post-edit", "PostToolUse", "*"), ("guard", "PreToolUse", "*")),
    ),
    told=(
        "Continue reads .claude/settings.json too. Where hooks are installed for Claude Code too, both judge a turn, "
        "which is sent back once.",
    ),
)

install = _HOST.install
uninstall = _HOST.uninstall
hooks = _HOST.hooks
advice = _HOST.advice
