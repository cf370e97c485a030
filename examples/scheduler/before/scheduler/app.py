"""The application: a scheduler, which brings its plugins with it."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.core.engine import Scheduler
from scheduler.plugins.alerts import Alerts
from scheduler.plugins.journal import Journal
from scheduler.plugins.metrics import Metrics


@dataclass(frozen=True)
class App:
    """What the outside may ask for."""

    scheduler: Scheduler
    journal: Journal
    metrics: Metrics
    alerts: Alerts


def build() -> App:
    """Put the application together."""
    scheduler = Scheduler()
    return App(scheduler, scheduler.journal, scheduler.metrics, scheduler.alerts)
