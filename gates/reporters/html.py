"""The report as one HTML file that loads nothing: verdict, gates, worst files, root causes, findings to filter.

Its style and script are constants, which the page's own Content-Security-Policy allows by digest and nothing else.
Without the script every finding of the static part shows, folded by file; the script only filters and turns pages.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from string import Template
from typing import NamedTuple

import msgspec

from gates.model import (
    Finding,
    Group,
    Location,
    Origin,
    Outcome,
    Report,
    Severity,
    Status,
    Unread,
    Verdict,
    View,
)
from gates.text import counted, html, script_json, source_line, uri, visible

FULL = 2000
"""Findings that the page holds in full, with excerpt; of the others it holds what the script needs to list them."""
LISTED = 500
"""Root causes, flags and uninspected files that are listed; of more, their number."""

_ASSETS = Path(__file__).parent.parent / "assets"
_MARKS = {Verdict.PASSED: "✓", Verdict.FAILED: "✗", Verdict.SKIPPED: "-", Verdict.BROKEN: "!"}
_TITLES = {Verdict.PASSED: "Passed", Verdict.FAILED: "Failed"}
_CLEAR = {Verdict.PASSED: "Every gate inspected what it had to, and none found a new error"}
_WORST_FIRST = (Verdict.BROKEN, Verdict.FAILED, Verdict.SKIPPED, Verdict.PASSED)
_KINDS = ("error", "noted", "known")
_SEVERITIES = tuple(Severity)
_STATUSES = tuple(Status)
_BARS = 10
_CAUSES = 8
_CONTEXT = 2
_EXCERPT = 6
_LINE_WIDTH = 200
_RELATED = 5
_UNFOLDED = 20


class Tally(NamedTuple):
    """How many findings are new (open errors), noted (open, no errors) and known (not open), under one name."""

    name: str
    new: int = 0
    noted: int = 0
    known: int = 0


def render(report: Report, view: View) -> str:
    """Return the report as a self-contained HTML page."""
    findings = report.findings()
    files = _tallies(findings, lambda each: each.location.path)
    rank = {each.name: index for index, each in enumerate(files)}
    found = sorted(
        findings,
        key=lambda each: (each.status is not Status.OPEN, rank[each.location.path], each.location.line, each.rule),
    )
    style, script = _asset("report.css"), _asset("report.js")
    return Template(_asset("report.html")).substitute(
        policy=_policy(style, script),
        title=html(f"{_title(report)} - quality-gates"),
        style=style,
        body="\n".join(_body(report, files, found, view)),
        data=_data(found),
        script=script,
    )


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    digests = (
        f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in (style, script)
    )
    own_style, own_script = digests
    return f"default-src 'none'; style-src {own_style}; script-src {own_script}; base-uri 'none'; form-action 'none'"


def _body(report: Report, files: Sequence[Tally], found: Sequence[Finding], view: View) -> Iterator[str]:
    yield _top(report)
    yield "<main>"
    yield from _verdict(report)
    yield from _tiles(report, files)
    yield from _gates(report)
    if files:
        rules = sorted(_tallies(found, lambda each: each.rule), key=lambda each: -each.new - each.noted)
        yield '<div class="charts">'
        yield from _bars("Worst files", "file", files)
        yield from _bars("Most frequent rules", "rule", rules)
        yield "</div>"
    yield from _causes(report.groups)
    yield from _flags(report)
    yield from _findings(report, found, view)
    yield "</main>"
    yield from _about(report)


def _kind(finding: Finding) -> int:
    if finding.status is not Status.OPEN:
        return 2
    return 0 if finding.severity is Severity.ERROR else 1


def _tallies(findings: Iterable[Finding], name: Callable[[Finding], str]) -> list[Tally]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for finding in findings:
        counts[name(finding)][_kind(finding)] += 1
    tallies = (Tally(each, *numbers) for each, numbers in counts.items())
    return sorted(tallies, key=lambda each: (-each.new, -each.noted, -each.known, each.name))


def _tally(findings: Iterable[Finding]) -> Tally:
    return next(iter(_tallies(findings, lambda each: "")), Tally(""))


def _numbers(tally: Tally) -> str:
    named = ((tally.new, "new"), (tally.noted, "noted"), (tally.known, "known"))
    return ", ".join(f"{number:,} {name}" for number, name in named if number)


def _title(report: Report) -> str:
    errors = sum(each.severity is Severity.ERROR for each in report.open())
    verdict = _TITLES.get(report.verdict, "Could not decide")
    mark = ":" if report.verdict is Verdict.FAILED else ","
    return f"{verdict}{mark} {counted(errors, 'new error')}" if errors else verdict


def _top(report: Report) -> str:
    source = report.policy.source if report.policy.source != "default" else "no configuration found"
    policy = html(f"preset {report.policy.preset} ({source})")
    paths = f"only {counted(len(report.scope.paths), 'path')}" if report.scope.paths else "whole project"
    about = f"{paths}, {policy}, {report.seconds:.1f} s"
    return f'<header class="top"><b>quality-gates report</b><span class="quiet">{about}</span></header>'


def _verdict(report: Report) -> Iterator[str]:
    verdict = report.verdict
    yield f'<section class="verdict {verdict.value}">'
    yield f'<h1><span aria-hidden="true">{_MARKS[verdict]}</span> {_title(report)}</h1>'
    gates = defaultdict(list)
    for outcome in report.outcomes:
        gates[outcome.verdict].append(outcome.gate)
    words = {Verdict.BROKEN: "could not decide", Verdict.FAILED: "failed", Verdict.SKIPPED: "skipped"}
    said = "; ".join(f"{', '.join(gates[each])} {words[each]}" for each in _WORST_FIRST[:-1] if gates[each])
    step = _next(report)
    lines = (said or _CLEAR.get(verdict, ""), report.reason, f"Next: {step}" if step else "")
    yield from (f"<p>{_prose(each)}</p>" for each in lines if each)
    yield "</section>"


def _next(report: Report) -> str:
    for verdict, what in ((Verdict.BROKEN, "repair"), (Verdict.FAILED, "resolve what is new in")):
        for outcome in report.outcomes:
            if outcome.verdict is verdict:
                return f"{what} {outcome.gate}, then run `{outcome.rerun}`"
    return ""


def _tiles(report: Report, files: Sequence[Tally]) -> Iterator[str]:
    all_found = _tally(report.findings())
    status = Counter(each.status.value for each in report.findings())
    verdicts = Counter(each.verdict.value for each in report.outcomes)
    caused = _caused(report, sum(each.new > 0 for each in files))
    accounted = _sum(status, [each.value for each in _STATUSES[1:]]) or "nothing accepted or suppressed"
    others = _sum(verdicts, [each.value for each in _WORST_FIRST[:-1]])
    yield '<dl class="tiles">'
    yield _tile("New errors", f"{all_found.new:,}", caused, "error" if all_found.new else "")
    yield _tile("Noted", f"{all_found.noted:,}", "open, no errors", "noted" if all_found.noted else "")
    yield _tile("Known", f"{all_found.known:,}", accounted)
    yield _tile("Gates passed", f"{verdicts['passed']} of {len(report.outcomes)}", others)
    yield _tile("Files", f"{report.files:,}", counted(report.lines, "line"))
    yield "</dl>"


def _tile(name: str, number: str, sub: str, kind: str = "") -> str:
    mark = f' class="{kind}"' if kind else ""
    return f'<div><dt>{name}</dt><dd{mark}>{number}</dd><dd class="sub">{html(sub)}</dd></div>'


def _sum(counts: Mapping[str, int], names: Sequence[str]) -> str:
    return ", ".join(f"{counts[each]:,} {each.replace('_', ' ')}" for each in names if counts.get(each))


def _caused(report: Report, files: int) -> str:
    errors = (each for each in report.open() if each.severity is Severity.ERROR)
    origin = Counter(each.origin for each in errors)
    named = ((origin[Origin.INTRODUCED], "introduced"), (origin[Origin.WORSENED], "worsened"))
    parts = [f"{number:,} {name}" for number, name in named if number]
    return ", ".join([f"in {counted(files, 'file')}", *parts]) if files else "nothing open fails a gate"


def _gates(report: Report) -> Iterator[str]:
    outcomes = sorted(report.outcomes, key=lambda each: _WORST_FIRST.index(each.verdict))
    yield '<section><h2>Gates</h2><ul class="gates">'
    for outcome in outcomes:
        yield from _gate(outcome)
    yield from (f'<li class="off"><b>{html(each.gate)}</b> off: {_prose(each.why)}</li>' for each in report.policy.off)
    yield "</ul></section>"


def _gate(outcome: Outcome) -> Iterator[str]:
    verdict = outcome.verdict.value
    opened = " open" if outcome.verdict is Verdict.BROKEN or outcome.reason else ""
    tally = _tally(outcome.findings)
    decided = outcome.verdict in (Verdict.PASSED, Verdict.FAILED)
    numbers = f'<span class="quiet">{"nothing found" if decided else "no result"}</span>'
    if any(tally[1:]):
        numbers = _filter(f"gate={uri(visible(outcome.gate))}&status=all", _numbers(tally))
    read = f"{outcome.inspected.get('files', 0):,} of {counted(outcome.planned, 'file')}"
    time = "cached" if outcome.cached else f"{outcome.seconds:.2f} s"
    yield f'<li><details class="gate"{opened}><summary><b>{html(outcome.gate)}</b>'
    yield f'<span class="{verdict}"><span aria-hidden="true">{_MARKS[outcome.verdict]}</span> {verdict}</span>'
    yield f'<span>{numbers}</span><span class="quiet">{read}</span><span class="quiet number">{time}</span></summary>'
    yield f'<div class="more">{"".join(_gate_more(outcome))}</div></details></li>'


def _gate_more(outcome: Outcome) -> Iterator[str]:
    if outcome.reason:
        yield f'<p class="{outcome.verdict.value}">{_prose(outcome.reason)}</p>'
    if outcome.hint:
        yield f"<p>{_prose(outcome.hint)}</p>"
    measures = (f"{name.replace('_', ' ')} {value:g}" for name, value in sorted(outcome.measures.items()))
    facts = (
        ("Inspected", _sum(outcome.inspected, list(outcome.inspected)) or "nothing"),
        ("Measured", ", ".join(measures)),
        ("Tools", ", ".join(f"{name} {version}" for name, version in sorted(outcome.tools.items()))),
        ("Run again", outcome.rerun and f"`{outcome.rerun}`"),
    )
    yield from (f"<p>{name}: {_prose(text)}</p>" for name, text in facts if text)
    if outcome.unread:
        yield from _unread(outcome.unread)


def _unread(unread: Sequence[Unread]) -> Iterator[str]:
    yield f"<p>Not inspected: {counted(len(unread), 'file')}</p><ul>"
    yield from (f"<li>{html(each.path)}: {_prose(each.reason)}</li>" for each in unread[:LISTED])
    yield f"</ul>{_more(len(unread))}"


def _more(number: int) -> str:
    left = number - LISTED
    hint = "gates check --output-format json"
    return f'<p class="quiet">and {left:,} more: <code>{hint}</code></p>' if left > 0 else ""


def _filter(wanted: str, shown: str) -> str:
    """A text that the script turns into a link to a filtered list; without it there is nothing to link to."""
    return f'<span data-filter="{html(wanted)}">{html(shown)}</span>'


def _bars(title: str, key: str, tallies: Sequence[Tally]) -> Iterator[str]:
    """Bars of what is open; of what is known when nothing is open."""
    chosen = [each._replace(known=0) for each in tallies if each.new + each.noted]
    shown = chosen or tallies
    status = "open" if chosen else "all"
    more = f" <small>{_BARS} of {len(shown):,}</small>" if len(shown) > _BARS else ""
    longest = max(sum(each[1:]) for each in shown)
    yield f'<section><h2>{title}{more}</h2><ol class="bars">'
    for each in shown[:_BARS]:
        wanted = f"{key}={uri(visible(each.name))}&status={status}"
        label = _filter(wanted, each.name)
        if key == "file":
            label = f'<a href="#{html(_anchor(each.name))}">{html(each.name)}</a>'
        yield f'<li><div>{label}<span class="number">{_numbers(each)}</span></div>{_bar(each, longest)}</li>'
    yield "</ol></section>"


def _anchor(path: str) -> str:
    return f"file={uri(visible(path))}"


def _bar(tally: Tally, longest: int) -> str:
    parts, left = [], 0.0
    for kind, number in zip(_KINDS, tally[1:], strict=True):
        if number:
            width = 100 * number / longest
            parts.append(f'<rect class="{kind}" x="{left:.2f}" y="0" width="{width:.2f}" height="8"></rect>')
            left += width
    box = 'viewBox="0 0 100 8" preserveAspectRatio="none" width="100%" height="6" aria-hidden="true"'
    return f"<svg {box}>{''.join(parts)}</svg>"


def _causes(groups: Sequence[Group]) -> Iterator[str]:
    if not groups:
        return
    note = "findings that one edit would resolve, in the order to work on"
    yield f'<section><h2>Root causes <small>{len(groups):,}: {note}</small></h2><ol class="causes">'
    yield from (_cause(each) for each in groups[:_CAUSES])
    yield "</ol>"
    if len(groups) > _CAUSES:
        rest = groups[_CAUSES:LISTED]
        yield f"<details><summary>{counted(len(rest), 'more root cause')}</summary>"
        yield f'<ol class="causes">{"".join(_cause(each) for each in rest)}</ol>{_more(len(groups))}</details>'
    yield "</section>"


def _cause(group: Group) -> str:
    size = f"{counted(group.findings, 'finding')} in {counted(group.files, 'file')}"
    link = _filter(f"group={uri(visible(group.id))}", size)
    batch = ' <span class="batch">one batch edit</span>' if group.batch else ""
    place = html(f"{group.location.path}:{group.location.line}")
    return (
        f'<li><p>{_prose(group.cause)}</p><p class="quiet">{link}, begin at <code>{place}</code>, '
        f"rule <code>{html(group.rule)}</code>{batch}</p></li>"
    )


def _flags(report: Report) -> Iterator[str]:
    if not report.flags:
        return
    yield '<section><h2>Flagged for a person</h2><ul class="causes">'
    for each in report.flags[:LISTED]:
        wanted = f"q={uri(visible(each.id))}&status=all"
        yield f"<li><p>{_prose(each.reason)}</p><p>{_filter(wanted, each.id)}</p></li>"
    yield f"</ul>{_more(len(report.flags))}</section>"


def _findings(report: Report, found: Sequence[Finding], view: View) -> Iterator[str]:
    yield '<section><h2 id="findings" tabindex="-1">Findings</h2>'
    yield from _filters(report, found)
    yield f'<p id="count" role="status">{counted(len(found), "finding")}</p>'
    if len(found) > FULL:
        yield (
            f'<p id="rest">Listed here are the first {FULL:,}; {len(found) - FULL:,} are left out. This page lists '
            "them where scripts may run; <code>gates check --output-format json</code> writes them all.</p>"
        )
    yield '<div id="list">'
    yield from _folders(found[:FULL], view)
    yield "</div>"
    yield (
        '<div id="pager" hidden><button type="button" id="previous">Previous</button><span id="page"></span>'
        '<button type="button" id="next">Next</button></div></section>'
    )


def _filters(report: Report, found: Sequence[Finding]) -> Iterator[str]:
    severity = Counter(each.severity for each in found)
    status = Counter(each.status for each in found)
    gates = [("", "All"), *((each.gate, each.gate) for each in report.outcomes if each.findings)]
    severities = [("", "All"), *((each.value, f"{each.value} ({severity[each]:,})") for each in _SEVERITIES)]
    statuses = [(each.value, f"{each.value.replace('_', ' ')} ({status[each]:,})") for each in _STATUSES]
    known = len(found) - status[Status.OPEN]
    yield '<div id="filters" role="search" aria-label="Findings" hidden>'
    hint = "message, path, symbol, rule, id"
    yield f'<label>Search <input type="search" id="q" autocomplete="off" placeholder="{hint}"></label>'
    yield _select("Gate", gates)
    yield _select("Severity", severities)
    yield _select("Status", [("all", "All"), *statuses[:1], ("known", f"known ({known:,})"), *statuses[1:]])
    yield '<button type="button" id="clear">Clear</button><button type="button" id="fold">Unfold all</button></div>'


def _select(label: str, options: Sequence[tuple[str, str]]) -> str:
    inside = "".join(f'<option value="{html(value)}">{html(shown)}</option>' for value, shown in options)
    return f'<label>{label} <select id="{label.lower()}" autocomplete="off">{inside}</select></label>'


def _folders(found: Sequence[Finding], view: View) -> Iterator[str]:
    seen: set[str] = set()
    opened = " open" if len(found) <= _UNFOLDED else ""
    for (_, path), group in groupby(found, key=lambda each: (each.status is Status.OPEN, each.location.path)):
        inside = list(group)
        anchor = "" if path in seen else f' id="{html(_anchor(path))}"'
        seen.add(path)
        numbers = f'<span class="number">{_numbers(_tally(inside))}</span>'
        yield f'<details class="file"{anchor}{opened}><summary><b>{html(path) or "(project)"}</b>'
        yield f"{numbers}</summary><ol>"
        lines = view.sources(path) if view.excerpts else ()
        for finding in inside:
            yield from _card(finding, lines)
        yield "</ol></details>"


def _card(finding: Finding, lines: Sequence[str]) -> Iterator[str]:
    kind, severity = _KINDS[_kind(finding)], finding.severity.value
    yield f'<li class="finding"><p><b class="tag {kind}">{severity}</b> {_prose(finding.message)}</p>'
    yield f'<p class="meta">{"".join(_meta(finding))}</p>'
    if finding.status is not Status.OPEN:
        words = finding.status.value.replace("_", " ")
        yield f'<p class="known">{html(f"{words}: {finding.reason}" if finding.reason else words)}</p>'
    shown = "".join(_excerpt(finding, lines))
    if shown:
        yield f'<pre class="excerpt">{shown}</pre>'
    for each in finding.related[:_RELATED]:
        note = f" {_prose(each.note)}" if each.note else ""
        yield f'<p class="quiet">→ <code>{html(each.path)}:{each.line}</code>{note}</p>'
    if len(finding.related) > _RELATED:
        yield f'<p class="quiet">and {len(finding.related) - _RELATED:,} more related places</p>'
    if finding.help:
        yield f"<p>{_prose(finding.help)}</p>"
    yield "</li>"


def _meta(finding: Finding) -> Iterator[str]:
    place = finding.location
    yield f"<span>line {place.line}, column {place.column}</span>"
    yield f'<code class="rule">{html(finding.rule)}</code>'
    if place.symbol:
        yield f"<span><code>{html(place.symbol)}</code></span>"
    if finding.origin is not Origin.UNKNOWN:
        yield f"<span>{finding.origin.value}</span>"
    yield f"<code>{html(finding.id)}</code>"


def _excerpt(finding: Finding, lines: Sequence[str]) -> Iterator[str]:
    place = finding.location
    last = place.line if finding.measure else min(max(place.line, place.end_line), place.line + _EXCERPT - 1)
    for number in range(max(place.line - _CONTEXT, 1), min(last + _CONTEXT, len(lines)) + 1):
        hit = place.line <= number <= last
        mark, name = (">", ' class="hit"') if hit else (" ", "")
        code = _cut(source_line(lines[number - 1]), place if hit else None)
        yield f"<span{name}>{mark} {number:>5} | {html(code)}</span>"


def _cut(code: str, place: Location | None) -> str:
    """Bound a line of source, keeping what stands at the place; a mark shows where it was cut."""
    if len(code) <= _LINE_WIDTH:
        return code
    start = max(0, place.column - _LINE_WIDTH // 2) if place and place.column > _LINE_WIDTH else 0
    return f"{'…' if start else ''}{code[start : start + _LINE_WIDTH]}…"


def _prose(text: str) -> str:
    """Text in which what stands between backticks becomes code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return html(text)
    return "".join(f"<code>{html(part)}</code>" if index % 2 else html(part) for index, part in enumerate(parts))


