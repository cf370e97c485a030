"""What is run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class TaskError(Exception):
    """A task could not do its work."""


@dataclass
class Task:
    """Work that is due again every so many seconds."""

    name: str
    every: int
    work: Callable[[], str]
    due: int = 0
