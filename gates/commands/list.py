"""gates list: gates and their rules."""

from __future__ import annotations

import click

from gates import asking


@click.command("list", short_help="List the gates and their rules.")
def command() -> int:
    """List every gate with its rules, and whether it is on in this project."""
    loaded = asking.load()
    for gate in loaded.gates:
        settings = loaded.config.gates[gate.name]
        state = "on" if settings.enabled else f"off{f': {settings.why}' if settings.why else ''}"
        click.echo(f"{gate.name} ({state})")
        click.echo(f"  {gate.summary}")
        for rule in gate.rules:
            click.echo(f"    {gate.name}/{rule.name:<22} {rule.summary}")
    return 0