def _data(found: Sequence[Finding]) -> str:
    """Every finding as a row of numbers into one table of texts: the columns that `report.js` names."""
    texts: dict[str, int] = {}
    rows = [_row(each, lambda text: texts.setdefault(text, len(texts))) for each in found]
    shown = [visible(each) for each in texts]
    return script_json(msgspec.json.encode({"texts": shown, "rows": rows}).decode("utf-8"))


def _row(finding: Finding, at: Callable[[str], int]) -> tuple[int | str, ...]:
    place = finding.location
    return (
        at(place.path),
        place.line,
        place.column,
        at(finding.rule),
        _SEVERITIES.index(finding.severity),
        _STATUSES.index(finding.status),
        at("" if finding.origin is Origin.UNKNOWN else finding.origin.value),
        at(finding.message),
        at(place.symbol),
        at(finding.reason),
        at(finding.help),
        at(finding.group),
        visible(finding.id),
    )


def _about(report: Report) -> Iterator[str]:
    policy = report.policy
    facts = [
        ("Policy", f"{policy.source}, preset {policy.preset}, {policy.digest}"),
        ("Scope", ", ".join(report.scope.paths) or "the whole project"),
        *(("Excluded", f"{each.pattern}: {counted(each.files, 'file')}") for each in report.scope.excluded),
        ("Version", f"quality-gates {report.version}"),
    ]
    yield '<footer><h2>About this report</h2><dl class="about">'
    yield from (f"<dt>{name}</dt><dd>{html(text)}</dd>" for name, text in facts)
    yield "<dt>Words</dt><dd>new: open errors, which fail a gate; noted: open warnings and notes; known: accepted, "
    yield "suppressed or out of scope, with the reason</dd></dl></footer>"
