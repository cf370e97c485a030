"""What people want to know about a service, and how loud it may be."""

from __future__ import annotations

from orchestrator.model import Command
from orchestrator.registry import Fleet, existing


def label(fleet: Fleet, command: Command) -> str:
    """Put a label on a service."""
    service, name = existing(fleet, command), command.detail("label")
    service.labels.add(name)
    return f"labelled {name}"


def unlabel(fleet: Fleet, command: Command) -> str:
    """Take a label off a service."""
    service, name = existing(fleet, command), command.detail("label")
    service.labels.discard(name)
    return f"no longer {name}"


def labels(fleet: Fleet, command: Command) -> str:
    """List the labels of a service."""
    return "has " + (", ".join(sorted(existing(fleet, command).labels)) or "no labels")


def mute(fleet: Fleet, command: Command) -> str:
    """Send no alerts of a service."""
    existing(fleet, command).muted = True
    return "muted"


def unmute(fleet: Fleet, command: Command) -> str:
    """Send the alerts of a service."""
    existing(fleet, command).muted = False
    return "unmuted"


def own(fleet: Fleet, command: Command) -> str:
    """Say which team a service belongs to."""
    service = existing(fleet, command)
    service.owner = command.detail("team")
    return f"owned by {service.owner}"


STRATEGIES = {
    "label": label,
    "unlabel": unlabel,
    "labels": labels,
    "mute": mute,
    "unmute": unmute,
    "own": own,
}
