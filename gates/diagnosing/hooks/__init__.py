"""The hooks that are installed are the ones that run, and each refuses what it has to refuse."""

from __future__ import annotations

from collections.abc import Sequence

from gates.diagnosing import Diagnosis, Place, ok, warning
from gates.diagnosing.hooks import of_agents, of_git


def examine(place: Place) -> Sequence[Diagnosis]:
    """Return what is so of the hooks of git and of coding agents.

    Raises:
        ToolError: git does not answer.
    """
    if place.config is not None and place.config.untrusted:
        return [warning("hooks were not fired: `trust` is `untrusted`", edit="Read what they start.")]
    agents = of_agents.examine(place)
    if place.top is None:
        return [ok("no work tree of git, so there is none of its hooks"), *agents] if place.git else agents
    return [*of_git.examine(place, place.top), *agents]
