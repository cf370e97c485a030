"""Reports with anything in them: controls, surrogates, markup and commands in every field that holds text."""

from __future__ import annotations

from hypothesis import strategies as st

from gates.model import (
    Finding,
    Group,
    Location,
    Measure,
    Origin,
    Outcome,
    PolicyRecord,
    Report,
    Scope,
    Severity,
    Status,
    Unread,
    Verdict,
)
from gates.text import visible

PIECES = (
    *(
        "\0",
        "\x08",
        "\x0b",
        "\x1b[2J",
        "\x7f",
        "\x85",
        "\u2028",
        "\u202e",
        "\ufeff",
        "\ufffe",
        "\uffff",
        "\udcff",
        "\ud800",
    ),
    *("]]>", "<![CDATA[", "<!--", "</failure>", "<script>", "&amp;", "&#0;", '"', "'", "\\", "\\u0000", "%00", "%2e"),
    *(
        "::error::x",
        "##[error]",
        "[x](https://a.example)",
        "{0}",
        "`",
        "|",
        "\n",
        "\r\n",
        "\t",
        " ",
        ".",
        "é",
        "名前",
        "🎉",
    ),
)
TEXT = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=6).map("".join)
NAMES = st.sampled_from(["files/syntax", "lint/F401", "complexity/cyclomatic", "typing/arg-type"]) | TEXT
NUMBERS = st.integers(-1, 60) | st.integers(2**31 - 2, 2**40)


def _path(text: str) -> str:
    """Return what a file system can hold: bytes that are not UTF-8 are the only surrogates, and there is no NUL."""
    raw = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return raw.strip("/").removeprefix("./").replace("?", "\udcff") or "a.py"


PATHS = st.sampled_from(["a.py", "pkg/ü b.py"]) | TEXT.map(_path)
PLACES = st.builds(
    Location,
    path=PATHS,
    line=NUMBERS,
    column=NUMBERS,
    end_line=NUMBERS,
    end_column=NUMBERS,
    symbol=TEXT,
    note=TEXT,
)
MEASURES = st.builds(Measure, value=st.floats(0, 1e6), limit=st.integers(0, 100).map(float), unit=TEXT)
FINDINGS = st.builds(
    Finding,
    rule=NAMES,
    message=TEXT,
    location=PLACES,
    severity=st.sampled_from(Severity),
    related=st.lists(PLACES, max_size=2).map(tuple),
    measure=st.none() | MEASURES,
    help=TEXT,
    url=TEXT | st.just("https://example.org/rule"),
    tool_code=TEXT,
    id=st.sampled_from(["lint-1", "lint-2"]) | TEXT,
    status=st.sampled_from(Status),
    origin=st.sampled_from(Origin),
    before=st.none() | st.floats(0, 1e6),
    reason=TEXT | st.sampled_from(["base", "baseline", "baseline: it goes in May"]),
    group=TEXT,
)
OUTCOMES = st.builds(
    Outcome,
    gate=st.sampled_from(["files", "lint", "complexity"]) | TEXT,
    verdict=st.sampled_from(Verdict),
    findings=st.lists(FINDINGS, max_size=4).map(tuple),
    planned=st.integers(0, 9),
    inspected=st.dictionaries(TEXT, st.integers(0, 9), max_size=2),
    unread=st.lists(st.builds(Unread, PATHS, TEXT), max_size=2).map(tuple),
    reason=TEXT,
    hint=TEXT,
    rerun=TEXT,
    tools=st.dictionaries(TEXT, TEXT, max_size=2),
    resolved=st.integers(0, 9),
    seconds=st.floats(0, 1e5),
)
SCOPES = st.builds(
    Scope,
    st.sampled_from(["project", "paths", "since", "staged"]) | TEXT,
    st.lists(PATHS, max_size=2).map(tuple),
    base=st.sampled_from(["", "9f3c1a2b7d604e58b1c2d3e4f5a6978801234567"]) | TEXT,
)
REPORTS = st.builds(
    Report,
    version=TEXT,
    scope=SCOPES,
    policy=st.builds(PolicyRecord, TEXT, PATHS, TEXT, untrusted=TEXT),
    outcomes=st.lists(OUTCOMES, max_size=3, unique_by=lambda each: visible(each.gate)).map(tuple),
    files=st.integers(0, 9),
    lines=st.integers(0, 99),
    groups=st.lists(st.builds(Group, TEXT, TEXT, TEXT, PLACES, st.just(1), st.just(1)), max_size=1).map(tuple),
    reason=TEXT,
    seconds=st.floats(0, 1e5),
)
LINES = st.lists(TEXT, max_size=5)
