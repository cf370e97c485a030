"""A Code Quality report of GitLab: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format

An array of open findings. GitLab merges entries with equal fingerprints and does not show `check_name`, so fingerprints
are made unique and the description begins with the rule. A gate that did not decide is an entry at the policy's file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from gates import numbers
from gates.cache import digest
from gates.model import Finding, Report, Severity, Verdict, View
from gates.text import ascii_json, visible

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}
_UNDECIDED = {Verdict.BROKEN: "blocker", Verdict.SKIPPED: "critical"}

Json = dict[str, object]


def render(report: Report, view: View) -> str:
    """Return the array: first the gates that did not decide, then each open finding."""
    entries = [*_undecided(report, view), *_findings(report, view)]
    return ascii_json(msgspec.json.format(msgspec.json.encode(entries), indent=2)) + "\n"


def _undecided(report: Report, view: View) -> Iterator[Json]:
    place = _path(report.policy.source, view)
    for outcome in report.outcomes:
        if outcome.verdict in _UNDECIDED:
            said = ". ".join(each for each in (outcome.reason, outcome.hint) if each) or "no reason given"
            name = f"{outcome.gate}/{outcome.verdict.value}"
            yield _entry(
                name, said, _UNDECIDED[outcome.verdict], digest(b"undecided", name.encode(errors="replace")), place
            )
    if report.reason or not report.outcomes:
        yield _entry("gates/undecided", report.reason or "no gate ran", "blocker", digest(b"undecided"), place)


def _findings(report: Report, view: View) -> Iterator[Json]:
    seen: Counter[str] = Counter()
    for finding in numbers.new_first(report.open()):
        name = visible(finding.id)
        seen[name] += 1
        fingerprint = name if name and seen[name] == 1 else digest(name.encode(), b"%d" % seen[name])
        yield _finding(finding, fingerprint, _path(finding.location.path or report.policy.source, view))


def _path(path: str, view: View) -> str:
    return visible(view.prefix + path) or "."


def _finding(finding: Finding, fingerprint: str, path: str) -> Json:
    severity = _SEVERITIES[finding.severity]
    return _entry(finding.rule, numbers.message(finding), severity, fingerprint, path, max(finding.location.line, 1))


def _entry(rule: str, message: str, severity: str, fingerprint: str, path: str, line: int = 1) -> Json:
    return {
        "description": visible(f"{rule}: {message}"),
        "check_name": visible(rule) or "unnamed",
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": path, "lines": {"begin": line}},
    }
