"""The Reviewdog Diagnostic Format, `rdjson`: https://github.com/reviewdog/reviewdog/tree/master/proto/rdf

One DiagnosticResult with the open findings. Its readers refuse fields that they do not know, so only those of the
first version are written: related places and the help stand in the message. Columns count the bytes of UTF-8; where
the source is not at hand they are left out. A gate that did not decide is a diagnostic at the file of the policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from gates import numbers
from gates.model import Finding, Location, Report, Severity, Verdict, View
from gates.text import ascii_json, visible

MAX_RELATED = 20
"""Related places that a message names."""

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}
_WORST = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
_MAX_LINE = 2**31 - 1

Json = dict[str, object]


def render(report: Report, view: View) -> str:
    """Return the result: first the gates that did not decide, then each open finding."""
    undecided = list(_undecided(report, view))
    found = {each.severity for each in report.open()}
    worst = "ERROR" if undecided else next((_SEVERITIES[each] for each in _WORST if each in found), "INFO")
    document: Json = {
        "source": {"name": "quality-gates"},
        "severity": worst,
        "diagnostics": [
            *undecided,
            *(_encoded(_diagnostic(each, report, view)) for each in numbers.new_first(report.open())),
        ],
    }
    return ascii_json(msgspec.json.format(msgspec.json.encode(document), indent=2)) + "\n"


def _encoded(diagnostic: Json) -> msgspec.Raw:
    """Return a diagnostic as bytes, which of a hundred thousand take a fraction of the memory."""
    return msgspec.Raw(msgspec.json.encode(diagnostic))


def _undecided(report: Report, view: View) -> Iterator[Json]:
    for outcome in report.outcomes:
        if outcome.verdict in (Verdict.BROKEN, Verdict.SKIPPED):
            said = ". ".join(each for each in (outcome.reason, outcome.hint) if each) or "no reason given"
            yield _notice(_path(report.policy.source, view), f"{outcome.gate}/{outcome.verdict.value}", said)
    if report.reason or not report.outcomes:
        yield _notice(_path(report.policy.source, view), "gates/undecided", report.reason or "no gate ran")


def _path(path: str, view: View) -> str:
    return visible(view.prefix + path) or "."


def _notice(path: str, code: str, message: str) -> Json:
    return {
        "message": visible(message),
        "location": {"path": path, "range": {"start": {"line": 1}}},
        "severity": "ERROR",
        "code": {"value": visible(code)},
    }


def _diagnostic(finding: Finding, report: Report, view: View) -> Json:
    place = finding.location
    code: Json = {"value": visible(finding.rule)}
    if finding.url.startswith(("https://", "http://")):
        code["url"] = visible(finding.url)
    return {
        "message": "\n".join(_message(finding)),
        "location": {
            "path": _path(place.path or report.policy.source, view),
            "range": _range(place, view.sources(place.path)),
        },
        "severity": _SEVERITIES[finding.severity],
        "code": code,
    }


def _message(finding: Finding) -> Iterator[str]:
    yield visible(numbers.message(finding)) or "no message"
    yield from (visible(each) for each in (finding.reason, finding.help) if each)
    for place in finding.related[:MAX_RELATED]:
        note = f" {place.note}" if place.note else ""
        yield visible(f"{place.path}:{place.line}:{note}")
    if len(finding.related) > MAX_RELATED:
        yield f"and {len(finding.related) - MAX_RELATED:,} more places"


def _range(place: Location, lines: Sequence[str]) -> Json:
    line = min(max(place.line, 1), _MAX_LINE)
    last = min(max(place.end_line, line), _MAX_LINE)
    start, end = _byte(lines, line, place.column), _byte(lines, last, place.end_column)
    if start is None or end is None or (last == line and end < start):
        return {"start": {"line": line}, "end": {"line": last}}
    return {"start": {"line": line, "column": start}, "end": {"line": last, "column": end}}


def _byte(lines: Sequence[str], line: int, column: int) -> int | None:
    if column < 1 or line > len(lines):
        return None
    return len(lines[line - 1][: column - 1].encode("utf-8", "replace")) + 1
