"""gates suppressions: what this project keeps its tools from saying."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click
import msgspec

from gates import asking, engine, exemptions
from gates.exemptions import Exemption
from gates.suppressions import FORMATTING, Suppression
from gates.text import ascii_json, counted, visible

SCHEMA = "gates.suppressions/1"
_WIDEST = 48

Placed = tuple[str, Suppression]


@click.command("suppressions", short_help="List every suppression, and what the configuration silences.")
@click.option(
    "--output-format", default="text", show_default=True, type=click.Choice(["text", "json"]), help="How it is written."
)
def command(output_format: str) -> int:
    """List every inline suppression of every tool, with its rules, its reason and the day it expires.

    Marks that skip tests are among them, and below them stands what the configuration silences by path. Nothing is
    judged here; `gates check --gate suppressions` does that.
    """
    loaded = asking.load()
    found = engine.facts(loaded, jobs=len(os.sched_getaffinity(0)))
    ledger = [(path, each) for path, facts in sorted(found.items()) for each in facts.suppressions]
    unread = [path for path, facts in sorted(found.items()) if facts.unreadable is not None]
    by_path = exemptions.exemptions(loaded.config)
    if output_format == "json":
        document = msgspec.json.encode(_document(ledger, by_path, unread))
        click.echo(ascii_json(msgspec.json.format(document, indent=2)))
    else:
        for line in (*_table(ledger), *_totals(ledger), *_configured(by_path), *_unread(unread)):
            click.echo(visible(line))
    return 0


def _document(ledger: Sequence[Placed], by_path: Sequence[Exemption], unread: Sequence[str]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "suppressions": [_entry(path, each) for path, each in ledger],
        "totals": {"tools": _by_tool(ledger), "codes": _by_code(ledger)},
        "configuration": [msgspec.to_builtins(each) for each in by_path],
        "unread": [visible(path) for path in unread],
    }


def _entry(path: str, each: Suppression) -> dict[str, Any]:
    return {
        "path": visible(path),
        "line": each.line,
        "column": each.column,
        "tool": each.tool,
        "directive": each.directive,
        "codes": each.codes,
        "reason": each.reason,
        "expires": each.expires,
        "symbol": each.symbol,
        "judged": each.tool not in FORMATTING,
    }


def _table(ledger: Sequence[Placed]) -> Iterator[str]:
    rows = [(f"{path}:{each.line}", each.tool, _named(each), _said(each)) for path, each in ledger]
    first, second, third = (min(max((len(row[column]) for row in rows), default=0), _WIDEST) for column in range(3))
    for place, tool, names, said in rows:
        yield f"{place:<{first}}  {tool:<{second}}  {names:<{third}}  {said}".rstrip()


def _named(each: Suppression) -> str:
    return ", ".join(each.codes) or each.directive


def _said(each: Suppression) -> str:
    return " ".join([each.reason or "-", *([f"(expires {each.expires})"] if each.expires else [])])


def _totals(ledger: Sequence[Placed]) -> Iterator[str]:
    files = len({path for path, _ in ledger})
    number = f"{counted(len(ledger), 'suppression')} in {counted(files, 'file')}"
    if ledger:
        yield ""
    yield number
    for title, numbers in (("by tool", _by_tool(ledger)), ("by code", _by_code(ledger))):
        if numbers:
            yield f"  {title}: {', '.join(f'{name} {number}' for name, number in numbers.items())}"


def _by_tool(ledger: Iterable[Placed]) -> dict[str, int]:
    return _most_first(Counter(each.tool for _, each in ledger))


def _by_code(ledger: Iterable[Placed]) -> dict[str, int]:
    return _most_first(Counter(code for _, each in ledger for code in each.codes))


def _most_first(numbers: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(numbers.items(), key=lambda each: (-each[1], each[0])))


def _configured(by_path: Sequence[Exemption]) -> Iterator[str]:
    if by_path:
        yield ""
        yield "in the configuration"
    for each in by_path:
        yield f"  {each.where}  {each.tool}  {', '.join(each.paths)}: {exemptions.written(each.values)}"
        yield f"    why: {each.why or '-'}"


def _unread(paths: Sequence[str]) -> Iterator[str]:
    if paths:
        yield ""
        yield f"not read, see `gates check --gate files`: {', '.join(paths)}"
