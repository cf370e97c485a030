"""gates init: from nothing to a gate that is green, and useful."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from gates import roots
from gates.model import GatesError
from gates.proposing import around, plan, shape
from gates.proposing.plan import Plan
from gates.roots import find_root, written
from gates.text import visible


@click.command("init", short_help="Propose a configuration for this project, and write it.")
@click.option("--yes", is_flag=True, help="Write what is proposed without asking; for scripts.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--hooks", type=click.Choice(around.HOOKS), help="What runs the gates before a commit and a push.")
@click.option("--workflow", type=click.Choice(around.WORKFLOWS), help="Which CI system runs them.")
def command(yes: bool, dry_run: bool, hooks: str | None, workflow: str | None) -> int:
    """Look at the project around the current directory, propose a configuration with its reasons, show it, write it.

    When no strict preset holds, what is there today is accepted in a baseline: from then on only what is new fails.

    \b
    Examples:
      gates init
      gates init --dry-run
      gates init --yes --hooks git --workflow github
    """
    asks = not yes and not dry_run and _is_person()
    here = roots.here()
    hooks = hooks or _chosen("Hooks, before a commit and a push", around.HOOKS, asks)
    workflow = workflow or _chosen("Workflow", around.WORKFLOWS, asks)
    found = _plan(here, hooks, workflow, writes=not dry_run)
    click.echo("\n".join((*found.shown(here), "")))
    if not found.writings and not found.steps:
        click.echo("\n".join(("Nothing to do.", *found.todo)))
    elif dry_run or not (yes or _agreed(asks)):
        click.echo("Nothing was written.")
    else:
        found.carry_out()
        click.echo("\n".join(("Written.", *found.todo)))
    return 0


def _is_person() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _agreed(asks: bool) -> bool:
    if not asks:
        raise GatesError("nothing was written: there is nobody to ask", "To write this, run: gates init --yes")
    return click.confirm("Write this?", default=True)


def _plan(here: Path, hooks: str, workflow: str, *, writes: bool) -> Plan:
    configured = find_root(here)
    if written(configured) is not None:
        return plan.beside(configured, hooks, workflow)
    root = shape.root_of(here)
    if writes and not os.access(root, os.W_OK | os.X_OK):
        raise GatesError(f"`{visible(str(root))}` cannot be written", "Make it writable, or look with --dry-run.")
    return plan.planned(root, hooks, workflow)


def _chosen(what: str, choices: tuple[str, ...], asks: bool) -> str:
    if not asks:
        return "none"
    chosen: str = click.prompt(what, type=click.Choice(choices), default="none")
    return chosen
