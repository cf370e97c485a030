"""Numbers of findings and the words for them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from gates import numbers
from gates.model import (
    Finding,
    Location,
    Measure,
    Origin,
    Outcome,
    Report,
    Scope,
    Severity,
    Status,
    Verdict,
)
from gates.numbers import Numbers
from tests.reporters.sample import BETTER, REPORT, SINCE

PLAIN = Finding(rule="a/b", message="`f` has 17 paths, limit 10", location=Location("a.py"))
MEASURED = replace(PLAIN, measure=Measure(17, 10, "paths"))


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (Numbers(), ""),
        (Numbers(unknown=1, noted=2), "1 error, 2 noted"),
        (Numbers(unknown=2000, elsewhere=1), "2,000 errors, 1 elsewhere"),
        (
            Numbers(introduced=3, worsened=1, in_base=10, suppressed=2, resolved=4),
            "3 new, 1 worsened, 12 known, 4 resolved",
        ),
        (Numbers(introduced=1, unknown=1, inherited=1), "1 new, 1 inherited, 1 error"),
    ],
)
def test_a_line(found: Numbers, told: str) -> None:
    assert ", ".join(found.told()) == told


@pytest.mark.parametrize(
    ("found", "summed"),
    [
        (Numbers(), "0 errors"),
        (Numbers(unknown=1), "1 error"),
        (Numbers(introduced=3, worsened=1), "4 errors (3 new, 1 worsened)"),
        (Numbers(introduced=1, unknown=1), "2 errors (1 new, 1 of unknown origin)"),
    ],
)
def test_a_sum(found: Numbers, summed: str) -> None:
    assert found.summed() == summed


@pytest.mark.parametrize(
    ("reason", "accounted"),
    [
        ("base", "in the base"),
        ("baseline", "in the baseline"),
        ("baseline: it goes in May", "in the baseline"),
        ("every duplication/clone in it is accepted", "accepted otherwise"),
        ("baselines are fine", "accepted otherwise"),
    ],
)
def test_why_a_finding_is_known(reason: str, accounted: str) -> None:
    found = numbers.of_findings([replace(PLAIN, status=Status.ACCEPTED, reason=reason)])
    assert (found.known, found.accounted()) == (1, accounted)


def test_every_finding_counts_once() -> None:
    for report in (REPORT, SINCE, BETTER):
        found = numbers.of_report(report)
        assert found.errors + found.noted + found.known + found.elsewhere == len(report.findings())


def test_a_warning_is_noted_wherever_it_is_from() -> None:
    found = numbers.of_findings([replace(PLAIN, severity=Severity.WARNING, origin=Origin.INTRODUCED)])
    assert (found.errors, found.noted, found.origins()) == (0, 1, "")


@pytest.mark.parametrize(
    ("finding", "was"),
    [
        (replace(MEASURED, before=14.0), ", was 14"),
        (replace(MEASURED, before=14.25), ", was 14.25"),
        (replace(MEASURED, before=17.0), ""),
        (MEASURED, ""),
        (replace(PLAIN, before=14.0), ""),
    ],
)
def test_what_a_value_was(finding: Finding, was: str) -> None:
    assert numbers.was(finding) == was
    assert numbers.message(finding) == f"`f` has 17 paths, limit 10{was}"


BASE = "9f3c1a2b7d604e58b1c2d3e4f5a6978801234567"


@pytest.mark.parametrize(
    ("scope", "against"),
    [
        (Scope(), ""),
        (Scope("paths", ("a",)), ""),
        (Scope("since", base=BASE), "compared with 9f3c1a2"),
        (Scope("staged", base=BASE), "staged, compared with 9f3c1a2"),
        (Scope("staged"), "staged, before the first commit"),
    ],
)
def test_what_is_compared_with_what(scope: Scope, against: str) -> None:
    assert numbers.against(scope) == against


def _with(*findings: Finding, verdict: Verdict = Verdict.PASSED, resolved: int = 1) -> Report:
    outcome = Outcome(gate="a", verdict=verdict, findings=findings, resolved=resolved)
    return replace(SINCE, outcomes=(outcome,))


KNOWN = replace(PLAIN, status=Status.ACCEPTED, origin=Origin.INHERITED, reason="base")


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (_with(resolved=0), ""),
        (_with(), "this change resolves 1 finding and adds none"),
        (_with(KNOWN), "this change resolves 1 finding and adds none"),
        (
            _with(KNOWN, replace(KNOWN, origin=Origin.INTRODUCED, reason="baseline: x")),
            "resolved 1 finding since 9f3c1a2",
        ),
        (_with(replace(PLAIN, origin=Origin.WORSENED)), "resolved 1 finding since 9f3c1a2"),
        (_with(PLAIN), "resolved 1 finding since 9f3c1a2"),
        (_with(verdict=Verdict.BROKEN), "resolved 1 finding since 9f3c1a2"),
        (replace(_with(), reason="files changed"), "resolved 1 finding since 9f3c1a2"),
        (replace(_with(PLAIN), scope=Scope("staged")), "resolved 1 finding"),
    ],
)
def test_a_change_improves_only_when_everything_is_known_and_nothing_added(report: Report, said: str) -> None:
    assert numbers.improvement(report) == said


def test_reasons_are_counted_the_most_frequent_first() -> None:
    given = ["baseline: b", "baseline", "base", "baseline: a", "baseline: b", "baseline: c"]
    found = [replace(PLAIN, status=Status.ACCEPTED, reason=each) for each in given]
    assert numbers.reasons([*found, replace(PLAIN, reason="baseline: open")]) == [("b", 2), ("a", 1), ("c", 1)]
