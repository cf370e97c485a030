"""Results of other programs as findings: SARIF 2.1.0, the Reviewdog Diagnostic Format, and Checkstyle's XML.

What comes in was written by others: sizes are clamped, paths outside the project are refused, a document type in XML
(the way to entities, external or without end) is refused, and whatever is not of the format is one clear error. A SARIF
run that says of itself that it failed makes a BROKEN gate, never an empty one.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote_to_bytes
from xml.parsers import expat

import msgspec
from msgspec import Struct, field

from gates import registry
from gates.cache import digest
from gates.model import (
    Finding,
    GatesError,
    Location,
    Outcome,
    Severity,
    Status,
    Verdict,
)
from gates.text import visible

_MAX_NUMBER = 2**31 - 1
_BOM = b"\xef\xbb\xbf"
_SCHEME = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]+):(.*)$", re.DOTALL)
_SARIF_LEVELS = {"error": Severity.ERROR, "warning": Severity.WARNING, "note": Severity.NOTE, "none": Severity.NOTE}
_RDJSON_LEVELS = {"ERROR": Severity.ERROR, "1": Severity.ERROR, "INFO": Severity.NOTE, "3": Severity.NOTE}
_CHECKSTYLE_LEVELS = {"error": Severity.ERROR, "info": Severity.NOTE, "ignore": Severity.NOTE}
_NO_PROBLEM = ("pass", "notApplicable")
_Document = TypeVar("_Document")


class _Run(Struct, frozen=True):
    """What one run of one tool found; `broken` is why it could not decide."""

    tool: str
    findings: tuple[Finding, ...] = ()
    broken: str = ""


Reader = Callable[[bytes, Path | None], tuple[_Run, ...]]


def parse_sarif(content: bytes, root: Path | None = None) -> tuple[Finding, ...]:
    """Return the findings of a SARIF file; those below `root` with absolute paths become relative.

    Raises:
        GatesError: it is no SARIF 2.1.0, or a path leads out of the project.
    """
    return _all(_sarif(content, root))


def parse_rdjson(content: bytes, root: Path | None = None) -> tuple[Finding, ...]:
    """Return the findings of a DiagnosticResult of reviewdog.

    Raises:
        GatesError: it is none, or a path leads out of the project.
    """
    return _all(_rdjson(content, root))


def parse_checkstyle(content: bytes, root: Path | None = None) -> tuple[Finding, ...]:
    """Return the findings of a Checkstyle XML file.

    Raises:
        GatesError: it is none, it has a document type, or a path leads out of the project.
    """
    return _all(_checkstyle(content, root))


def outcomes(name: str, content: bytes, root: Path) -> tuple[Outcome, ...]:
    """Return an outcome for each tool in a file of a format, also for one that found nothing.

    Raises:
        GatesError: the content is not of the format, or a tool is called like one of our gates.
    """
    by_tool: dict[str, list[_Run]] = {}
    for run in FORMATS[name](content, root):
        by_tool.setdefault(run.tool, []).append(run)
    taken = {each.name for each in registry.gates_found()} & by_tool.keys()
    if taken:
        raise GatesError(f"the tool `{min(taken)}` is called like a gate, and its results would replace the gate's")
    return tuple(_outcome(tool, runs) for tool, runs in sorted(by_tool.items()))


def _outcome(tool: str, runs: Iterable[_Run]) -> Outcome:
    parts = tuple(runs)
    findings = _all(parts)
    broken = "; ".join(each.broken for each in parts if each.broken)
    failed = any(each.severity is Severity.ERROR and each.status is Status.OPEN for each in findings)
    verdict = Verdict.BROKEN if broken else Verdict.FAILED if failed else Verdict.PASSED
    return Outcome(gate=tool, verdict=verdict, findings=findings, reason=broken)


def _all(runs: Iterable[_Run]) -> tuple[Finding, ...]:
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


def _finding(tool: str, rule: str, message: str, place: Location, severity: Severity) -> Finding:
    name = visible(rule).strip() or "unnamed"
    return Finding(
        rule=f"{tool}/{name}",
        message=" ".join(visible(part) for part in message.split()) or "no message",
        location=place,
        severity=severity,
        tool_code=name,
    )


def _tool(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64] or "unnamed"


def _decoded(content: bytes, kind: type[_Document], name: str) -> _Document:
    try:
        return msgspec.json.decode(content.removeprefix(_BOM), type=kind, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        said = "it is nested too deeply" if isinstance(error, RecursionError) else visible(str(error))
        raise GatesError(f"this is no {name}: {said}") from error


def _number(value: int | None) -> int:
    return min(max(value or 1, 1), _MAX_NUMBER)


def _end(value: int | None) -> int:
    return min(max(value or 0, 0), _MAX_NUMBER)


def _relative(raw: str, root: Path | None) -> str:
    """Return a path inside the project, from its root.

    Raises:
        GatesError: it leads elsewhere.
    """
    path = posixpath.normpath(raw) if raw else "."
    if path.startswith("/"):
        path = _below(path, root)
    if "\0" in path or path == ".." or path.startswith(("../", "/")):
        raise GatesError(f"the path `{visible(raw)}` is not inside the project")
    return path


def _below(path: str, root: Path | None) -> str:
    for base in (root, root and root.resolve()):
        prefix = f"{base}".rstrip("/") + "/"
        if base is not None and f"/{path.lstrip('/')}/".startswith(prefix):
            return posixpath.normpath(f"/{path.lstrip('/')}/"[len(prefix) :] or ".")
    return path


# SARIF


class _Text(Struct):
    text: str | None = None
    markdown: str | None = None
    id: str | None = None
    arguments: list[str] = field(default_factory=list)


class _Configuration(Struct):
    level: str | None = None


class _Rule(Struct, rename="camel"):
    id: str | None = None
    help_uri: str | None = None
    message_strings: dict[str, _Text] = field(default_factory=dict)
    default_configuration: _Configuration = field(default_factory=_Configuration)


class _Driver(Struct):
    name: str
    rules: list[_Rule] = field(default_factory=list)


class _ToolPart(Struct):
    driver: _Driver


class _Artifact(Struct, rename="camel"):
    uri: str | None = None
    uri_base_id: str | None = None
    index: int | None = None


class _ArtifactEntry(Struct):
    location: _Artifact = field(default_factory=_Artifact)


class _Region(Struct, rename="camel"):
    start_line: int | None = None
    start_column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


class _Physical(Struct, rename="camel"):
    artifact_location: _Artifact = field(default_factory=_Artifact)
    region: _Region = field(default_factory=_Region)


class _SarifLocation(Struct, rename="camel"):
    physical_location: _Physical = field(default_factory=_Physical)
    message: _Text = field(default_factory=_Text)


class _Suppression(Struct):
    kind: str = ""
    status: str | None = None
    justification: str | None = None


class _RuleReference(Struct):
    id: str | None = None
    index: int | None = None


class _Result(Struct, rename="camel"):
    message: _Text = field(default_factory=_Text)
    rule_id: str | None = None
    rule_index: int | None = None
    rule: _RuleReference = field(default_factory=_RuleReference)
    level: str | None = None
    kind: str = "fail"
    baseline_state: str | None = None
    locations: list[_SarifLocation] = field(default_factory=list)
    related_locations: list[_SarifLocation] = field(default_factory=list)
    suppressions: list[_Suppression] | None = None


class _Notification(Struct):
    message: _Text = field(default_factory=_Text)
    level: str | None = None


class _Invocation(Struct, rename="camel"):
    execution_successful: bool = True
    tool_execution_notifications: list[_Notification] = field(default_factory=list)


class _SarifRun(Struct, rename="camel"):
    tool: _ToolPart
    results: list[_Result] | None = None
    invocations: list[_Invocation] = field(default_factory=list)
    artifacts: list[_ArtifactEntry] = field(default_factory=list)
    original_uri_base_ids: dict[str, _Artifact] = field(default_factory=dict)


class _Sarif(Struct):
    version: str
    runs: list[_SarifRun]


def _sarif(content: bytes, root: Path | None) -> tuple[_Run, ...]:
    document = _decoded(content, _Sarif, "SARIF 2.1.0")
    if document.version != "2.1.0":
        raise GatesError(f"this is SARIF {visible(document.version)}, and only 2.1.0 is read")
    return tuple(_sarif_run(run, root) for run in document.runs)


def _sarif_run(run: _SarifRun, root: Path | None) -> _Run:
    tool = _tool(run.tool.driver.name)
    found = (
        _sarif_finding(tool, each, run, root)
        for each in run.results or ()
        if each.kind not in _NO_PROBLEM and each.baseline_state != "absent"
    )
    return _Run(tool, tuple(found), _failure(run))


def _failure(run: _SarifRun) -> str:
    failed = [each for each in run.invocations if not each.execution_successful]
    said = (_message(note.message, _Rule()) for each in failed for note in each.tool_execution_notifications)
    reasons = "; ".join(visible(each) for each in said if each)
    return (reasons or "the tool says that its run failed") if failed else ""


def _sarif_finding(tool: str, result: _Result, run: _SarifRun, root: Path | None) -> Finding:
    rule = _described(result, run.tool.driver.rules)
    name = result.rule_id or result.rule.id or rule.id or "unnamed"
    places = [_sarif_place(each, run, root) for each in result.locations[:1]] or [Location(".")]
    found = _finding(tool, name, _message(result.message, rule), places[0], _level(result, rule))
    status, reason = _status(result.suppressions or [])
    related = tuple(_sarif_place(each, run, root) for each in result.related_locations)
    url = visible(rule.help_uri or "")
    return msgspec.structs.replace(found, related=related, url=url, status=status, reason=reason)


def _level(result: _Result, rule: _Rule) -> Severity:
    default = "none" if result.kind != "fail" else rule.default_configuration.level or "warning"
    return _SARIF_LEVELS.get(result.level or default, Severity.WARNING)


def _described(result: _Result, rules: list[_Rule]) -> _Rule:
    for index in (result.rule_index, result.rule.index):
        if index is not None and 0 <= index < len(rules):
            return rules[index]
    name = result.rule_id or result.rule.id
    return next((each for each in rules if name and each.id == name), _Rule())


def _message(message: _Text, rule: _Rule) -> str:
    template = rule.message_strings.get(message.id or "", message)
    text = message.text or message.markdown or template.text or ""
    for index, argument in enumerate(message.arguments[:20]):
        text = text.replace(f"{{{index}}}", argument)
    return text


def _status(suppressions: list[_Suppression]) -> tuple[Status, str]:
    holding = [each for each in suppressions if each.status in (None, "accepted")]
    if not holding:
        return Status.OPEN, ""
    kind = Status.ACCEPTED if holding[0].kind == "external" else Status.SUPPRESSED
    return kind, visible(holding[0].justification or "suppressed by the tool")


def _sarif_place(location: _SarifLocation, run: _SarifRun, root: Path | None) -> Location:
    artifact, region = location.physical_location.artifact_location, location.physical_location.region
    if artifact.uri is None and artifact.index is not None and 0 <= artifact.index < len(run.artifacts):
        artifact = run.artifacts[artifact.index].location
    return Location(
        _relative(_address(artifact, run.original_uri_base_ids), root),
        _number(region.start_line),
        _number(region.start_column),
        _end(region.end_line or region.start_line),
        _end(region.end_column),
        note=visible(_message(location.message, _Rule())),
    )


def _address(artifact: _Artifact, bases: Mapping[str, _Artifact]) -> str:
    uri, base = artifact.uri or "", artifact.uri_base_id
    for _ in bases:
        if not base or base not in bases or _SCHEME.match(uri):
            break
        uri, base = (bases[base].uri or "") + uri, bases[base].uri_base_id
    return _path(uri)


def _path(uri: str) -> str:
    scheme = _SCHEME.match(uri)
    if scheme is None:
        return _unquoted(uri)
    if scheme.group(1).lower() != "file":
        raise GatesError(f"the address `{visible(uri)}` is no file")
    rest = scheme.group(2)
    if rest.startswith("//"):
        host, _, path = rest[2:].partition("/")
        if host not in ("", "localhost"):
            raise GatesError(f"the address `{visible(uri)}` is a file of another machine")
        rest = f"/{path}"
    return _unquoted(rest)


def _unquoted(text: str) -> str:
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


# The Reviewdog Diagnostic Format


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


def _rdjson(content: bytes, root: Path | None) -> tuple[_Run, ...]:
    document = _decoded(content, _DiagnosticResult, "rdjson")
    default = _tool(document.source.name or "rdjson")
    found: dict[str, list[Finding]] = {default: []}
    for each in document.diagnostics:
        tool = _tool(each.source.name) if each.source and each.source.name else default
        found.setdefault(tool, []).append(_rdjson_finding(tool, each, document.severity, root))
    if document.diagnostics and not found[default]:
        del found[default]
    return tuple(_Run(tool, tuple(findings)) for tool, findings in found.items())


def _rdjson_finding(tool: str, each: _Diagnostic, default: str | int | None, root: Path | None) -> Finding:
    start, end = each.location.range.start, each.location.range.end
    place = Location(
        _relative(each.location.path, root),
        _number(start.line),
        _number(start.column),
        _end(end.line),
        _end(end.column),
    )
    level = str(each.severity or default or "")
    found = _finding(tool, each.code.value, each.message, place, _RDJSON_LEVELS.get(level, Severity.WARNING))
    return msgspec.structs.replace(found, url=visible(each.code.url))


# Checkstyle


def _checkstyle(content: bytes, root: Path | None) -> tuple[_Run, ...]:
    findings = (_checkstyle_finding(path, attributes, root) for path, attributes in _errors(content))
    return (_Run("checkstyle", tuple(findings)),)


def _checkstyle_finding(path: str, error: Mapping[str, str], root: Path | None) -> Finding:
    place = Location(_relative(path, root), _integer(error.get("line")), _integer(error.get("column")))
    severity = _CHECKSTYLE_LEVELS.get(error.get("severity", ""), Severity.WARNING)
    return _finding("checkstyle", error.get("source", ""), error.get("message", ""), place, severity)


def _integer(text: str | None) -> int:
    return _number(int(text)) if text and re.fullmatch(r"[0-9]{1,10}", text) else 1


def _errors(content: bytes) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Return each `error` element with the name of its file.

    Raises:
        GatesError: the XML is not well formed, has a document type, or is not Checkstyle's.
    """
    elements: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: elements.append((name, attributes))
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise GatesError(f"this is no Checkstyle XML: {visible(str(error))}") from error
    if not elements or elements[0][0] != "checkstyle":
        raise GatesError("this is no Checkstyle XML: its root is not `checkstyle`")
    return _with_files(elements)


def _refuse(*declaration: object) -> None:
    raise GatesError("this XML has a document type, which may hold entities; write it without one")


def _with_files(elements: Iterable[tuple[str, dict[str, str]]]) -> Iterator[tuple[str, Mapping[str, str]]]:
    path = ""
    for name, attributes in elements:
        if name == "file":
            path = attributes.get("name", "")
        elif name == "error":
            yield path, attributes


FORMATS: Mapping[str, Reader] = {"sarif": _sarif, "rdjson": _rdjson, "checkstyle": _checkstyle}
"""The formats that `gates report import` takes."""
