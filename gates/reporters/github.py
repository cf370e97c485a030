"""Annotations for a GitHub Actions run, as workflow commands, and below them a log that holds no command.

GitHub shows at most ten annotations of each type for a step and drops the others without a word, so exactly as many are
written as it shows, the most valuable first, and the last one says how many more there are.

The place of an annotation is the true path, from the root of the repository. A path that is not UTF-8, or that holds
characters which steer a terminal, can only be written escaped (`bad\\xff.py`); GitHub then lists the annotation without
a place in a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from gates import numbers
from gates.model import (
    Finding,
    Location,
    Origin,
    Outcome,
    Report,
    Severity,
    Verdict,
    View,
)
from gates.text import counted, visible, workflow_data, workflow_log, workflow_property

MAX_OF_A_TYPE = 10
"""Annotations of one type that GitHub shows for a step; all steps of a composite action share them."""
MAX_MESSAGE = 4096
"""Characters of a message, counted as the runner does, in units of UTF-16."""

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_STAGES = {"files": 0, "typing": 1, "layers": 1}
_MARKS = {Verdict.PASSED: "✓", Verdict.FAILED: "✗", Verdict.SKIPPED: "-", Verdict.BROKEN: "!"}
_VERDICTS = {Verdict.PASSED: "passed", Verdict.FAILED: "FAILED"}


class _Annotation(Struct, frozen=True):
    title: str
    text: str
    place: Location | None = None


def render(report: Report, view: View) -> str:
    """Return the workflow commands, errors first, then every finding, the gates and the verdict as plain lines."""
    found = sorted(report.open(), key=_value)
    lines: list[str] = []
    for severity, command in _COMMANDS.items():
        gates = _undecided(report) if severity is Severity.ERROR else []
        chosen = [each for each in found if each.severity is severity]
        first = [_annotation(each) for each in chosen[: MAX_OF_A_TYPE - min(len(gates), MAX_OF_A_TYPE)]]
        lines += _commands(command, [*gates, *first][:MAX_OF_A_TYPE], len(gates) + len(chosen), view.prefix)
    lines += [workflow_log(each) for each in _log(report)]
    return "\n".join(lines) + "\n"


def _value(finding: Finding) -> tuple[int, int, float]:
    measure = finding.measure
    excess = abs(measure.value - measure.limit) / (abs(measure.limit) or 1) if measure else 0
    return numbers.RANKS[finding.origin], _STAGES.get(finding.gate, 2), -excess


def _undecided(report: Report) -> list[_Annotation]:
    found = []
    for outcome in report.outcomes:
        if outcome.verdict in (Verdict.BROKEN, Verdict.SKIPPED):
            did = "could not decide" if outcome.verdict is Verdict.BROKEN else "did not run"
            found.append(_Annotation(f"{outcome.gate} {did}", _text(outcome.reason, outcome.hint)))
    if not found and report.verdict is Verdict.BROKEN:
        found.append(_Annotation("the gates could not decide", _text(report.reason or "no gate ran")))
    return found


def _annotation(finding: Finding) -> _Annotation:
    title = f"{finding.rule} {finding.id}{_origin(finding)}"
    return _Annotation(title, _text(numbers.message(finding), finding.reason, finding.help), finding.location)


def _origin(finding: Finding) -> str:
    return "" if finding.origin is Origin.UNKNOWN else f" ({finding.origin.value})"


def _text(*parts: str) -> str:
    return "\n".join(visible(each) for each in parts if each)


def _commands(command: str, annotations: Sequence[_Annotation], total: int, prefix: str) -> Iterator[str]:
    more = total - len(annotations)
    for annotation in annotations:
        last = annotation is annotations[-1] and more
        end = f"\nand {counted(more, f'more {command}')}, listed in the log and in the job summary" if last else ""
        title = f"title={workflow_property(annotation.title.strip())}"
        properties = ",".join([*_place(annotation.place, prefix), title])
        yield f"::{command} {properties}::{workflow_data(_cut(annotation.text or 'no message', len(end)) + end)}"


def _place(place: Location | None, prefix: str) -> list[str]:
    if place is None or not place.path:
        return []
    # The runner drops equals signs at the start of a value, and the annotation would stand in another file.
    path = prefix + place.path
    path = f"./{path}" if path.startswith("=") else path
    line = max(place.line, 1)
    last = max(place.end_line, line)
    found = [f"file={workflow_property(path)}", f"line={line}", f"endLine={last}"]
    if line == last and place.column > 0:
        found += [f"col={place.column}"]
        found += [f"endColumn={place.end_column}"] if place.end_column >= place.column else []
    return found


def _cut(text: str, reserved: int) -> str:
    """Shorten a text to what the runner takes, counting what `workflow_data` may make longer: a bracket, a mark."""
    room = MAX_MESSAGE - reserved - 10
    for position, character in enumerate(text):
        room -= 4 if character == "[" else 2 if character > "\uffff" else 1
        if room < 0:
            return f"{text[:position]}…"
    return text


def _log(report: Report) -> Iterator[str]:
    yield from (_finding(each) for each in numbers.new_first(report.open()))
    width = max((len(each.gate) for each in report.outcomes), default=0)
    for outcome in report.outcomes:
        yield _gate(outcome, width).rstrip()
        yield from (f"    {each}" for each in (outcome.reason, outcome.hint) if each)
        yield from (f"    not inspected: {each.path} {each.reason}" for each in outcome.unread)
    if report.reason:
        yield report.reason
    yield from _sum(report)


def _sum(report: Report) -> Iterator[str]:
    found = numbers.of_report(report)
    verdict = _VERDICTS.get(report.verdict, "COULD NOT DECIDE")
    about = f"{counted(report.files, 'file')}, {counted(report.lines, 'line')}"
    yield f"{verdict}: {found.summed()}, {found.noted:,} noted in {about}"
    known = f"{found.known:,} known: {found.accounted()}" if found.known else ""
    yield from (each for each in (numbers.against(report.scope), known, numbers.improvement(report)) if each)


def _finding(finding: Finding) -> str:
    place = finding.location
    return (
        f"{place.path}:{place.line}:{place.column} {finding.severity.value} [{finding.rule}] "
        f"{numbers.message(finding)}{_origin(finding)}"
    )


def _gate(outcome: Outcome, width: int) -> str:
    decided = outcome.verdict in (Verdict.PASSED, Verdict.FAILED)
    found = ", ".join(numbers.of_outcome(outcome).told()) or ("nothing found" if decided else "no result")
    verdict = f"{_MARKS[outcome.verdict]} {outcome.gate:<{width}}  {outcome.verdict.value:<7}"
    read = f"{outcome.inspected.get('files', 0):,} of {counted(outcome.planned, 'file')} inspected"
    return f"{verdict}  {found}, {read}, {outcome.seconds:.2f} s"
