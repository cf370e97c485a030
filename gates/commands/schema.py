"""gates schema: the JSON Schema of the configuration, and of the report."""

from __future__ import annotations

import importlib

import click
import msgspec

from gates import config, registry


@click.command("schema", short_help="Print the JSON Schema of the configuration or the report.")
@click.argument("what", type=click.Choice(["config", "report"]))
def command(what: str) -> int:
    """Print the JSON Schema of [tool.gates] (`config`) or of `--output-format json` (`report`)."""
    if what == "config":
        found = config.json_schema(registry.schemas(registry.gates_found()))
    else:
        found = importlib.import_module("gates.reporters.json").schema()
    click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
    return 0
