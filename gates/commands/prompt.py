"""gates prompt: the last report, or another one, as feedback for a coding agent."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from gates import archive, asking, knowledge, registry, views


@click.command("prompt", short_help="Print a report as feedback for a coding agent.")
@click.argument("file", required=False)
@click.option(
    "--max-chars", default=8000, show_default=True, type=click.IntRange(0), help="Bound in characters; 0 is none."
)
@click.option("--max-tokens", default=0, show_default=True, type=click.IntRange(0), help="Bound in tokens; 0 is none.")
@click.option("--no-excerpts", is_flag=True, help="Quote no source lines.")
def command(file: str | None, max_chars: int, max_tokens: int, no_excerpts: bool) -> int:
    """Print the report of the last check, or the JSON report in FILE (`-` is standard input), as a prompt.

    One entry for each root cause, the most urgent first, within the bound; what had to be left out is counted. It is
    the short name of `gates report convert --to prompt`.
    """
    loaded = asking.load()
    report = archive.chosen(file, loaded.last_report)
    view = msgspec.structs.replace(
        views.view(Path(loaded.config.root)), max_chars=max_chars, max_tokens=max_tokens, excerpts=not no_excerpts
    )
    text = registry.reporter("prompt")(report, view)
    click.echo(text, nl=False)
    knowledge.shown(loaded.folders.own, loaded.config.root, text, report.open())
    return 0
