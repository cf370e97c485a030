"""One JSON object on each line (https://jsonlines.org), schema `gates.findings/1`, for `jq`, `grep` and tables.

The first line sums up (`type` is `summary`), then follows each finding whatever its status (`finding`), and the last
line is the verdict (`verdict`), so that a file which was cut short can be told from one that is whole.
"""

from __future__ import annotations

import base64
import math
from collections import Counter

import msgspec

from gates.model import Finding, Origin, Outcome, Report, Status, Verdict, View
from gates.text import ascii_json, visible

SCHEMA = "gates.findings/1"

Json = dict[str, object]


def render(report: Report, view: View) -> str:
    """Return the summary, the findings in the order of the report, and the verdict."""
    objects = [_summary(report), *(_finding(each) for each in report.findings()), _verdict(report)]
    return "".join(ascii_json(msgspec.json.encode(each)) + "\n" for each in objects)


def _summary(report: Report) -> Json:
    counts = Counter(each.status for each in report.findings())
    origins = Counter(each.origin for each in report.open())
    return {
        "schema": SCHEMA,
        "type": "summary",
        "version": visible(report.version),
        "policy": visible(report.policy.digest),
        "files": report.files,
        "lines": report.lines,
        "scope": visible(report.scope.kind),
        "base": visible(report.scope.base),
        **{status.value: counts[status] for status in Status},
        **{origin.value: origins[origin] for origin in Origin if origin is not Origin.UNKNOWN},
        "resolved": sum(each.resolved for each in report.outcomes),
    }


def _finding(finding: Finding) -> Json:
    place = finding.location
    return {
        "type": "finding",
        "id": visible(finding.id),
        "gate": visible(finding.gate),
        "rule": visible(finding.rule),
        "severity": finding.severity.value,
        "status": finding.status.value,
        "origin": finding.origin.value,
        **_path(place.path),
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "symbol": visible(place.symbol),
        "message": visible(finding.message),
        **_measure(finding),
        "related": [{**_path(each.path), "line": each.line, "note": visible(each.note)} for each in finding.related],
        "reason": visible(finding.reason),
        "group": visible(finding.group),
        "help": visible(finding.help),
        "url": visible(finding.url),
        "tool_code": visible(finding.tool_code),
    }


def _path(path: str) -> Json:
    shown = visible(path)
    if shown == path:
        return {"path": shown}
    return {"path": shown, "path_b64": base64.b64encode(path.encode("utf-8", "surrogateescape")).decode("ascii")}


def _measure(finding: Finding) -> Json:
    measure = finding.measure
    if measure is None:
        return {}
    before = {} if finding.before is None else {"before": _short(finding.before)}
    return {"value": _short(measure.value), "limit": _short(measure.limit), "unit": visible(measure.unit), **before}


def _short(value: float) -> float | None:
    if not math.isfinite(value):
        return None
    return int(value) if value == int(value) else value


def _verdict(report: Report) -> Json:
    undecided = [each for each in report.outcomes if each.verdict in (Verdict.BROKEN, Verdict.SKIPPED)]
    return {
        "type": "verdict",
        "verdict": report.verdict.value,
        "exit_code": report.exit_code,
        "reason": visible(report.reason),
        "undecided": [_undecided(each) for each in undecided],
    }


def _undecided(outcome: Outcome) -> Json:
    return {
        "gate": visible(outcome.gate),
        "verdict": outcome.verdict.value,
        "reason": visible(outcome.reason),
        "hint": visible(outcome.hint),
    }
