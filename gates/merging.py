"""Several reports as one, and a report with the results of other tools in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from gates.grouping import grouped, with_groups
from gates.model import (
    Finding,
    Flag,
    GatesError,
    Outcome,
    Report,
    Unread,
    Verdict,
)
from gates.numbers import compares
from gates.reporters import json as published

_WORST = (Verdict.BROKEN, Verdict.FAILED, Verdict.SKIPPED, Verdict.PASSED)


def with_outcomes(report: Report, outcomes: Iterable[Outcome]) -> Report:
    """Return the report with these outcomes in the place of those of the same gates, and its groups anew."""
    kept = {each.gate: each for each in report.outcomes} | {each.gate: each for each in outcomes}
    return _regrouped(msgspec.structs.replace(report, outcomes=tuple(kept[gate] for gate in sorted(kept))))


def merged(reports: Sequence[Report]) -> Report:
    """Return what several reports say together, for example of the parts of one project, whatever their order.

    Equal reports count once. Outcomes of the same gate are joined: findings united, numbers added, the worst verdict.

    Raises:
        GatesError: they were not made with the same rules by the same version, or not compared with the same base.
    """
    parts = _distinct(reports)
    if len({(each.version, each.policy.digest) for each in parts}) > 1:
        raise GatesError("these reports were not made with the same rules by the same version of gates")
    if len({(compares(each.scope), each.scope.base) for each in parts}) > 1:
        raise GatesError("these reports do not compare with the same base")
    first = parts[0]
    return _regrouped(
        msgspec.structs.replace(
            first,
            outcomes=_outcomes(parts),
            scope=msgspec.structs.replace(first.scope, paths=_united(each.scope.paths for each in parts)),
            files=sum(each.files for each in parts),
            lines=sum(each.lines for each in parts),
            flags=_flags(parts),
            seconds=max(each.seconds for each in parts),
        )
    )


def _distinct(reports: Sequence[Report]) -> list[Report]:
    by_content = {msgspec.json.encode(published.document(each)): each for each in reports}
    return [by_content[content] for content in sorted(by_content)]


def _united(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({each for group in groups for each in group}))


def _flags(reports: Sequence[Report]) -> tuple[Flag, ...]:
    flags = {flag.id: flag for each in reports for flag in each.flags}
    return tuple(flags[name] for name in sorted(flags))


def _outcomes(reports: Sequence[Report]) -> tuple[Outcome, ...]:
    by_gate: dict[str, list[Outcome]] = {}
    for report in reports:
        for outcome in report.outcomes:
            by_gate.setdefault(outcome.gate, []).append(outcome)
    return tuple(_joined(by_gate[gate]) for gate in sorted(by_gate))


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    return msgspec.structs.replace(
        outcomes[0],
        verdict=min((each.verdict for each in outcomes), key=_WORST.index),
        findings=_findings(outcomes),
        planned=sum(each.planned for each in outcomes),
        inspected=_added([each.inspected for each in outcomes]),
        unread=_unread(outcomes),
        resolved=sum(each.resolved for each in outcomes),
        reason="; ".join(reason for reason in _united([each.reason] for each in outcomes) if reason),
        seconds=max(each.seconds for each in outcomes),
    )


def _findings(outcomes: Iterable[Outcome]) -> tuple[Finding, ...]:
    findings = {_place(finding): finding for outcome in outcomes for finding in outcome.findings}
    return tuple(findings[place] for place in sorted(findings))


def _unread(outcomes: Iterable[Outcome]) -> tuple[Unread, ...]:
    unread = {each for outcome in outcomes for each in outcome.unread}
    return tuple(sorted(unread, key=lambda each: (each.path, each.reason)))


def _added(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    names = sorted({name for each in counts for name in each})
    return {name: sum(each.get(name, 0) for each in counts) for name in names}


def _place(finding: Finding) -> tuple[str, int, int, str, str]:
    place = finding.location
    return (place.path, place.line, place.column, finding.rule, finding.id)


def _regrouped(report: Report) -> Report:
    """Group what is open anew; a declaration that was found before is kept by its cause."""
    known = {each.cause: each.location for each in report.groups}
    causes = grouped(report.open(), lambda owner, name: None)
    groups = (msgspec.structs.replace(each, location=known.get(each.cause, each.location)) for each in causes.groups)
    outcomes = (with_groups(each, causes.members) for each in report.outcomes)
    return msgspec.structs.replace(report, outcomes=tuple(outcomes), groups=tuple(groups))
