"""Tickets as files: where they lie, how large they get, and how one is found again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gates.cache import digest, permissions, write_atomically
from gates.facts.source import UnreadableError, is_behind_link, read
from gates.model import UNDECODABLE, Finding, GatesError, Location, Measure, Origin, Severity
from gates.text import ascii_json, visible
from gates.tickets.page import page
from gates.tickets.values import Row, Ticket

FOLDER = ".gates/tickets"
SCHEMA = "gates.ticket/1"
_PREFIX = "ticket-"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{2,63}")
_FINDINGS, _ENTRIES = 250, 50
"""Findings that a record holds, and rows or entries of anything else; of findings it says how many there were."""

_TASK, _TEXT, _MESSAGE = 8000, 2000, 500
"""Characters that are kept of the task, of other texts, and of what a finding says."""


class _Open(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An open finding as it is published in a ticket."""

    id: str
    rule: str
    severity: Severity
    message: str
    path: str
    line: int
    symbol: str = ""
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    origin: Origin = Origin.UNKNOWN
    help: str = ""


class _Document(Struct, frozen=True, kw_only=True, rename={"schema_": "schema"}):
    """The whole record. Keys are only ever added within `gates.ticket/1`."""

    schema_: str
    id: str
    title: str
    created: str
    task: str
    reason: str
    best: str
    cause: str
    questions: tuple[str, ...]
    tried: tuple[str, ...]
    history: tuple[Row, ...]
    findings: int
    open: tuple[_Open, ...]


def identify(task: str, created: str) -> str:
    """Return the id of a new ticket: the same task and moment give the same one."""
    return f"{_PREFIX}{digest(_plain(task, _TASK).encode(), created.encode())[:8]}"


def write(root: Path, ticket: Ticket) -> Path:
    """Write the record and its page, the same bytes for the same ticket; return the page's path, relative to the root.

    Texts, lists and findings beyond what a record holds are cut, and the record says so.

    Raises:
        GatesError: the id is none that can name a file, or the record cannot be written, also because a link would lead
            it elsewhere.
    """
    if not _NAME.fullmatch(ticket.id):
        raise GatesError(f"`{visible(ticket.id)}` is no id of a ticket", "Use small letters, digits and hyphens.")
    if is_behind_link(root, f"{FOLDER}/{ticket.id}.md"):
        raise GatesError(f"the ticket cannot be written: {FOLDER} lies behind a link", "Remove the link.")
    bounded = _bounded(ticket)
    folder = root / FOLDER
    record = msgspec.json.format(msgspec.json.encode(_document(bounded)), indent=2)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in ((f"{ticket.id}.json", ascii_json(record) + "\n"), (f"{ticket.id}.md", page(bounded))):
            write_atomically(folder / name, content.encode(), permissions(folder / name))
    except OSError as error:
        raise GatesError(f"the ticket cannot be written: {error.strerror}") from error
    return Path(FOLDER) / f"{ticket.id}.md"


def every(root: Path) -> tuple[tuple[Ticket, ...], tuple[str, ...]]:
    """Return all tickets, the oldest first, and of each record that is damaged where it lies and what is wrong."""
    found, flaws = [], []
    for name in _names(root):
        try:
            found.append(_read(root, name))
        except GatesError as error:
            flaws.append(error.message)
    return tuple(sorted(found, key=lambda each: (each.created, each.id))), tuple(flaws)


def named(root: Path, name: str) -> Ticket:
    """Return the ticket with this id, or the only one whose id, or what follows `ticket-` in it, begins so.

    Raises:
        GatesError: there is none, there are several, or the record is damaged.
    """
    names = _names(root)
    found = [name] if name in names else [each for each in names if _begins(each, name)]
    if len(found) > 1:
        raise GatesError(f"`{visible(name)}` is the beginning of several tickets", f"They are: {', '.join(found[:9])}.")
    if not found:
        raise GatesError(f"there is no ticket `{visible(name)}`", _near(name, names))
    return _read(root, found[0])


def _begins(full: str, name: str) -> bool:
    return bool(name) and (full.startswith(name) or full.removeprefix(_PREFIX).startswith(name))


def _near(name: str, names: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, [*names, *(each.removeprefix(_PREFIX) for each in names)], n=1)
    return f"Did you mean `{near[0]}`?" if near else "`gates tickets list` names them."


