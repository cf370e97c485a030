"""Services come and go."""

from __future__ import annotations

from orchestrator.model import Command, CommandError, Service
from orchestrator.registry import Fleet, existing


def create(fleet: Fleet, command: Command) -> str:
    """Start a new service."""
    if command.service in fleet:
        raise CommandError(f"{command.service} exists already")
    fleet[command.service] = Service(command.service, command.detail("version"))
    return "created"


def delete(fleet: Fleet, command: Command) -> str:
    """End a service that nobody can reach any more."""
    if existing(fleet, command).routes:
        raise CommandError(f"{command.service} still has routes")
    del fleet[command.service]
    return "deleted"


def status(fleet: Fleet, command: Command) -> str:
    """Describe a service."""
    service = existing(fleet, command)
    state = "paused" if service.paused else "running"
    return f"{state}, {service.version}, {service.replicas} replicas"


STRATEGIES = {"create": create, "delete": delete, "status": status}
