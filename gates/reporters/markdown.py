"""The report as Markdown, for the summary of a job and a comment on a pull request: verdict, gates, findings by file.

It never grows beyond what GitHub takes for a summary. Where rows are left out, a line says how many, and how to see
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from gates import numbers
from gates.model import (
    Finding,
    Group,
    Location,
    Origin,
    Outcome,
    Report,
    Severity,
    Verdict,
    View,
)
from gates.text import code, counted, markdown, visible

MAX_BYTES = 1_048_576
"""Bytes of UTF-8 that GitHub takes for the summary of a step; it drops a longer one as a whole."""

_MAX_TEXT = 1_000
_MAX_PLACES = 3
_RESERVED = 5_000
"""Bytes for headings, heads of tables, and the lines that say what was left out."""
_MARKS = {Verdict.PASSED: "✅", Verdict.FAILED: "❌", Verdict.SKIPPED: "⚪", Verdict.BROKEN: "🚧"}
_ALL = "`gates check --output-format json` has all of them"


class _Section(Struct, frozen=True):
    """A part of the report. Its rows may take `share` of the room that is left when it is written."""

    head: tuple[str, ...]
    rows: Iterable[str]
    total: int
    noun: str
    share: float


def render(report: Report, view: View) -> str:
    """Return the report in at most 1,048,576 bytes of Markdown without HTML, links or mentions."""
    return within(report, MAX_BYTES)


def within(report: Report, max_bytes: int) -> str:
    """Return the report in at most so many bytes; a comment on a pull request takes 65,536 characters."""
    head, foot = "\n".join(_head(report)), "\n".join(_foot(report))
    room = max_bytes - _RESERVED - len(head.encode("utf-8")) - len(foot.encode("utf-8"))
    parts = [head]
    for section in _sections(report):
        if section.total:
            part, used = _filled(section, int(room * section.share))
            room -= used
            parts.append(part)
    return "\n\n".join([*parts, foot]) + "\n"


def _filled(section: _Section, room: int) -> tuple[str, int]:
    kept: list[str] = []
    used = 0
    for row in section.rows:
        used += len(row.encode("utf-8")) + 1
        if used > room:
            used -= len(row.encode("utf-8")) + 1
            break
        kept.append(row)
    left = section.total - len(kept)
    more = ["", f"**{counted(left, f'more {section.noun}')}** left out here for want of room; {_ALL}."] if left else []
    return "\n".join([*section.head, *kept, *more]), used


def _sections(report: Report) -> Iterator[_Section]:
    yield _table("", "gate|verdict|found|inspected|time:", map(_gate, report.outcomes), report.outcomes, 0.1, "gate")
    halted = [each for each in report.outcomes if each.reason or each.hint]
    yield _table("Not decided", "gate|what happened|what to do", map(_halted, halted), halted, 0.1, "gate")
    columns = "cause|findings:|files:|look first at"
    yield _table("Root causes", columns, map(_group, report.groups), report.groups, 0.15, "cause")
    found = sorted(report.open(), key=lambda each: (numbers.RANKS[each.origin], each.location.path, each.location.line))
    yield from _findings(found, {each.id: each.reason for each in report.flags})
    given = numbers.reasons(report.findings())
    rows = (_row(_words(reason), f"{number:,}") for reason, number in given)
    yield _table("In the baseline, with a reason", "reason|findings:", rows, given, 0.5, "reason")
    notes = [*_unread(report), *_flagged(report, found), *_excluded(report)]
    yield _Section(("### Not judged", ""), notes, len(notes), "note", 1.0)


def _findings(found: Sequence[Finding], flags: Mapping[str, str]) -> Iterator[_Section]:
    errors = [each for each in found if each.severity is Severity.ERROR]
    rows = (_finding(each, flags) for each in errors)
    yield _table("Errors", "where|what|rule and id", rows, errors, 0.7, "error")
    noted = [each for each in found if each.severity is not Severity.ERROR]
    rows = (f"| {each.severity.value} {_finding(each, flags)}" for each in noted)
    yield _table("Noted, fails no gate", "severity|where|what|rule and id", rows, noted, 0.6, "noted finding")
    helps = list(dict.fromkeys((each.rule, each.help) for each in found if each.help))
    rows = (_row(_code(rule), _words(text)) for rule, text in helps)
    yield _table("How to fix", "rule|how", rows, helps, 0.7, "help")


def _table(title: str, columns: str, rows: Iterable[str], items: Sequence[object], share: float, noun: str) -> _Section:
    """Describe a table; a colon behind the name of a column puts its numbers to the right."""
    names = columns.split("|")
    rule = _row(*("--:" if each.endswith(":") else "---" for each in names))
    head = (_row(*(each.removesuffix(":") for each in names)), rule)
    return _Section((f"### {title}", "", *head) if title else head, rows, len(items), noun, share)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _head(report: Report) -> Iterator[str]:
    errors = [each for each in report.open() if each.severity is Severity.ERROR]
    found = numbers.of_report(report)
    yield f"## {_MARKS[report.verdict]} Quality gates {_came_to(report, errors)}"
    yield ""
    passed = sum(each.verdict is Verdict.PASSED for each in report.outcomes)
    resolved = f", **{found.resolved:,} resolved**" if found.resolved else ""
    yield (
        f"**{found.summed()}**, {found.noted:,} noted, {found.known:,} known{resolved}. "
        f"{passed} of {counted(len(report.outcomes), 'gate')} passed, "
        f"{counted(report.files, 'file')} with {counted(report.lines, 'line')} in {report.seconds:.1f} s."
    )
    if report.reason:
        yield _words(report.reason, cell=False)
    yield from _judged(report)


def _judged(report: Report) -> Iterator[str]:
    """Yield what was compared with what, and what came of it."""
    for words in (numbers.against(report.scope), numbers.improvement(report)):
        if words:
            yield f"{_words(words[0].upper() + words[1:], cell=False)}."
    if report.scope.paths:
        yield f"Looked only at {_listed([_code(each, cell=False) for each in report.scope.paths])}."


def _came_to(report: Report, errors: Sequence[Finding]) -> str:
    if report.verdict is Verdict.PASSED:
        return "passed"
    if report.verdict is Verdict.FAILED:
        files = counted(len({each.location.path for each in errors}), "file")
        return f"failed: {counted(len(errors), 'error')} in {files}"
    undecided = [each.gate for each in report.outcomes if each.verdict in (Verdict.BROKEN, Verdict.SKIPPED)]
    names = _listed([_words(each, cell=False) for each in undecided])
    return f"could not decide: {names}" if names else "could not decide"


def _listed(texts: Sequence[str]) -> str:
    more = [f"and {len(texts) - _MAX_PLACES:,} more"] if len(texts) > _MAX_PLACES else []
    return ", ".join([*texts[:_MAX_PLACES], *more])


def _gate(outcome: Outcome) -> str:
    inspected = [f"{outcome.inspected.get('files', 0):,} of {counted(outcome.planned, 'file')}"]
    inspected += [f"{number:,} {_words(unit)}" for unit, number in outcome.inspected.items() if unit != "files"]
    verdict = f"{_MARKS[outcome.verdict]} {outcome.verdict.value}"
    found = ", ".join(numbers.of_outcome(outcome).told())
    return _row(_words(outcome.gate), verdict, found, ", ".join(inspected), f"{outcome.seconds:.2f} s")


def _halted(outcome: Outcome) -> str:
    return _row(_words(outcome.gate), _words(outcome.reason), _words(outcome.hint))


def _group(group: Group) -> str:
    batch = " (one edit over all of them)" if group.batch else ""
    return _row(f"{_words(group.cause)}{batch}", f"{group.findings:,}", f"{group.files:,}", _place(group.location))


def _finding(finding: Finding, flags: Mapping[str, str]) -> str:
    what = [f"{_words(finding.message)}{numbers.was(finding)}"]
    origin = finding.origin.value if finding.origin is not Origin.UNKNOWN else ""
    if origin or finding.reason:
        what.append(f"({': '.join(filter(None, (origin, _words(finding.reason))))})")
    if finding.related:
        what.append(f"→ {_listed([_related(each) for each in finding.related])}")
    if finding.id in flags:
        what.append(f"🚩 **flagged for a person:** {_words(flags[finding.id])}")
    return _row(_place(finding.location), " ".join(what), f"{_code(finding.rule)} {_code(finding.id)}")


def _place(place: Location) -> str:
    return _code(f"{place.path}:{place.line}")


def _related(place: Location) -> str:
    return f"{_place(place)} {_words(place.note)}".rstrip()


def _unread(report: Report) -> list[str]:
    gates: dict[tuple[str, str], list[str]] = {}
    for outcome in report.outcomes:
        for each in outcome.unread if outcome.verdict is not Verdict.SKIPPED else ():
            gates.setdefault((each.path, each.reason), []).append(_words(outcome.gate, cell=False))
    return [
        f"- {_code(path, cell=False)} {_words(reason, cell=False)}; not inspected by {', '.join(names)}"
        for (path, reason), names in gates.items()
    ]


def _flagged(report: Report, found: Sequence[Finding]) -> list[str]:
    ids = {each.id for each in found}
    return [
        f"- {_code(each.id, cell=False)} is flagged and no longer open: {_words(each.reason, cell=False)}"
        for each in report.flags
        if each.id not in ids
    ]


def _excluded(report: Report) -> list[str]:
    return [
        f"- {_code(each.pattern, cell=False)} excludes {counted(each.files, 'file')}" for each in report.scope.excluded
    ]


def _foot(report: Report) -> Iterator[str]:
    found = numbers.of_report(report)
    known = f"Known: {found.accounted()}." if found.known else ""
    elsewhere = f"Outside of the paths that were asked for: {found.elsewhere:,}." if found.elsewhere else ""
    if known or elsewhere:
        yield f"{known} {elsewhere}".strip()
    reruns = [each.rerun for each in report.outcomes if each.verdict not in (Verdict.PASSED, Verdict.SKIPPED)]
    if reruns and reruns[0]:
        yield f"Check again with {_code(reruns[0], cell=False)}; `gates explain ID` says why a rule exists."
    yield from _rules(report)


def _rules(report: Report) -> Iterator[str]:
    policy = report.policy
    preset, source, digest, version = (
        _code(each, cell=False) for each in (policy.preset, policy.source, policy.digest, report.version)
    )
    if policy.untrusted:
        yield f"Untrusted: {_words(policy.untrusted, cell=False)}."
    yield f"Policy: preset {preset} of {source}, {digest}; quality-gates {version}."


def _words(text: str, *, cell: bool = True) -> str:
    return markdown(_cut(text), cell=cell)


def _code(text: str, *, cell: bool = True) -> str:
    return code(_cut(text), cell=cell)


def _cut(text: str) -> str:
    shown = visible(text)
    return shown if len(shown) <= _MAX_TEXT else f"{shown[:_MAX_TEXT]}…"
