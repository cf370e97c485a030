"""What we write for other programs fits their schemas, is read back by other parsers, and counts the same findings."""

from __future__ import annotations

import gzip
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.dom import minidom

import jsonschema
import pytest
from hypothesis import given
from lxml import etree
from msgspec.structs import replace

from gates import registry
from gates.model import (
    Finding,
    Location,
    Measure,
    Outcome,
    Report,
    Severity,
    Status,
    Verdict,
    View,
)
from gates.text import visible
from tests.examples import examples
from tests.reporters.sample import HOSTILE, REPORT, SINCE, rendered
from tests.reporters.sample import REPORTS as SAMPLES
from tests.reporters.strategies import LINES, REPORTS

SCHEMAS = Path(__file__).parent / "schemas"
LEVELS = {"error": "error", "major": "error", "ERROR": "error", "warning": "warning", "minor": "warning"} | {
    "WARNING": "warning",
    "note": "note",
    "info": "note",
    "INFO": "note",
}
NEW = ("sarif", "gitlab", "rdjson", "jsonl", "junit")
STATES = {"introduced": "new", "worsened": "updated", "inherited": "unchanged"}
Counts = Counter[tuple[str, str]]


def schema(name: str) -> Any:
    content = json.loads((SCHEMAS / name).read_text("utf-8"))
    kind = jsonschema.validators.validator_for(content)
    kind.check_schema(content)
    return kind(content)


SARIF, GITLAB, RDJSON = (
    schema(f"{name}.json") for name in ("sarif-2.1.0-rtm.5", "gitlab-documented", "rdjson-documented")
)
JUNIT = etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd"))


def strict(text: str) -> Any:
    """Parse JSON as the strictest readers do: valid UTF-8, no key twice, no NaN."""
    return json.loads(text.encode("utf-8"), object_pairs_hook=_once, parse_constant=_refused)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({key for key, _ in pairs}) == len(pairs)
    return dict(pairs)


def _refused(name: str) -> None:
    raise AssertionError(name)


def expected(report: Report) -> Counts:
    return Counter((visible(each.rule), each.severity.value) for each in report.open())


def undecided(report: Report) -> int:
    gates = sum(each.verdict in (Verdict.BROKEN, Verdict.SKIPPED) for each in report.outcomes)
    return gates + bool(report.reason or not report.outcomes)


