"""Cursor: cursor.com/docs/hooks as of 2026-08-25.

A hook may be set to `failClosed`, so what lets a thing pass is valid JSON too. `{}` leaves the host's own questions to
the person alone, where `allow` would answer them.
"""

from __future__ import annotations

import msgspec

from gates.hosts import (
    GUARD,
    POST_EDIT,
    STOP,
    Answer,
    Decision,
    Dialect,
    Event,
    Fields,
    Malformed,
    heard,
    json,
)

LIMIT = 8_000
"""Characters; the host states no limit."""

DIALECT = Dialect(
    kinds={
        "stop": STOP,
        "subagentStop": STOP,
        "postToolUse": POST_EDIT,
        "afterFileEdit": POST_EDIT,
        "preToolUse": GUARD,
        "beforeShellExecution": GUARD,
    },
    shells=frozenset({"Shell"}),
    editors=frozenset({"Write", "Delete", "Edit"}),
    session=("conversation_id", "session_id"),
    folders="workspace_roots",
)


def read(event: bytes) -> Event | Malformed:
    """Return what the host says. Some events are about a command or a file without a tool."""
    found = heard(event, DIALECT)
    if isinstance(found, Malformed):
        return found
    said, fields = found
    command = said.command or fields.text("command")
    path = fields.text("file_path")
    if said.kind == GUARD and not (command or fields.text("tool_name")):
        return Malformed("the event has neither a command nor a tool")
    return msgspec.structs.replace(
        said,
        command=command,
        paths=said.paths or ((path,) if path else ()),
        rounds=fields.number("loop_count"),
        interrupted=_is_interrupted(fields),
    )


def write(decision: Decision) -> Answer:
    """Return what the host is told; a notice has no place in its JSON."""
    said: dict[str, object] = {}
    if decision.kind == STOP and decision.blocks:
        said["followup_message"] = decision.text
    elif decision.kind == GUARD and decision.blocks:
        said |= {"permission": "deny", "user_message": decision.text, "agent_message": decision.text}
    elif decision.kind == POST_EDIT and decision.text:
        said["additional_context"] = decision.text
    return Answer(stdout=json(said), stderr=f"{decision.notice}\n" if decision.notice else "")


def _is_interrupted(fields: Fields) -> bool:
    return fields.text("status") in {"aborted", "error"}
