"""The share of copied lines stays under its limit; each clone is shown with both sides."""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated

from msgspec import Meta, Struct

from gates.config import Percent, Policy, option
from gates.model import Finding, Inspection, Location, Measure, Rule, Severity, Unread
from gates.project import Project
from gates.text import counted
from gates.tools import jscpd

READS = "project"
RULES = (
    Rule(
        "percent",
        "at most `max-percent` of the lines are copies",
        "Start with the largest clone: give the shared code one home, and call it from both places.",
    ),
    Rule(
        "clone",
        "code is written once",
        "Move the shared code into one function and call it from both places.",
    ),
)

_WholeNumber = Annotated[int, Meta(ge=1)]


class Options(Struct, frozen=True, rename="kebab"):
    """What counts as a clone, and how much of the project may be clones. Clones fail only when the share is exceeded."""

    max_percent: Annotated[Percent, option("Duplicated lines in percent of all lines that jscpd compares.", stricter="lower")]
    min_tokens: Annotated[_WholeNumber, option("Tokens from which equal code is a clone.", stricter="lower")]
    min_lines: Annotated[_WholeNumber, option("Lines from which equal code is a clone.", stricter="lower")]


def plan(project: Project, policy: Policy[Options]) -> tuple[str, ...]:
    """Clones have two sides: the whole project is compared, whatever was asked for."""
    return project.whole


def check(project: Project, policy: Policy[Options]) -> Inspection:
    """Find clones in the whole project and hold their share against the limit."""
    options = policy.base
    readable = project.readable(project.whole)
    foreign = tuple(Unread(path, "is not UTF-8, which is all that jscpd reads") for path in readable if not project.facts(path).utf8)
    small = tuple(path for path in readable if project.facts(path).size < options.min_tokens)  # no token is shorter
    left_out = {each.path for each in foreign} | set(small)
    compared = tuple(path for path in readable if path not in left_out)
    result = jscpd.clones(project, compared, min_tokens=options.min_tokens, min_lines=options.min_lines)
    maybe_small = tuple(path for path in compared if project.facts(path).tokens < options.min_tokens)
    uncertain = maybe_small if result.sources < len(compared) else ()
    over = options.max_percent != "off" and result.percent > options.max_percent
    notes = tuple(Unread(path, f"has fewer than {options.min_tokens} tokens") for path in small)
    notes += tuple(Unread(path, f"may have fewer than {options.min_tokens} tokens for jscpd") for path in uncertain)
    return Inspection(
        findings=(*_percent(result, options), *(_clone(each, over) for each in result.clones)),
        inspected=frozenset(compared) - frozenset(uncertain),
        unread=(*project.unread(project.whole), *foreign, *notes),
        counts={"clones": len(result.clones)},
        measures={"percent": round(result.percent, 2)},
        tools={"jscpd": project.version(jscpd.JSCPD)},
        broken=_broken(result.sources, len(compared), len(maybe_small), foreign),
    )


def _broken(sources: int, given: int, doubtful: int, foreign: tuple[Unread, ...]) -> str:
    """jscpd skips files without a word; what it counts must be explained by files that are too small for a clone."""
    if foreign:
        return f"{foreign[0].path} {foreign[0].reason}: save it as UTF-8, or exclude it"
    if sources > given or sources < given - doubtful:
        return f"jscpd compared {sources} of {counted(given, 'file')}"
    return ""


def _percent(result: jscpd.Duplication, options: Options) -> tuple[Finding, ...]:
    limit = options.max_percent
    if limit == "off" or result.percent <= limit:
        return ()
    lines: Counter[str] = Counter()  # jscpd pairs each copy with the first one, which is not counted
    for clone in result.clones:
        lines[clone.second.path] += clone.lines
    worst = sorted(lines, key=lambda path: (-lines[path], path))[:5]
    return (
        Finding(
            rule="duplication/percent",
            message=f"{result.percent:.2f} % of the lines are copies, limit {limit:g} %",
            location=Location(worst[0]),
            related=tuple(Location(path, note=f"{lines[path]} copied lines") for path in worst),
            measure=Measure(round(result.percent, 2), limit, "percent"),
            identity="project",
        ),
    )


def _clone(clone: jscpd.Clone, over: bool) -> Finding:
    first, second = clone.first, clone.second
    return Finding(
        rule="duplication/clone",
        message=f"{clone.lines} lines ({clone.tokens} tokens) also stand in `{first.path}` at line {first.line}",
        location=Location(second.path, second.line, second.column, second.end_line, second.end_column),
        related=(Location(first.path, first.line, first.column, first.end_line, first.end_column, note="the same code"),),
        severity=Severity.ERROR if over else Severity.WARNING,
        identity=re.sub(r"\s+", " ", clone.text).strip(),
    )

