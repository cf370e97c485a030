"""Windsurf Cascade: docs.windsurf.com/windsurf/cascade/hooks, 2026-08. Exit code 2 and standard error, as elsewhere.

An event names no tool: what it is about tells by itself.
"""

from __future__ import annotations

import msgspec

from gates.hosts import (
    GUARD,
    POST_EDIT,
    Answer,
    Decision,
    Dialect,
    Event,
    Malformed,
    by_exit_code,
    heard,
)

LIMIT = 8_000
"""Characters; the host states no limit."""

DIALECT = Dialect(
    kinds={"pre_run_command": GUARD, "pre_write_code": GUARD, "post_write_code": POST_EDIT},
    shells=frozenset(),
    editors=frozenset(),
    kind=("agent_action_name",),
    session=("trajectory_id",),
)


def read(event: bytes) -> Event | Malformed:
    """Return what the host says."""
    found = heard(event, DIALECT)
    if isinstance(found, Malformed):
        return found
    said, fields = found
    about = fields.inside("tool_info")
    command, path = about.text("command_line"), about.text("file_path")
    if said.kind in (GUARD, POST_EDIT) and not (command or path):
        return Malformed("the event has neither a command nor a file")
    return msgspec.structs.replace(
        said, cwd=said.cwd or about.text("cwd"), command=command, paths=(path,) if path else ()
    )


def write(decision: Decision) -> Answer:
    """Return what the host is told."""
    return by_exit_code(decision)
