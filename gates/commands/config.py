"""gates config: every rule in force, and where it comes from."""

from __future__ import annotations

import click
import msgspec

from gates import asking
from gates.config import Value, out_of_force
from gates.model import GatesError
from gates.text import visible


@click.command("config", short_help="Show every effective value and where it comes from.")
@click.argument("key", required=False)
def command(key: str | None) -> int:
    """Show the effective configuration of this project, or the value of KEY (`complexity`, `complexity.cyclomatic`).

    Each value stands beside its origin: the line of the project's file, or the preset. What a tool's own
    configuration decides (`inherit`) is shown as `inherited`, beside the file that does.
    """
    config = asking.load().config
    shown = [each for each in config.values if key is None or _is_below(key, each.key)]
    if not shown:
        raise GatesError(f"there is no key `{visible(str(key))}`", "`gates config` lists them all.")
    replaced = out_of_force(config)
    rows = [
        (each.key, "inherited", replaced[each.key])
        if each.key in replaced
        else (each.key, _written(each), config.origin(each))
        for each in shown
    ]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    for name, value, origin in rows:
        click.echo(visible(f"{name:<{first}} = {value:<{min(second, 40)}}  # {origin}"))
    return 0


def _is_below(key: str, name: str) -> bool:
    return name == key or name.startswith((f"{key}.", f"{key}["))


def _written(value: Value) -> str:
    return msgspec.json.encode(value.value).decode("utf-8")
