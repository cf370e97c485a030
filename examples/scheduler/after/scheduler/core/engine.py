"""Runs what is due, and tells the plugins."""

from __future__ import annotations

from collections.abc import Sequence

from scheduler.core.plugin import Plugin
from scheduler.core.task import Task, TaskError


class Scheduler:
    """Knows the tasks, and when each is due."""

    def __init__(self, plugins: Sequence[Plugin] = ()) -> None:
        self._plugins = plugins
        self._tasks: list[Task] = []

    def add(self, task: Task) -> None:
        """Run a task from now on."""
        self._tasks.append(task)

    def tick(self, now: int) -> int:
        """Run the tasks that are due, and return how many they were."""
        due = [task for task in self._tasks if task.due <= now]
        for task in due:
            task.due = now + task.every
            self._run(task, now)
        return len(due)

    def _run(self, task: Task, now: int) -> None:
        try:
            result = task.work()
        except TaskError as error:
            for plugin in self._plugins:
                plugin.failed(task, now, error)
        else:
            for plugin in self._plugins:
                plugin.succeeded(task, now, result)
