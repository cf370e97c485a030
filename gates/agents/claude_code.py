"""Claude Code: code.claude.com/docs/en/hooks as of 2026-08-22 (2.1.240).

A hook that exits with anything but 0 and 2 is off without a word, so every decision is JSON with exit code 0.
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
"""Characters; above 10,000 the host replaces a text by the path of a file."""

DIALECT = Dialect(
    kinds={"Stop": STOP, "SubagentStop": STOP, "PostToolUse": POST_EDIT, "PreToolUse": GUARD},
    shells=frozenset({"Bash", "PowerShell"}),
    editors=frozenset({"Edit", "MultiEdit", "NotebookEdit", "Write"}),
)


def read(event: bytes) -> Event | Malformed:
    """Return what the host says."""
    return understood(event, DIALECT)


def write(decision: Decision) -> Answer:
    """Return what the host is told."""
    return claude_style(decision)
