"""The chosen rules of ruff hold; families under `warn` are reported without failing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from gates.config import Policy, codes, inherited, option
from gates.model import BrokenError, Finding, GatesError, Inspection, Rule, Severity
from gates.project import Project
from gates.tools import ruff

READS = "file"
WAITS = 1
RULES = (
    Rule(
        "*", "the rule of ruff with this code holds", "Read what the rule is about at its address, then mend the line."
    ),
)
_OLDEST, _LATEST = 7, 14
"""The minor versions of Python 3 that ruff knows."""

_TARGET = r">=?\s*3\.(\d+)"

_Codes = list[Annotated[str, Meta(pattern="^[A-Z]+[0-9]*$")]]
_ALWAYS_ERRORS = frozenset({"E902", "invalid-syntax"})
"""What ruff says of files that it could not check; no policy makes less of it."""


class Options(Struct, frozen=True, rename="kebab"):
    """Which rules of ruff run, and which of them only warn. Codes and prefixes as ruff writes them."""

    select: Annotated[
        Annotated[_Codes, Meta(min_length=1)],
        option("Codes or prefixes of the rules that run.", stricter="more", by_path=True),
    ]
    ignore: Annotated[_Codes, option("Codes or prefixes that are left out of them.", stricter="fewer", by_path=True)]
    warn: Annotated[_Codes, option("Codes or prefixes that are reported as warnings.", stricter="fewer", by_path=True)]
    line_length: Annotated[
        int,
        Meta(ge=1, le=320),
        option("Characters in a line, for the rules about long lines.", stricter="lower", by_path=True),
    ] = 100
    inherit: Annotated[
        bool, option("Let the project's own configuration of ruff choose the rules instead.", stricter="false")
    ] = False

    def together(self, base: Options) -> dict[str, object]:
        """Return the lists as strict as in either: what `select` says of a rule depends on `ignore` and `warn`."""
        lists = (codes.Choice(each.select, each.ignore, each.warn) for each in (base, self))
        found = codes.joined(*lists)
        return {"select": found.select, "ignore": found.ignore, "warn": found.warn}


def check(project: Project, policy: Policy[Options]) -> Inspection:
    """Run ruff once for each set of rules that the paths have."""
    paths = project.readable(project.files)
    found: dict[str, tuple[Finding, ...]] = {}
    for selection, group in _groups(project, policy, paths).items():
        found |= ruff.lint(project, group, selection)
    return Inspection(
        findings=tuple(_graded(each, policy.at(path).warn) for path, group in found.items() for each in group),
        inspected=frozenset(found),
        unread=project.unread(project.files),
        tools={"ruff": project.version(ruff.RUFF)},
    )


def _groups(project: Project, policy: Policy[Options], paths: Iterable[str]) -> dict[ruff.Selection, list[str]]:
    groups: dict[ruff.Selection, list[str]] = {}
    own = _own_configuration(project) if policy.base.inherit else ""
    target = _target(project.requires_python)
    for path in paths:
        options = policy.at(path)
        chosen = ruff.Selection(tuple(options.select), tuple(options.ignore), options.line_length, target=target)
        groups.setdefault(ruff.Selection(inherited=own) if own else chosen, []).append(path)
    return groups


def _own_configuration(project: Project) -> str:
    """Return the file in which the project configures ruff."""
    files = inherited.texts(project.root)
    name = inherited.ruff_file(files)
    if not name:
        raise GatesError("`lint.inherit` is true, but the project has no configuration of ruff", "Remove `inherit`.")
    if project.untrusted and inherited.extends(files):
        raise BrokenError(
            f"{name} sets `extend` for ruff, which reads any file, and this run trusts nothing here",
            "Have someone look at the change, and check it where it is trusted.",
        )
    return name


def _target(requires_python: str) -> str:
    """Return ruff's name for the oldest Python that the project supports, or nothing when it does not say."""
    match = re.search(_TARGET, requires_python)
    return f"py3{min(max(int(match[1]), _OLDEST), _LATEST)}" if match else ""


def _graded(finding: Finding, warn: Iterable[str]) -> Finding:
    soft = finding.tool_code not in _ALWAYS_ERRORS and any(codes.covers(entry, finding.tool_code) for entry in warn)
    return msgspec.structs.replace(finding, severity=Severity.WARNING) if soft else finding
