"""A report read back is the report that was written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from gates import archive
from gates.model import GatesError, Report, View
from gates.reporters import json as reporter
from tests.examples import examples
from tests.reporters.sample import REPORTS as SAMPLES
from tests.reporters.sample import SINCE, rendered
from tests.reporters.strategies import REPORTS


@pytest.mark.parametrize("report", SAMPLES.values(), ids=SAMPLES)
def test_what_is_read_back_renders_to_the_same_bytes(report: Report) -> None:
    again = archive.read(rendered("json", report).encode(), "report.json")
    assert reporter.document(again) == reporter.document(report)


@examples(60)
@given(REPORTS)
def test_any_report_is_read_back(report: Report) -> None:
    again = archive.read(reporter.render(report, View()).encode(), "report.json")
    assert reporter.document(again) == reporter.document(report)
    assert [each.before for each in again.findings()] == [each.before for each in report.findings()]
    assert [each.resolved for each in again.outcomes] == [each.resolved for each in report.outcomes]


def test_a_report_of_an_earlier_version_is_read_without_what_it_did_not_know() -> None:
    document = json.loads(rendered("json", SINCE))
    del document["scope"]["base"]
    for outcome in document["outcomes"]:
        del outcome["resolved"]
        for finding in outcome["findings"]:
            del finding["before"]
    again = archive.read(json.dumps(document).encode(), "report.json")
    assert (again.scope.base, {each.before for each in again.findings()}) == ("", {None})


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"schema": "other/1"}', b"\xff"])
def test_what_is_no_report_is_a_mistake(content: bytes) -> None:
    with pytest.raises(GatesError, match=r"^r.json is no report of gates"):
        archive.read(content, "r.json")


@pytest.mark.parametrize("encoded", ["A", "é", "QQ==!", "\udc80"])
def test_a_path_that_nobody_can_read_is_a_mistake(encoded: str) -> None:
    document = json.loads(rendered("json", SINCE))
    document["outcomes"][0]["findings"][0]["location"]["path_b64"] = encoded
    with pytest.raises(GatesError, match=r"^r.json is no report of gates"):
        archive.read(json.dumps(document).encode(), "r.json")
