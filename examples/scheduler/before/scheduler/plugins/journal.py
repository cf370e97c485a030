"""A line for every run."""

from __future__ import annotations


class Journal:
    """Keeps what happened, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, now: int, name: str, text: str) -> None:
        """Add a line."""
        self.lines.append(f"{now} {name} {text}")
