"""The findings of the page: filters, cards folded by file, and the same as data for the script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from itertools import groupby
from typing import Any

import msgspec

from gates import numbers
from gates.model import Finding, Location, Origin, Report, Severity, Status, View
from gates.reporters.html.markup import anchor, prose
from gates.reporters.html.tally import KINDS, kind, tally
from gates.text import counted, html, script_json, source_line, visible

FULL = 2000
"""Findings that the page holds in full, with excerpt; of the others it holds what the script needs to list them."""

_SEVERITIES = tuple(Severity)
_STATUSES = tuple(Status)
_KNOWN = (Status.ACCEPTED, Status.SUPPRESSED)
_ORIGINS = (Origin.INTRODUCED, Origin.WORSENED, Origin.INHERITED)
_CLASSES = (*KINDS[:3], "known")
_CONTEXT = 2
_EXCERPT = 6
_LINE_WIDTH = 200
_RELATED = 5
_UNFOLDED = 20


def section(report: Report, found: Sequence[Finding], view: View) -> Iterator[str]:
    """Yield the filters and the list."""
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
    gates = [("", "All"), *((each.gate, each.gate) for each in report.outcomes if each.findings)]
    severities = _numbered(Severity, Counter(each.severity for each in found))
    origin = Counter(each.origin for each in found)
    yield '<div id="filters" role="search" aria-label="Findings" hidden>'
    hint = "message, path, symbol, rule, id"
    yield f'<label>Search <input type="search" id="q" autocomplete="off" placeholder="{hint}"></label>'
    yield _select("Gate", gates)
    yield _select("Severity", [("", "All"), *severities])
    yield _select("Status", _statuses(found))
    if len(found) > origin.pop(Origin.UNKNOWN, 0):
        yield _select("Origin", [("", "All"), *_numbered(_ORIGINS, origin)])
    yield '<button type="button" id="clear">Clear</button><button type="button" id="fold">Unfold all</button></div>'


def _statuses(found: Sequence[Finding]) -> list[tuple[str, str]]:
    status = Counter(each.status for each in found)
    known = sum(status[each] for each in _KNOWN)
    first, *others = _numbered(Status, status)
    return [("all", "All"), first, ("known", f"known ({known:,})"), *others]


def _numbered(values: Iterable[Enum], counts: Counter[Any]) -> list[tuple[str, str]]:
    """Return an option for each value, with the number of findings that have it."""
    return [(each.value, f"{each.value.replace('_', ' ')} ({counts[each]:,})") for each in values]


def _select(label: str, options: Sequence[tuple[str, str]]) -> str:
    inside = "".join(f'<option value="{html(value)}">{html(shown)}</option>' for value, shown in options)
    return f'<label>{label} <select id="{label.lower()}" autocomplete="off">{inside}</select></label>'


def _folders(found: Sequence[Finding], view: View) -> Iterator[str]:
    seen: set[str] = set()
    opened = " open" if len(found) <= _UNFOLDED else ""
    for (_, path), group in groupby(found, key=lambda each: (each.status is Status.OPEN, each.location.path)):
        inside = list(group)
        place = "" if path in seen else f' id="{html(anchor(path))}"'
        seen.add(path)
        numbers = f'<span class="number">{tally(inside).told()}</span>'
        yield f'<details class="file"{place}{opened}><summary><b>{html(path) or "(project)"}</b>'
        yield f"{numbers}</summary><ol>"
        lines = view.sources(path) if view.excerpts else ()
        for finding in inside:
            yield from _card(finding, lines)
        yield "</ol></details>"


def _card(finding: Finding, lines: Sequence[str]) -> Iterator[str]:
    mark, severity = _CLASSES[kind(finding)], finding.severity.value
    said = f"{prose(finding.message)}{numbers.was(finding)}"
    yield f'<li class="finding"><p><b class="tag {mark}">{severity}</b> {said}</p>'
    yield f'<p class="meta">{"".join(_meta(finding))}</p>'
    if finding.status is not Status.OPEN:
        words = finding.status.value.replace("_", " ")
        yield f'<p class="known">{html(f"{words}: {finding.reason}" if finding.reason else words)}</p>'
    elif finding.reason:
        yield f"<p>{html(finding.reason)}</p>"
    shown = "".join(_excerpt(finding, lines))
    if shown:
        yield f'<pre class="excerpt">{shown}</pre>'
    for each in finding.related[:_RELATED]:
        note = f" {prose(each.note)}" if each.note else ""
        yield f'<p class="quiet">→ <code>{html(each.path)}:{each.line}</code>{note}</p>'
    if len(finding.related) > _RELATED:
        yield f'<p class="quiet">and {len(finding.related) - _RELATED:,} more related places</p>'
    if finding.help:
        yield f"<p>{prose(finding.help)}</p>"
    yield "</li>"


def _meta(finding: Finding) -> Iterator[str]:
    place = finding.location
    yield f"<span>line {place.line}, column {place.column}</span>"
    yield f'<code class="rule">{html(finding.rule)}</code>'
    if place.symbol:
        yield f"<span><code>{html(place.symbol)}</code></span>"
    if finding.origin is not Origin.UNKNOWN:
        yield f'<span class="origin {finding.origin.value}">{finding.origin.value}</span>'
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


def data(found: Sequence[Finding]) -> str:
    """Return every finding as a row of numbers into one table of texts: the columns that `report.js` names."""
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
        at(numbers.message(finding)),
        at(place.symbol),
        at(finding.reason),
        at(finding.help),
        at(finding.group),
        visible(finding.id),
    )
