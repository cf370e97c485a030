"""gates explain: why a rule exists, and how to satisfy it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from gates import archive, asking, numbers, pages, registry
from gates.model import (
    BASE,
    BASELINE,
    Finding,
    GatesError,
    Origin,
    Outcome,
    Report,
    Scope,
    Status,
)
from gates.text import counted, visible

_COMMIT = 12
_RUFF_CODE = re.compile(r"[A-Za-z]{1,5}[0-9]{3,4}")


@click.command("explain", short_help="Explain a rule, or a finding of the last check.")
@click.argument("what", metavar="RULE|ID")
def command(what: str) -> int:
    """Explain a rule (`complexity/cyclomatic`), a gate (`complexity`), or a finding of the last check by its ID."""
    loaded = asking.load()
    names = {gate.name: gate for gate in loaded.gates}
    gate, _, rule = what.partition("/")
    if gate not in names:
        report, outcome, finding = _found(loaded, what)
        for line in _told(report, outcome, finding):
            click.echo(visible(line))
        click.echo()
        gate, _, rule = finding.rule.partition("/")
    if rule and gate in names and names[gate].rule(f"{gate}/{rule}") is None:
        known = ", ".join(f"{gate}/{each.name}" for each in names[gate].rules)
        raise GatesError(f"the gate `{gate}` has no rule `{visible(rule)}`", f"Rules: {known}.")
    click.echo(pages.section(registry.page(gate), rule))
    return 0


def _found(loaded: asking.Loaded, name: str) -> tuple[Report, Outcome, Finding]:
    """Return the finding with its outcome and its report: the last one, or else the last one of the whole project."""
    for path in (loaded.last_report, loaded.full_report):
        try:
            report = archive.last(path)
        except GatesError:
            continue
        for outcome in report.outcomes:
            for finding in outcome.findings:
                if finding.id == name:
                    return report, outcome, finding
    near = _near(loaded, name)
    raise GatesError(
        f"`{visible(name)}` is neither a gate, a rule, nor a finding of the last check",
        f"Did you mean `{near}`?"
        if near
        else "`gates list` names gates and rules; `gates check` prints the ids of findings.",
    )


def _near(loaded: asking.Loaded, name: str) -> str:
    """Return the rule or gate that is probably meant: a code of ruff, a rule without its gate, one spelled nearly so.

    Nothing where none is near.
    """
    import difflib

    if _RUFF_CODE.fullmatch(name):
        return f"lint/{name.upper()}"
    rules = {f"{gate.name}/{rule.name}": rule.name for gate in loaded.gates for rule in gate.rules if rule.name != "*"}
    short = [full for full, rule in rules.items() if rule == name]
    known = [*rules, *(gate.name for gate in loaded.gates)]
    return next(iter(short or difflib.get_close_matches(name, known, n=1)), "")


def _told(report: Report, outcome: Outcome, finding: Finding) -> Iterator[str]:
    place = finding.location
    yield f"{finding.id}  {finding.rule}  {finding.severity.value}, {finding.status.value}"
    yield f"{place.path}:{place.line}:{place.column}  {place.symbol}"
    yield finding.message
    for related in finding.related:
        yield f"  → {related.path}:{related.line}  {related.note}"
    if finding.help:
        yield f"help: {finding.help}"
    yield from _history(report.scope, finding)
    yield from _company(report, finding)
    if outcome.rerun:
        yield f"re-check: {outcome.rerun}"
    if finding.url:
        yield f"more: {finding.url}"


def _history(scope: Scope, finding: Finding) -> Iterator[str]:
    """Say since when it is there, with what value, and why it counts or does not."""
    if finding.origin is not Origin.UNKNOWN:
        base = scope.base[:_COMMIT] or "the first commit"
        words = "from" if finding.origin is Origin.INHERITED else "since"
        yield f"origin: {finding.origin.value} {words} {base}"
    measure = finding.measure
    if measure is not None and numbers.was(finding):
        then = "in the baseline" if finding.origin is Origin.UNKNOWN else "in the base"
        yield f"value: {measure.value:g} {measure.unit} now, {finding.before:g} {then}, limit {measure.limit:g}"
    if finding.reason:
        yield f"{finding.status.value} because: {_why(finding)}"


def _why(finding: Finding) -> str:
    if finding.status is Status.ACCEPTED and finding.reason == BASE:
        return "the base has it too"
    if finding.status is Status.ACCEPTED and numbers.in_baseline(finding.reason):
        return finding.reason.replace(BASELINE, "the baseline accepts it", 1)
    return finding.reason


def _company(report: Report, finding: Finding) -> Iterator[str]:
    """Say what the report knows beside the finding: the cause it shares with others, and a flag."""
    for each in report.groups:
        if each.id == finding.group:
            place = f"{each.location.path}:{each.location.line}"
            size = f"{counted(each.findings, 'finding')} in {counted(each.files, 'file')}"
            yield f"one of {size} with one cause: {each.cause}, look first at {place}"
    for flag in report.flags:
        if flag.id == finding.id:
            yield f"flagged for a person: {flag.reason}"
