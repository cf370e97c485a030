"""Carries out commands."""

from __future__ import annotations

from orchestrator.model import Command, CommandError, Service


class Dispatcher:
    """Knows the services and changes them as commanded."""

    def __init__(self) -> None:
        self.services: dict[str, Service] = {}

    def dispatch(self, command: Command) -> str:
        """Carry out a command and say what was done."""
        kind = command.kind
        name = command.service
        service = self.services.get(name)
        if kind == "create":
            if service is not None:
                raise CommandError(f"{name} exists already")
            self.services[name] = Service(name, command.detail("version"))
            return f"{name} created"
        if service is None:
            raise CommandError(f"there is no service {name}")
        if kind == "delete":
            if service.routes:
                raise CommandError(f"{name} still has routes")
            del self.services[name]
            message = "deleted"
        elif kind == "deploy":
            version = command.detail("version")
            if service.paused:
                raise CommandError(f"{name} is paused")
            if version == service.version:
                message = f"already at {version}"
            else:
                service.earlier.append(service.version)
                service.version = version
                message = f"deployed {version}"
        elif kind == "rollback":
            if not service.earlier:
                raise CommandError(f"{name} has no earlier version")
            service.version = service.earlier.pop()
            message = f"rolled back to {service.version}"
        elif kind == "forget":
            message = f"forgot {len(service.earlier)} versions"
            service.earlier.clear()
        elif kind == "scale":
            replicas = int(command.detail("replicas"))
            if not 1 <= replicas <= 20:
                raise CommandError("replicas must be 1 to 20")
            service.replicas = replicas
            message = f"scaled to {replicas}"
        elif kind == "restart":
            if service.paused:
                raise CommandError(f"{name} is paused")
            service.restarts += 1
            message = "restarted"
        elif kind == "pause":
            service.paused = True
            message = "paused"
        elif kind == "resume":
            service.paused = False
            message = "resumed"
        elif kind == "set":
            key = command.detail("key")
            service.settings[key] = command.detail("value")
            message = f"set {key}"
        elif kind == "unset":
            key = command.detail("key")
            if key not in service.settings:
                raise CommandError(f"{name} has no setting {key}")
            del service.settings[key]
            message = f"unset {key}"
        elif kind == "snapshot":
            service.snapshots[command.detail("label")] = dict(service.settings)
            message = f"kept {len(service.settings)} settings"
        elif kind == "restore":
            label = command.detail("label")
            if label not in service.snapshots:
                raise CommandError(f"{name} has no snapshot {label}")
            service.settings = dict(service.snapshots[label])
            message = f"restored {label}"
        elif kind == "route":
            host = command.detail("host")
            for other in self.services.values():
                if host in other.routes:
                    raise CommandError(f"{host} leads to {other.name}")
            service.routes.add(host)
            message = f"reachable at {host}"
        elif kind == "unroute":
            service.routes.discard(command.detail("host"))
            message = f"no longer at {command.detail('host')}"
        elif kind == "label":
            service.labels.add(command.detail("label"))
            message = f"labelled {command.detail('label')}"
        elif kind == "unlabel":
            service.labels.discard(command.detail("label"))
            message = f"no longer {command.detail('label')}"
        elif kind == "labels":
            message = "has " + (", ".join(sorted(service.labels)) or "no labels")
        elif kind == "mute":
            service.muted = True
            message = "muted"
        elif kind == "unmute":
            service.muted = False
            message = "unmuted"
        elif kind == "own":
            service.owner = command.detail("team")
            message = f"owned by {service.owner}"
        elif kind == "status":
            state = "paused" if service.paused else "running"
            message = f"{state}, {service.version}, {service.replicas} replicas"
        else:
            raise CommandError(f"unknown command {kind}")
        return f"{name} {message}"
