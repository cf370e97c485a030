"""Runs what is due, and tells the plugins."""

from __future__ import annotations

from collections import Counter

from scheduler.core.task import Task, TaskError
from scheduler.plugins.alerts import Alerts
from scheduler.plugins.journal import Journal
from scheduler.plugins.metrics import Metrics

PATIENCE = 3


class Scheduler:
    """Knows the tasks, and when each is due."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.metrics = Metrics()
        self.alerts = Alerts()
        self._tasks: list[Task] = []
        self._failures: Counter[str] = Counter()

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
            self.journal.write(now, task.name, f"FAILED {error}")
            self._failures[task.name] += 1
            if self._failures[task.name] == PATIENCE:
                self.alerts.send(f"{task.name} failed {PATIENCE} times: {error}")
        else:
            self.journal.write(now, task.name, result)
            self._failures[task.name] = 0
        self.metrics.increment(task.name)
