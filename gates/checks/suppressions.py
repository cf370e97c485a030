"""Every inline suppression names the rule it silences, gives a reason, and is still needed."""

from __future__ import annotations

import datetime
import pkgutil
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from gates import checks
from gates.config import Policy, option
from gates.model import Finding, Inspection, Location, Measure, Rule, Severity
from gates.project import Base, Project
from gates.suppressions import FORMATTING, REFUSED, Suppression, last_day
from gates.text import counted

READS = "results"
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
    Rule(
        "expired",
        "a suppression that says until when it holds is gone by then",
        "Mend what the suppression hides and remove it; a later date needs somebody who decides so.",
    ),
    Rule(
        "unused", "a `gates: allow` silences something", "Remove the comment, there is nothing here that it silences."
    ),
    Rule(
        "unknown-rule",
        "a `gates: allow` names rules that exist",
        "Write the rule as reports do, `GATE/RULE`; `gates list` names them.",
    ),
    Rule(
        "not-allowed",
        "a `gates: allow` names no rule that comments cannot silence",
        "Remove the comment and mend what the rule found.",
    ),
    Rule(
        "too-many",
        "the project has no more suppressions than its policy allows",
        "Mend what one of them hides and remove it.",
    ),
    Rule(
        "added",
        "a suppression that the change added is told to its readers",
        "Look whether the reason holds; nothing else is asked for.",
    ),
)
_OURS = "gates"
_LONGEST_REASON = 120
_SHOWN = 5

_Budget = Annotated[int, Meta(ge=0)]


class Options(Struct, frozen=True, rename="kebab"):
    """How many suppressions the project may have; formatting comments are not counted."""

    total: Annotated[
        _Budget | Literal["off"], option("Suppressions of all tools in the project.", stricter="lower")
    ] = "off"
    limits: Annotated[
        dict[str, _Budget],
        option("Suppressions of a rule, by its code, or of a tool that name no code, by its name.", stricter="lower"),
    ] = {}


class _Placed(NamedTuple):
    path: str
    suppression: Suppression

    @property
    def location(self) -> Location:
        each = self.suppression
        return Location(self.path, each.line, each.column, each.line, each.end_column)


def check(project: Project, policy: Policy[Options]) -> Inspection:
    """Judge each suppression, and all of them against what the policy allows."""
    paths = project.readable(project.files)
    found = tuple(_placed(project, paths))
    today = _today()
    findings = [finding for each in found for finding in (*_judged(each, today), *_ours(project, each, today))]
    findings += _counted(project, policy.base)
    findings += _added(project, project.base) if project.base else ()
    return Inspection(
        findings=tuple(findings),
        inspected=frozenset(paths),
        unread=project.unread(project.files),
        counts={"suppressions": len(found)},
    )


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


def _placed(project: Project, paths: Iterable[str]) -> Iterator[_Placed]:
    for path in paths:
        for each in project.facts(path).suppressions:
            if each.tool not in FORMATTING:
                yield _Placed(path, each)


def _judged(placed: _Placed, today: datetime.date) -> Iterator[Finding]:
    each = placed.suppression
    if each.coded and not each.codes:
        what = "names no rule" if each.tool == _OURS else f"silences every rule of {each.tool}, it names none"
        yield _finding("no-code", f"`{each.directive}` {what}", placed)
    if not each.reason:
        yield _finding("no-reason", f"`{each.directive}` gives no reason", placed)
    day = last_day(each)
    if day is None and each.expires:
        message = f"`{each.directive}` expires on `{each.expires}`, which is no date of the form 2027-01-31"
        yield _finding("expired", message, placed)
    elif day is not None and day < today:
        yield _finding("expired", f"`{each.directive}` was meant to hold until {day.isoformat()}", placed)


def _ours(project: Project, placed: _Placed, today: datetime.date) -> Iterator[Finding]:
    """Judge what only our own comments can do wrong."""
    each = placed.suppression
    if each.tool != _OURS:
        return
    wrong = list(_wrongly_named(project, placed))
    yield from wrong
    decided = {_gate(code) for code in each.codes} <= project.results.gates
    if not wrong and decided and _is_in_vain(project, placed, today):
        names = ", ".join(f"`{code}`" for code in each.codes)
        yield _finding("unused", f"`{each.directive}` silences nothing: no finding of {names} is here", placed)


