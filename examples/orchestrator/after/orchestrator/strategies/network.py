"""Where a service can be reached."""

from __future__ import annotations

from orchestrator.model import Command, CommandError
from orchestrator.registry import Fleet, existing


def route(fleet: Fleet, command: Command) -> str:
    """Lead a host to a service; a host leads to one service only."""
    service, host = existing(fleet, command), command.detail("host")
    for other in fleet.values():
        if host in other.routes:
            raise CommandError(f"{host} leads to {other.name}")
    service.routes.add(host)
    return f"reachable at {host}"


def unroute(fleet: Fleet, command: Command) -> str:
    """Lead a host nowhere."""
    service, host = existing(fleet, command), command.detail("host")
    service.routes.discard(host)
    return f"no longer at {host}"


STRATEGIES = {"route": route, "unroute": unroute}
