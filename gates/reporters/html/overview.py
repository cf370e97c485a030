"""The page above the findings: verdict, numbers, gates, worst files and rules, root causes; and its foot."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from gates import numbers
from gates.model import Finding, Group, Outcome, Report, Unread, Verdict
from gates.numbers import Numbers
from gates.reporters.html.markup import LISTED, anchor, filtered, more, prose
from gates.reporters.html.tally import KINDS, Tally, tallies
from gates.text import counted, html, uri, visible

_MARKS = {Verdict.PASSED: "✓", Verdict.FAILED: "✗", Verdict.SKIPPED: "-", Verdict.BROKEN: "!"}
_TITLES = {Verdict.PASSED: "Passed", Verdict.FAILED: "Failed"}
_CLEAR = {Verdict.PASSED: "Every gate inspected what it had to, and no error is open"}
_WORST_FIRST = (Verdict.BROKEN, Verdict.FAILED, Verdict.SKIPPED, Verdict.PASSED)
_BARS = 10
_CAUSES = 8


def sections(report: Report, files: Sequence[Tally], found: Sequence[Finding]) -> Iterator[str]:
    """Yield what stands above the findings."""
    yield from _verdict(report)
    yield from _tiles(report, files)
    yield from _gates(report)
    if files:
        rules = sorted(tallies(found, lambda each: each.rule), key=lambda each: -each.errors - each.noted)
        yield '<div class="charts">'
        yield from _bars("Worst files", "file", files)
        yield from _bars("Most frequent rules", "rule", rules)
        yield "</div>"
    yield from _causes(report.groups)
    yield from _flags(report)


def title(report: Report) -> str:
    """Return the verdict, with the number of errors: new ones when all of them are."""
    found = numbers.of_report(report)
    verdict = _TITLES.get(report.verdict, "Could not decide")
    mark = ":" if report.verdict is Verdict.FAILED else ","
    errors = counted(found.errors, "new error" if found.introduced == found.errors else "error")
    return f"{verdict}{mark} {errors}" if found.errors else verdict


def top(report: Report) -> str:
    """Return the line above the verdict: what was judged, by which rules."""
    source = report.policy.source if report.policy.source != "default" else "no configuration found"
    paths = f"only {counted(len(report.scope.paths), 'path')}" if report.scope.paths else "whole project"
    scope = [paths, numbers.against(report.scope)]
    said = [*filter(None, scope), f"preset {report.policy.preset} ({source})", f"{report.seconds:.1f} s"]
    return f'<header class="top"><b>quality-gates report</b><span class="quiet">{html(", ".join(said))}</span></header>'


def _verdict(report: Report) -> Iterator[str]:
    verdict = report.verdict
    yield f'<section class="verdict {verdict.value}">'
    yield f'<h1><span aria-hidden="true">{_MARKS[verdict]}</span> {title(report)}</h1>'
    gates = defaultdict(list)
    for outcome in report.outcomes:
        gates[outcome.verdict].append(outcome.gate)
    words = {Verdict.BROKEN: "could not decide", Verdict.FAILED: "failed", Verdict.SKIPPED: "skipped"}
    said = "; ".join(f"{', '.join(gates[each])} {words[each]}" for each in _WORST_FIRST[:-1] if gates[each])
    step = _next(report)
    improved = numbers.improvement(report)
    lines = (
        said or _CLEAR.get(verdict, ""),
        report.reason,
        f"{improved[0].upper()}{improved[1:]}" if improved else "",
        f"Next: {step}" if step else "",
    )
    yield from (f"<p>{prose(each)}</p>" for each in lines if each)
    yield "</section>"


def _next(report: Report) -> str:
    for verdict, what in ((Verdict.BROKEN, "repair"), (Verdict.FAILED, "resolve the errors of")):
        for outcome in report.outcomes:
            if outcome.verdict is verdict:
                return f"{what} {outcome.gate}, then run `{outcome.rerun}`"
    return ""


def _tiles(report: Report, files: Sequence[Tally]) -> Iterator[str]:
    found = numbers.of_report(report)
    verdicts = Counter(each.verdict.value for each in report.outcomes)
    others = _sum(verdicts, [each.value for each in _WORST_FIRST[:-1]])
    caused = _caused(found, sum(each.errors > 0 for each in files))
    yield '<dl class="tiles">'
    yield _tile("Errors", found.errors, caused, "error")
    yield _tile("Noted", found.noted, "open, no errors", "noted")
    yield _tile("Known", found.known, found.accounted() or "nothing accepted or suppressed")
    if numbers.compares(report.scope):
        yield _tile("Resolved", found.resolved, numbers.against(report.scope), "passed")
    yield _tile("Gates passed", f"{verdicts['passed']} of {len(report.outcomes)}", others)
    yield _tile("Files", report.files, counted(report.lines, "line"))
    yield "</dl>"


def _tile(name: str, number: int | str, sub: str, kind: str = "") -> str:
    """A number with its name above and what it consists of below; one that is not 0 has the colour of its kind."""
    mark = f' class="{kind}"' if kind and number else ""
    shown = f"{number:,}" if isinstance(number, int) else number
    return f'<div><dt>{name}</dt><dd{mark}>{shown}</dd><dd class="sub">{html(sub)}</dd></div>'


def _sum(counts: Mapping[str, int], names: Sequence[str]) -> str:
    return ", ".join(f"{counts[each]:,} {each.replace('_', ' ')}" for each in names if counts.get(each))


def _caused(found: Numbers, files: int) -> str:
    if not files:
        return "nothing open fails a gate"
    return ", ".join(filter(None, (f"in {counted(files, 'file')}", found.origins())))


def _gates(report: Report) -> Iterator[str]:
    outcomes = sorted(report.outcomes, key=lambda each: _WORST_FIRST.index(each.verdict))
    yield '<section><h2>Gates</h2><ul class="gates">'
    for outcome in outcomes:
        yield from _gate(outcome)
    yield from (f'<li class="off"><b>{html(each.gate)}</b> off: {prose(each.why)}</li>' for each in report.policy.off)
    yield "</ul></section>"


def _gate(outcome: Outcome) -> Iterator[str]:
    verdict = outcome.verdict.value
    opened = " open" if outcome.verdict is Verdict.BROKEN or outcome.reason else ""
    told = ", ".join(numbers.of_outcome(outcome).told())
    decided = outcome.verdict in (Verdict.PASSED, Verdict.FAILED)
    found = f'<span class="quiet">{"nothing found" if decided else "no result"}</span>'
    if told:
        found = filtered(f"gate={uri(visible(outcome.gate))}&status=all", told)
    read = f"{outcome.inspected.get('files', 0):,} of {counted(outcome.planned, 'file')}"
    time = "cached" if outcome.cached else f"{outcome.seconds:.2f} s"
    yield f'<li><details class="gate"{opened}><summary><b>{html(outcome.gate)}</b>'
    yield f'<span class="{verdict}"><span aria-hidden="true">{_MARKS[outcome.verdict]}</span> {verdict}</span>'
    yield f'<span>{found}</span><span class="quiet">{read}</span><span class="quiet number">{time}</span></summary>'
    yield f'<div class="more">{"".join(_gate_more(outcome))}</div></details></li>'


def _gate_more(outcome: Outcome) -> Iterator[str]:
    if outcome.reason:
        yield f'<p class="{outcome.verdict.value}">{prose(outcome.reason)}</p>'
    if outcome.hint:
        yield f"<p>{prose(outcome.hint)}</p>"
    measures = (f"{name.replace('_', ' ')} {value:g}" for name, value in sorted(outcome.measures.items()))
    facts = (
        ("Inspected", _sum(outcome.inspected, list(outcome.inspected)) or "nothing"),
        ("Measured", ", ".join(measures)),
        ("Tools", ", ".join(f"{name} {version}" for name, version in sorted(outcome.tools.items()))),
        ("Run again", outcome.rerun and f"`{outcome.rerun}`"),
    )
    yield from (f"<p>{name}: {prose(text)}</p>" for name, text in facts if text)
    if outcome.unread:
        yield from _unread(outcome.unread)


def _unread(unread: Sequence[Unread]) -> Iterator[str]:
    yield f"<p>Not inspected: {counted(len(unread), 'file')}</p><ul>"
    yield from (f"<li>{html(each.path)}: {prose(each.reason)}</li>" for each in unread[:LISTED])
    yield f"</ul>{more(len(unread))}"


def _bars(title: str, key: str, found: Sequence[Tally]) -> Iterator[str]:
    """Bars of what is open; of what is known when nothing is open."""
    chosen = [each._replace(known=0, elsewhere=0) for each in found if each.errors + each.noted]
    shown = chosen or found
    status = "open" if chosen else "all"
    more = f" <small>{_BARS} of {len(shown):,}</small>" if len(shown) > _BARS else ""
    longest = max(sum(each.kinds) for each in shown)
    yield f'<section><h2>{title}{more}</h2><ol class="bars">'
    for each in shown[:_BARS]:
        wanted = f"{key}={uri(visible(each.name))}&status={status}"
        label = filtered(wanted, each.name)
        if key == "file":
            label = f'<a href="#{html(anchor(each.name))}">{html(each.name)}</a>'
        yield f'<li><div>{label}<span class="number">{each.told()}</span></div>{_bar(each, longest)}</li>'
    yield "</ol></section>"


def _bar(tally: Tally, longest: int) -> str:
    parts, left = [], 0.0
    for kind, number in zip(KINDS, tally.kinds, strict=True):
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
        yield f'<ol class="causes">{"".join(_cause(each) for each in rest)}</ol>{more(len(groups))}</details>'
    yield "</section>"


def _cause(group: Group) -> str:
    size = f"{counted(group.findings, 'finding')} in {counted(group.files, 'file')}"
    link = filtered(f"group={uri(visible(group.id))}", size)
    batch = ' <span class="batch">one batch edit</span>' if group.batch else ""
    place = html(f"{group.location.path}:{group.location.line}")
    return (
        f'<li><p>{prose(group.cause)}</p><p class="quiet">{link}, begin at <code>{place}</code>, '
        f"rule <code>{html(group.rule)}</code>{batch}</p></li>"
    )


def _flags(report: Report) -> Iterator[str]:
    if not report.flags:
        return
    yield '<section><h2>Flagged for a person</h2><ul class="causes">'
    for each in report.flags[:LISTED]:
        wanted = f"q={uri(visible(each.id))}&status=all"
        yield f"<li><p>{prose(each.reason)}</p><p>{filtered(wanted, each.id)}</p></li>"
    yield f"</ul>{more(len(report.flags))}</section>"


def about(report: Report) -> Iterator[str]:
    """Yield the foot of the page: policy, scope, version, and what the words mean."""
    policy = report.policy
    against = ", ".join(filter(None, (numbers.against(report.scope), report.scope.base)))
    facts = [
        ("Policy", f"{policy.source}, preset {policy.preset}, {policy.digest}"),
        *([("Untrusted", policy.untrusted)] if policy.untrusted else []),
        ("Scope", ", ".join(report.scope.paths) or "the whole project"),
        *([("Base", against)] if against else []),
        *(("Excluded", f"{each.pattern}: {counted(each.files, 'file')}") for each in report.scope.excluded),
        ("Version", f"quality-gates {report.version}"),
    ]
    yield '<footer><h2>About this report</h2><dl class="about">'
    yield from (f"<dt>{name}</dt><dd>{html(text)}</dd>" for name, text in facts)
    yield "<dt>Words</dt><dd>errors fail a gate while they are open; new or worsened: since the base; noted: open "
    yield "warnings and notes; known: in the base, accepted by the baseline, or suppressed, with the reason; "
    yield "elsewhere: outside of the paths that were asked for; resolved: in the base, and gone</dd></dl></footer>"
