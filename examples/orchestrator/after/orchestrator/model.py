"""What is orchestrated: services, and the commands that change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class CommandError(Exception):
    """A command cannot be carried out; the message is for whoever sent it."""


@dataclass(frozen=True)
class Command:
    """One request: what to do, with which service, and the details."""

    kind: str
    service: str
    details: Mapping[str, str] = field(default_factory=dict)

    def detail(self, name: str) -> str:
        """Return a detail that the command cannot do without."""
        try:
            return self.details[name]
        except KeyError:
            raise CommandError(f"{self.kind} needs {name}") from None


@dataclass
class Service:
    """The state of one running service."""

    name: str
    version: str
    replicas: int = 1
    paused: bool = False
    muted: bool = False
    restarts: int = 0
    owner: str = ""
    earlier: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    routes: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    snapshots: dict[str, dict[str, str]] = field(default_factory=dict)
