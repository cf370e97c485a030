"""SARIF 2.1.0 for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

The limits are those of GitHub, which rejects or shortens what is larger:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
It takes 25,000 results of a run, and only the first location of a result; a `uri` must not begin with `./`. Columns
count code points. What is out of scope is no result, only a number in the properties of the run, and so is what was
resolved. Where there is a base or a baseline, `baselineState` tells what of a result is new.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from gates import numbers, registry
from gates.model import (
    Finding,
    Location,
    Origin,
    Outcome,
    Report,
    Severity,
    Status,
    Verdict,
    View,
)
from gates.text import ascii_json, counted, markdown, sarif_message, uri, visible

MAX_RESULTS = 25_000
"""Results of a run that GitHub takes."""
MAX_TEXT = 1024
"""Characters of a description that GitHub takes; longer messages are cut there as well, so that a file stays small."""
MAX_RELATED = 100
"""Related places that are worth showing; the properties say how many more there are."""

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_RANKS = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
_SUPPRESSIONS = {Status.ACCEPTED: "external", Status.SUPPRESSED: "inSource"}
_STATES = {Origin.INTRODUCED: "new", Origin.WORSENED: "updated", Origin.INHERITED: "unchanged"}
_UNDECIDED = {Verdict.BROKEN: "error", Verdict.SKIPPED: "warning"}
_MAX_LINE = 2**31 - 1

Json = dict[str, object]


def render(report: Report, view: View) -> str:
    """Return one run: its rules, the open findings worst first, then those that are accepted or suppressed."""
    shown = [each for each in report.findings() if each.status is not Status.OUT_OF_SCOPE]
    chosen = sorted(shown, key=_value)[:MAX_RESULTS]
    rules = _by_rule(chosen)
    places = {name: index for index, name in enumerate(rules)}
    run: Json = {
        "tool": {"driver": _driver(report, rules)},
        "invocations": [_invocation(report, len(shown) - len(chosen))],
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, places, report, view) for each in chosen],
        "properties": _totals(report),
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return ascii_json(msgspec.json.format(msgspec.json.encode(document), indent=2)) + "\n"


def _value(finding: Finding) -> tuple[bool, int, int]:
    return finding.status is not Status.OPEN, _RANKS[finding.severity], numbers.RANKS[finding.origin]


def _by_rule(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Return the worst finding of each rule, by the name of the rule."""
    found: dict[str, Finding] = {}
    for each in sorted(findings, key=lambda finding: _RANKS[finding.severity]):
        found.setdefault(_rule_id(each), each)
    return dict(sorted(found.items()))


def _rule_id(finding: Finding) -> str:
    return _cut(visible(finding.rule) or "unnamed", 255)


def _driver(report: Report, rules: Mapping[str, Finding]) -> Json:
    gates = {each.name: each for each in registry.gates_found()}
    described: list[Json] = []
    for name, finding in rules.items():
        gate = gates.get(finding.gate)
        known = gate.rule(finding.rule) if gate else None
        summary = known.summary if known else ""
        described.append(
            _rule(name, finding, summary or f"The rule {name}", (known.help if known else "") or finding.help)
        )
    return {
        "name": "quality-gates",
        "version": visible(report.version) or "unknown",
        "rules": described,
    }


def _rule(name: str, finding: Finding, summary: str, help_text: str) -> Json:
    shown = _cut(sarif_message(summary))
    found: Json = {
        "id": name,
        "name": name,
        "shortDescription": {"text": shown},
        "fullDescription": {"text": shown},
        "help": {
            "text": _cut(sarif_message(help_text)) or shown,
            "markdown": _cut(markdown(help_text)) or _cut(markdown(summary)),
        },
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {
            "tags": ["maintainability", visible(finding.gate) or "unnamed"],
            "precision": "very-high",
            "problem.severity": _PROBLEMS[finding.severity],
        },
    }
    return found


def _result(finding: Finding, places: Mapping[str, int], report: Report, view: View) -> Json:
    name = _rule_id(finding)
    found: Json = {
        "ruleId": name,
        "ruleIndex": places[name],
        "level": _LEVELS[finding.severity],
        "message": {"text": _cut(sarif_message(numbers.message(finding))) or "no message"},
        "locations": [_location(finding.location, report, view)],
    }
    if state := _state(finding):
        found["baselineState"] = state
    if finding.related:
        related = enumerate(finding.related[:MAX_RELATED], 1)
        found["relatedLocations"] = [{"id": index, **_location(place, report, view)} for index, place in related]
    if finding.id:
        found["partialFingerprints"] = {"primaryLocationLineHash": f"{visible(finding.id)}:1"}
    if finding.status in _SUPPRESSIONS:
        why = {"justification": _cut(visible(finding.reason))} if finding.reason else {}
        found["suppressions"] = [{"kind": _SUPPRESSIONS[finding.status], "status": "accepted", **why}]
    found["properties"] = _properties(finding)
    return found


