"""One line for each open finding, and one for each gate that did not pass; for grep, editors and short memories."""

from __future__ import annotations

from gates import numbers
from gates.model import Finding, Origin, Report, Verdict, View
from gates.text import counted, visible

_ORIGINS = {Origin.INTRODUCED: " [new]", Origin.WORSENED: " [worse]", Origin.INHERITED: " [old]", Origin.UNKNOWN: ""}


def render(report: Report, view: View) -> str:
    """Return `path:line:column: severity rule message` lines, then one line that sums up.

    Where there is a base, what is new comes first, and `[new]`, `[worse]` or `[old]` stands at the end of a line.
    """
    lines = [_line(each) for each in numbers.new_first(report.open())]
    for outcome in report.outcomes:
        if outcome.verdict in (Verdict.BROKEN, Verdict.SKIPPED):
            hint = f". {outcome.hint}" if outcome.hint else ""
            lines.append(visible(f"{outcome.gate}: {outcome.verdict.value}: {outcome.reason}{hint}"))
    lines += [visible(each) for each in (numbers.unseen(report), report.reason) if each]
    passed = sum(each.verdict is Verdict.PASSED for each in report.outcomes)
    found, gates = counted(len(report.open()), "open finding"), counted(len(report.outcomes), "gate")
    count = numbers.of_report(report)
    more = [f"{number:,} {word}" for number, word in ((count.known, "known"), (count.resolved, "resolved")) if number]
    summed = [found, *more, f"{passed} of {gates} passed", counted(report.files, "file")]
    lines.append(f"{report.verdict.value}: {', '.join(summed)}")
    return "\n".join(lines) + "\n"


def _line(finding: Finding) -> str:
    place = finding.location
    start = f"{place.path}:{place.line}:{place.column}"
    return visible(
        f"{start}: {finding.severity.value} {finding.rule} {numbers.message(finding)}{_ORIGINS[finding.origin]}"
    )
