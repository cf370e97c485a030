"""Our own inline allowances: `# gates: allow[RULE] reason`, on the line of a finding or alone on the line above it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from gates.model import Finding
from gates.project import Project
from gates.suppressions import REFUSED, Suppression, last_day


def allowance(project: Project, finding: Finding) -> Suppression | None:
    """Return the comment that silences a finding: it names the rule, gives a reason, and has not expired."""
    snapshot = project.snapshots.get(finding.location.path)
    for each in snapshot.facts.suppressions if snapshot else ():
        if each.tool == "gates" and finding.rule in each.codes and each.reason and _reaches(project, finding, each):
            return each if _stands(each) and finding.gate not in REFUSED else None
    return None


def standing(project: Project, path: str) -> tuple[bool, ...]:
    """Return of each comment of ours in a file that has a date whether it stands today."""
    return tuple(_stands(each) for each in project.facts(path).suppressions if each.tool == "gates" and each.expires)


def _stands(comment: Suppression) -> bool:
    """Whether a comment has not expired; one whose date cannot be read has."""
    last = last_day(comment)
    return not comment.expires or (last is not None and last >= datetime.datetime.now(datetime.UTC).date())


def _reaches(project: Project, finding: Finding, comment: Suppression) -> bool:
    place = finding.location
    if comment.line in (place.line, *_first_lines(project, finding)):
        return True
    whole = ":" not in place.symbol and finding.measure is not None
    above = {line - 1 for line in (place.line, *_first_lines(project, finding))}
    return (whole or comment.line in above) and _is_alone(project, place.path, comment)


def _first_lines(project: Project, finding: Finding) -> Iterator[int]:
    """Yield where a function begins with its decorators: there is the place for a comment about all of it."""
    place = finding.location
    if finding.measure is not None:
        for each in project.facts(place.path).functions:
            if each.line == place.line:
                yield each.first_line


def _is_alone(project: Project, path: str, comment: Suppression) -> bool:
    lines = project.lines(path)
    return comment.line <= len(lines) and not lines[comment.line - 1][: comment.column - 1].strip()
