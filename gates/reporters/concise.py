"""One line for each open finding, and one for each gate that did not pass; for grep, editors and short memories."""

from __future__ import annotations

from gates.model import Report, Verdict, View
from gates.text import counted, visible


def render(report: Report, view: View) -> str:
    """Return `path:line:column: severity rule message` lines, then one line that sums up."""
    lines = [
        visible(f"{each.location.path}:{each.location.line}:{each.location.column}: {each.severity.value} {each.rule} {each.message}")
        for each in report.open()
    ]
    for outcome in report.outcomes:
        if outcome.verdict in (Verdict.BROKEN, Verdict.SKIPPED):
            hint = f" {outcome.hint}" if outcome.hint else ""
            lines.append(visible(f"{outcome.gate}: {outcome.verdict.value}: {outcome.reason}.{hint}".replace("..", ".")))
    if report.reason:
        lines.append(visible(report.reason))
    passed = sum(each.verdict is Verdict.PASSED for each in report.outcomes)
    gates = f"{passed} of {counted(len(report.outcomes), 'gate')} passed"
    lines.append(f"{report.verdict.value}: {counted(len(report.open()), 'open finding')}, {gates}, {counted(report.files, 'file')}")
    return "\n".join(lines) + "\n"
