"""From the raw findings of a gate to marked ones: help, symbol, identity, order, status."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from gates.allowances import allowance
from gates.cache import digest
from gates.facts import Class, Function
from gates.model import Finding, Location, Rule, Severity, Status
from gates.project import PROJECT, Project, module_name, package_folders
from gates.registry import Gate


def marked(gate: Gate, project: Project, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in the order of the report, each complete and with its id."""
    symbols = _Symbols(project)
    asked = frozenset(project.asked or project.files)
    rule = functools.cache(gate.rule)
    placed = [_completed(gate, rule, project, symbols, each) for each in findings]
    placed.sort(key=lambda each: (_order(each.location), each.rule, each.message))
    return tuple(_with_status(each, asked, project) for each in _identified(project, placed))


def _with_status(finding: Finding, asked: frozenset[str], project: Project) -> Finding:
    if not _concerns(finding, asked, project):
        return msgspec.structs.replace(finding, status=Status.OUT_OF_SCOPE)
    allowed = allowance(project, finding)
    if allowed is None:
        return finding
    return msgspec.structs.replace(finding, status=Status.SUPPRESSED, reason=allowed.reason)


def _concerns(finding: Finding, asked: frozenset[str], project: Project) -> bool:
    """Whether a finding is about what was asked for: its place, a related one, or the project as a whole, to which
    belongs what is said of other files than Python."""
    if finding.identity == PROJECT or finding.location.path in asked or finding.location.path not in project.snapshots:
        return True
    return any(each.path in asked for each in finding.related)


def fails(findings: Iterable[Finding]) -> bool:
    """Return whether an open error is among the findings; nothing else fails a gate."""
    return any(each.status is Status.OPEN and each.severity is Severity.ERROR for each in findings)


def _completed(
    gate: Gate, named: Callable[[str], Rule | None], project: Project, symbols: _Symbols, finding: Finding
) -> Finding:
    rule = named(finding.rule)
    place = _clamped(project, finding.location)
    if not place.symbol and place.path in project.snapshots:
        place = msgspec.structs.replace(place, symbol=symbols.around(place.path, place.line))
    anchor = finding.rule.partition("/")[2] if rule and rule.name != "*" else "rules"
    return msgspec.structs.replace(
        finding,
        location=place,
        related=tuple(_clamped(project, each) for each in finding.related),
        help=finding.help or (rule.help if rule else ""),
        url=finding.url or f"docs/gates/{gate.name}.md#{anchor}",
    )


def _clamped(project: Project, place: Location) -> Location:
    """Keep a place inside its file, whatever a tool said."""
    snapshot = project.snapshots.get(place.path)
    known = snapshot is not None and snapshot.facts.unreadable is None
    last = max(snapshot.facts.lines if snapshot and known else place.line, 1)
    line = min(max(place.line, 1), last)
    end_line = min(max(place.end_line, line), last + 1)
    column = max(place.column, 1)
    end_column = max(place.end_column, column) if end_line == line else max(place.end_column, 1)
    inside = (line, column, end_line, end_column)
    if inside == (place.line, place.column, place.end_line, place.end_column):
        return place
    return msgspec.structs.replace(place, line=line, column=column, end_line=end_line, end_column=end_column)


class _Symbols:
    """The innermost function or class around each line of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._packages = package_folders(project.whole)
        self._files: dict[str, list[str]] = {}

    def around(self, path: str, line: int) -> str:
        """Return the symbol around a line, which lies in its file or just behind it."""
        if path not in self._files:
            self._files[path] = self._lines(path)
        lines = self._files[path]
        return lines[line] if line < len(lines) else lines[0]

    def _lines(self, path: str) -> list[str]:
        """Return the symbol around each line of a file; of two that begin on one line the first one is meant."""
        facts, module = self._project.facts(path), module_name(path, self._packages)
        spans: tuple[Class | Function, ...] = (*facts.classes, *reversed(facts.functions))
        lines = [module] * (max((each.end_line for each in spans), default=0) + 1)
        for each in sorted(spans, key=lambda each: each.line):
            lines[each.line : each.end_line + 1] = [f"{module}:{each.symbol}"] * each.lines
        return lines


def _identified(project: Project, findings: Sequence[Finding]) -> list[Finding]:
    """Give each finding its id: gate, and a hash of rule, identity and ordinal among equals. No line, value or path."""
    seen: Counter[tuple[str, str]] = Counter()
    lines: dict[str, list[str]] = {}
    identified: list[Finding] = []
    taken: set[str] = set()
    for finding in findings:
        identity = finding.identity or _source(project, finding, lines)
        key = (finding.rule, identity)
        name = digest(finding.rule.encode(), identity.encode("utf-8", "surrogatepass"), str(seen[key]).encode())
        seen[key] += 1
        short = f"{finding.gate}-{name[:8]}"
        chosen = f"{finding.gate}-{name[:12]}" if short in taken else short
        taken.add(chosen)
        identified.append(msgspec.structs.replace(finding, id=chosen))
    return identified


def _source(project: Project, finding: Finding, lines: dict[str, list[str]]) -> str:
    place = finding.location
    if place.path not in lines:
        lines[place.path] = project.lines(place.path)
    return " ".join(" ".join(lines[place.path][place.line - 1 : max(place.line, place.end_line)]).split())


def _order(place: Location) -> tuple[str, int, int]:
    return (place.path, place.line, place.column)
