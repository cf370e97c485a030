"""Which strategy carries out which kind of command."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orchestrator.model import Command, CommandError, Service

Fleet = dict[str, Service]
Strategy = Callable[[Fleet, Command], str]
"""Carries out one kind of command, and says what was done."""


class Registry:
    """Strategies by the kind of command that they carry out."""

    def __init__(self, *tables: Mapping[str, Strategy]) -> None:
        self._strategies: dict[str, Strategy] = {}
        for table in tables:
            for kind, strategy in table.items():
                self.register(kind, strategy)

    def register(self, kind: str, strategy: Strategy) -> None:
        """Add a strategy; each kind has exactly one."""
        if kind in self._strategies:
            raise ValueError(f"{kind} has a strategy already")
        self._strategies[kind] = strategy

    def strategy(self, kind: str) -> Strategy:
        """Return the strategy for a kind of command; one that refuses, when there is none."""
        return self._strategies.get(kind, refuse)


def refuse(fleet: Fleet, command: Command) -> str:
    """Refuse a command of an unknown kind."""
    existing(fleet, command)
    raise CommandError(f"unknown command {command.kind}")


def existing(fleet: Fleet, command: Command) -> Service:
    """Return the service that a command is about."""
    try:
        return fleet[command.service]
    except KeyError:
        raise CommandError(f"there is no service {command.service}") from None
