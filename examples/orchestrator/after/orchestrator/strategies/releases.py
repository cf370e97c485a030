"""Which version of a service runs."""

from __future__ import annotations

from orchestrator.model import Command, CommandError
from orchestrator.registry import Fleet, existing


def deploy(fleet: Fleet, command: Command) -> str:
    """Go to another version and remember the one before."""
    service, version = existing(fleet, command), command.detail("version")
    if service.paused:
        raise CommandError(f"{service.name} is paused")
    if version == service.version:
        return f"already at {version}"
    service.earlier.append(service.version)
    service.version = version
    return f"deployed {version}"


def rollback(fleet: Fleet, command: Command) -> str:
    """Go back to the version before."""
    service = existing(fleet, command)
    if not service.earlier:
        raise CommandError(f"{service.name} has no earlier version")
    service.version = service.earlier.pop()
    return f"rolled back to {service.version}"


def forget(fleet: Fleet, command: Command) -> str:
    """Drop the earlier versions."""
    earlier = existing(fleet, command).earlier
    number = len(earlier)
    earlier.clear()
    return f"forgot {number} versions"


STRATEGIES = {"deploy": deploy, "rollback": rollback, "forget": forget}
