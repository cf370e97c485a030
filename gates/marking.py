"""From the raw findings of a gate to marked ones: help, symbol, identity, order, status."""

from __future__ import annotations

import functools
import itertools
import operator
import types
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from gates.allowances import allowance
from gates.cache import digest
from gates.facts import Class, Function
from gates.model import Finding, Location, Severity, Status
from gates.project import PROJECT, Project, module_name, package_folders
from gates.registry import Gate

_SHORT = 8
_LONG = 12
"""Hexadecimal digits in an id; in that of a finding whose short one is taken."""


Row = tuple[Finding, str, int]


class Marked(Struct, frozen=True, array_like=True):
    """Findings as the report has them, in its order; and of each the text that tells it from others of its rule, and
    how many equals are before it."""

    findings: tuple[Finding, ...] = ()
    texts: tuple[str, ...] = ()
    ordinals: tuple[int, ...] = ()

    def rows(self) -> Iterator[Row]:
        """Yield what belongs together."""
        yield from zip(self.findings, self.texts, self.ordinals, strict=True)


_NEW = -1
"""The ordinal of a finding that was never counted."""


def marked(
    gate: Gate, project: Project, findings: Iterable[Finding], known: Mapping[str, Marked] = types.MappingProxyType({})
) -> Marked:
    """Return the findings in the order of the report, each complete and with its id. Those in files of which is `known`
    how they are marked are taken from there; only their ids count equals in other files, and may be others."""
    files = _Files(project)
    asked = frozenset(project.asked or project.files)
    told = functools.cache(lambda rule: _told(gate, rule))
    placed = [_completed(told, files, each) for each in findings if each.location.path not in known]
    placed.sort(key=_ORDER)
    rows: dict[str, Iterable[Row]] = {path: each.rows() for path, each in known.items()}
    for path, new in itertools.groupby(placed, key=lambda each: each.location.path):
        rows[path] = [(_with_status(each, asked, project), files.text(each), _NEW) for each in new]
    return _identified(row for path in sorted(rows) for row in rows[path])


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


def together(rows: Iterable[Row]) -> Marked:
    """Return as one value what belongs together of each finding."""
    every = tuple(rows)
    return Marked(*zip(*every, strict=True)) if every else Marked()


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
        self._source = functools.cache(self._read)

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

    def text(self, finding: Finding) -> str:
        """Return what tells a finding from others of its rule: what it says of that itself, or the code it covers."""
        place = finding.location
        return finding.identity or self._source(place.path, place.line, place.end_line)

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


def _identified(rows: Iterable[Row]) -> Marked:
    """Give each finding its id: gate, and a hash of rule, text and ordinal among equals. No line, value or path."""
    seen: Counter[tuple[str, str]] = Counter()
    taken: set[str] = set()
    done: list[Row] = []
    for finding, text, before in rows:
        ordinal = seen[finding.rule, text]
        seen[finding.rule, text] = ordinal + 1
        is_still = ordinal == before and finding.id not in taken and _is_short(finding.id)
        each = finding if is_still else msgspec.structs.replace(finding, id=_id(finding, text, ordinal, taken))
        taken.add(each.id)
        done.append((each, text, ordinal))
    return together(done)


def _id(finding: Finding, text: str, ordinal: int, taken: Container[str]) -> str:
    """Return an id that none has yet; a longer one where another finding has the short one."""
    name = digest(finding.rule.encode(), text.encode("utf-8", "surrogatepass"), str(ordinal).encode())
    short = f"{finding.gate}-{name[:_SHORT]}"
    return f"{finding.gate}-{name[:_LONG]}" if short in taken else short


def _is_short(name: str) -> bool:
    return name[-1 - _SHORT : -_SHORT] == "-"
