"""Results of other programs as findings: SARIF 2.1.0, the Reviewdog Diagnostic Format, and Checkstyle's XML.

What comes in was written by others: sizes are clamped, paths outside the project are refused, a document type in XML
(the way to entities, external or without end) is refused, and whatever is not of the format is one clear error. A SARIF
run that says of itself that it failed makes a BROKEN gate, never an empty one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from gates import registry
from gates.cache import digest
from gates.interchange import checkstyle, rdjson, sarif
from gates.interchange.values import Run
from gates.model import Finding, GatesError, Outcome, Severity, Status, Verdict

Reader = Callable[[bytes, Path | None], tuple[Run, ...]]

FORMATS: Mapping[str, Reader] = {"sarif": sarif.read, "rdjson": rdjson.read, "checkstyle": checkstyle.read}


def parse_sarif(content: bytes, root: Path | None = None) -> tuple[Finding, ...]:
    """Return the findings of a SARIF file; those below `root` with absolute paths become relative.

    Raises:
        GatesError: it is no SARIF 2.1.0, or a path leads out of the project.
    """
    return _all(sarif.read(content, root))


def parse_rdjson(content: bytes, root: Path | None = None) -> tuple[Finding, ...]:
    """Return the findings of a DiagnosticResult of reviewdog.

    Raises:
        GatesError: it is none, or a path leads out of the project.
    """
    return _all(rdjson.read(content, root))


def parse_checkstyle(content: bytes, root: Path | None = None) -> tuple[Finding, ...]:
    """Return the findings of a Checkstyle XML file.

    Raises:
        GatesError: it is none, it has a document type, or a path leads out of the project.
    """
    return _all(checkstyle.read(content, root))


def outcomes(name: str, content: bytes, root: Path) -> tuple[Outcome, ...]:
    """Return an outcome for each tool in a file of a format, also for one that found nothing.

    Raises:
        GatesError: the content is not of the format, or a tool is called like one of our gates.
    """
    by_tool: dict[str, list[Run]] = {}
    for run in FORMATS[name](content, root):
        by_tool.setdefault(run.tool, []).append(run)
    taken = {each.name for each in registry.gates_found()} & by_tool.keys()
    if taken:
        raise GatesError(f"the tool `{min(taken)}` is called like a gate, and its results would replace the gate's")
    return tuple(_outcome(tool, runs) for tool, runs in sorted(by_tool.items()))


def _outcome(tool: str, runs: Iterable[Run]) -> Outcome:
    parts = tuple(runs)
    findings = _all(parts)
    broken = "; ".join(each.broken for each in parts if each.broken)
    failed = any(each.severity is Severity.ERROR and each.status is Status.OPEN for each in findings)
    verdict = Verdict.BROKEN if broken else Verdict.FAILED if failed else Verdict.PASSED
    return Outcome(gate=tool, verdict=verdict, findings=findings, reason=broken)


def _all(runs: Iterable[Run]) -> tuple[Finding, ...]:
    """Order the findings and name them: rule, message and a number among equals, without path and line."""
    found = sorted((each for run in runs for each in run.findings), key=_order)
    seen: Counter[tuple[str, str]] = Counter()
    named = []
    for each in found:
        key = (each.rule, " ".join(each.message.split()))
        seen[key] += 1
        parts = (*key, str(seen[key]))
        name = digest(*(part.encode("utf-8", "surrogateescape") for part in parts))[:12]
        named.append(msgspec.structs.replace(each, id=f"{each.gate}-{name}"))
    return tuple(named)


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    place = finding.location
    return place.path, place.line, place.column, finding.rule, finding.message
