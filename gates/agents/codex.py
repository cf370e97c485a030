"""Codex CLI: the schemas of `codex-rs/hooks`, 0.142.5 of 2026-08.

Keys that the schema does not name make the hook fail, and so does plain text on standard output.
"""

from __future__ import annotations

from gates.hosts import (
    GUARD,
    POST_EDIT,
    STOP,
    Answer,
    Decision,
    Dialect,
    Event,
    Malformed,
    claude_style,
    understood,
)

LIMIT = 8_000
"""Characters; above 10,000 the host cuts out the middle."""

DIALECT = Dialect(
    kinds={"Stop": STOP, "SubagentStop": STOP, "PostToolUse": POST_EDIT, "PreToolUse": GUARD},
    shells=frozenset({"Bash", "shell", "local_shell", "exec_command"}),
    editors=frozenset({"apply_patch", "Edit", "Write"}),
)


def read(event: bytes) -> Event | Malformed:
    """Return what the host says."""
    return understood(event, DIALECT)


def write(decision: Decision) -> Answer:
    """Return what the host is told."""
    return claude_style(decision)
