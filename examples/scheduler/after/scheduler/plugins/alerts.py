"""Messages to whoever is on call."""

from __future__ import annotations

from collections import Counter

from scheduler.core.task import Task, TaskError

PATIENCE = 3


class Alerts:
    """Sends one message about a task that keeps failing."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self._failures: Counter[str] = Counter()

    def succeeded(self, task: Task, now: int, result: str) -> None:
        """Start counting again."""
        self._failures[task.name] = 0

    def failed(self, task: Task, now: int, error: TaskError) -> None:
        """Send a message when patience ends."""
        self._failures[task.name] += 1
        if self._failures[task.name] == PATIENCE:
            self.sent.append(f"{task.name} failed {PATIENCE} times: {error}")
