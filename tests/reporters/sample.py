"""One report with everything in it, for every reporter. Run as a program, this writes the snapshots anew; read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec.structs import replace

from gates import registry
from gates.model import (
    Excluded,
    Finding,
    Flag,
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
    View,
)

FOLDER = Path(__file__).parent / "snapshots"
HOSTILE = "evil\n::error::x\x1b[2J\u202e##[error]\udcff.py"
LINES = [
    "class OrderService:",
    "    def settle(self, order):",
    "\tif order.kind == 'é':  # " + "long " * 40,
    "        pass",
    "",
]

FINDINGS = (
    Finding(
        rule="complexity/cyclomatic",
        message="`OrderService.settle` has cyclomatic complexity 17, limit 10",
        location=Location("app/orders.py", 2, 5, 4, 13, "app.orders:OrderService.settle"),
        related=(Location("app/orders.py", 3, note="branch on order.kind"),),
        measure=Measure(17, 10, "paths"),
        help="Move each decision into a function named after it.",
        url="docs/gates/complexity.md#cyclomatic",
        id="complexity-7f3a91c2",
        group="g1",
    ),
    Finding(
        rule="complexity/nesting",
        message="`f` has nesting depth 7, limit 4",
        location=Location("app/old.py", 1),
        measure=Measure(7, 4, "levels"),
        id="complexity-00000001",
        status=Status.ACCEPTED,
        reason="baseline",
    ),
    Finding(
        rule="complexity/nesting",
        message="`g` has nesting depth 5, limit 4",
        location=Location("lib/other.py", 1),
        id="complexity-00000002",
        status=Status.OUT_OF_SCOPE,
    ),
)
LINT = Finding(
    rule="lint/F401",
    message=f"`{HOSTILE}` imported but unused",
    location=Location(HOSTILE, 1, 1, 1, 4, "evil"),
    severity=Severity.WARNING,
    tool_code="F401",
    id="lint-0badcafe",
)
REPORT = Report(
    version="0.1.0",
    scope=Scope("paths", ("app", HOSTILE), (Excluded("vendor/**", 12),)),
    policy=PolicyRecord("sha256:00", "pyproject.toml", "internal"),
    outcomes=(
        Outcome(
            gate="complexity",
            verdict=Verdict.FAILED,
            findings=FINDINGS,
            planned=34,
            inspected={"files": 33, "functions": 1412},
            unread=(Unread("app/broken.py", "is not valid Python: invalid syntax"),),
            rerun="gates check --gate complexity app/orders.py",
            tools={"radon": "6.0.1"},
            measures={"worst_cyclomatic": 17},
            seconds=0.42,
        ),
        Outcome(
            gate="duplication",
            verdict=Verdict.BROKEN,
            planned=34,
            inspected={"files": 0},
            reason="jscpd is not installed beside this Python",
            hint="Install it: python -m pip install 'jscpd>=5.4,<5.5'",
            rerun="gates check --gate duplication",
        ),
        Outcome(gate="layers", verdict=Verdict.SKIPPED, planned=34, reason="blocked by files/syntax in app/broken.py"),
        Outcome(
            gate="lint", verdict=Verdict.PASSED, findings=(LINT,), planned=34, inspected={"files": 34}, seconds=0.05
        ),
    ),
    files=34,
    lines=9120,
    groups=(
        Group(
            id="g1",
            cause=f"`OrderService.settle` is too complex, see {HOSTILE}",
            rule="complexity/cyclomatic",
            location=Location("app/orders.py", 2, 5, symbol="app.orders:OrderService.settle"),
            findings=1,
            files=1,
        ),
    ),
    flags=(Flag("complexity-7f3a91c2", "the dispatcher is generated"),),
    seconds=1.5,
)


def _complex(number: int, name: str, value: int, **marks: Any) -> Finding:
    return Finding(
        rule="complexity/cyclomatic",
        message=f"`{name}` has cyclomatic complexity {value}, limit 10",
        location=Location("app/orders.py", 2 + number, 5, 4 + number, 13, f"app.orders:{name}"),
        measure=Measure(value, 10, "paths"),
        help="Move each decision into a function named after it.",
        url="docs/gates/complexity.md#cyclomatic",
        id=f"complexity-{number:08x}",
        **marks,
    )


def _unused(number: int, **marks: Any) -> Finding:
    return Finding(
        rule="lint/F401",
        message=f"`module_{number}` imported but unused",
        location=Location("app/imports.py", 1 + number, 1, 1 + number, 8, "app.imports"),
        tool_code="F401",
        id=f"lint-{number:08x}",
        **marks,
    )


_ACCEPTED = {"status": Status.ACCEPTED}
COMPARED = (
    _complex(0, "old", 12, origin=Origin.INHERITED, before=12.0, reason="it was touched, and is no better than before"),
    _complex(1, "settle", 17, origin=Origin.WORSENED, before=14.0),
    _complex(2, "cancel", 11, origin=Origin.INTRODUCED),
    _complex(3, "refund", 13, origin=Origin.INHERITED, before=15.0, reason="base", **_ACCEPTED),
    _complex(4, "ship", 21, origin=Origin.INHERITED, before=21.0, reason="base", **_ACCEPTED),
    _complex(5, "import_all", 31, origin=Origin.INTRODUCED, reason="baseline: the importer goes in May", **_ACCEPTED),
)
COMPARED_LINT = (
    _unused(0, origin=Origin.INTRODUCED, severity=Severity.WARNING),
    _unused(1, origin=Origin.INTRODUCED),
    _unused(2, origin=Origin.INHERITED, reason="base", **_ACCEPTED),
    _unused(3, status=Status.SUPPRESSED, reason="imported for its side effect"),
)
SINCE = Report(
    version="0.1.0",
    scope=Scope("since", (), (), "9f3c1a2b7d604e58b1c2d3e4f5a6978801234567"),
    policy=PolicyRecord("sha256:00", "pyproject.toml", "internal"),
    outcomes=(
        Outcome(
            gate="complexity",
            verdict=Verdict.FAILED,
            findings=COMPARED,
            planned=34,
            inspected={"files": 34, "functions": 1412},
            rerun="gates check --gate complexity app/orders.py",
            resolved=3,
            seconds=0.42,
        ),
        Outcome(
            gate="lint",
            verdict=Verdict.FAILED,
            findings=COMPARED_LINT,
            planned=34,
            inspected={"files": 34},
            rerun="gates check --gate lint app/imports.py",
            resolved=1,
            seconds=0.05,
        ),
        Outcome(gate="size", verdict=Verdict.PASSED, planned=34, inspected={"files": 34}, resolved=0, seconds=0.01),
    ),
    files=34,
    lines=9120,
    seconds=1.5,
)
BETTER = replace(
    SINCE,
    scope=replace(SINCE.scope, kind="staged"),
    outcomes=(
        replace(SINCE.outcomes[0], verdict=Verdict.PASSED, findings=COMPARED[3:5]),
        replace(SINCE.outcomes[1], verdict=Verdict.PASSED, findings=COMPARED_LINT[2:]),
        SINCE.outcomes[2],
    ),
)
"""A change that resolves something and adds nothing."""

REPORTS = {"": REPORT, "-since": SINCE, "-better": BETTER}
"""The reports of which there are snapshots, by what stands behind the format in the name of the file."""


def rendered(name: str, report: Report = REPORT) -> str:
    """Return a report in a format, for a reader without colours and 80 columns."""
    return registry.reporter(name)(
        report, View(sources=lambda path: LINES, headers=lambda path: [(1, 4), (2, 4)], width=80)
    )


if __name__ == "__main__":
    for each in registry.reporter_names():
        for variant, report in REPORTS.items():
            (FOLDER / f"{each}{variant}.txt").write_text(rendered(each, report), encoding="utf-8")
