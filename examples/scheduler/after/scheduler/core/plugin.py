"""What the core expects of a plugin. It is all that the core knows of plugins."""

from __future__ import annotations

from typing import Protocol

from scheduler.core.task import Task, TaskError


class Plugin(Protocol):
    """Hears what becomes of each run."""

    def succeeded(self, task: Task, now: int, result: str) -> None:
        """A task did its work."""

    def failed(self, task: Task, now: int, error: TaskError) -> None:
        """A task could not do its work."""
