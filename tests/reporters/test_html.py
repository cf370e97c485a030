"""The HTML report, parsed by html5lib as browsers do: nothing in it but ours, whatever the repository says."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gates.model import (
    Excluded,
    Finding,
    Flag,
    Group,
    Location,
    Measure,
    Off,
    Origin,
    Outcome,
    Report,
    Scope,
    Severity,
    Status,
    Unread,
    Verdict,
    View,
)
from gates.reporters import html
from gates.reporters.html.listing import FULL
from tests.reporters.sample import BETTER, LINES, REPORT, SINCE, rendered

ROOT = Path(__file__).parents[2]
ELEMENTS: dict[str, set[str]] = {
    "html": {"lang"},
    "head": set(),
    "meta": {"charset", "http-equiv", "content", "name"},
    "title": set(),
    "style": set(),
    "body": set(),
    "script": {"type", "id"},
    "a": {"class", "href"},
    "header": {"class"},
    "main": set(),
    "footer": set(),
    "section": {"class"},
    "h1": set(),
    "h2": {"id", "tabindex"},
    "small": set(),
    "p": {"class", "id", "role"},
    "b": {"class"},
    "span": {"aria-hidden", "class", "data-filter", "id"},
    "div": {"aria-label", "class", "hidden", "id", "role"},
    "dl": {"class"},
    "dt": set(),
    "dd": {"class"},
    "ul": {"class"},
    "ol": {"class"},
    "li": {"class"},
    "details": {"class", "id", "open"},
    "summary": set(),
    "svg": {"aria-hidden", "height", "preserveAspectRatio", "viewBox", "width"},
    "rect": {"class", "height", "width", "x", "y"},
    "code": {"class"},
    "pre": {"class"},
    "label": set(),
    "input": {"autocomplete", "id", "placeholder", "type"},
    "select": {"autocomplete", "id"},
    "option": {"value"},
    "button": {"id", "type"},
}
HOSTILE = st.one_of(
    st.text(st.characters(), max_size=40),
    st.sampled_from(
        [
            "</script><script>alert(1)</script>",
            "<!--<script>",
            "]]></style><img src=x onerror=alert(1)>",
            "\"' onmouseover='alert(1)",
            "`<b>`",
            "`</code>",
            "javascript:alert(1)",
            "$data ${script} $$",
            "\udcff\u202e\x00\x1b[2J\r\n::error::x",
            "&lt;svg/onload=alert(1)&gt;",
            "</textarea></title></pre><base href=//evil>",
        ]
    ),
)
PLACES = st.builds(Location, HOSTILE, st.integers(1, 9), st.integers(1, 300), symbol=HOSTILE, note=HOSTILE)
FINDINGS = st.builds(
    Finding,
    rule=st.one_of(st.just("lint/F401"), HOSTILE),
    message=HOSTILE,
    location=PLACES,
    severity=st.sampled_from(Severity),
    related=st.lists(PLACES, max_size=2).map(tuple),
    help=HOSTILE,
    url=HOSTILE,
    id=HOSTILE,
    status=st.sampled_from(Status),
    origin=st.sampled_from(Origin),
    reason=HOSTILE,
    group=HOSTILE,
)
OUTCOMES = st.builds(
    Outcome,
    gate=HOSTILE,
    verdict=st.sampled_from(Verdict),
    findings=st.lists(FINDINGS, max_size=4).map(tuple),
    inspected=st.dictionaries(HOSTILE, st.integers(0, 9), max_size=2),
    unread=st.lists(st.builds(Unread, HOSTILE, HOSTILE), max_size=2).map(tuple),
    reason=HOSTILE,
    hint=HOSTILE,
    rerun=HOSTILE,
    tools=st.dictionaries(HOSTILE, HOSTILE, max_size=2),
    measures=st.dictionaries(HOSTILE, st.floats(allow_nan=False), max_size=2),
)


def parsed(text: str) -> Element:
    document: Element = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False).parse(text)
    return document


def elements(document: Element) -> Iterator[tuple[str, dict[str, str], Element]]:
    for each in document.iter():
        if isinstance(each.tag, str):
            yield each.tag.rpartition("}")[2], dict(each.attrib), each
        else:
            raise AssertionError(f"a comment: {each.text}")


def strange(document: Element) -> list[str]:
    """Return the elements and attributes that we did not put there."""
    return [
        f"{name} {key}"
        for name, attributes, _ in elements(document)
        for key in ("", *attributes)
        if name not in ELEMENTS or (key and key not in ELEMENTS[name])
    ]


def digest(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def data(document: Element) -> dict[str, Any]:
    (block,) = [each for name, attributes, each in elements(document) if name == "script" and attributes]
    assert block.attrib == {"type": "application/json", "id": "data"}
    found: dict[str, Any] = json.loads(block.text or "")
    return found


def inside(document: Element, element: str, attribute: str = "") -> str:
    """Return what stands in the only such element with that attribute, or without any."""
    (found,) = [
        each
        for name, attributes, each in elements(document)
        if name == element and (attribute in attributes if attribute else not attributes)
    ]
    return found.get("content") or found.text or ""


def assert_sealed(document: Element) -> None:
    """Nothing but ours; one style and one script that runs, and the policy allows exactly these."""
    assert strange(document) == []
    style, script = inside(document, "style"), inside(document, "script")
    assert inside(document, "meta", "http-equiv") == (
        f"default-src 'none'; style-src {digest(style)}; script-src {digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    for name, attributes, _ in elements(document):
        assert attributes.get("href", "#").startswith("#"), name


def cards(document: Element) -> list[tuple[str, str]]:
    """Return rule and severity of each finding that stands in the page."""
    found = []
    for name, attributes, each in elements(document):
        if name == "li" and attributes.get("class") == "finding":
            (tag,) = [inner.text or "" for inner in each.iter("b")]
            (rule,) = [inner.text or "" for inner in each.iter("code") if inner.get("class") == "rule"]
            found.append((rule, tag))
    return found


def many(number: int) -> Report:
    findings = tuple(
        Finding(
            rule=f"lint/R{index % 50}",
            message=f"`name_{index}` is assigned to and never used, see \U0001f40d",
            location=Location(
                f"package_{index % 40}/module_{index % 3000}.py", index % 900 + 1, 5, 0, 0, f"p.m:f{index}"
            ),
            severity=tuple(Severity)[index % 3],
            help="Remove the assignment, or use the value.",
            id=f"lint-{index:08x}",
            status=tuple(Status)[index % 4],
        )
        for index in range(number)
    )
    outcome = Outcome(gate="lint", verdict=Verdict.FAILED, findings=findings, planned=3000, inspected={"files": 3000})
    return replace(REPORT, outcomes=(outcome,), groups=(), flags=())


def test_the_sample_holds_nothing_but_ours() -> None:
    assert_sealed(parsed(rendered("html")))


def test_what_browsers_must_not_repair() -> None:
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(rendered("html"))
    assert parser.errors == []


@settings(max_examples=60, deadline=None)
@given(st.lists(OUTCOMES, max_size=3), st.lists(HOSTILE, min_size=6, max_size=6))
def test_text_from_the_repository_stays_text(outcomes: list[Outcome], texts: list[str]) -> None:
    report = replace(
        REPORT,
        outcomes=tuple(outcomes),
        scope=Scope("paths", (texts[0],), (Excluded(texts[1], 2),)),
        groups=(Group(texts[2], texts[3], texts[4], Location(texts[5]), 2, 2, True),),
        flags=(Flag(texts[0], texts[1]),),
        reason=texts[2],
    )
    page = html.render(report, View(sources=lambda path: texts))
    page.encode("utf-8")
    assert all(each.isprintable() or each == "\n" for each in page)
    assert_sealed(parsed(page))
    assert len(cards(parsed(page))) == len(data(parsed(page))["rows"]) == len(report.findings())


def test_counts_agree_by_rule_and_severity() -> None:
    report = many(900)
    document = parsed(html.render(report, View()))
    expected = Counter((each.rule, each.severity.value) for each in report.findings())
    assert Counter(cards(document)) == expected
    held = data(document)
    severities = [each.value for each in Severity]
    assert Counter((held["texts"][row[3]], severities[row[4]]) for row in held["rows"]) == expected
    assert re.search(r"open \(225\).*known \(450\).*accepted \(225\)", html.render(report, View()))


def test_the_static_list_has_the_order_of_the_data() -> None:
    document = parsed(html.render(many(900), View()))
    held = data(document)
    severities = [each.value for each in Severity]
    assert cards(document) == [(held["texts"][row[3]], severities[row[4]]) for row in held["rows"]]
    statuses = [row[5] != 0 for row in held["rows"]]
    assert statuses == sorted(statuses), "what is open comes first"


def test_nothing_is_left_out_without_saying_so() -> None:
    page = html.render(many(FULL + 500), View())
    document = parsed(page)
    assert len(cards(document)) == FULL
    assert len(data(document)["rows"]) == FULL + 500
    assert f"the first {FULL:,}; 500 are left out" in page


def measure(number: int) -> None:
    """Print the seconds, the bytes of the page and the growth of the peak memory in KiB; for a process of its own."""
    report, view = many(number), View(sources=lambda path: LINES * 200)
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    page = html.render(report, view)
    seconds = time.process_time() - started
    print(seconds, len(page.encode()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)


def test_a_hundred_thousand_findings() -> None:
    argv = [sys.executable, "-c", "from tests.reporters.test_html import measure; measure(100_000)"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60, cwd=ROOT)
    seconds, size, memory = map(float, done.stdout.split())
    assert seconds < 5
    assert size < 30_000_000
    assert memory < 300_000


def test_excerpts_follow_the_view() -> None:
    assert 'class="hit"' in html.render(REPORT, View(sources=lambda path: LINES))
    assert 'class="hit"' not in html.render(REPORT, View(sources=lambda path: LINES, excerpts=False))
    assert 'class="hit"' not in html.render(REPORT, View())


def test_a_long_line_keeps_what_the_finding_is_about() -> None:
    finding = Finding(rule="lint/E1", message="m", location=Location("a.py", 1, 5001, 1, 5007))
    outcome = Outcome(gate="lint", verdict=Verdict.FAILED, findings=(finding,))
    page = html.render(
        replace(REPORT, outcomes=(outcome,)), View(sources=lambda path: ["x" * 5000 + "NEEDLE" + "y" * 5000])
    )
    assert "NEEDLE" in page
    assert "x" * 300 not in page


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ((), ("Could not decide", "Gates passed")),
        ((Outcome(gate="lint", verdict=Verdict.PASSED),), ("Passed", "no error is open")),
        (REPORT.outcomes[:1], ("Failed: 1 error", "complexity failed")),
        (REPORT.outcomes, ("Could not decide, 1 error", "duplication could not decide; complexity failed")),
    ],
)
def test_the_verdict_comes_first(outcomes: tuple[Outcome, ...], words: tuple[str, str]) -> None:
    page = html.render(replace(REPORT, outcomes=outcomes), View())
    (heading,) = parsed(page).iter("h1")
    assert words[0] in "".join(heading.itertext())
    assert words[1] in page


@pytest.mark.parametrize("report", [SINCE, BETTER])
def test_a_comparison_holds_nothing_but_ours(report: Report) -> None:
    page = rendered("html", report)
    assert_sealed(parsed(page))
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(page)
    assert parser.errors == []


def test_origins_have_a_badge_and_a_filter_only_where_one_is_known() -> None:
    page = rendered("html", SINCE)
    assert page.count('<span class="origin introduced">introduced</span>') == 4
    assert '<option value="introduced">introduced (4)</option>' in page
    assert 'class="origin' not in rendered("html")
    assert 'id="origin"' not in rendered("html")


def test_the_title_calls_errors_new_only_when_all_are() -> None:
    complexity, lint, _ = SINCE.outcomes
    assert "<title>Failed: 4 errors - quality-gates</title>" in rendered("html", SINCE)
    assert "<title>Failed: 1 new error - quality-gates</title>" in rendered("html", replace(SINCE, outcomes=(lint,)))
    assert "<title>Failed: 3 errors - " in rendered("html", replace(SINCE, outcomes=(complexity,)))


def test_only_known_debt_is_still_charted() -> None:
    known = Finding(
        rule="size/file-lines",
        message="m",
        location=Location("old.py"),
        measure=Measure(900, 500, "lines"),
        status=Status.ACCEPTED,
        reason="baseline",
    )
    outcome = Outcome(gate="size", verdict=Verdict.PASSED, findings=(known,))
    page = html.render(replace(REPORT, outcomes=(outcome,)), View())
    assert '<rect class="known"' in page
    assert "accepted: baseline" in page


def test_a_gate_that_is_off_is_named() -> None:
    policy = replace(REPORT.policy, off=(Off("layers", "no <packages> yet"),))
    assert "<b>layers</b> off: no &lt;packages&gt; yet" in html.render(replace(REPORT, policy=policy), View())


def test_the_page_is_the_same_twice() -> None:
    assert rendered("html") == rendered("html")
