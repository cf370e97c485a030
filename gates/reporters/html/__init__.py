"""The report as one HTML file that loads nothing: verdict, gates, worst files, root causes, findings to filter.

Its style and script are constants, which the page's own Content-Security-Policy allows by digest and nothing else.
Without the script every finding of the static part shows, folded by file; the script only filters and turns pages.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Template

from gates import numbers
from gates.model import Finding, Report, Status, View
from gates.reporters.html import listing, overview
from gates.reporters.html.tally import Tally, tallies
from gates.text import html

_ASSETS = Path(__file__).parent.parent.parent / "assets"


def render(report: Report, view: View) -> str:
    """Return the report as a self-contained HTML page."""
    findings = report.findings()
    files = tallies(findings, lambda each: each.location.path)
    rank = {each.name: index for index, each in enumerate(files)}
    found = sorted(findings, key=lambda each: (*_value(each, rank), each.location.line, each.rule))
    style, script = _asset("report.css"), _asset("report.js")
    return Template(_asset("report.html")).substitute(
        policy=_policy(style, script),
        title=html(f"{overview.title(report)} - quality-gates"),
        style=style,
        body="\n".join(_body(report, files, found, view)),
        data=listing.data(found),
        script=script,
    )


def _value(finding: Finding, rank: Mapping[str, int]) -> tuple[bool, int, int]:
    """Order by file, what is open first, and in a file what the change brought."""
    is_open = finding.status is Status.OPEN
    return not is_open, rank[finding.location.path], numbers.RANKS[finding.origin] if is_open else 0


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    digests = (
        f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in (style, script)
    )
    own_style, own_script = digests
    return f"default-src 'none'; style-src {own_style}; script-src {own_script}; base-uri 'none'; form-action 'none'"


def _body(report: Report, files: Sequence[Tally], found: Sequence[Finding], view: View) -> Iterator[str]:
    yield overview.top(report)
    yield "<main>"
    yield from overview.sections(report, files, found)
    yield from listing.section(report, found, view)
    yield "</main>"
    yield from overview.about(report)
