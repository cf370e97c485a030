"""How many examples a property is tried with, and which."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_ASKED = os.environ.get("GATES_EXAMPLES")
SUITE = settings(derandomize=_ASKED is None)
"""The suite tries the same examples each time, and so judges the commit, not the day; `make fuzz` tries others."""


def examples(number: int) -> settings:
    """Return settings with so many examples, or with as many as GATES_EXAMPLES says."""
    asked = int(_ASKED or number)
    return settings(max_examples=asked, deadline=None, suppress_health_check=list(HealthCheck))
