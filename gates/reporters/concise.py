"""One line for each open finding, and one for each gate that did not pass; for grep, editors and short memories."""

from __future__ import annotations

from gates.model import Finding, Report, Verdict, View
from gates.text import counted, visible


def render(report: Report, view: View) -> str:
    """Return `path:line:column: severity rule message` lines, then one line that sums up."""
    lines = [_line(each) for each in report.open()]
    for outcome in report.outcomes:
        if outcome.verdict in (Verdict.BROKEN, Verdict.SKIPPED):
            hint = f". {outcome.hint}" if outcome.hint else ""
            lines.append(visible(f"{outcome.gate}: {outcome.verdict.value}: {outcome.reason}{hint}"))
    if report.reason:
        lines.append(visible(report.reason))
    passed = sum(each.verdict is Verdict.PASSED for each in report.outcomes)
    found, gates = counted(len(report.open()), "open finding"), counted(len(report.outcomes), "gate")
    lines.append(f"{report.verdict.value}: {found}, {passed} of {gates} passed, {counted(report.files, 'file')}")
    return "\n".join(lines) + "\n"


def _line(finding: Finding) -> str:
    place = finding.location
    start = f"{place.path}:{place.line}:{place.column}"
    return visible(f"{start}: {finding.severity.value} {finding.rule} {finding.message}")
