"""Messages to whoever is on call."""

from __future__ import annotations


class Alerts:
    """Sends messages about tasks that keep failing."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, message: str) -> None:
        """Send a message."""
        self.sent.append(message)