def _names(root: Path) -> tuple[str, ...]:
    return tuple(sorted(each.stem for each in (root / FOLDER).glob("*.json") if _NAME.fullmatch(each.stem)))


def _read(root: Path, name: str) -> Ticket:
    path = f"{FOLDER}/{name}.json"
    hint = "Restore it from git, or remove it."
    try:
        if is_behind_link(root, path):
            raise GatesError(f"{path} lies behind a link", hint)
        document = msgspec.json.decode(read(root / path), type=_Document)
    except UnreadableError as error:
        raise GatesError(f"{path} {error.reason.message}", hint) from error
    except UNDECODABLE as error:
        raise GatesError(f"{path} is no ticket: {visible(str(error))}", hint) from error
    if document.schema_ != SCHEMA or document.id != name:
        raise GatesError(f"{path} is no ticket `{name}` of schema {SCHEMA}", hint)
    return _ticket(document)


def _document(ticket: Ticket) -> _Document:
    shared = {each: getattr(ticket, each) for each in Ticket.__struct_fields__ if each not in ("open", "left_out")}
    return _Document(
        schema_=SCHEMA,
        findings=len(ticket.open) + ticket.left_out,
        open=tuple(_published(each) for each in ticket.open),
        **shared,
    )


def _ticket(document: _Document) -> Ticket:
    shared = {each: getattr(document, each) for each in Ticket.__struct_fields__ if each not in ("open", "left_out")}
    found = tuple(_finding(each) for each in document.open)
    return Ticket(open=found, left_out=max(document.findings - len(found), 0), **shared)


def _published(finding: Finding) -> _Open:
    place, measure = finding.location, finding.measure
    return _Open(
        id=finding.id,
        rule=finding.rule,
        severity=finding.severity,
        message=finding.message,
        path=place.path,
        line=place.line,
        symbol=place.symbol,
        value=float(measure.value) if measure else None,
        limit=float(measure.limit) if measure else None,
        unit=measure.unit if measure else "",
        origin=finding.origin,
        help=finding.help,
    )


def _finding(each: _Open) -> Finding:
    measured = each.value is not None and each.limit is not None
    return Finding(
        id=each.id,
        rule=each.rule,
        severity=each.severity,
        message=each.message,
        location=Location(each.path, each.line, symbol=each.symbol),
        measure=Measure(each.value or 0, each.limit or 0, each.unit) if measured else None,
        origin=each.origin,
        help=each.help,
    )


def _bounded(ticket: Ticket) -> Ticket:
    """Return the ticket as large as a record may be, in text that every file can hold."""
    return msgspec.structs.replace(
        ticket,
        title=visible(_plain(ticket.title, _MESSAGE)),
        task=_plain(ticket.task, _TASK),
        reason=_plain(ticket.reason, _TEXT),
        best=_plain(ticket.best, _MESSAGE),
        cause=_plain(ticket.cause, _TEXT),
        created=_plain(ticket.created, _MESSAGE),
        tried=tuple(_plain(each, _TEXT) for each in ticket.tried[:_ENTRIES]),
        questions=tuple(_plain(each, _TEXT) for each in ticket.questions[:_ENTRIES]),
        history=tuple(_row(each) for each in ticket.history[-_ENTRIES:]),
        open=tuple(_shortened(each) for each in ticket.open[:_FINDINGS]),
        left_out=ticket.left_out + max(len(ticket.open) - _FINDINGS, 0),
    )


def _row(row: Row) -> Row:
    return msgspec.structs.replace(row, health=_plain(row.health, _MESSAGE), note=_plain(row.note, _TEXT))


def _shortened(finding: Finding) -> Finding:
    place = finding.location
    return Finding(
        id=visible(finding.id),
        rule=visible(finding.rule),
        severity=finding.severity,
        message=visible(_plain(finding.message, _MESSAGE)),
        location=Location(visible(place.path), place.line, symbol=visible(_plain(place.symbol, _MESSAGE))),
        measure=finding.measure,
        origin=finding.origin,
        help=visible(_plain(finding.help, _MESSAGE)),
    )


def _plain(text: str, most: int) -> str:
    """Return text without what is not UTF-8, cut to a length."""
    whole = text.encode("utf-8", "backslashreplace").decode().strip()
    return whole if len(whole) <= most else f"{whole[: most - 1]}…"
