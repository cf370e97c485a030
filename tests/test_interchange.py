"""Results of other programs come in as findings; what is not of a format is an error, and nothing else happens."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates import interchange, registry
from gates.interchange import parse_checkstyle, parse_rdjson, parse_sarif
from gates.model import Finding, GatesError, Severity, Status, Verdict, View
from tests.reporters.sample import REPORT

ROOT = Path("/srv/project")
PARSERS: dict[str, Callable[[bytes, Path | None], tuple[Finding, ...]]] = {
    "sarif": parse_sarif,
    "rdjson": parse_rdjson,
    "checkstyle": parse_checkstyle,
}


def sarif(*results: dict[str, Any], name: str = "Semgrep OSS", **run: Any) -> bytes:
    driver = {"name": name, "rules": [{"id": "r1", "defaultConfiguration": {"level": "error"}}]}
    return json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results, **run}]}).encode()


def result(uri: str = "src/a.js", **fields: Any) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": uri}, "region": {"startLine": 3, "startColumn": 2, "endColumn": 9}}
    return {
        "ruleId": "r1",
        "ruleIndex": 0,
        "message": {"text": "is bad"},
        "locations": [{"physicalLocation": place}],
        **fields,
    }


def rdjson(path: str, **fields: Any) -> bytes:
    place = {"path": path, "range": {"start": {"line": 0, "column": -4}}}
    found = {"message": "is bad", "location": place, "code": {"value": "no-undef"}, **fields}
    return json.dumps({"source": {"name": "ESLint"}, "diagnostics": [found]}).encode()


def checkstyle(path: str) -> bytes:
    error = '<error line="3" column="0" severity="error" message="is bad" source="eslint.rules.no-undef"/>'
    return f'<?xml version="1.0"?><checkstyle version="4.3"><file name="{path}">{error}</file></checkstyle>'.encode()


BY_PATH: dict[str, Callable[[str], bytes]] = {
    "sarif": lambda path: sarif(result(path)),
    "rdjson": rdjson,
    "checkstyle": checkstyle,
}


def test_a_sarif_result_is_a_finding() -> None:
    (found,) = parse_sarif(sarif(result()))
    assert (found.rule, found.gate, found.message) == ("semgrep-oss/r1", "semgrep-oss", "is bad")
    assert (found.severity, found.status) == (Severity.ERROR, Status.OPEN)
    place = found.location
    assert (place.path, place.line, place.column, place.end_line, place.end_column) == ("src/a.js", 3, 2, 3, 9)


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        ({}, Severity.ERROR),
        ({"level": "warning"}, Severity.WARNING),
        ({"level": "note"}, Severity.NOTE),
        ({"level": "none"}, Severity.NOTE),
        ({"ruleId": "unknown", "ruleIndex": -1}, Severity.WARNING),
        ({"kind": "review"}, Severity.NOTE),
    ],
)
def test_levels_of_sarif(fields: dict[str, Any], severity: Severity) -> None:
    (found,) = parse_sarif(sarif(result(**fields)))
    assert found.severity is severity


@pytest.mark.parametrize("fields", [{"kind": "pass"}, {"kind": "notApplicable"}, {"baselineState": "absent"}])
def test_a_result_that_is_no_problem_is_no_finding(fields: dict[str, Any]) -> None:
    assert parse_sarif(sarif(result(**fields))) == ()


def test_a_suppressed_result_stays_suppressed() -> None:
    suppressed = result(suppressions=[{"kind": "inSource", "justification": "a test"}])
    rejected = result(suppressions=[{"kind": "inSource", "status": "rejected"}])
    assert sorted(each.status.value for each in parse_sarif(sarif(suppressed, rejected))) == ["open", "suppressed"]


def test_a_run_that_failed_is_broken_and_one_without_results_has_passed() -> None:
    (broken,) = interchange.outcomes("sarif", sarif(invocations=[{"executionSuccessful": False}]), ROOT)
    (passed,) = interchange.outcomes("sarif", sarif(), ROOT)
    assert (broken.verdict, broken.reason) == (Verdict.BROKEN, "the tool says that its run failed")
    assert (passed.gate, passed.verdict) == ("semgrep-oss", Verdict.PASSED)


def test_a_tool_may_not_take_the_place_of_a_gate() -> None:
    with pytest.raises(GatesError, match="called like a gate"):
        interchange.outcomes("sarif", sarif(name="Typing"), ROOT)


def test_a_path_may_be_percent_encoded_and_relative_to_a_base() -> None:
    place = {"artifactLocation": {"uri": "a%20b/%FF.js", "uriBaseId": "ROOT"}}
    bases = {"ROOT": {"uri": "file:///srv/project/"}}
    content = sarif(result(locations=[{"physicalLocation": place}]), originalUriBaseIds=bases)
    assert parse_sarif(content, ROOT)[0].location.path == "a b/\udcff.js"


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize(
    ("path", "told"),
    [("./src/a.js", "src/a.js"), ("/srv/project/src/a.js", "src/a.js"), ("src/x/../a.js", "src/a.js")],
)
def test_paths_become_relative(name: str, path: str, told: str) -> None:
    assert PARSERS[name](BY_PATH[name](path), ROOT)[0].location.path == told


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("path", ["../a.js", "/etc/passwd", "src/../../a.js", "/srv/project/../x", "/srv/projects/a"])
def test_paths_outside_are_refused(name: str, path: str) -> None:
    with pytest.raises(GatesError, match="not inside the project"):
        PARSERS[name](BY_PATH[name](path), ROOT)


@pytest.mark.parametrize("uri", ["%2e%2e/a.js", "file:///etc/passwd", "https://x.example/a", "file://host/a", "a%00b"])
def test_addresses_outside_are_refused(uri: str) -> None:
    with pytest.raises(GatesError):
        parse_sarif(sarif(result(uri)), ROOT)


def test_an_rdjson_diagnostic_is_a_finding_with_its_place_clamped() -> None:
    (found,) = parse_rdjson(rdjson("a.js", severity="ERROR"))
    assert (found.rule, found.severity) == ("eslint/no-undef", Severity.ERROR)
    assert (found.location.line, found.location.column) == (1, 1)


@pytest.mark.parametrize(
    ("level", "severity"), [(1, "error"), (2, "warning"), (3, "note"), ("INFO", "note"), (0, "warning")]
)
def test_levels_of_rdjson(level: object, severity: str) -> None:
    assert parse_rdjson(rdjson("a.js", severity=level))[0].severity.value == severity


def test_a_checkstyle_error_is_a_finding() -> None:
    (found,) = parse_checkstyle(checkstyle("a.js"))
    assert (found.rule, found.message, found.severity) == ("checkstyle/eslint.rules.no-undef", "is bad", Severity.ERROR)


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]><checkstyle><file name="&x;"/></checkstyle>',
        b'<!DOCTYPE c [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><checkstyle>&b;</checkstyle>',
        b'<!DOCTYPE c SYSTEM "http://x.example/c.dtd"><checkstyle/>',
    ],
)
def test_a_document_type_is_refused(content: bytes) -> None:
    with pytest.raises(GatesError, match="document type"):
        parse_checkstyle(content)


WRONG = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"\xff\xfe",
    b"<a/>",
    b"[" * 100_000,
    b'{"version":"2.0.0","runs":[]}',
    b"<checkstyle>",
]


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("content", WRONG, ids=range(len(WRONG)))
def test_what_is_not_of_the_format_is_one_clear_error(name: str, content: bytes) -> None:
    with pytest.raises(GatesError) as caught:
        PARSERS[name](content, ROOT)
    assert "\n" not in caught.value.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
RESULTS = st.fixed_dictionaries(
    {},
    optional={
        "ruleId": JSON,
        "ruleIndex": JSON | st.integers(-2, 2),
        "message": JSON | st.fixed_dictionaries({"text": st.text(max_size=9)}),
        "level": st.text(max_size=5) | st.sampled_from(["error", "none"]),
        "locations": st.lists(
            st.fixed_dictionaries(
                {
                    "physicalLocation": st.fixed_dictionaries(
                        {
                            "artifactLocation": st.fixed_dictionaries({"uri": st.text(max_size=12)}),
                            "region": st.dictionaries(st.sampled_from(["startLine", "endColumn"]), st.integers()),
                        }
                    )
                }
            ),
            max_size=2,
        ),
        "suppressions": JSON,
    },
)


def safe(parse: Callable[[bytes, Path | None], tuple[Finding, ...]], content: bytes) -> None:
    try:
        found = parse(content, ROOT)
    except GatesError as error:
        assert error.message.isprintable()
        return
    for each in found:
        assert each.message.isprintable() and each.rule.isprintable() and each.rule.partition("/")[2]
        assert each.location.line >= 1 and each.location.column >= 1
        assert not each.location.path.startswith(("/", "../")) and "\0" not in each.location.path
    assert len({each.id for each in found}) == len(found)


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_findings_or_an_error(name: str, content: bytes) -> None:
    safe(PARSERS[name], content)


@settings(max_examples=150, deadline=None)
@given(st.lists(RESULTS, max_size=3))
def test_any_sarif_results_are_findings_or_an_error(results: list[dict[str, Any]]) -> None:
    safe(parse_sarif, sarif(*results))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20), JSON, JSON)
def test_any_diagnostics_are_findings_or_an_error(path: str, severity: object, code: object) -> None:
    safe(parse_rdjson, rdjson(path, severity=severity, code=code))


def counts(findings: tuple[Finding, ...], prefix: str = "") -> Counter[tuple[str, str, str]]:
    return Counter((each.rule.removeprefix(prefix), each.severity.value, each.status.value) for each in findings)


def test_our_own_sarif_comes_back() -> None:
    content = registry.reporter("sarif")(REPORT, View()).encode()
    shown = tuple(each for each in REPORT.findings() if each.status is not Status.OUT_OF_SCOPE)
    found = parse_sarif(content, ROOT)
    assert counts(found, "quality-gates/") == counts(shown)
    assert {each.location.path for each in found} == {each.location.path for each in shown}
    (outcome,) = interchange.outcomes("sarif", content, ROOT)
    assert outcome.verdict is Verdict.BROKEN and "jscpd is not installed" in outcome.reason


def test_our_own_rdjson_comes_back() -> None:
    found = parse_rdjson(registry.reporter("rdjson")(REPORT, View()).encode(), ROOT)
    undecided = ("quality-gates/duplication/broken", "quality-gates/layers/skipped")
    told = tuple(each for each in found if each.rule not in undecided)
    assert len(found) == len(told) + 2
    assert counts(told, "quality-gates/") == counts(REPORT.open())


def test_a_finding_keeps_its_id_when_its_line_and_file_change() -> None:
    first, second = parse_sarif(sarif(result("a.js"))), parse_sarif(sarif(result("lib/b.js")))
    assert first[0].id == second[0].id
    assert len({each.id for each in parse_sarif(sarif(result("a.js"), result("b.js")))}) == 2
