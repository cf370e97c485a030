"""What GitHub shows for our output is what the report holds, and no text in a report is taken for a command."""

from __future__ import annotations

import posixpath
from collections import Counter
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

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
from gates.reporters.github import render
from gates.text import visible
from tests.examples import examples
from tests.reporters.runner import Command, Runner
from tests.reporters.sample import HOSTILE, REPORT, rendered

TYPES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
PIECES = (
    *("\n", "\r", "\r\n", "::", "::error::x", "::stop-commands::x", "%0A", "%25", "%3A"),
    *("##[", "##[error]", "##[group]x"),
    *("\x1b[2J", "\u202e", "\u2028", "\x85", "\udcff", "\ufe0f", "\u0301", "\u200b", ",", ":", "=", "]", ";", "%", " "),
    *("\t", "\u3000", "🎉", "é", "a.py", "`", "|", "add-mask", "]x"),
)
TEXT = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=8).map("".join)
PATHS = TEXT.map(lambda text: text.replace("\0", "") or "a.py")
PLACES = st.builds(
    Location,
    path=PATHS,
    line=st.integers(0, 50),
    column=st.integers(0, 50),
    end_line=st.integers(0, 60),
    end_column=st.integers(0, 60),
)
FINDINGS = st.builds(
    Finding,
    rule=TEXT | st.sampled_from(["files/syntax", "typing/arg-type", "lint/F401"]),
    message=TEXT,
    location=PLACES,
    severity=st.sampled_from(Severity),
    measure=st.none() | st.just(Measure(17, 10, "paths")),
    help=TEXT,
    id=TEXT,
    status=st.sampled_from([Status.OPEN, Status.OPEN, Status.OPEN, Status.ACCEPTED]),
)
OUTCOMES = st.builds(
    Outcome,
    gate=st.sampled_from(["files", "lint", "complexity"]),
    verdict=st.sampled_from(Verdict),
    findings=st.lists(FINDINGS, max_size=40).map(tuple),
    reason=TEXT,
    hint=TEXT,
    seconds=st.just(0.5),
)
REPORTS = st.lists(OUTCOMES, max_size=3).map(lambda found: replace(REPORT, outcomes=tuple(found)))


def shown(report: Report) -> Runner:
    return Runner().read(render(report, View()))


def with_findings(*findings: Finding) -> Report:
    return replace(REPORT, outcomes=(Outcome(gate="lint", verdict=Verdict.FAILED, findings=findings),))


def finding(number: int, severity: Severity = Severity.ERROR, message: str = "is wrong") -> Finding:
    return Finding(
        rule="lint/X", message=message, location=Location("a.py", number + 1), severity=severity, id=f"lint-{number}"
    )


def undecided(report: Report) -> int:
    gates = sum(each.verdict in (Verdict.BROKEN, Verdict.SKIPPED) for each in report.outcomes)
    return gates or not report.outcomes


@examples(30)
@given(REPORTS)
def test_exactly_the_annotations_that_github_shows_and_no_other_command(report: Report) -> None:
    runner = shown(report)
    found = Counter(TYPES[each.severity] for each in report.open())
    found["error"] += undecided(report)
    expected = {name: min(number, 10) for name, number in found.items() if number}
    assert Counter(each.name for each in runner.annotations) == expected
    assert runner.commands == runner.annotations
    assert runner.dropped == 0


@examples(50)
@given(st.lists(FINDINGS, min_size=1, max_size=10))
def test_each_annotation_is_at_its_finding(findings: list[Finding]) -> None:
    report = with_findings(*findings)
    found = Counter(_told(each) for each in shown(report).annotations)
    assert found == Counter(_expected(each) for each in report.open())


def _told(command: Command) -> tuple[str, str, str]:
    return command.name, posixpath.normpath(command.properties["file"]), command.properties.get("line", "")


def _expected(finding: Finding) -> tuple[str, str, str]:
    return TYPES[finding.severity], posixpath.normpath(_path(finding.location.path)), str(max(finding.location.line, 1))


def _path(path: str) -> str:
    """What travels is the true path; what cannot is escaped."""
    return "".join(each if each in "\n\r\t" or category(each) == "Zs" else visible(each) for each in path)


@pytest.mark.parametrize(
    "path",
    [
        *("a b.py", " a.py ", "a,b:c.py", "50%.py", "%0A.py", "new\nline.py", "a\r.py", "::error::x.py"),
        *("##[error]x.py", "]x.py", "=a.py", "==", "a=b=.py", "naïve/名前.py", "全角\u3000.py"),
        *("-.py", "e\u0301.py", "\u0301.py", "a]b;c.py"),
    ],
)
def test_a_file_name_arrives_as_it_is(path: str) -> None:
    (annotation,) = shown(with_findings(replace(finding(0), location=Location(path, 3)))).annotations
    assert posixpath.normpath(annotation.properties["file"]) == path


