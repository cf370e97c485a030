"""GitHub Copilot, CLI and coding agent: `content/copilot/reference/hooks-reference.md` of github/docs, 2026-08.

Exit code 2 only warns at the end of a turn, and any failure before a tool refuses it: the exit code is always 0.
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
    json,
    understood,
)

LIMIT = 8_000
"""Characters; above 10 KB the host cuts."""

DIALECT = Dialect(
    kinds={
        "agentStop": STOP,
        "subagentStop": STOP,
        "Stop": STOP,
        "SubagentStop": STOP,
        "postToolUse": POST_EDIT,
        "PostToolUse": POST_EDIT,
        "preToolUse": GUARD,
        "PreToolUse": GUARD,
    },
    shells=frozenset({"bash", "powershell", "Bash", "PowerShell"}),
    editors=frozenset({"create", "edit", "str_replace_editor", "apply_patch", "Edit", "MultiEdit", "Write"}),
    kind=("hook_event_name", "hookEventName"),
    session=("sessionId", "session_id"),
    tool=("toolName", "tool_name"),
    given=("toolArgs", "tool_input"),
)


def read(event: bytes) -> Event | Malformed:
    """Return what the host says; events with names in camel case do not say what they are."""
    return understood(event, DIALECT)


def write(decision: Decision) -> Answer:
    """Return what the host is told; a notice has no place in its JSON."""
    said: dict[str, object] = {}
    if decision.kind == STOP and decision.blocks:
        said |= {"decision": "block", "reason": decision.text}
    elif decision.kind == GUARD and decision.blocks:
        said |= {"permissionDecision": "deny", "permissionDecisionReason": decision.text}
    elif decision.kind == POST_EDIT and decision.text:
        said["additionalContext"] = decision.text
    return Answer(stdout=json(said) if said else "", stderr=f"{decision.notice}\n" if decision.notice else "")
