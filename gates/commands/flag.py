"""gates flag: record that a finding is wrong or out of reach, for a person to decide."""

from __future__ import annotations

import click

from gates import archive, asking, flags
from gates.model import Flag, GatesError
from gates.text import visible


@click.command("flag", short_help="Record that a finding is wrong or out of reach.")
@click.argument("name", metavar="ID")
@click.option("--reason", required=True, help="Why, in a sentence that a person can decide on.")
def command(name: str, reason: str) -> int:
    """Record under `.gates/flags/` that a finding of the last check is wrong, or out of the task's reach.

    The finding stays open and keeps failing; the report shows the reason beside it, until a person decides.
    """
    loaded = asking.load()
    report = archive.last(loaded.last_report)
    if name not in {each.id for each in report.open()}:
        raise GatesError(
            f"`{visible(name)}` is no open finding of the last check", "Run `gates check` and take an id from it."
        )
    written = flags.add(loaded.config.root, Flag(name, reason))
    click.echo(f"flagged {visible(name)} for a person in {written.as_posix()}; it stays open")
    return 0
