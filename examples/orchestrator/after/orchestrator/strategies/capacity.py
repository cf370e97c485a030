"""How much of a service runs, and whether it does."""

from __future__ import annotations

from orchestrator.model import Command, CommandError
from orchestrator.registry import Fleet, existing

MAX_REPLICAS = 20


def scale(fleet: Fleet, command: Command) -> str:
    """Run a number of replicas."""
    service, replicas = existing(fleet, command), int(command.detail("replicas"))
    if not 1 <= replicas <= MAX_REPLICAS:
        raise CommandError(f"replicas must be 1 to {MAX_REPLICAS}")
    service.replicas = replicas
    return f"scaled to {replicas}"


def restart(fleet: Fleet, command: Command) -> str:
    """Restart a service that is running."""
    service = existing(fleet, command)
    if service.paused:
        raise CommandError(f"{service.name} is paused")
    service.restarts += 1
    return "restarted"


def pause(fleet: Fleet, command: Command) -> str:
    """Hold a service."""
    existing(fleet, command).paused = True
    return "paused"


def resume(fleet: Fleet, command: Command) -> str:
    """Let a held service go on."""
    existing(fleet, command).paused = False
    return "resumed"


STRATEGIES = {"scale": scale, "restart": restart, "pause": pause, "resume": resume}
