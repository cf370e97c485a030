"""A hundred thousand findings: every format is written in seconds and in bounded memory, and the page stays usable."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from gates import registry
from gates.grouping import grouped, with_groups
from gates.model import (
    Finding,
    Location,
    Measure,
    Origin,
    Outcome,
    Report,
    Severity,
    Status,
    Verdict,
    View,
)
from gates.reporters.html.listing import FULL
from tests.reporters.sample import LINES, REPORT
from tests.reporters.test_html import cards, data, parsed

ROOT = Path(__file__).parents[2]
NUMBER = 100_000
FILES = 2_000
MAX_TIMES = 5
"""How many times as long as to make a report it may take to write it: machines differ, and are not always alone."""

MAX_KIB = 300 * 1024
RULES = (
    *(f"lint/E{each}" for each in range(100, 124)),
    *("typing/attr-defined", "typing/arg-type", "typing/no-untyped-def", "typing/assignment", "typing/call-arg"),
    *("complexity/cyclomatic", "complexity/cognitive", "complexity/nesting", "size/function-lines", "size/file-lines"),
    *("duplication/clone", "layers/top-down", "layers/apart", "files/syntax", "files/encoding", "lint/F821"),
)
MESSAGES = {
    "typing/attr-defined": '"Store{few}" has no attribute "save{few}"',
    "typing/arg-type": 'Argument 1 to "settle{few}" of "Store" has incompatible type "str"; expected "int | None"',
    "typing/no-untyped-def": "Function is missing a type annotation",
    "lint/F821": "Undefined name `name_{few}`",
}
SITES = {"duplication/clone", "layers/top-down", "layers/apart"}
MEASURED = {"complexity", "size"}


def finding(index: int) -> Finding:
    """Return one of many findings: most are open errors of their own, others are noted, known, or share a cause."""
    rule, module = RULES[index % len(RULES)], (index // len(RULES) * 7 + index) % FILES
    path, few, line = f"package_{module % 40}/module_{module}.py", index // len(RULES) % 300, index % 900 + 1
    symbol = f"package_{module % 40}.module_{module}:Service.method_{index % 977}"
    message = MESSAGES.get(rule, "`name_{index}` is assigned to and never used, see \U0001f40d é | <b>{few}</b>")
    return Finding(
        rule=rule,
        message=message.format(few=few, index=index),
        location=Location(path, line, 5, line + index % 3, 20, symbol),
        severity=tuple(Severity)[index % 7 % 3],
        related=(Location(f"package_0/origin_{few}.py", few + 1, note="the other side"),) if rule in SITES else (),
        measure=Measure(index % 90 + 11, 10, "paths") if rule.partition("/")[0] in MEASURED else None,
        help="Remove the assignment, or use the value; what is left over misleads the next reader.",
        tool_code=rule.partition("/")[2],
        identity=symbol.partition(":")[2],
        id=f"{rule.partition('/')[0]}-{index:08x}",
        status=tuple(Status)[index % 11 % 4] if index % 5 == 0 else Status.OPEN,
        origin=tuple(Origin)[index % 4],
        reason="baseline" if index % 5 == 0 else "",
    )


def many(number: int) -> Report:
    """Return a report of so many findings, grouped as the engine groups them."""
    findings = [finding(each) for each in range(number)]
    causes = grouped((each for each in findings if each.status is Status.OPEN), lambda owner, name: None)
    by_gate: dict[str, list[Finding]] = {}
    for each in findings:
        by_gate.setdefault(each.gate, []).append(each)
    outcomes = tuple(
        with_groups(
            Outcome(
                gate=gate,
                verdict=Verdict.FAILED,
                findings=tuple(found),
                planned=FILES,
                inspected={"files": FILES},
                rerun=f"gates check --gate {gate}",
            ),
            causes.members,
        )
        for gate, found in sorted(by_gate.items())
    )
    return replace(REPORT, outcomes=outcomes, groups=causes.groups, flags=(), files=FILES, lines=FILES * 900)


def measure(name: str, number: int = NUMBER) -> None:
    """Print seconds of processor time to make a report and to write it, growth of the peak memory in KiB, bytes
    written; for a process of its own.

    The import of the reporter, which a command does once, is not counted as time.
    """
    began = time.process_time()
    report = many(number)
    made, render = time.process_time() - began, registry.reporter(name)
    sources = LINES * 200
    view = View(sources=lambda path: sources, headers=lambda path: [(1, 900)])
    before, started = _peak(), time.process_time()
    written = len(render(report, view).encode("utf-8"))
    seconds = time.process_time() - started
    print(json.dumps([made, seconds, _peak() - before, written, before]))


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("name", registry.reporter_names())
def test_a_hundred_thousand_findings_take_seconds_and_bounded_memory(name: str) -> None:
    argv = [sys.executable, "-c", f"from tests.reporters.test_scale import measure; measure({name!r})"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=120, cwd=ROOT)
    made, seconds, grown, written, before = json.loads(done.stdout)
    memory = f"{grown / 1024:.0f} MiB over {before / 1024:.0f}"
    print(f"{name}: {seconds:.2f} s beside {made:.2f} s, {memory}, {written / 1e6:.1f} MB")
    assert written > 0
    assert seconds < MAX_TIMES * made
    assert grown < MAX_KIB


def test_the_report_that_is_measured_is_varied() -> None:
    report = many(NUMBER)
    found = report.findings()
    assert len(found) == NUMBER
    assert len({each.location.path for each in found}) == FILES
    assert len({each.rule for each in found}) == len(RULES) == 40
    assert {each.status for each in found} == set(Status)
    assert {each.severity for each in found} == set(Severity)
    assert len(report.groups) > 100
    assert any(each.batch for each in report.groups)


def test_the_page_folds_by_file_and_holds_every_finding_as_data() -> None:
    report = many(20_000)
    document = parsed(registry.reporter("html")(report, View()))
    shown = cards(document)
    folds = [each for each in document.iter() if str(each.tag).endswith("details") and each.get("class") == "file"]
    assert len(shown) == FULL
    assert len(data(document)["rows"]) == len(report.findings())
    assert 0 < len(folds) <= FULL
    assert not [each for each in folds if "open" in each.attrib]
    assert sum(str(each.tag).endswith("li") and each.get("class") == "finding" for each in document.iter()) == FULL
