"""The share of copied lines stays under its limit; each clone is shown with both sides."""

import re
from collections import Counter
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from gates.config import Percent, Policy, option
from gates.facts import FileFacts
from gates.model import Finding, Inspection, Location, Measure, Rule, Severity, Unread
from gates.process import ToolError
from gates.project import PROJECT, Project
from gates.text import counted
from gates.tools import jscpd

READS = "project"
WAITS = 2
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

_LATENT_PERCENT = 70
"""Share of `min-tokens` from which a copy is near enough to a clone to be remembered."""

_Tokens = Annotated[int, Meta(ge=1, le=1000)]
_Lines = Annotated[int, Meta(ge=1, le=100)]


class Options(Struct, frozen=True, rename="kebab"):
    """What counts as a clone, and how much of the project may be clones. Clones fail only beyond that share."""

    max_percent: Annotated[
        Percent, option("Duplicated lines in percent of all lines that jscpd compares.", stricter="lower")
    ]
    min_tokens: Annotated[_Tokens, option("Tokens from which equal code is a clone.", stricter="lower")]
    min_lines: Annotated[_Lines, option("Lines from which equal code is a clone.", stricter="lower")]


def plan(project: Project, policy: Policy[Options]) -> tuple[str, ...]:
    """Clones have two sides: the whole project is compared, whatever was asked for."""
    return project.whole


def check(project: Project, policy: Policy[Options]) -> Inspection:
    """Find clones in the whole project and hold their share against the limit."""
    options = policy.base
    promising = _promising(project, options)
    early = _early(project, promising, options)
    given = _given(project, options)
    result = early if early and given.compared == promising else _clones(project, given.compared, options)
    if _unexplained(result.sources, given):
        tokens, lines = options.min_tokens, options.min_lines
        result = jscpd.clones(project, given.compared, min_tokens=tokens, min_lines=lines, one_by_one=True)
    doubtful = given.doubtful if result.sources < len(given.compared) else ()
    percent = _percent(result, options.max_percent)
    severity = Severity.ERROR if percent else Severity.WARNING
    return Inspection(
        findings=(*percent, *(_clone(each, severity) for each in result.clones)),
        latent=_latent(project, given.compared, options, result.clones) if project.record else (),
        inspected=frozenset(given.compared) - {each.path for each in doubtful},
        unread=(*project.unread(project.whole), *given.left_out, *doubtful),
        counts={"clones": len(result.clones)},
        measures={"percent": round(result.percent, 2)},
        tools={"jscpd": project.version(jscpd.JSCPD)},
        broken=_unexplained(result.sources, given),
    )


def _promising(project: Project, options: Options) -> tuple[str, ...]:
    """Return the files that will be compared, as far as is known by now."""
    paths = project.promising(project.whole)
    return tuple(path for path in paths if project.snapshots[path].size >= options.min_tokens)


def _early(project: Project, paths: tuple[str, ...], options: Options) -> jscpd.Duplication | None:
    """Return the clones in files of which some may turn out not to parse; None when jscpd stops, maybe over these. It
    takes much memory, and is done while little else does."""
    try:
        return _clones(msgspec.structs.replace(project, hoped=paths), paths, options)
    except ToolError:
        if project.readable(paths) == paths:
            raise
        return None


def _clones(project: Project, paths: tuple[str, ...], options: Options) -> jscpd.Duplication:
    from gates.tools.jscpd.components import known_clones  # whoever only loads the gate need not wait for it

    return known_clones(project, paths, min_tokens=options.min_tokens, min_lines=options.min_lines)


def _latent(
    project: Project, paths: tuple[str, ...], options: Options, known: tuple[jscpd.Clone, ...]
) -> tuple[Finding, ...]:
    """Return the copies that only the way in which they are written keeps from being clones: formatting adds commas and
    parentheses, and breaks lines."""
    taken = {(each.second.path, line) for each in known for line in range(each.second.line, each.second.end_line + 1)}
    tokens = max(1, options.min_tokens * _LATENT_PERCENT // 100)
    result = jscpd.clones(project, paths, min_tokens=tokens, min_lines=1)
    return tuple(
        _clone(each, Severity.NOTE) for each in result.clones if (each.second.path, each.second.line) not in taken
    )


class _Given(Struct, frozen=True):
    """What jscpd is given. It skips files without a word, so what it will skip is worked out beforehand: certainly
    (`left_out`), or perhaps, since our count of tokens is a lower bound (`doubtful`, part of `compared`)."""

    compared: tuple[str, ...]
    left_out: tuple[Unread, ...]
    doubtful: tuple[Unread, ...]


def _given(project: Project, options: Options) -> _Given:
    paths = project.readable(project.whole)
    reasons = {path: _left_out(project.facts(path), options.min_tokens) for path in paths}
    compared = tuple(path for path, reason in reasons.items() if not reason)
    doubts = {path: _doubt(project.facts(path), options) for path in compared}
    return _Given(
        compared=compared,
        left_out=tuple(Unread(path, reason) for path, reason in reasons.items() if reason),
        doubtful=tuple(Unread(path, doubt) for path, doubt in doubts.items() if doubt),
    )


def _left_out(facts: FileFacts, min_tokens: int) -> str:
    return _short(min_tokens) if facts.size < min_tokens else ""  # no token is shorter than a byte


def _doubt(facts: FileFacts, options: Options) -> str:
    if any(each.tool == "jscpd" for each in facts.suppressions):
        return "is left out, in part or as a whole, by a comment of jscpd"
    short = facts.tokens < options.min_tokens or facts.lines < options.min_lines
    return _short(options.min_tokens) if short else ""


def _short(min_tokens: int) -> str:
    return f"is too short to hold a clone of {min_tokens} tokens"


def _unexplained(sources: int, given: _Given) -> str:
    """Return why the number of files that jscpd compared cannot be trusted, or nothing."""
    number = len(given.compared)
    if sources > number or sources < number - len(given.doubtful):
        return f"jscpd compared {sources} of {counted(number, 'file')}"
    return ""


def _percent(result: jscpd.Duplication, limit: Percent) -> tuple[Finding, ...]:
    if limit == "off" or result.percent <= limit:
        return ()
    lines: Counter[str] = Counter()  # jscpd pairs each copy with the first one, which is not counted
    for clone in result.clones:
        lines[clone.second.path] += clone.lines
    worst = sorted(lines, key=lambda path: (-lines[path], path))[:5]
    largest = max(result.clones, key=lambda each: (each.lines, each.tokens))
    return (
        Finding(
            rule="duplication/percent",
            message=f"{result.percent:.2f} % of the lines are copies, limit {limit:g} %",
            location=Location(largest.second.path, largest.second.line, note="the largest clone"),
            related=tuple(Location(path, note=f"{lines[path]} copied lines") for path in worst),
            measure=Measure(round(result.percent, 2), limit, "percent"),
            identity=PROJECT,
            sums="duplication/clone",
        ),
    )


def _clone(clone: jscpd.Clone, severity: Severity) -> Finding:
    first, second = clone.first, clone.second
    return Finding(
        rule="duplication/clone",
        message=f"{counted(clone.lines, 'line')} ({counted(clone.tokens, 'token')}) also "
        f"{'stands' if clone.lines == 1 else 'stand'} in `{first.path}` at line {first.line}",
        location=Location(second.path, second.line, second.column, second.end_line, second.end_column),
        related=(
            Location(first.path, first.line, first.column, first.end_line, first.end_column, note="the same code"),
        ),
        severity=severity,
        identity=re.sub(r"\s+", " ", clone.text).strip(),
        is_passage=True,
    )
