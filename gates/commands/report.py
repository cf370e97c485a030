"""gates report: reports as files: convert, merge, import."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import msgspec

from gates import (
    archive,
    asking,
    batches,
    engine,
    interchange,
    knowledge,
    merging,
    readers,
    registry,
    views,
)
from gates.grouping import BATCH_FILES, BATCH_FINDINGS
from gates.model import Report
from gates.sharding import Parts, is_part, parsed
from gates.telling import keep_last, tell

_NO_PLAN = f"no cause has more than {BATCH_FILES} files or {BATCH_FINDINGS} findings: go by the entries of gates prompt"


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
    loaded = asking.load()
    view = msgspec.structs.replace(
        views.view(loaded.config.root), max_chars=max_chars, max_tokens=max_tokens, excerpts=not no_excerpts
    )
    report = archive.chosen(file, loaded.last_report)
    text = registry.reporter(output_format)(report, view)
    click.echo(text, nl=False)
    knowledge.shown(loaded.folders.own, loaded.config.root, text, report.open())
    return 0


@command.command("plan", short_help="Write the plan of a change that is too large for single steps.")
@click.argument("file", required=False)
@click.option("--no-excerpts", is_flag=True, help="Quote no source lines.")
def plan(file: str | None, no_excerpts: bool) -> int:
    """Write each cause that breaks more than 10 files, or has more than 25 findings, as one step: every place, the
    kinds of edit, how to verify. The report is that of the last check, or the JSON in FILE (`-` is standard input).
    """
    loaded = asking.load()
    view = msgspec.structs.replace(views.view(loaded.config.root), excerpts=not no_excerpts)
    report = archive.chosen(file, loaded.last_report)
    text = batches.plan(report, view)
    knowledge.shown(loaded.folders.own, loaded.config.root, text, report.open())
    click.echo(text or f"{_NO_PLAN}\n", nl=False)
    return 0


@command.command("merge", short_help="Make one JSON report of several, or of shards.")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
def merge(files: tuple[str, ...]) -> int:
    """Write the JSON report that FILES make together; the same bytes whatever their order.

    FILES are JSON reports, or all the shards of one check: then that check is judged here, in a checkout of the same
    commit, and its report kept as the last one.
    """
    contents = [Path(file).read_bytes() for file in files]
    if not any(map(is_part, contents)):
        return _written(merging.merged(list(map(archive.read, contents, files))))
    return _judged(Parts(list(map(parsed, contents, files))))


def _judged(parts: Parts) -> int:
    """Judge what the shards of a check found, as if it had been found here."""
    loaded, asked, ci = asking.load(), parts.asked, readers.is_ci(os.environ)
    loaded = loaded.distrusted if asked.untrusted else loaded
    request = asking.Request(
        loaded=loaded,
        gates=loaded.chosen(asked.gates, base=bool(asked.since)) if asked.gates else (),
        since=asked.since,
        locked=ci,
        ci=ci,
        jobs=len(os.sched_getaffinity(0)),
        timeout=loaded.config.timeout,
        parts=parts,
    )
    found = engine.examined(request)
    text = registry.reporter("json")(found.report, views.view(found.root, home=loaded.config.root))
    keep_last(request.kept_in, archive.kept(found.report))
    tell(text)
    return found.report.exit_code


@command.command("import", short_help="Add another tool's results to the last report.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--format", "name", required=True, type=click.Choice(sorted(interchange.FORMATS)), help="What FILE holds."
)
def bring_in(file: str, name: str) -> int:
    """Add the results of any tool (eslint, tsc, semgrep, …) in FILE to the report of the last check.

    The whole is written as JSON and kept as the last report, so that `gates prompt` and `gates explain` know it.
    """
    loaded = asking.load()
    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    outcomes = interchange.outcomes(name, content, loaded.config.root)
    report = merging.with_outcomes(archive.last(loaded.last_report), outcomes)
    keep_last((loaded.last_report,), archive.kept(report))
    return _written(report)


def _written(report: Report) -> int:
    click.echo(registry.reporter("json")(report, views.view(Path())), nl=False)
    return report.exit_code