def check_sarif(text: str, report: Report) -> Counts:
    document = strict(text)
    SARIF.validate(document)
    (run,) = document["runs"]
    rules = [each["id"] for each in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    for each in run["results"]:
        _check_result(each, rules)
    assert run["invocations"][0]["executionSuccessful"] is (report.exit_code in (0, 1))
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == undecided(report)
    _check_marks(run, Counter(each.status for each in report.findings()))
    opened = (each for each in run["results"] if "suppressions" not in each)
    return Counter((_named(each["ruleId"]), each["level"]) for each in opened)


def _named(rule: str) -> str:
    return "" if rule == "unnamed" else rule


def _check_marks(run: dict[str, Any], status: Counter[Status]) -> None:
    kinds = Counter(each["suppressions"][0]["kind"] for each in run["results"] if "suppressions" in each)
    assert (kinds["external"], kinds["inSource"]) == (status[Status.ACCEPTED], status[Status.SUPPRESSED])
    assert run["properties"]["findings"]["out_of_scope"] == status[Status.OUT_OF_SCOPE]
    for each in run["results"]:
        if each["properties"]["origin"] != "unknown":
            assert each["baselineState"] == STATES[each["properties"]["origin"]]


def _check_result(result: dict[str, Any], rules: list[str]) -> None:
    assert rules[result["ruleIndex"]] == result["ruleId"]
    assert result["message"]["text"]
    for place in (*result["locations"], *result.get("relatedLocations", ())):
        uri = place["physicalLocation"]["artifactLocation"]["uri"]
        assert uri and uri.isascii() and not uri.startswith(("./", "/")) and ":" not in uri and "\\" not in uri
        region = place["physicalLocation"]["region"]
        assert (region["endLine"], region["endColumn"]) > (region["startLine"], region["startColumn"])


def check_gitlab(text: str, report: Report) -> Counts:
    entries = strict(text)
    GITLAB.validate(entries)
    assert len({each["fingerprint"] for each in entries}) == len(entries)
    first = undecided(report)
    assert all(each["severity"] in ("blocker", "critical") for each in entries[:first])
    assert all(
        each["description"].startswith(each["check_name"]) for each in entries if each["check_name"] != "unnamed"
    )
    return Counter((_named(each["check_name"]), LEVELS[each["severity"]]) for each in entries[first:])


def check_rdjson(text: str, report: Report) -> Counts:
    document = strict(text)
    RDJSON.validate(document)
    found = document["diagnostics"][undecided(report) :]
    return Counter((each["code"]["value"], LEVELS[each["severity"]]) for each in found)


def check_jsonl(text: str, report: Report) -> Counts:
    assert text.endswith("\n")
    first, *found, last = [strict(line) for line in text[:-1].split("\n")]
    assert (first["schema"], last["verdict"]) == ("gates.findings/1", report.verdict.value)
    assert first["open"] == len(report.open())
    assert first["resolved"] == sum(each.resolved for each in report.outcomes)
    assert [each.get("before") for each in found] == [
        each.before if each.measure else None for each in report.findings()
    ]
    assert [each["status"] for each in found] == [each.status.value for each in report.findings()]
    return Counter((each["rule"], each["severity"]) for each in found if each["status"] == "open")


def check_junit(text: str, report: Report) -> Counts:
    parsed = etree.fromstring(text.encode("utf-8"), etree.XMLParser(resolve_entities=False, no_network=True))
    JUNIT.assertValid(parsed)
    document = minidom.parseString(text.encode("utf-8"))
    _check_numbers(document.documentElement, ("tests", "failures", "errors"))
    for suite in document.getElementsByTagName("testsuite"):
        assert suite.getElementsByTagName("testcase")
        _check_numbers(suite, ("tests", "failures", "errors", "skipped"))
    assert sum(len(document.getElementsByTagName(each)) for each in ("error", "skipped")) == undecided(report)
    failures = Counter((node.getAttribute("type"), "error") for node in document.getElementsByTagName("failure"))
    noted = (key for key in expected(report).elements() if key[1] != "error")
    bodies = [
        "".join(str(getattr(each, "data", "")) for each in node.childNodes)
        for node in document.getElementsByTagName("system-out")
    ]
    return failures + Counter(_said(bodies, noted))


def _said(bodies: list[str], noted: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Take one body for each finding that does not fail, so that none is counted twice or left over."""
    for rule, severity in noted:
        inside = rule.replace(":\\x3a", "::", 1)  # broken only where a line would begin with it
        marks = (f" {severity} [{rule}] ", f" {severity} [{inside}] ")
        bodies.remove(next(each for each in bodies if any(mark in each for mark in marks)))
        yield (rule, severity)
    assert not bodies


def _check_numbers(element: Any, names: tuple[str, ...]) -> None:
    tags = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    for name in names:
        assert int(element.getAttribute(name)) == len(element.getElementsByTagName(tags[name]))
    assert float(element.getAttribute("time")) >= 0


CHECKS = {
    "sarif": check_sarif,
    "gitlab": check_gitlab,
    "rdjson": check_rdjson,
    "jsonl": check_jsonl,
    "junit": check_junit,
}


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize("report", SAMPLES.values(), ids=SAMPLES)
def test_the_samples_fit_the_schema_and_counts_by_rule_and_severity_agree(name: str, report: Report) -> None:
    assert CHECKS[name](rendered(name, report), report) == expected(report)


@pytest.mark.parametrize("name", NEW)
@examples(25)
@given(report=REPORTS, lines=LINES)
def test_any_report_fits_the_schema_and_counts_agree(name: str, report: Report, lines: list[str]) -> None:
    text = registry.reporter(name)(report, View(sources=lambda path: lines))
    assert not [each for each in text if unicodedata.category(each)[0] == "C" and each != "\n"]
    assert CHECKS[name](text, report) == expected(report)


@pytest.mark.parametrize("name", NEW)
def test_the_same_report_gives_the_same_bytes(name: str) -> None:
    assert rendered(name) == rendered(name)


def many(number: int, severity: Severity = Severity.NOTE) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            rule=f"lint/X{index % 50}",
            message=f"`name_{index}` is defined {index} times in {index % 977} places, limit 1",
            location=Location(
                f"package_{index % 701}/module_{index % 397}.py", index + 1, 5, index + 3, 9, f"m:f{index}"
            ),
            severity=severity,
            id=f"lint-{index:08x}",
        )
        for index in range(number)
    )


def with_findings(*findings: Finding) -> Report:
    return replace(REPORT, outcomes=(Outcome(gate="lint", verdict=Verdict.FAILED, findings=findings),))


def test_sarif_holds_what_github_takes_the_worst_first_and_says_what_is_left_out() -> None:
    last = many(1, Severity.ERROR)[0]
    text = registry.reporter("sarif")(with_findings(*many(25_003), last), View())
    (run,) = json.loads(text)["runs"]
    assert len(run["results"]) == 25_000
    assert run["results"][0]["level"] == "error"
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("4 findings left out")
    assert len(gzip.compress(text.encode())) < 10_000_000


def test_a_sarif_address_is_the_exact_path() -> None:
    (run,) = json.loads(rendered("sarif"))["runs"]
    uri = run["results"][1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote_to_bytes(uri) == HOSTILE.encode("utf-8", "surrogateescape")


def test_a_message_in_sarif_holds_no_link() -> None:
    found = replace(many(1)[0], message="see [here](https://evil.example)")
    (run,) = json.loads(registry.reporter("sarif")(with_findings(found), View()))["runs"]
    assert "](" not in run["results"][0]["message"]["text"]


def test_findings_with_the_same_id_are_all_shown_by_gitlab() -> None:
    entries = json.loads(registry.reporter("gitlab")(with_findings(*(many(1) * 3)), View()))
    assert len({each["fingerprint"] for each in entries}) == 3


def test_columns_of_rdjson_are_bytes() -> None:
    found = replace(many(1)[0], location=Location("a.py", 1, 3, 1, 4))
    text = registry.reporter("rdjson")(with_findings(found), View(sources=lambda path: ["é🎉x"]))
    assert json.loads(text)["diagnostics"][0]["location"]["range"] == {
        "start": {"line": 1, "column": 7},
        "end": {"line": 1, "column": 8},
    }


@pytest.mark.parametrize("name", NEW)
def test_a_report_without_gates_does_not_look_like_a_pass(name: str) -> None:
    report = replace(REPORT, outcomes=(), reason="no file was inspected")
    text = registry.reporter(name)(report, View())
    assert "no file was inspected" in text
    assert CHECKS[name](text, report) == Counter()


def states(report: Report) -> list[str | None]:
    (run,) = json.loads(registry.reporter("sarif")(report, View()))["runs"]
    return [each.get("baselineState") for each in run["results"]]


def test_sarif_tells_what_is_new_since_the_base() -> None:
    assert Counter(states(SINCE)) == {"new": 4, "updated": 1, "unchanged": 4, None: 1}
    (run,) = json.loads(rendered("sarif", SINCE))["runs"]
    assert run["properties"]["findings"]["resolved"] == 4
    assert run["properties"]["scope"] == {"kind": "since", "base": SINCE.scope.base}


def test_sarif_tells_what_is_worse_than_the_baseline_where_there_is_no_base() -> None:
    plain = Finding(rule="a/b", message="m", location=Location("a.py"), measure=Measure(17, 10, "paths"))
    held = replace(plain, status=Status.ACCEPTED, reason="baseline: later", before=17.0)
    report = with_findings(plain, held, replace(plain, before=14.0), replace(plain, before=17.0))
    assert states(report) == [None, "updated", "unchanged", "unchanged"]


def test_junit_counts_what_is_known_and_resolved() -> None:
    suite = etree.fromstring(rendered("junit", SINCE).encode()).find("testsuite[@name='complexity']")
    assert suite is not None
    told = {each.get("name"): each.get("value") for each in suite.iterfind("properties/property")}
    numbers = {
        "introduced": "1",
        "worsened": "1",
        "inherited": "1",
        "in_base": "2",
        "in_baseline": "1",
        "resolved": "3",
    }
    assert told == {"base": SINCE.scope.base, **numbers}
