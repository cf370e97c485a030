"""A ticket as a page of Markdown: whatever its texts hold, they are shown and do nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gates.grouping import grouped
from gates.model import Finding
from gates.text import code, counted, fence, markdown, visible
from gates.tickets.values import Row, Ticket, answerable

_CAUSES, _SITES = 40, 12
"""Causes that are listed, and places of each; the rest is counted, and stands in the JSON beside the page."""

_HEADING = ("attempt", "resolved", "introduced", "suppressed", "unchanged", "health", "note")


def page(ticket: Ticket) -> str:
    """Return the page; equal tickets give equal pages."""
    blocks = [
        f"# {markdown(ticket.title)}",
        f"Ticket {code(ticket.id)}, {markdown(ticket.created)}. An agent could not finish this; a person answers it:",
        _block(answerable(ticket)),
        "## What was asked",
        _block(ticket.task),
        "## Why it stopped",
        markdown(ticket.reason) or "Nobody said.",
        *_best(ticket),
        "## What is open",
        *_open(ticket),
        *_section("## Attempts", _table(ticket.history) if ticket.history else ""),
        *_section("## What was tried", _list(ticket.tried)),
        *_section("## Suspected cause", markdown(ticket.cause)),
        *_section("## Questions for a person", _list(ticket.questions)),
    ]
    return "\n\n".join(each for each in blocks if each) + "\n"


def _best(ticket: Ticket) -> Iterator[str]:
    if ticket.best:
        yield f"The best tree that was seen: {code(ticket.best)}."


def _block(text: str) -> str:
    lines = [visible(each.replace("\t", "    ")) for each in text.splitlines()]
    mark = fence(lines)
    return "\n".join([f"{mark}text", *lines, mark])


def _section(title: str, body: str) -> tuple[str, ...]:
    return (title, body) if body else ()


def _list(entries: Sequence[str]) -> str:
    return "\n".join(f"- {markdown(each)}" for each in entries)


def _table(rows: Sequence[Row]) -> str:
    lines = [f"| {' | '.join(_HEADING)} |", f"|{' --- |' * len(_HEADING)}"]
    for each in rows:
        counts = (each.attempt, each.resolved, each.introduced, each.suppressed, each.unchanged)
        words = (markdown(each.health, cell=True), markdown(each.note, cell=True))
        lines.append(f"| {' | '.join([*map(str, counts), *words])} |")
    return "\n".join(lines)


def _open(ticket: Ticket) -> Iterator[str]:
    total = len(ticket.open) + ticket.left_out
    if not total:
        yield "Nothing."
        return
    causes = _causes(ticket.open)
    files = len({each.location.path for each in ticket.open})
    yield f"{counted(total, 'finding')} in {counted(files, 'file')}, by cause:"
    yield "\n".join(line for cause, found in causes[:_CAUSES] for line in _cause(cause, found))
    if len(causes) > _CAUSES:
        yield f"{counted(len(causes) - _CAUSES, 'more cause')}: see `{ticket.id}.json`."
    if ticket.left_out:
        yield f"{counted(ticket.left_out, 'finding')} of these are not in this record; `gates check` shows them."


def _causes(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    """Return the findings by their cause, in the order in which they are best worked on; those without one alone."""
    found = grouped(findings, lambda owner, name: None)
    causes: dict[str, tuple[str, list[Finding]]] = {each.id: (each.cause, []) for each in found.groups}
    for number, each in enumerate(findings):
        name = found.members.get(each.id, "") or f"alone {number}"
        causes.setdefault(name, (each.message, []))[1].append(each)
    return [each for each in causes.values() if each[1]]


def _cause(cause: str, findings: Sequence[Finding]) -> Iterator[str]:
    rules = ", ".join(code(each) for each in sorted({each.rule for each in findings}))
    yield f"- {markdown(cause)} ({counted(len(findings), 'finding')}, {rules})"
    for each in findings[:_SITES]:
        yield f"  - {code(f'{each.location.path}:{each.location.line}')} {code(each.id)}"
    if len(findings) > _SITES:
        yield f"  - and {counted(len(findings) - _SITES, 'more place')}"