def _wrongly_named(project: Project, placed: _Placed) -> Iterator[Finding]:
    directive = placed.suppression.directive
    for code in placed.suppression.codes:
        if _gate(code) in REFUSED:
            message = f"`{directive}` names `{code}`, which no comment silences"
            yield _finding("not-allowed", message, placed, code)
        elif not _may_exist(project, code):
            yield _finding("unknown-rule", f"`{directive}` names `{code}`, which is no rule", placed, code)


def _gate(code: str) -> str:
    return code.partition("/")[0]


def _may_exist(project: Project, code: str) -> bool:
    """Whether a rule is one of a gate that exists; its name beyond that is judged by its use."""
    known = project.results.gates | {each.name for each in pkgutil.iter_modules(checks.__path__)}
    return not code.endswith("/") and "/" in code and _gate(code) in known


def _is_in_vain(project: Project, placed: _Placed, today: datetime.date) -> bool:
    """Whether an allowance could have silenced something and did not."""
    each = placed.suppression
    day = last_day(each)
    stands = not each.expires or (day is not None and day >= today)
    return bool(each.codes and each.reason) and stands and (placed.path, each.line) not in project.results.used


def _counted(project: Project, options: Options) -> Iterator[Finding]:
    """Hold the numbers against the budgets. The places shown are the last ones, in the order of the report."""
    if options.total == "off" and not options.limits:
        return
    found = tuple(_placed(project, project.readable(project.whole)))
    if options.total != "off" and len(found) > options.total:
        message = f"the project has {counted(len(found), 'suppression')}, limit {options.total}"
        yield _too_many(message, found, options.total, "project")
    for key, limit in sorted(options.limits.items()):
        places = tuple(each for each in found if key in (each.suppression.codes or (each.suppression.tool,)))
        if len(places) > limit:
            message = f"`{key}` has {counted(len(places), 'suppression')}, limit {limit}"
            yield _too_many(message, places, limit, key)


def _too_many(message: str, places: tuple[_Placed, ...], limit: int, identity: str) -> Finding:
    return Finding(
        rule="suppressions/too-many",
        message=message,
        location=places[limit].location,
        related=tuple(each.location for each in places[limit + 1 : limit + 1 + _SHOWN]),
        measure=Measure(len(places), limit, "suppressions"),
        identity=identity,
    )


def _added(project: Project, base: Base) -> Iterator[Finding]:
    """Yield what the change added; a suppression is the same wherever the code beside it, or the test, moved to."""
    known = Counter(_key(each) for snapshot in base.before.values() for each in snapshot.facts.suppressions)
    touched = sorted(path for path in base.touched if path in project.snapshots)
    for each in _placed(project, project.readable(touched)):
        key = _key(each.suppression)
        if known[key]:
            known[key] -= 1
        else:
            yield _note(each, key)


def _key(each: Suppression) -> tuple[str, ...]:
    return (each.tool, each.directive, each.symbol, each.source, *each.codes)


def _note(placed: _Placed, key: tuple[str, ...]) -> Finding:
    each = placed.suppression
    names = ", ".join(f"`{code}`" for code in each.codes)
    what = f"`{each.directive}` of {each.tool}{f' for {names}' if names else ''}"
    message = f"{what} is new: {each.reason[:_LONGEST_REASON]}" if each.reason else f"{what} is new, without a reason"
    return Finding(
        rule="suppressions/added",
        message=message,
        location=placed.location,
        severity=Severity.NOTE,
        identity=" ".join(key),
    )


def _finding(rule: str, message: str, placed: _Placed, identity: str = "") -> Finding:
    known = " ".join([*_key(placed.suppression), *([identity] if identity else [])])
    return Finding(rule=f"suppressions/{rule}", message=message, location=placed.location, identity=known)
