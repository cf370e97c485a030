"""Cline: the schema of its hooks, 2026-08. What is to be run or edited stands in an object that is named by the event.

An answer is always JSON. What a note says is heard at the agent's next request.
"""

from __future__ import annotations

from gates.hosts import (
    GUARD,
    POST_EDIT,
    Answer,
    Decision,
    Dialect,
    Event,
    Malformed,
    json,
    understood,
)

LIMIT = 8_000
"""Characters; above 50 KB the host cuts."""

DIALECT = Dialect(
    kinds={"PostToolUse": POST_EDIT, "PreToolUse": GUARD},
    shells=frozenset({"execute_command"}),
    editors=frozenset({"apply_patch", "new_rule", "replace_in_file", "write_to_file"}),
    kind=("hookName",),
    session=("taskId",),
    folders="workspaceRoots",
    use=("preToolUse", "postToolUse"),
    tool=("toolName",),
    given=("parameters",),
)


def read(event: bytes) -> Event | Malformed:
    """Return what the host says."""
    return understood(event, DIALECT)


def write(decision: Decision) -> Answer:
    """Return what the host is told; a notice has no place in its JSON."""
    said: dict[str, object] = {"cancel": decision.kind == GUARD and decision.blocks}
    if said["cancel"]:
        said["errorMessage"] = decision.text
    elif decision.text:
        said["contextModification"] = decision.text
    return Answer(stdout=json(said), stderr=f"{decision.notice}\n" if decision.notice else "")
