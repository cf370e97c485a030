"""How a service is configured."""

from __future__ import annotations

from orchestrator.model import Command, CommandError
from orchestrator.registry import Fleet, existing


def assign(fleet: Fleet, command: Command) -> str:
    """Give a setting a value."""
    service, key = existing(fleet, command), command.detail("key")
    service.settings[key] = command.detail("value")
    return f"set {key}"


def unset(fleet: Fleet, command: Command) -> str:
    """Remove a setting."""
    service, key = existing(fleet, command), command.detail("key")
    if key not in service.settings:
        raise CommandError(f"{service.name} has no setting {key}")
    del service.settings[key]
    return f"unset {key}"


def snapshot(fleet: Fleet, command: Command) -> str:
    """Keep the settings under a label."""
    service = existing(fleet, command)
    service.snapshots[command.detail("label")] = dict(service.settings)
    return f"kept {len(service.settings)} settings"


def restore(fleet: Fleet, command: Command) -> str:
    """Return to the settings kept under a label."""
    service, label = existing(fleet, command), command.detail("label")
    kept = service.snapshots.get(label)
    if kept is None:
        raise CommandError(f"{service.name} has no snapshot {label}")
    service.settings = dict(kept)
    return f"restored {label}"


STRATEGIES = {"set": assign, "unset": unset, "snapshot": snapshot, "restore": restore}
