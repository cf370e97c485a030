"""gates install: have another program run the gates."""

from __future__ import annotations

import click

from gates import installing, roots


@click.command("install", short_help="Have another program run the gates.")
@click.argument("target", type=click.Choice(installing.targets()))
@click.option("--dry-run", is_flag=True, help="Tell what would be changed, and change nothing.")
def command(target: str, dry_run: bool) -> int:
    """Put what is needed into TARGET, git or the host of a coding agent, and tell what that changes; what was there is
    kept.

    \b
    Examples:
      gates install git --dry-run
      gates install git
      gates install claude-code
    """
    here = roots.here()
    program = installing.target(target)
    steps = program.install(here)
    for line in installing.shown(steps, here):
        click.echo(line)
    if not steps:
        click.echo(f"{target} is installed already: nothing to change")
    if not dry_run:
        installing.do(steps)
    for line in program.advice(here):
        click.echo(f"note: {line}", err=True)
    return 0
