"""Claude Code: code.claude.com/docs/en/hooks as of 2026-08-22 (2.1.240). Times are in seconds."""

from __future__ import annotations

from gates.installing._settings import Entry, Settings, command, grouped, handler


def entries(prefix: str) -> tuple[Entry, ...]:
    """Return what is put into settings, and what a plugin has; `prefix` is how a line for a shell finds `gates`."""
    return grouped(
        lambda kind: handler(kind, command(kind, "claude-code", prefix)),
        (
            ("stop", "Stop", ""),
            ("post-edit", "PostToolUse", "Edit|MultiEdit|Write"),
            ("guard", "PreToolUse", "Bash|Edit|MultiEdit|NotebookEdit|Write"),
        ),
    )


_HOST = Settings(
    target="claude-code",
    host="claude-code",
    file=".claude/settings.json",
    entries=entries('PATH="${CLAUDE_PROJECT_DIR:-.}/.venv/bin:$PATH" '),
    told=(
        "Copilot CLI, VS Code and Continue read .claude/settings.json too. Where their own hooks are installed too, "
        "both judge a turn, which is sent back once.",
    ),
)

install = _HOST.install
uninstall = _HOST.uninstall
hooks = _HOST.hooks
advice = _HOST.advice
