"""What plugins hear of the tasks. The same file stands in `before` and `after`."""

from __future__ import annotations

from scheduler.app import build
from scheduler.core.task import Task, TaskError


def fail() -> str:
    """Do what a broken task does."""
    raise TaskError("disk full")


def test_every_plugin_hears_of_every_run() -> None:
    app = build()
    app.scheduler.add(Task("ping", every=10, work=lambda: "pong"))
    app.scheduler.add(Task("backup", every=60, work=fail))
    assert [app.scheduler.tick(now) for now in (0, 5, 10)] == [2, 0, 1]
    assert app.journal.lines == ["0 ping pong", "0 backup FAILED disk full", "10 ping pong"]
    assert app.metrics.counts == {"ping": 2, "backup": 1}
    assert app.alerts.sent == []


def test_alerts_wait_for_the_third_failure_in_a_row() -> None:
    app = build()
    app.scheduler.add(Task("backup", every=60, work=fail))
    for now in (0, 60, 120, 180):
        app.scheduler.tick(now)
    assert app.alerts.sent == ["backup failed 3 times: disk full"]
