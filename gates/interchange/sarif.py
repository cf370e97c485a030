"""SARIF 2.1.0. A run that says of itself that it failed is BROKEN, never empty."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote_to_bytes

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
from gates.model import Finding, GatesError, Location, Severity, Status
from gates.text import visible

_SCHEME = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]+):(.*)$", re.DOTALL)
_SARIF_LEVELS = {"error": Severity.ERROR, "warning": Severity.WARNING, "note": Severity.NOTE, "none": Severity.NOTE}
_NO_PROBLEM = ("pass", "notApplicable")


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


def read(content: bytes, root: Path | None) -> tuple[Run, ...]:
    """Return what each run in a SARIF file found."""
    document = decoded(content, _Sarif, "SARIF 2.1.0")
    if document.version != "2.1.0":
        raise GatesError(f"this is SARIF {visible(document.version)}, and only 2.1.0 is read")
    return tuple(_sarif_run(run, root) for run in document.runs)


def _sarif_run(run: _SarifRun, root: Path | None) -> Run:
    tool = tool_name(run.tool.driver.name)
    found = (
        _sarif_finding(tool, each, run, root)
        for each in run.results or ()
        if each.kind not in _NO_PROBLEM and each.baseline_state != "absent"
    )
    return Run(tool, tuple(found), _failure(run))


def _failure(run: _SarifRun) -> str:
    failed = [each for each in run.invocations if not each.execution_successful]
    said = (_message(note.message, _Rule()) for each in failed for note in each.tool_execution_notifications)
    reasons = "; ".join(visible(each) for each in said if each)
    return (reasons or "the tool says that its run failed") if failed else ""


def _sarif_finding(tool: str, result: _Result, run: _SarifRun, root: Path | None) -> Finding:
    rule = _described(result, run.tool.driver.rules)
    name = result.rule_id or result.rule.id or rule.id or "unnamed"
    places = [_sarif_place(each, run, root) for each in result.locations[:1]] or [Location(".")]
    found = finding_of(tool, name, _message(result.message, rule), places[0], _level(result, rule))
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
        relative(_address(artifact, run.original_uri_base_ids), root),
        number(region.start_line),
        number(region.start_column),
        end_number(region.end_line or region.start_line),
        end_number(region.end_column),
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
