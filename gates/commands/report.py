"""gates report: reports as files: convert, merge, import."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from gates import archive, engine, interchange, merging, registry, views
from gates.model import Report
from gates.telling import keep


@click.group("report", short_help="Convert, merge and import reports.")
def command() -> None:
    """Work with reports that were written before: as another format, several as one, or with another tool's results."""


@command.command("convert", short_help="Write a report in another format.")
@click.argument("file", required=False)
@click.option("--to", "output_format", required=True, type=click.Choice(registry.reporter_names()), help="The format.")
@click.option(
    "--max-chars", default=8000, show_default=True, type=click.IntRange(0), help="Bound of a prompt; 0 is none."
)
@click.option(
    "--max-tokens", default=0, show_default=True, type=click.IntRange(0), help="Bound of a prompt; 0 is none."
)
@click.option("--no-excerpts", is_flag=True, help="Quote no source lines.")
def convert(file: str | None, output_format: str, max_chars: int, max_tokens: int, no_excerpts: bool) -> int:
    """Write the report of the last check, or the JSON report in FILE (`-` is standard input), in another format."""
    loaded = engine.load()
    view = msgspec.structs.replace(
        views.view(loaded.config.root), max_chars=max_chars, max_tokens=max_tokens, excerpts=not no_excerpts
    )
    click.echo(registry.reporter(output_format)(archive.chosen(file, loaded.last_report), view), nl=False)
    return 0


@command.command("merge", short_help="Make one JSON report of several.")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
def merge(files: tuple[str, ...]) -> int:
    """Write the JSON report that FILES make together; the same bytes whatever their order."""
    return _written(merging.merged([archive.read(Path(file).read_bytes(), file) for file in files]))


@command.command("import", short_help="Add another tool's results to the last report.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--format", "name", required=True, type=click.Choice(sorted(interchange.FORMATS)), help="What FILE holds."
)
def bring_in(file: str, name: str) -> int:
    """Add the results of any tool (eslint, tsc, semgrep, …) in FILE to the report of the last check.

    The whole is written as JSON and kept as the last report, so that `gates prompt` and `gates explain` know it.
    """
    loaded = engine.load()
    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    outcomes = interchange.outcomes(name, content, loaded.config.root)
    report = merging.with_outcomes(archive.last(loaded.last_report), outcomes)
    keep(loaded.last_report, registry.reporter("json")(report, views.view(loaded.config.root)))
    return _written(report)


def _written(report: Report) -> int:
    click.echo(registry.reporter("json")(report, views.view(Path())), nl=False)
    return report.exit_code
