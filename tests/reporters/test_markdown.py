"""The Markdown says what the report says; no text in it becomes markup; it fits what GitHub takes."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec.structs import replace

from gates.model import (
    Excluded,
    Finding,
    Flag,
    Group,
    Location,
    Outcome,
    Report,
    Scope,
    Severity,
    Status,
    Unread,
    Verdict,
    View,
)
from gates.reporters.markdown import MAX_BYTES, render, within
from gates.text import visible
from tests.examples import examples
from tests.reporters.sample import REPORT, rendered

WORDS = {"text", "text_special", "code_inline", "strong_open", "strong_close", "softbreak"}
MARKS = (
    *("`", "``", "|", "\\", "\\|", "@all", "#12", "<b>", "</details>", "<!--", "&lt;"),
    *("![x](https://x.y)", "[a](b)"),
    *("*", "_", "~~", "\n", "\n\n# x", "\r", "::error::x", "https://x.y", "www.x.y"),
    *("\x1b[2J", "\u202e", "\udcff", " ", "  ", "    x", "1. x", "2)"),
)
TEXT = st.lists(st.sampled_from(MARKS) | st.text(max_size=3), max_size=6).map("".join)
PLACES = st.builds(Location, path=TEXT, line=st.integers(1, 9), note=TEXT)
FINDINGS = st.builds(
    Finding,
    rule=TEXT,
    message=TEXT,
    location=PLACES,
    severity=st.sampled_from(Severity),
    related=st.lists(PLACES, max_size=5).map(tuple),
    help=TEXT,
    id=TEXT,
    status=st.sampled_from(Status),
)
OUTCOMES = st.builds(
    Outcome,
    gate=TEXT,
    verdict=st.sampled_from(Verdict),
    findings=st.lists(FINDINGS, max_size=6).map(tuple),
    unread=st.lists(st.builds(Unread, TEXT, TEXT), max_size=2).map(tuple),
    reason=TEXT,
    hint=TEXT,
    rerun=TEXT,
    inspected=st.dictionaries(TEXT, st.integers(0, 9999), max_size=2),
    seconds=st.just(0.5),
)
REPORTS = st.builds(
    Report,
    version=TEXT,
    scope=st.builds(
        Scope,
        paths=st.lists(TEXT, max_size=5).map(tuple),
        excluded=st.lists(st.builds(Excluded, TEXT, st.just(3)), max_size=2).map(tuple),
    ),
    policy=st.just(REPORT.policy),
    outcomes=st.lists(OUTCOMES, max_size=3).map(tuple),
    files=st.just(3),
    lines=st.just(9),
    groups=st.lists(
        st.builds(Group, id=TEXT, cause=TEXT, rule=TEXT, location=PLACES, findings=st.just(2), files=st.just(1)),
        max_size=2,
    ).map(tuple),
    flags=st.lists(st.builds(Flag, TEXT, TEXT), max_size=2).map(tuple),
    reason=TEXT,
)


def parsed(text: str) -> list[Token]:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)


def tables(text: str) -> dict[str, list[list[str]]]:
    """The cells of each table, as a reader sees them, by the heading above it."""
    found: dict[str, list[list[str]]] = {}
    heading, tokens = "", parsed(text)
    for before, token in pairwise(tokens):
        if before.tag == "h3" and token.type == "inline":
            heading = token.content
        if token.type == "tr_open":
            found.setdefault(heading, []).append([])
        if before.type in ("td_open", "th_open"):
            found[heading][-1].append("".join(each.content for each in token.children or []))
    return found


def listed(text: str) -> Counter[tuple[str, str]]:
    """The findings by severity and rule, from the tables."""
    found = tables(text)
    errors = Counter(("error", row[2]) for row in found.get("Errors", [])[1:])
    return errors + Counter((row[0], row[3]) for row in found.get("Noted, fails no gate", [])[1:])


def many(number: int, message: str = "`f` is wrong") -> Report:
    found = tuple(
        Finding(rule="lint/X", message=message, location=Location(f"a{each}.py"), id=f"lint-{each}", help="Mend it.")
        for each in range(number)
    )
    return replace(REPORT, outcomes=(Outcome(gate="lint", verdict=Verdict.FAILED, findings=found),))


@examples(60)
@given(REPORTS)
def test_no_text_becomes_markup(report: Report) -> None:
    text = render(report, View())
    tokens = parsed(text)
    assert {each.type for each in tokens} <= {
        *("heading_open", "heading_close", "inline", "paragraph_open", "paragraph_close"),
        *("table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close", "tr_open", "tr_close"),
        *("th_open", "th_close", "td_open", "td_close"),
        *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
    }
    words = [each for token in tokens for each in token.children or []]
    assert {each.type for each in words} <= WORDS
    plain = [each.content for each in words if each.type == "text"]
    assert not [each for each in plain if "@" in each or "://" in each]
    assert all(each.isprintable() for each in text.replace("\n", ""))


@examples(60)
@given(REPORTS)
def test_every_finding_is_a_row_and_every_row_has_its_cells(report: Report) -> None:
    text = render(report, View())
    for rows in tables(text).values():
        assert len({len(row) for row in rows}) == 1
    assert all(
        line.replace("\\|", "").count("|") == head.replace("\\|", "").count("|")
        for head, line in _rows_under_heads(text)
    )
    expected = Counter((each.severity.value, _shown(each.rule, each.id)) for each in report.open())
    assert Counter((severity, "".join(rule.split())) for severity, rule in listed(text).elements()) == expected


def _shown(*texts: str) -> str:
    return "".join("".join(visible(each) for each in texts).split())


def _rows_under_heads(text: str) -> list[tuple[str, str]]:
    head, found = "", []
    for line in text.split("\n"):
        head = (head or line) if line.startswith("|") else ""
        if head:
            found.append((head, line))
    return found


def test_the_sample_says_it_all() -> None:
    text = rendered("markdown")
    assert text.startswith("## 🚧 Quality gates could not decide: duplication, layers\n")
    assert listed(text) == {
        ("error", "complexity/cyclomatic complexity-7f3a91c2"): 1,
        ("warning", "lint/F401 lint-0badcafe"): 1,
    }
    gates = {row[0]: row[1:] for row in tables(text)[""]}
    found = "1 error, 1 known, 1 elsewhere"
    assert gates["complexity"] == ["❌ failed", found, "33 of 34 files, 1,412 functions", "0.42 s"]
    assert "flagged for a person:** the dispatcher is generated" in text
    assert "- `vendor/**` excludes 12 files" in text
    assert "- `app/broken.py` is not valid Python: invalid syntax; not inspected by complexity" in text
    assert "Known: in the baseline. Outside of the paths that were asked for: 1." in text


def test_the_first_line_is_the_verdict_in_numbers() -> None:
    assert render(many(3), View()).startswith("## ❌ Quality gates failed: 3 errors in 3 files\n")
    passed = replace(REPORT, outcomes=(Outcome(gate="lint", verdict=Verdict.PASSED),))
    assert render(passed, View()).startswith("## ✅ Quality gates passed\n")


def test_the_same_help_stands_once() -> None:
    assert tables(render(many(50), View()))["How to fix"] == [["rule", "how"], ["lint/X", "Mend it."]]


def test_a_type_with_a_bar_is_read_as_it_is() -> None:
    text = render(many(1, "got `int | None`, not `list[str] | str`"), View())
    assert tables(text)["Errors"][1][1] == "got int | None, not list[str] | str"


def test_a_hundred_thousand_findings_fit_and_the_rest_is_counted() -> None:
    report = many(100_000, "名" * 50)
    start = time.perf_counter()
    text = render(report, View())
    assert time.perf_counter() - start < 5
    assert MAX_BYTES // 2 < len(text.encode("utf-8")) <= MAX_BYTES
    left = 100_000 - listed(text).total()
    assert f"**{left:,} more errors** left out here for want of room; `gates check --output-format json`" in text


def test_nothing_that_is_long_breaks_the_bound() -> None:
    long = "🎉" * 300_000
    report = many(2_000, long)
    unread = tuple(Unread(f"{each}{long}", long) for each in range(200))
    outcome = replace(report.outcomes[0], reason=long, unread=unread)
    scope = Scope(paths=(long,) * 2_000, excluded=(Excluded(long, 1),) * 200)
    report = replace(report, outcomes=(outcome,) * 20, scope=scope, flags=(Flag("x", long),) * 200, reason=long)
    assert len(render(report, View()).encode("utf-8")) <= MAX_BYTES


def test_a_comment_takes_less() -> None:
    text = within(many(5_000), 65_536)
    assert len(text.encode("utf-8")) <= 65_536
    assert 100 < listed(text).total() < 5_000
