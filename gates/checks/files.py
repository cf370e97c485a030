"""Every planned file can be read, decoded and parsed, and holds no merge-conflict markers."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from msgspec import Struct

from gates.config import Policy
from gates.facts import FileFacts
from gates.model import Finding, Inspection, Location, Rule
from gates.project import Project
from gates.text import counted
from gates.tools import ruff

READS = "file"
RULES = (
    Rule(
        "syntax", "the file is valid Python", "Correct the syntax error; until then no other gate can judge the file."
    ),
    Rule("encoding", "the file is UTF-8, or means the same in UTF-8", "Save the file as UTF-8."),
    Rule(
        "too-deep", "the syntax is nested at most 1,000 levels deep", "Move long expressions into data, or split them."
    ),
    Rule(
        "not-a-file", "what looks like a Python file is one", "Replace it by a regular file, remove it, or exclude it."
    ),
    Rule("merge-conflict", "no merge-conflict markers are left", "Resolve the conflict and remove the markers."),
)
_FATAL = {"permission": "Make it readable, or exclude it.", "crash": "Exclude it, and please report it with the file."}


class Options(Struct, frozen=True, rename="kebab"):
    """This gate has no options: what cannot be read cannot be judged."""


def check(project: Project, policy: Policy[Options]) -> Inspection:
    """Report each file that cannot be read; a file that needs a later Python breaks the gate."""
    later = _later_python(project)
    findings: list[Finding] = []
    for path in project.files:
        facts = project.facts(path)
        findings.extend(_conflicts(path, facts))
        if path not in later:
            findings.extend(_unreadable(path, facts))
    return Inspection(
        findings=tuple(findings),
        inspected=frozenset(project.files),
        counts={"lines": sum(project.facts(path).lines for path in project.files)},
        tools={"ruff": project.version(ruff.RUFF)} if later else {},
        broken=_broken(project, later),
    )


def _later_python(project: Project) -> dict[str, str]:
    wrong = [path for path in project.files if _kind(project.facts(path)) == "syntax"]
    return ruff.python_needed(project, wrong, sys.version_info[:2]) if wrong else {}


def _broken(project: Project, later: dict[str, str]) -> str:
    running = ".".join(str(each) for each in sys.version_info[:2])
    reasons = [
        f"{path} needs Python {needed}, and gates runs on {running}: install quality-gates under Python {needed}"
        for path, needed in sorted(later.items())
    ]
    for path in project.files:
        reason = project.facts(path).unreadable
        if reason is not None and reason.kind in _FATAL:
            reasons.append(f"{path} {reason.message}. {_FATAL[reason.kind]}")
    return reasons[0] + _more(len(reasons) - 1) if reasons else ""


def _more(number: int) -> str:
    return f" (and {counted(number, 'more file')})" if number else ""


def _unreadable(path: str, facts: FileFacts) -> Iterator[Finding]:
    reason = facts.unreadable
    if reason is not None and reason.kind not in _FATAL:
        place = Location(path, reason.line, reason.column)
        name = path.rpartition("/")[2] if reason.kind == "not-a-file" else ""
        yield Finding(rule=f"files/{reason.kind}", message=f"`{path}` {reason.message}", location=place, identity=name)


def _conflicts(path: str, facts: FileFacts) -> Iterator[Finding]:
    if facts.conflicts:
        first, *others = facts.conflicts
        yield Finding(
            rule="files/merge-conflict",
            message=f"`{path}` holds {counted(len(facts.conflicts), 'merge-conflict marker')}",
            location=Location(path, first),
            related=tuple(Location(path, line, note="another marker") for line in others),
        )


def _kind(facts: FileFacts) -> str:
    return facts.unreadable.kind if facts.unreadable is not None else ""
