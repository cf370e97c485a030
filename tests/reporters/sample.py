"""One report with everything in it, for every reporter. Run as a program, this writes the snapshots anew; read them."""

from __future__ import annotations

from pathlib import Path

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
        origin=Origin.INTRODUCED,
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


def rendered(name: str) -> str:
    """Return the sample report in a format, for a reader without colours and 80 columns."""
    return registry.reporter(name)(
        REPORT, View(sources=lambda path: LINES, headers=lambda path: [(1, 4), (2, 4)], width=80)
    )


if __name__ == "__main__":
    for each in registry.reporter_names():
        (FOLDER / f"{each}.txt").write_text(rendered(each), encoding="utf-8")
