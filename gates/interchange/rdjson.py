"""The Reviewdog Diagnostic Format, as one JSON document."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct, field

from gates.interchange.values import (
    Run,
    decoded,
    end_number,
    finding_of,
    number,
    relative,
    tool_name,
)
from gates.model import Finding, Location, Severity
from gates.text import visible

_RDJSON_LEVELS = {"ERROR": Severity.ERROR, "1": Severity.ERROR, "INFO": Severity.NOTE, "3": Severity.NOTE}


class _Position(Struct):
    line: int | None = None
    column: int | None = None


class _Range(Struct):
    start: _Position = field(default_factory=_Position)
    end: _Position = field(default_factory=_Position)


class _RdLocation(Struct):
    path: str
    range: _Range = field(default_factory=_Range)


class _Source(Struct):
    name: str = ""


class _Code(Struct):
    value: str = ""
    url: str = ""


class _Diagnostic(Struct):
    location: _RdLocation
    message: str = ""
    severity: str | int | None = None
    source: _Source | None = None
    code: _Code = field(default_factory=_Code)


class _DiagnosticResult(Struct):
    diagnostics: list[_Diagnostic]
    source: _Source = field(default_factory=_Source)
    severity: str | int | None = None


def read(content: bytes, root: Path | None) -> tuple[Run, ...]:
    """Return what the tool behind a DiagnosticResult found."""
    document = decoded(content, _DiagnosticResult, "rdjson")
    default = tool_name(document.source.name or "rdjson")
    found: dict[str, list[Finding]] = {default: []}
    for each in document.diagnostics:
        tool = tool_name(each.source.name) if each.source and each.source.name else default
        found.setdefault(tool, []).append(_rdjson_finding(tool, each, document.severity, root))
    if document.diagnostics and not found[default]:
        del found[default]
    return tuple(Run(tool, tuple(findings)) for tool, findings in found.items())


def _rdjson_finding(tool: str, each: _Diagnostic, default: str | int | None, root: Path | None) -> Finding:
    start, end = each.location.range.start, each.location.range.end
    place = Location(
        relative(each.location.path, root),
        number(start.line),
        number(start.column),
        end_number(end.line),
        end_number(end.column),
    )
    level = str(each.severity or default or "")
    found = finding_of(tool, each.code.value, each.message, place, _RDJSON_LEVELS.get(level, Severity.WARNING))
    return msgspec.structs.replace(found, url=visible(each.code.url))


# Checkstyle
