"""From the raw findings of a gate to marked ones: help, symbol, identity, order, status."""

from __future__ import annotations

import functools
import operator
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from gates.allowances import allowance
from gates.cache import digest
from gates.facts import Class, Function
from gates.model import Finding, Location, Severity, Status
from gates.project import PROJECT, Project, module_name, package_folders
from gates.registry import Gate


def marked(gate: Gate, project: Project, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in the order of the report, each complete and with its id."""
    files = _Files(project)
    asked = frozenset(project.asked or project.files)
    told = functools.cache(lambda rule: _told(gate, rule))
    placed = [_completed(told, files, each) for each in findings]
    placed.sort(key=_ORDER)
    return tuple(_with_status(each, asked, project) for each in _identified(placed, files))


_ORDER = operator.attrgetter("location.path", "location.line", "location.column", "rule", "message")
"""What the order of findings in a report depends on."""


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
    path = finding.location.path
    if path in asked or finding.identity == PROJECT or path not in project.snapshots:
        return True
    return any(each.path in asked for each in finding.related)


def fails(findings: Iterable[Finding]) -> bool:
    """Return whether an open error is among the findings; nothing else fails a gate."""
    return any(each.status is Status.OPEN and each.severity is Severity.ERROR for each in findings)


def _told(gate: Gate, name: str) -> tuple[str, str]:
    """Return the help and the address for findings of a rule that bring none."""
    rule = gate.rule(name)
    anchor = name.partition("/")[2] if rule and rule.name != "*" else "rules"
    return rule.help if rule else "", f"docs/gates/{gate.name}.md#{anchor}"


def _completed(told: Callable[[str], tuple[str, str]], files: _Files, finding: Finding) -> Finding:
    help_text, url = told(finding.rule)
    return msgspec.structs.replace(
        finding,
        location=files.named(files.clamped(finding.location)),
        related=tuple([files.clamped(each) for each in finding.related]),
        help=finding.help or help_text,
        url=finding.url or url,
    )


class _Files:
    """The files that findings are in: how far each goes, what it holds, and the innermost function or class around each
    of its lines."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._packages = package_folders(project.whole)
        self._last = functools.cache(self._number_of_lines)
        self._around = functools.cache(self._symbols)
        self._lines = functools.cache(project.lines)
        self.source = functools.cache(self._read)

    def clamped(self, place: Location) -> Location:
        """Keep a place inside its file, whatever a tool said."""
        line, column, end_line, end_column = place.line, place.column, place.end_line, place.end_column
        last = self._last(place.path) or max(line, 1)
        in_order = column >= 1 and end_column >= (column if end_line == line else 1)
        if in_order and 1 <= line <= last and line <= end_line <= last + 1:
            return place
        line = min(max(line, 1), last)
        end_line = min(max(end_line, line), last + 1)
        column = max(column, 1)
        end_column = max(end_column, column if end_line == line else 1)
        return msgspec.structs.replace(place, line=line, column=column, end_line=end_line, end_column=end_column)

    def named(self, place: Location) -> Location:
        """Return a place with its symbol; it lies in its file or just behind it."""
        around = () if place.symbol else self._around(place.path)
        if not around:
            return place
        return msgspec.structs.replace(place, symbol=around[place.line] if place.line < len(around) else around[0])

    def _number_of_lines(self, path: str) -> int:
        """Return how many lines a file has, one at least; 0 when nobody knows."""
        snapshot = self._project.snapshots.get(path)
        known = snapshot is not None and snapshot.facts.unreadable is None
        return max(snapshot.facts.lines, 1) if snapshot and known else 0

    def _symbols(self, path: str) -> Sequence[str]:
        """Return the symbol around each line of a file; of two that begin on one line the first one is meant. Of what
        is no file of the project, nothing."""
        if path not in self._project.snapshots:
            return ()
        facts, module = self._project.facts(path), module_name(path, self._packages)
        spans: tuple[Class | Function, ...] = (*facts.classes, *reversed(facts.functions))
        lines = [module] * (max((each.end_line for each in spans), default=0) + 1)
        for each in sorted(spans, key=lambda each: each.line):
            lines[each.line : each.end_line + 1] = [f"{module}:{each.symbol}"] * each.lines
        return lines

    def _read(self, path: str, line: int, end_line: int) -> str:
        """Return the code on some lines of a file, however it is laid out."""
        return " ".join(" ".join(self._lines(path)[line - 1 : max(line, end_line)]).split())


def _identified(findings: Sequence[Finding], files: _Files) -> list[Finding]:
    """Give each finding its id: gate, and a hash of rule, identity and ordinal among equals. No line, value or path."""
    seen: Counter[tuple[str, str]] = Counter()
    identified: list[Finding] = []
    taken: set[str] = set()
    for finding in findings:
        rule, place = finding.rule, finding.location
        identity = finding.identity or files.source(place.path, place.line, place.end_line)
        ordinal = seen[rule, identity]
        seen[rule, identity] = ordinal + 1
        name = digest(rule.encode(), identity.encode("utf-8", "surrogatepass"), str(ordinal).encode())
        gate = finding.gate
        short = f"{gate}-{name[:8]}"
        chosen = f"{gate}-{name[:12]}" if short in taken else short
        taken.add(chosen)
        identified.append(msgspec.structs.replace(finding, id=chosen))
    return identified
