"""How many examples a property is tried with."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings


def examples(number: int) -> settings:
    """Return settings with so many examples, or with as many as GATES_EXAMPLES says."""
    asked = int(os.environ.get("GATES_EXAMPLES", number))
    return settings(max_examples=asked, deadline=None, suppress_health_check=list(HealthCheck))
