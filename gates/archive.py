"""Reports that were written as JSON, read back: the inverse of the reporter `json`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gates.model import (
    UNDECODABLE,
    Excluded,
    Finding,
    Flag,
    GatesError,
    Group,
    Location,
    Measure,
    Off,
    Outcome,
    PolicyRecord,
    Report,
    Scope,
    Unread,
)
from gates.reporters import json as published
from gates.text import ascii_json, visible

if TYPE_CHECKING:
    from gates.reporters.json import Place


def kept(report: Report) -> str:
    """Return a report as it is kept for later commands: the JSON of the reporter, on one line."""
    return ascii_json(msgspec.json.encode(published.document(report))) + "\n"


def read(content: bytes, name: str) -> Report:
    """Return the report in a JSON file; `name` is for the error.

    Raises:
        GatesError: it is not valid JSON, or not a `gates.report/1`.
    """
    try:
        document = msgspec.json.decode(content, type=published.Document)
        if document.schema == published.SCHEMA:
            return _report(document)
    except (*UNDECODABLE, ValueError) as error:
        raise GatesError(f"{name} is no report of gates: {error}", "Write one with --output-format json.") from error
    raise GatesError(f"{name} has schema {document.schema}, this version reads {published.SCHEMA}")


def _report(document: published.Document) -> Report:
    """Return the report that a document is.

    Raises:
        ValueError: a path that is no UTF-8 is not given in base64.
    """
    scope, policy = document.scope, document.policy
    return Report(
        version=document.version,
        scope=Scope(
            scope.kind,
            tuple(scope.paths),
            tuple(Excluded(each.pattern, each.files) for each in scope.excluded),
            scope.base,
        ),
        policy=PolicyRecord(
            policy.digest,
            policy.source,
            policy.preset,
            tuple(Off(each.gate, each.why) for each in policy.off),
            policy.untrusted or "",
        ),
        outcomes=tuple(_outcome(each) for each in document.outcomes),
        files=document.files,
        lines=document.lines,
        groups=tuple(_group(each) for each in document.groups),
        flags=tuple(Flag(each.id, each.reason) for each in document.flags),
        reason=document.reason,
        seconds=document.seconds,
    )


def last(path: Path) -> Report:
    """Return the report of the last check.

    Raises:
        GatesError: there is none.
    """
    try:
        return read(path.read_bytes(), "the last report")
    except OSError as error:
        raise GatesError("there is no report of a check here", "Run `gates check` first.") from error


def chosen(file: str | None, default: Path) -> Report:
    """Return the report in a file, on standard input (`-`), or of the last check.

    Raises:
        GatesError: it cannot be read, or is none.
    """
    if file is None:
        return last(default)
    if file == "-":
        return read(sys.stdin.buffer.read(), "standard input")
    try:
        return read(Path(file).read_bytes(), visible(file))
    except OSError as error:
        raise GatesError(f"{visible(file)} cannot be read: {error.strerror}") from error


def _outcome(outcome: published.Outcome) -> Outcome:
    return Outcome(
        gate=outcome.gate,
        verdict=outcome.verdict,
        findings=tuple(_finding(each) for each in outcome.findings),
        planned=outcome.planned,
        inspected=outcome.inspected,
        unread=tuple(Unread(each.path, each.reason) for each in outcome.unread),
        reason=outcome.reason,
        hint=outcome.hint,
        rerun=outcome.rerun,
        tools=outcome.tools,
        measures=outcome.measures,
        resolved=outcome.resolved,
        seconds=outcome.seconds,
        cached=outcome.cached,
    )


def _finding(finding: published.Finding) -> Finding:
    measure = finding.measure
    return Finding(
        rule=finding.rule,
        message=finding.message,
        location=_place(finding.location),
        severity=finding.severity,
        related=tuple(
            Location(each.path, each.line, each.column, each.end_line, each.end_column, note=each.note)
            for each in finding.related
        ),
        measure=Measure(measure.value, measure.limit, measure.unit) if measure else None,
        help=finding.help,
        url=finding.url,
        tool_code=finding.tool_code,
        id=finding.id,
        status=finding.status,
        origin=finding.origin,
        before=finding.before,
        reason=finding.reason,
        group=finding.group,
    )


def _group(group: published.Group) -> Group:
    place = _place(group.location)
    return Group(group.id, group.cause, group.rule, place, group.findings, group.files, group.batch)


def _place(place: Place) -> Location:
    path = place.path if place.path_b64 is msgspec.UNSET else _exact(place.path_b64)
    return Location(path, place.line, place.column, place.end_line, place.end_column, place.symbol)


def _exact(encoded: str) -> str:
    import base64  # hardly any path needs it

    return base64.b64decode(encoded, validate=True).decode("utf-8", "surrogateescape")
