"""A line for every run."""

from __future__ import annotations

from scheduler.core.task import Task, TaskError


class Journal:
    """Keeps what happened, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def succeeded(self, task: Task, now: int, result: str) -> None:
        """Note what a task said."""
        self.lines.append(f"{now} {task.name} {result}")

    def failed(self, task: Task, now: int, error: TaskError) -> None:
        """Note why a task failed."""
        self.lines.append(f"{now} {task.name} FAILED {error}")