def _state(finding: Finding) -> str:
    """Return what became of a result since the base, or since the baseline where nothing else is known of it."""
    if finding.origin is not Origin.UNKNOWN:
        return _STATES[finding.origin]
    if finding.status is Status.ACCEPTED and numbers.in_baseline(finding.reason):
        return "unchanged"
    if finding.status is not Status.OPEN or finding.before is None:
        return ""
    return "updated" if numbers.was(finding) else "unchanged"


def _location(place: Location, report: Report, view: View) -> Json:
    path = view.prefix + (place.path or report.policy.source) or "."
    found: Json = {"physicalLocation": {"artifactLocation": {"uri": uri(path)}, "region": _region(place, view)}}
    if place.symbol:
        found["logicalLocations"] = [{"fullyQualifiedName": visible(place.symbol)}]
    if place.note:
        found["message"] = {"text": _cut(sarif_message(place.note))}
    return found


def _region(place: Location, view: View) -> Json:
    line, column = _number(place.line), _number(place.column)
    last, end = max(_number(place.end_line), line), _number(place.end_column)
    if last == line and end <= column:
        end = max(_after(view.sources(place.path), line), column + 1)
    return {"startLine": line, "startColumn": column, "endLine": last, "endColumn": end}


def _number(value: int) -> int:
    return min(max(value, 1), _MAX_LINE)


def _after(lines: Sequence[str], line: int) -> int:
    return len(lines[line - 1].rstrip("\r\n")) + 1 if line <= len(lines) else 1


def _properties(finding: Finding) -> Json:
    found: Json = {"id": visible(finding.id), "origin": finding.origin.value, "status": finding.status.value}
    measure = finding.measure
    if measure and math.isfinite(measure.value) and math.isfinite(measure.limit):
        found |= {"value": _short(measure.value), "limit": _short(measure.limit), "unit": visible(measure.unit)}
    if finding.before is not None and math.isfinite(finding.before):
        found["before"] = _short(finding.before)
    texts = {"group": finding.group, "toolCode": finding.tool_code, "help": finding.help, "reason": finding.reason}
    found |= {name: _cut(visible(text)) for name, text in texts.items() if text}
    if len(finding.related) > MAX_RELATED:
        found["relatedLeftOut"] = len(finding.related) - MAX_RELATED
    return found


def _short(value: float) -> float:
    return int(value) if value == int(value) else value


def _invocation(report: Report, left_out: int) -> Json:
    return {
        "executionSuccessful": report.exit_code in (0, 1),
        "exitCode": report.exit_code,
        "toolExecutionNotifications": list(_notifications(report, left_out)),
    }


def _notifications(report: Report, left_out: int) -> Iterator[Json]:
    for outcome in report.outcomes:
        if outcome.verdict in _UNDECIDED:
            name = f"{visible(outcome.gate)}/{outcome.verdict.value}"
            yield _notification(name, _UNDECIDED[outcome.verdict], _reason(outcome))
    if report.reason or not report.outcomes:
        yield _notification("gates/undecided", "error", report.reason or "no gate ran")
    if left_out:
        what = counted(left_out, "finding")
        yield _notification(
            "gates/left-out", "warning", f"{what} left out: a run holds at most {MAX_RESULTS:,} results, worst first"
        )


def _notification(name: str, level: str, text: str) -> Json:
    return {"descriptor": {"id": name}, "level": level, "message": {"text": _cut(sarif_message(text))}}


def _reason(outcome: Outcome) -> str:
    said = ". ".join(each for each in (outcome.reason, outcome.hint) if each)
    return f"{outcome.gate}: {outcome.verdict.value}: {said or 'no reason given'}"


def _totals(report: Report) -> Json:
    status = Counter(each.status for each in report.findings())
    counts: Json = {each.value: status[each] for each in Status}
    counts["resolved"] = sum(each.resolved for each in report.outcomes)
    scope = {"kind": visible(report.scope.kind), "base": visible(report.scope.base)}
    return {"verdict": report.verdict.value, "exit_code": report.exit_code, "scope": scope, "findings": counts}


def _cut(text: str, room: int = MAX_TEXT) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"
