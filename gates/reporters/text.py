"""The report for a person at a terminal: gates, findings with excerpt and help, what to do next."""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from gates import numbers
from gates.model import Finding, Origin, Outcome, Report, Severity, Verdict, View
from gates.numbers import Numbers
from gates.text import counted, source_line, visible

MAX_PER_GATE = 20
"""Findings of one gate that are shown in full; the rest is counted, with the command that shows them."""

_MARKS = {Verdict.PASSED: "✓", Verdict.FAILED: "✗", Verdict.SKIPPED: "-", Verdict.BROKEN: "!"}
_COLOURS = {Verdict.PASSED: "green", Verdict.FAILED: "red", Verdict.SKIPPED: "yellow", Verdict.BROKEN: "magenta"}
_SEVERITY = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_ORIGINS = {Origin.INTRODUCED: "bold red", Origin.WORSENED: "bold red", Origin.INHERITED: "dim", Origin.UNKNOWN: ""}
_MAX_REASONS = 5
_CONTEXT = 1
_GUTTER = 12
_NUMBERS = 18
_MAX_EXCERPT = 5


def render(report: Report, view: View) -> str:
    """Return the report as text; colours only when the view wants them."""
    console = Console(
        file=io.StringIO(),
        width=view.width,
        force_terminal=view.colour,
        no_color=not view.colour,
        color_system="standard" if view.colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for line in (*_findings(report, view), *_gates(report), *_end(report)):
        console.print(line, soft_wrap=True)
    stream = console.file
    return stream.getvalue() if isinstance(stream, io.StringIO) else ""


def _findings(report: Report, view: View) -> Iterator[Text]:
    for outcome in report.outcomes:
        found = sorted(outcome.open(), key=_value)
        for finding in found[:MAX_PER_GATE]:
            yield from _finding(finding, view)
        if len(found) > MAX_PER_GATE:
            more = counted(len(found) - MAX_PER_GATE, "more finding")
            gate = visible(outcome.gate)
            command = "gates check" if outcome.rerun == "gates check" else f"gates check --gate {gate}"
            yield Text(f"… and {more} of {gate}: {command} --output-format concise", "bold")
            yield Text()


def _value(finding: Finding) -> tuple[bool, int]:
    return finding.severity is not Severity.ERROR, numbers.RANKS[finding.origin]


def _finding(finding: Finding, view: View) -> Iterator[Text]:
    place = finding.location
    origin = "" if finding.origin is Origin.UNKNOWN else f"  {finding.origin.value}"
    yield Text.assemble(
        (visible(f"{place.path}:{place.line}:{place.column}"), "bold"),
        "  ",
        (finding.severity.value, _SEVERITY[finding.severity]),
        "  ",
        (visible(finding.rule), "bold"),
        "  ",
        (visible(finding.id), "dim"),
        (origin, _ORIGINS[finding.origin]),
    )
    yield Text(f"  {visible(numbers.message(finding))}")
    if finding.reason:
        yield Text(f"  {visible(finding.reason)}")
    yield from _excerpt(finding, view)
    for related in finding.related[:_MAX_EXCERPT]:
        note = f"  {related.note}" if related.note else ""
        yield Text(visible(f"  → {related.path}:{related.line}{note}"), "cyan")
    if finding.help:
        yield Text.assemble(("  help: ", "green"), visible(finding.help))
    if "://" in finding.url:
        yield Text(f"  more: {visible(finding.url)}", "dim")
    yield Text()


def _excerpt(finding: Finding, view: View) -> Iterator[Text]:
    place = finding.location
    lines = view.sources(place.path)
    last = min(
        max(place.line, place.end_line if finding.measure is None else place.line), place.line + _MAX_EXCERPT - 1
    )
    for number in range(max(place.line - _CONTEXT, 1), min(last + _CONTEXT, len(lines)) + 1):
        hit = place.line <= number <= last
        mark = ">" if hit else " "
        code = _cut(source_line(lines[number - 1]), place.column if hit else 1, max(view.width, 40) - _GUTTER)
        yield Text(f"  {mark} {number:>5} | {code}".rstrip(), "" if hit else "dim")


def _cut(code: str, column: int, width: int) -> str:
    """Fit a line of source into a width, keeping what stands at the column; a mark shows where it was cut."""
    if len(code) <= width:
        return code
    if column < width:
        return f"{code[: width - 1]}…"
    return f"…{code[column - width // 2 :]}"[: width - 1] + "…"


def _gates(report: Report) -> Iterator[Text]:
    width = max((len(each.gate) for each in report.outcomes), default=0)
    told = {each.gate: _numbers(each) for each in report.outcomes}
    room = max((_NUMBERS, *map(len, told.values())))
    for outcome in report.outcomes:
        colour = _COLOURS[outcome.verdict]
        line = Text.assemble(
            (f"{_MARKS[outcome.verdict]} {visible(outcome.gate):<{width}}  {outcome.verdict.value:<7}", colour),
            f"  {told[outcome.gate]:<{room}}  {outcome.seconds:>6.2f} s  ",
            (_inspected(outcome), "dim"),
        )
        line.rstrip()
        yield line
        if outcome.reason:
            yield Text(f"    {visible(outcome.reason)}", colour)
        if outcome.hint:
            yield Text(f"    {visible(outcome.hint)}")
        if outcome.unread and outcome.verdict is not Verdict.SKIPPED:
            first = outcome.unread[0]
            more = f" (and {len(outcome.unread) - 1} more)" if len(outcome.unread) > 1 else ""
            yield Text(visible(f"    not inspected: {first.path} {first.reason}{more}"), "dim")


def _numbers(outcome: Outcome) -> str:
    return ", ".join(numbers.of_outcome(outcome).told()) or "-"


def _inspected(outcome: Outcome) -> str:
    parts = []
    for unit, number in outcome.inspected.items():
        singular = visible(unit).removesuffix("s")
        if unit == "files" and number != outcome.planned:
            parts.append(f"{number:,} of {counted(outcome.planned, singular, visible(unit))}")
        else:
            parts.append(counted(number, singular, visible(unit)))
    if "percent" in outcome.measures:
        parts.append(f"{outcome.measures['percent']:g} % copied")
    return ", ".join(parts)


def _end(report: Report) -> Iterator[Text]:
    source = report.policy.source if report.policy.source != "default" else "no configuration found"
    yield Text()
    verdict = {Verdict.PASSED: "passed", Verdict.FAILED: "FAILED"}.get(report.verdict, "COULD NOT DECIDE")
    found = numbers.of_report(report)
    rules = visible(f"preset {report.policy.preset} ({source})")
    about = f"{counted(report.files, 'file')}, {counted(report.lines, 'line')}, {rules}"
    style = f"bold {_COLOURS[report.verdict]}"
    yield Text.assemble((verdict, style), f"  {found.summed()}, {found.noted:,} noted  {about}")
    yield from _scope(report)
    yield from _known(report, found)
    if report.reason:
        yield Text(visible(report.reason))
    if improved := numbers.improvement(report):
        yield Text(visible(improved), "green")
    if step := _next(report):
        yield Text.assemble(("next: ", "bold"), visible(step))


def _scope(report: Report) -> Iterator[Text]:
    if against := numbers.against(report.scope):
        yield Text(visible(against))
    if report.policy.untrusted:
        yield Text(visible(f"untrusted: {report.policy.untrusted}"), "yellow")
    for off in report.policy.off:
        yield Text(visible(f"turned off: {off.gate}: {off.why}"), "dim")
    for excluded in report.scope.excluded:
        yield Text(visible(f"excluded by `{excluded.pattern}`: {counted(excluded.files, 'file')}"), "dim")


def _known(report: Report, found: Numbers) -> Iterator[Text]:
    if found.known:
        yield Text(f"{found.known:,} known: {found.accounted()}", "dim")
    given = numbers.reasons(report.findings())
    for reason, number in given[:_MAX_REASONS]:
        yield Text(visible(f"    {number:,} in the baseline because: {reason}"), "dim")
    if len(given) > _MAX_REASONS:
        yield Text(f"    and {counted(len(given) - _MAX_REASONS, 'more reason')}: gates baseline show", "dim")


def _next(report: Report) -> str:
    broken = [each for each in report.outcomes if each.verdict is Verdict.BROKEN]
    if broken:
        return f"repair {broken[0].gate} first, it could not decide; then run {broken[0].rerun}"
    failed = [each for each in report.outcomes if each.verdict is Verdict.FAILED]
    failed.sort(key=lambda each: each.gate == "baseline")  # what is mended elsewhere changes what it says
    if not failed:
        return ""
    first = min(failed[0].open(), key=_value, default=None)
    if first is None:
        return f"re-check with {failed[0].rerun}"
    return f"gates explain {first.id}   (why the rule exists and how to fix it); re-check with {failed[0].rerun}"