@pytest.mark.parametrize(
    ("path", "told"), [("bad\udcff.py", "bad\\xff.py"), ("\x1b[2J\u202e.py", "\\x1b[2J\\u202e.py")]
)
def test_a_file_name_that_cannot_travel_is_escaped(path: str, told: str) -> None:
    (annotation,) = shown(with_findings(replace(finding(0), location=Location(path, 3)))).annotations
    assert annotation.properties["file"] == told


def test_the_sample_places_its_findings() -> None:
    broken, skipped, error, warning = Runner().read(rendered("github")).annotations
    assert broken.properties == {"title": "duplication could not decide"}
    assert broken.data.endswith("\nInstall it: python -m pip install 'jscpd>=5.4,<5.5'")
    assert skipped.properties == {"title": "layers did not run"}
    assert error.properties == {
        "file": "app/orders.py",
        "line": "2",
        "endline": "4",
        "title": "complexity/cyclomatic complexity-7f3a91c2",
    }
    assert warning.properties["file"] == HOSTILE.replace("\x1b", "\\x1b").replace("\u202e", "\\u202e").replace(
        "\udcff", "\\xff"
    )
    assert (warning.properties["col"], warning.properties["endcolumn"]) == ("1", "4")


@pytest.mark.parametrize("number", [0, 1, 9, 10, 11, 25])
@pytest.mark.parametrize("severity", list(Severity))
def test_the_last_annotation_says_how_many_more_there_are(number: int, severity: Severity) -> None:
    runner = shown(with_findings(*(finding(each, severity) for each in range(number))))
    lines = [str(each + 1) for each in range(min(number, 10))]
    assert [each.properties["line"] for each in runner.annotations] == lines
    more = [each.data for each in runner.annotations if "\nand " in each.data]
    noun = TYPES[severity] + ("s" if number != 11 else "")
    said = f"is wrong\nand {number - 10} more {noun}, listed in the log and in the job summary"
    assert more == ([said] if number > 10 else [])
    assert sum("[lint/X] is wrong" in each for each in runner.log) == number


def test_each_type_has_its_own_ten() -> None:
    runner = shown(with_findings(*(finding(each, severity) for severity in Severity for each in range(12))))
    assert [each.name for each in runner.annotations] == ["error"] * 10 + ["warning"] * 10 + ["notice"] * 10


@pytest.mark.parametrize("text", ["é" * 9000, "🎉" * 9000, "##[" * 4000, "\x1b" * 9000, "a[" * 2044, "[" * 1364])
def test_a_long_message_is_cut_by_us_and_not_by_github(text: str) -> None:
    for annotation in shown(with_findings(*(finding(each, message=text) for each in range(11)))).annotations:
        assert len(annotation.data.encode("utf-16-le")) // 2 < 4096
        assert "…" in annotation.data
    assert annotation.data.endswith("\nand 1 more error, listed in the log and in the job summary")


def test_gates_that_could_not_decide_come_first_then_what_blocks_most_then_the_worst() -> None:
    found = [
        replace(finding(0), rule="size/lines", measure=Measure(500, 400, "lines")),
        replace(finding(1), rule="complexity/cyclomatic", measure=Measure(30, 10, "paths")),
        replace(finding(2), rule="layers/house"),
        replace(finding(3), rule="files/syntax"),
    ]
    broken = Outcome(gate="typing", verdict=Verdict.BROKEN, reason="mypy is gone")
    report = with_findings(*found)
    told = shown(replace(report, outcomes=(*report.outcomes, broken))).annotations
    assert [each.properties["title"].split()[0] for each in told] == [
        "typing",
        "files/syntax",
        "layers/house",
        "complexity/cyclomatic",
        "size/lines",
    ]


def test_columns_only_within_one_line() -> None:
    one, many = Location("a.py", 3, 5, 3, 9), Location("a.py", 3, 5, 4, 9)
    first, second = (_only(place) for place in (one, many))
    assert "::error file=a.py,line=3,endLine=3,col=5,endColumn=9,title=lint/X lint-0::is wrong" in first
    assert "::error file=a.py,line=3,endLine=4,title=lint/X lint-0::is wrong" in second


def _only(place: Location) -> str:
    return render(with_findings(replace(finding(0), location=place)), View())


def test_a_report_without_gates_is_an_error() -> None:
    (annotation,) = shown(replace(REPORT, outcomes=(), reason="there is no Python file here")).annotations
    assert (annotation.name, annotation.data) == ("error", "there is no Python file here")


def test_the_model_of_the_runner_obeys_what_it_should() -> None:
    stopped = "::stop-commands::T\n::error::no\n::t::"
    runner = Runner().read(f"  ::ERROR file=a%2Cb::x%0Ay\nlog ##[warning file=b]z\n{stopped}")
    assert [(each.name, each.data) for each in runner.annotations] == [("error", "x\ny"), ("warning", "z")]
    assert runner.annotations[0].properties == {"file": "a,b"}
    assert runner.log == ["::error::no"]
    assert Runner().read("::unknown::x\n::error\nerror::x::").commands == []
    assert len(Runner().read("::error::x\n" * 12).annotations) == 10
