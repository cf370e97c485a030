"""Gemini CLI: `docs/hooks/reference.md` and `hookRunner.ts` at 5411f11 of 2026-08-21.

Exit codes above 1 deny, whatever the documentation says, so every decision is JSON with exit code 0.
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
"""Characters; the host states no limit."""

DIALECT = Dialect(
    kinds={"AfterAgent": STOP, "AfterTool": POST_EDIT, "BeforeTool": GUARD},
    shells=frozenset({"run_shell_command"}),
    editors=frozenset({"write_file", "replace"}),
)


def read(event: bytes) -> Event | Malformed:
    """Return what the host says."""
    return understood(event, DIALECT)


def write(decision: Decision) -> Answer:
    """Return what the host is told."""
    said: dict[str, object] = {}
    if decision.blocks:
        said |= {"decision": "deny", "reason": decision.text}
    elif decision.kind == POST_EDIT and decision.text:
        said["hookSpecificOutput"] = {"hookEventName": "AfterTool", "additionalContext": decision.text}
    if decision.notice:
        said["systemMessage"] = decision.notice
    return Answer(stdout=json(said) if said else "")
