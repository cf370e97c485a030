"""Carries out commands."""

from __future__ import annotations

from orchestrator.model import Command, Service
from orchestrator.registry import Registry
from orchestrator.strategies import capacity, fleet, network, notes, releases, settings

STANDARD = Registry(
    fleet.STRATEGIES,
    releases.STRATEGIES,
    capacity.STRATEGIES,
    settings.STRATEGIES,
    network.STRATEGIES,
    notes.STRATEGIES,
)


class Dispatcher:
    """Knows the services and hands each command to the strategy for its kind."""

    def __init__(self, registry: Registry = STANDARD) -> None:
        self.services: dict[str, Service] = {}
        self._registry = registry

    def dispatch(self, command: Command) -> str:
        """Carry out a command and say what was done."""
        carry_out = self._registry.strategy(command.kind)
        return f"{command.service} {carry_out(self.services, command)}"
