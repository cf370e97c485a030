"""OpenHands, Continue, VS Code and other hosts with Claude's events: exit code 2 and standard error, as of 2026-08."""

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
    by_exit_code,
    understood,
)

LIMIT = 8_000
"""Characters; the smallest limit known is 10,000."""

DIALECT = Dialect(
    kinds={
        "Stop": STOP,
        "SubagentStop": STOP,
        "stop": STOP,
        "PostToolUse": POST_EDIT,
        "post_tool_use": POST_EDIT,
        "PreToolUse": GUARD,
        "pre_tool_use": GUARD,
    },
    shells=frozenset({"Bash", "bash", "terminal", "execute_bash", "run_in_terminal", "run_terminal_command"}),
    editors=frozenset(
        {
            "Edit",
            "MultiEdit",
            "Write",
            "apply_patch",
            "create_file",
            "edit_existing_file",
            "file_editor",
            "insert_edit_into_file",
            "replace_string_in_file",
            "single_find_and_replace",
            "str_replace_editor",
        }
    ),
    kind=("hook_event_name", "hookEventName", "event_type"),
    session=("session_id", "sessionId"),
    cwd=("cwd", "working_dir"),
)


def read(event: bytes) -> Event | Malformed:
    """Return what the host says."""
    return understood(event, DIALECT)


def write(decision: Decision) -> Answer:
    """Return what the host is told."""
    return by_exit_code(decision)
