"""A check made twice, without anything kept from before: a verdict that a second look does not repeat is none."""

from __future__ import annotations

import tempfile
from collections import Counter

import msgspec

from gates import engine
from gates.asking import Request
from gates.engine import Examined
from gates.model import Finding, Outcome, Report, Verdict
from gates.running import listed
from gates.text import counted

_HINT = "Check once more: a file may have changed meanwhile. Else look at what this tool and its plugins depend on."


def examined(request: Request) -> Examined:
    """Check a project twice, with empty caches, and return the first report; a gate that differs could not decide.

    Raises:
        GatesError: the configuration or the request cannot be followed.
        BrokenError: git does not answer.
    """
    found, again = _once(request), _once(request)
    return msgspec.structs.replace(found, report=confirmed(found.report, again.report))


def confirmed(report: Report, again: Report) -> Report:
    """Return a report in which every gate that came to something else in another one could not decide."""
    others = {each.gate: each for each in again.outcomes}
    outcomes = tuple(_confirmed(each, others.get(each.gate)) for each in report.outcomes)
    return msgspec.structs.replace(report, outcomes=outcomes)


def _once(request: Request) -> Examined:
    with tempfile.TemporaryDirectory(prefix="gates-") as cache:
        loaded = msgspec.structs.replace(request.loaded, cache=cache)
        return engine.examined(msgspec.structs.replace(request, loaded=loaded))


def _confirmed(outcome: Outcome, again: Outcome | None) -> Outcome:
    """Return an outcome as it is when another one is the same; else one that could not decide, with what both found."""
    if again is not None and _timeless(outcome) == _timeless(again):
        return outcome
    first, second = (Counter(map(_shown, each.findings if each else ())) for each in (outcome, again))
    differ = sorted({*(first - second), *(second - first)})
    said = f": {counted(len(differ), 'finding')} only in one of them: {listed(differ)}" if differ else ""
    return msgspec.structs.replace(
        outcome,
        verdict=Verdict.BROKEN,
        findings=tuple(each for each in outcome.findings if _shown(each) in second),
        reason=f"a second check came to something else{said}",
        hint=_HINT,
    )


def _timeless(outcome: Outcome) -> Outcome:
    return msgspec.structs.replace(outcome, seconds=0.0, cached=False)


def _shown(finding: Finding) -> str:
    place = finding.location
    return f"{place.path}:{place.line}:{place.column} {finding.rule}"
