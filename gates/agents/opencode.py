"""OpenCode, by our own plugin, for `@opencode-ai/plugin` 1.18.33.

The plugin hands on events, and reads `block`, `note` and `notice`.
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
    kinds={"session.idle": STOP, "tool.execute.after": POST_EDIT, "tool.execute.before": GUARD},
    shells=frozenset({"bash"}),
    editors=frozenset({"apply_patch", "edit", "multiedit", "patch", "write"}),
    kind=("event",),
    session=("sessionID",),
    tool=("tool",),
    given=("args",),
)


def read(event: bytes) -> Event | Malformed:
    """Return what the host says."""
    return understood(event, DIALECT)


def write(decision: Decision) -> Answer:
    """Return what the plugin is told; it takes what is no JSON for a hook that could not be run."""
    said: dict[str, object] = {}
    if decision.text:
        said["block" if decision.blocks else "note"] = decision.text
    if decision.notice:
        said["notice"] = decision.notice
    return Answer(stdout=json(said))
