"""Codex CLI: the schemas of `codex-rs/hooks`, 0.142.5 of 2026-08. Times are in seconds."""

from __future__ import annotations

from gates.installing._settings import Settings, command, grouped, handler

_HOST = Settings(
    target="codex",
    host="codex",
    file=".codex/hooks.json",
    entries=grouped(
        lambda kind: handler(kind, command(kind, "codex")),
        (
            ("stop", "Stop", ""),
            ("post-edit", "PostToolUse", "apply_patch"),
            ("guard", "PreToolUse", "Bash|apply_patch"),
        ),
    ),
    told=("Codex skips hooks that are new or changed, without a word, until you trust them: /hooks",),
)

install = _HOST.install
uninstall = _HOST.uninstall
hooks = _HOST.hooks
advice = _HOST.advice
