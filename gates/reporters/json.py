"""The report as JSON, schema `gates.report/1`: defined here and never a dump of internal types."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from gates import model
from gates.text import ascii_json, visible

SCHEMA = "gates.report/1"


class Place(Struct):
    """A place; a path that is not UTF-8 is escaped in `path`, and exact in `path_b64`."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    symbol: str
    path_b64: str | UnsetType = UNSET


class Related(Struct):
    """A place that belongs to a finding, and what is there. An `end_line` of 0 means that the place is the line."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    note: str


class Measure(Struct):
    """A value, the limit it was held against, and the unit of both."""

    value: float
    limit: float
    unit: str


class Finding(Struct):
    """One broken rule at one place. `before` is the value that its measure had in the base or in the baseline."""

    id: str
    gate: str
    rule: str
    severity: model.Severity
    message: str
    location: Place
    measure: Measure | None
    related: list[Related]
    status: model.Status
    origin: model.Origin
    reason: str
    group: str
    help: str
    url: str
    tool_code: str
    before: float | None = None


class Unread(Struct):
    """A planned file that was not inspected, and why."""

    path: str
    reason: str


class Outcome(Struct):
    """One gate: verdict, attestation, findings, and how many of those in the base are `resolved`."""

    gate: str
    verdict: model.Verdict
    reason: str
    hint: str
    planned: int
    inspected: dict[str, int]
    unread: list[Unread]
    tools: dict[str, str]
    measures: dict[str, float]
    seconds: float
    cached: bool
    rerun: str
    findings: list[Finding]
    resolved: int = 0


class Excluded(Struct):
    """An exclude pattern, and how many files it removed."""

    pattern: str
    files: int


class Scope(Struct):
    """What the report is about: `project`, `paths`, or what changed: `since` (the commit `base`) or `staged`."""

    kind: str
    paths: list[str]
    excluded: list[Excluded]
    base: str = ""


class Off(Struct):
    """A gate that the project has turned off, and why."""

    gate: str
    why: str


class Policy(Struct):
    """Which rules were applied; of a project that was not trusted, `untrusted` says what was not started."""

    digest: str
    source: str
    preset: str
    off: list[Off] = []
    untrusted: str | UnsetType = UNSET


class Summary(Struct):
    """Numbers of findings: by status, of the open ones by origin, and of those in the base that are gone."""

    open: int
    introduced: int
    worsened: int
    inherited: int
    accepted: int
    suppressed: int
    out_of_scope: int
    resolved: int


class Group(Struct):
    """Open findings with one cause."""

    id: str
    cause: str
    rule: str
    location: Place
    findings: int
    files: int
    batch: bool


class Flag(Struct):
    """A finding that somebody flagged for a person."""

    id: str
    reason: str


class Document(Struct):
    """The whole report. Keys are only ever added within `gates.report/1`."""

    schema: str
    version: str
    verdict: model.Verdict
    exit_code: int
    reason: str
    scope: Scope
    policy: Policy
    summary: Summary
    files: int
    lines: int
    seconds: float
    outcomes: list[Outcome]
    groups: list[Group] = []
    flags: list[Flag] = []


def render(report: model.Report, view: model.View) -> str:
    """Return the report as indented JSON with a final newline."""
    return ascii_json(msgspec.json.format(msgspec.json.encode(document(report)), indent=2)) + "\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of what `render` writes."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Document)}


def document(report: model.Report) -> Document:
    """Put the report into its published form."""
    scope = report.scope
    return Document(
        schema=SCHEMA,
        version=visible(report.version),
        verdict=report.verdict,
        exit_code=report.exit_code,
        reason=visible(report.reason),
        scope=Scope(
            visible(scope.kind),
            [visible(path) for path in scope.paths],
            [Excluded(visible(each.pattern), each.files) for each in scope.excluded],
            visible(scope.base),
        ),
        policy=Policy(
            visible(report.policy.digest),
            visible(report.policy.source),
            visible(report.policy.preset),
            [Off(visible(each.gate), visible(each.why)) for each in report.policy.off],
            visible(report.policy.untrusted) or UNSET,
        ),
        summary=_summary(report),
        files=report.files,
        lines=report.lines,
        seconds=report.seconds,
        outcomes=[_outcome(each) for each in report.outcomes],
        groups=[_group(each) for each in report.groups],
        flags=[Flag(visible(each.id), visible(each.reason)) for each in report.flags],
    )


def _group(group: model.Group) -> Group:
    return Group(
        id=visible(group.id),
        cause=visible(group.cause),
        rule=visible(group.rule),
        location=_place(group.location, _Shown()),
        findings=group.findings,
        files=group.files,
        batch=group.batch,
    )


def _summary(report: model.Report) -> Summary:
    status = Counter(each.status.value for each in report.findings())
    origin = Counter(each.origin.value for each in report.open())
    return Summary(
        open=status["open"],
        introduced=origin["introduced"],
        worsened=origin["worsened"],
        inherited=origin["inherited"],
        accepted=status["accepted"],
        suppressed=status["suppressed"],
        out_of_scope=status["out_of_scope"],
        resolved=sum(each.resolved for each in report.outcomes),
    )


def _outcome(outcome: model.Outcome) -> Outcome:
    shown = _Shown()  # most findings of a gate share their words with others
    return Outcome(
        gate=visible(outcome.gate),
        verdict=outcome.verdict,
        reason=visible(outcome.reason),
        hint=visible(outcome.hint),
        planned=outcome.planned,
        inspected={visible(name): number for name, number in sorted(outcome.inspected.items())},
        unread=[Unread(visible(each.path), visible(each.reason)) for each in outcome.unread],
        tools={visible(name): visible(version) for name, version in sorted(outcome.tools.items())},
        measures=_rounded(outcome.measures),
        seconds=outcome.seconds,
        cached=outcome.cached,
        rerun=visible(outcome.rerun),
        findings=[_finding(each, shown) for each in outcome.findings],
        resolved=outcome.resolved,
    )


def _rounded(measures: Mapping[str, float]) -> dict[str, float]:
    return {visible(name): _short(value) for name, value in sorted(measures.items())}


def _short(value: float) -> float:
    """Write whole numbers without a decimal point."""
    return int(value) if math.isfinite(value) and value == int(value) else value


def _related(place: model.Location) -> Related:
    path, note = visible(place.path), visible(place.note)
    return Related(path, place.line, place.column, place.end_line, place.end_column, note)


class _Shown(dict[str, str]):
    """Texts as they are shown, each made once."""

    def __missing__(self, text: str) -> str:
        self[text] = shown = visible(text)
        return shown


def _finding(finding: model.Finding, shown: _Shown) -> Finding:
    measure = finding.measure
    return Finding(
        id=visible(finding.id),
        gate=shown[finding.gate],
        rule=shown[finding.rule],
        severity=finding.severity,
        message=visible(finding.message),
        location=_place(finding.location, shown),
        measure=Measure(_short(measure.value), _short(measure.limit), visible(measure.unit)) if measure else None,
        related=[_related(each) for each in finding.related],
        status=finding.status,
        origin=finding.origin,
        reason=shown[finding.reason],
        group=shown[finding.group],
        help=shown[finding.help],
        url=shown[finding.url],
        tool_code=shown[finding.tool_code],
        before=None if finding.before is None else _short(finding.before),
    )


def _place(place: model.Location, shown: _Shown) -> Place:
    path, symbol = shown[place.path], shown[place.symbol]
    exact = UNSET if path == place.path else _exact(place.path)
    return Place(path, place.line, place.column, place.end_line, place.end_column, symbol, exact)


def _exact(path: str) -> str:
    import base64  # hardly any path needs it

    return base64.b64encode(path.encode("utf-8", "surrogateescape")).decode("ascii")
