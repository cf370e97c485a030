"""gates uninstall: undo what `gates install` did."""

from __future__ import annotations

import click

from gates import installing, roots


@click.command("uninstall", short_help="Undo what `gates install` did.")
@click.argument("target", type=click.Choice(installing.targets()))
@click.option("--dry-run", is_flag=True, help="Tell what would be changed, and change nothing.")
def command(target: str, dry_run: bool) -> int:
    """Take out of TARGET what `gates install` put there, and put back what was there before.

    \b
    Examples:
      gates uninstall git --dry-run
      gates uninstall git
    """
    here = roots.here()
    steps = installing.target(target).uninstall(here)
    for line in installing.shown(steps, here):
        click.echo(line)
    if not steps:
        click.echo(f"{target} is not installed here: nothing to change")
    if not dry_run:
        installing.do(steps)
    return 0
