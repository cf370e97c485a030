"""JUnit XML as Jenkins and GitLab read it: https://github.com/jenkinsci/xunit-plugin, junit-10.xsd.

A suite for each gate, a case for each file with open findings and one that stands for all other files. A gate that
broke is an error, one that did not run is skipped. What does not fail the gate is output of its case. The numbers
count the elements: a case with three errors has three failures. What is known or resolved is a number among the
properties of its suite.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from gates import numbers
from gates.model import Finding, Origin, Outcome, Report, Severity, Verdict, View
from gates.text import xml


class _Suite(Struct, frozen=True):
    name: str
    cases: tuple[str, ...]
    properties: tuple[tuple[str, str], ...] = ()
    failures: int = 0
    errors: int = 0
    skipped: int = 0
    seconds: float = 0.0


def render(report: Report, view: View) -> str:
    """Return the suites, a line for each element."""
    suites = [_suite(each, report) for each in report.outcomes]
    if report.reason or not report.outcomes:
        case = "\n".join(_undecided("gates", report.reason or "no gate ran", "error"))
        suites.append(_Suite("gates", (case,), errors=1))
    totals = {
        "tests": sum(len(each.cases) for each in suites),
        "failures": sum(each.failures for each in suites),
        "errors": sum(each.errors for each in suites),
    }
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f"<testsuites{_attributes(name='quality-gates', **totals, time=_time(report.seconds))}>")
    for each in suites:
        lines += _written(each)
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _suite(outcome: Outcome, report: Report) -> _Suite:
    cases = ["\n".join(_case(path, outcome.gate, found)) for path, found in _by_file(outcome.open())]
    rest = "\n".join(_rest(outcome))
    return _Suite(
        outcome.gate,
        (*cases, rest),
        tuple(_properties(outcome, report)),
        failures=sum(each.severity is Severity.ERROR for each in outcome.open()),
        errors=int(outcome.verdict is Verdict.BROKEN),
        skipped=int(outcome.verdict is Verdict.SKIPPED),
        seconds=outcome.seconds,
    )


def _properties(outcome: Outcome, report: Report) -> Iterator[tuple[str, str]]:
    """Name the commit that is compared with, and count the findings; errors of unknown origin are failures only."""
    if numbers.compares(report.scope):
        yield "base", report.scope.base
    found = msgspec.structs.asdict(numbers.of_outcome(outcome))
    yield from ((name, str(number)) for name, number in found.items() if number and name != "unknown")


def _by_file(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    found: dict[str, list[Finding]] = {}
    for each in findings:
        found.setdefault(each.location.path, []).append(each)
    return sorted(found.items())


def _case(path: str, gate: str, findings: Iterable[Finding]) -> Iterator[str]:
    yield f"    <testcase{_attributes(name=path or 'the project', classname=gate)}>"
    for each in sorted(numbers.new_first(findings), key=lambda each: each.severity is not Severity.ERROR):
        body = "\n".join(xml(part) for part in _body(each))
        if each.severity is Severity.ERROR:
            yield f"      <failure{_attributes(message=numbers.message(each), type=each.rule)}>{body}</failure>"
        else:
            yield f"      <system-out>{body}</system-out>"
    yield "    </testcase>"


def _body(finding: Finding) -> Iterator[str]:
    place = finding.location
    origin = "" if finding.origin is Origin.UNKNOWN else f" ({finding.origin.value})"
    start = f"{place.path}:{place.line}:{place.column}"
    yield f"{start} {finding.severity.value} [{finding.rule}] {numbers.message(finding)}{origin}"
    yield from (each for each in (finding.reason, finding.help) if each)
    for each in finding.related:
        yield f"{each.path}:{each.line} {each.note}"


def _rest(outcome: Outcome) -> Iterable[str]:
    said = ". ".join(each for each in (outcome.reason, outcome.hint) if each) or "no reason given"
    if outcome.verdict is Verdict.BROKEN:
        return _undecided(outcome.gate, said, "error")
    if outcome.verdict is Verdict.SKIPPED:
        return _undecided(outcome.gate, said, "skipped")
    return [f"    <testcase{_attributes(name='all other files', classname=outcome.gate)}/>"]


def _undecided(gate: str, reason: str, element: str) -> Iterator[str]:
    yield f"    <testcase{_attributes(name='the gate itself', classname=gate)}>"
    yield f"      <{element}{_attributes(message=reason, type='broken' if element == 'error' else element)}/>"
    yield "    </testcase>"


def _written(suite: _Suite) -> Iterator[str]:
    counts = {"failures": suite.failures, "errors": suite.errors, "skipped": suite.skipped}
    head = _attributes(name=suite.name, tests=len(suite.cases), **counts, time=_time(suite.seconds))
    yield f"  <testsuite{head}>"
    if suite.properties:
        yield "    <properties>"
        yield from (f"      <property{_attributes(name=name, value=value)}/>" for name, value in suite.properties)
        yield "    </properties>"
    yield from suite.cases
    yield "  </testsuite>"


def _attributes(**values: object) -> str:
    return "".join(f' {name}="{xml(str(value))}"' for name, value in values.items())


def _time(seconds: float) -> str:
    return f"{seconds if math.isfinite(seconds) and seconds > 0 else 0:.3f}"
