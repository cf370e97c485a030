"""Numbers of runs."""

from __future__ import annotations

from collections import Counter


class Metrics:
    """Counts how often each task ran."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def increment(self, name: str) -> None:
        """Count a run of a task."""
        self.counts[name] += 1
