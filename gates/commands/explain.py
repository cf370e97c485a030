"""gates explain: why a rule exists, and how to satisfy it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from gates import engine, pages, registry
from gates.model import GatesError
from gates.text import visible


@click.command("explain", short_help="Explain a rule, or a finding of the last check.")
@click.argument("what", metavar="RULE|ID")
def command(what: str) -> int:
    """Explain a rule (`complexity/cyclomatic`), a gate (`complexity`), or a finding of the last check by its ID."""
    loaded = engine.load()
    names = {gate.name: gate for gate in loaded.gates}
    gate, _, rule = what.partition("/")
    if gate not in names:
        finding = _finding(loaded, what)
        _print_finding(finding)
        gate, _, rule = str(finding["rule"]).partition("/")
    if rule and gate in names and names[gate].rule(f"{gate}/{rule}") is None:
        known = ", ".join(f"{gate}/{each.name}" for each in names[gate].rules)
        raise GatesError(f"the gate `{gate}` has no rule `{visible(rule)}`", f"Rules: {known}.")
    click.echo(pages.section(registry.page(gate), rule))
    return 0


def _finding(loaded: engine.Loaded, name: str) -> dict[str, Any]:
    for path in (loaded.last_report, loaded.full_report):
        report = _read(path)
        for outcome in report["outcomes"]:
            for finding in outcome["findings"]:
                if finding["id"] == name:
                    return {**finding, "rerun": outcome["rerun"], "with": _company(report, finding)}
    raise GatesError(
        f"`{visible(name)}` is neither a gate, a rule, nor a finding of the last check",
        "`gates list` names gates and rules; `gates check` prints the ids of findings.",
    )


def _company(report: dict[str, Any], finding: dict[str, Any]) -> list[str]:
    """Say what the report knows beside the finding: the cause it shares with others, and a flag."""
    causes = [
        f"one of {each['findings']} findings in {each['files']} files with one cause: {each['cause']}, "
        f"look first at {each['location']['path']}:{each['location']['line']}"
        for each in report.get("groups", ())
        if each["id"] == finding["group"]
    ]
    flags = [
        f"flagged for a person: {each['reason']}" for each in report.get("flags", ()) if each["id"] == finding["id"]
    ]
    return [*causes, *flags]


def _read(path: Path) -> dict[str, Any]:
    try:
        report: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError):
        return {"outcomes": []}
    return report


def _print_finding(finding: dict[str, Any]) -> None:
    place = finding["location"]
    click.echo(f"{finding['id']}  {finding['rule']}  {finding['severity']}, {finding['status']}")
    click.echo(f"{place['path']}:{place['line']}:{place['column']}  {place['symbol']}")
    click.echo(f"{finding['message']}")
    for related in finding["related"]:
        click.echo(f"  → {related['path']}:{related['line']}  {related['note']}")
    if finding["help"]:
        click.echo(f"help: {finding['help']}")
    for line in finding["with"]:
        click.echo(line)
    if finding["reason"]:
        click.echo(f"{finding['status']} because: {finding['reason']}")
    click.echo(f"re-check: {finding['rerun']}")
    click.echo(f"more: {finding['url']}\n")
