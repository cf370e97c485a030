"""gates check: judge a project."""

from __future__ import annotations

from typing import Any

import click

from gates import promptly, registry
from gates.checkline import Line


@click.command("check", short_help="Judge this project, or what lies below the paths.")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--gate", "names", multiple=True, metavar="NAME", help="Run only this gate; may be repeated.")
@click.option("--since", metavar="REF", help="Judge what changed since HEAD left REF; the rest is known.")
@click.option("--staged", is_flag=True, help="Judge what the index would commit, compared with HEAD.")
@click.option("--untrusted", is_flag=True, help="Start nothing that the project names or holds: a fork's change.")
@click.option(
    "--locked/--no-locked",
    default=None,
    help="Fail when the baseline accepts more than there is; default: under CI.",
)
@click.option(
    "--output-format",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", *registry.reporter_names()]),
    help="How the report is written to standard output; `auto` suits the reader.",
)
@click.option(
    "--output", "outputs", multiple=True, metavar="FORMAT=FILE", help="Write it to a file too; may be repeated."
)
@click.option(
    "--shard", metavar="I/N", help="Look at one part of N and write what is found; `gates report merge` judges."
)
@click.option(
    "--timings",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="A JSON report by which N are equal.",
)
@click.option("--executor", metavar="ADDRESS", help="Let workers of a dask cluster help: dask://HOST:PORT.")
@click.option("--verify-determinism", is_flag=True, help="Check twice from nothing; what differs is not decided.")
@click.option("--jobs", type=click.IntRange(1), help="Worker processes; default: one for each CPU.")
@click.option("--timeout", type=click.FloatRange(min=1), help="Seconds that one run of a tool may take.")
def command(**asked: Any) -> int:
    """Judge the project around the current directory, or only what lies below PATHS.

    Rules live in one file, `[tool.gates]` in pyproject.toml or gates.toml; no flag and no variable changes one.

    \b
    Examples:
      gates check
      gates check --gate complexity src/shop
      gates check --since origin/main
      gates check --output-format json > report.json
      gates check --shard 1/3 > shard-1.json
    """
    return promptly.checked(Line(**asked))
