"""Every inline suppression names the rule it silences and gives a reason."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gates.config import Policy
from gates.model import Finding, Inspection, Location, Rule
from gates.project import Project
from gates.suppressions import Suppression

READS = "file"
RULES = (
    Rule(
        "no-code",
        "a suppression names the rules that it silences",
        "Name the rule in the suppression, or mend what it hides and remove it.",
    ),
    Rule(
        "no-reason",
        "a suppression says why it is there",
        "Say in a few words behind the suppression why the rule does not apply here, or remove it.",
    ),
)
_TOOLS = frozenset({"ruff", "mypy", "complexipy", "jscpd"})
"""Suppressions of other programs (pylint, pyright, bandit, coverage) are known to the facts, but not judged here."""


class Options(Struct, frozen=True, rename="kebab"):
    """This gate has no options."""


def check(project: Project, policy: Policy[Options]) -> Inspection:
    """Judge each suppression comment of the tools that our gates run."""
    paths = project.readable(project.files)
    found = [(path, each) for path in paths for each in project.facts(path).suppressions if each.tool in _TOOLS]
    return Inspection(
        findings=tuple(finding for path, each in found for finding in _judged(path, each)),
        inspected=frozenset(paths),
        unread=project.unread(project.files),
        counts={"suppressions": len(found)},
    )


def _judged(path: str, each: Suppression) -> Iterator[Finding]:
    place = Location(path, each.line, each.column, each.line, each.end_column)
    if each.coded and not each.codes:
        message = f"`{each.directive}` silences every rule of {each.tool}, it names none"
        yield Finding(rule="suppressions/no-code", message=message, location=place)
    if not each.reason:
        message = f"`{each.directive}` gives no reason"
        yield Finding(rule="suppressions/no-reason", message=message, location=place)
