"""Numbers of runs."""

from __future__ import annotations

from collections import Counter

from scheduler.core.task import Task, TaskError


class Metrics:
    """Counts how often each task ran."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def succeeded(self, task: Task, now: int, result: str) -> None:
        """Count a run."""
        self.counts[task.name] += 1

    def failed(self, task: Task, now: int, error: TaskError) -> None:
        """Count a run; a failed one is one too."""
        self.counts[task.name] += 1
