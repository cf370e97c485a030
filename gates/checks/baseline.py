"""The baseline accepts what is there, no more, and what a change adds to it is seen."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gates.baseline import Baseline, Entry, amount
from gates.config import Policy
from gates.model import Finding, Inspection, Location, Rule, Severity
from gates.project import Project, Results, Stale
from gates.text import counted

READS = "record"
RULES = (
    Rule(
        "stale",
        "an entry of the baseline accepts findings that are there",
        "Run `gates baseline update` and commit the file: it takes out what is resolved, and adds nothing.",
    ),
    Rule(
        "loose",
        "an entry of the baseline accepts no worse value than there is",
        "Run `gates baseline update` and commit the file: it takes the values of today, and adds nothing.",
    ),
    Rule(
        "added",
        "a change accepts no new debt unseen",
        "Decide whether this debt is worth taking on; otherwise resolve it and take the entry out.",
    ),
)


class Options(Struct, frozen=True, rename="kebab"):
    """This gate has no options."""


def plan(project: Project, policy: Policy[Options]) -> tuple[str, ...]:
    """The one file that this gate reads."""
    return (project.results.baseline,)


def applies(project: Project) -> bool:
    """Whether there is a baseline, and all of the project was asked for: without both there is nothing to judge."""
    return project.results.known is not None


def check(project: Project, policy: Policy[Options]) -> Inspection:
    """Judge the entries of the gates that came to a verdict, and what the change adds."""
    results = project.results
    if results.known is None:
        return Inspection(blocked=f"the lack of {results.baseline}, or paths that leave out a part of the project")
    if not results.gates:
        return Inspection(blocked="the other gates, of which none came to a verdict")
    judged = [each for each in results.known.entries if each.gate in results.gates]
    return Inspection(
        findings=(*_stale(results), *_added(results, results.known)),
        inspected=frozenset({results.baseline}),
        counts={"entries": len(judged)},
        measures={"accepted": float(sum(each.count for each in judged if not each.latent))},
    )


def _stale(results: Results) -> Iterator[Finding]:
    for each in results.stale:
        counts = results.locked and not each.inherited
        if each.is_gone:
            severity = Severity.ERROR if counts else Severity.NOTE
            yield _finding(results, "stale", each.entry, each.line, f"accepts {_gone(each)}", severity)
        else:
            severity = Severity.WARNING if counts else Severity.NOTE
            yield _finding(results, "loose", each.entry, each.line, f"accepts {_better(each)}", severity)


def _added(results: Results, known: Baseline) -> Iterator[Finding]:
    lines = {each.key: line for each, line in zip(known.entries, known.lines, strict=True)}
    silent = [each for each in results.fresh if not each.reason]
    is_new = len(results.fresh) == len(known.entries) and len(silent) > 1
    if is_new:
        yield Finding(
            rule="baseline/added",
            message=f"the change makes a baseline, which accepts {counted(_number(silent), 'finding')}",
            location=Location(results.baseline),
            severity=Severity.WARNING,
            identity="all",
        )
    for each in results.fresh:
        if each.reason or not is_new:
            yield _finding(results, "added", each, lines[each.key], f"accepts {_new(each)}", Severity.WARNING)


def _finding(results: Results, rule: str, entry: Entry, line: int, said: str, severity: Severity) -> Finding:
    return Finding(
        rule=f"baseline/{rule}",
        message=f"the baseline {said}",
        location=Location(results.baseline, line),
        severity=severity,
        identity=" ".join(str(each) for each in entry.key),
    )


def _new(entry: Entry) -> str:
    at = f" at {entry.amount}" if entry.amount else ""
    why = f"for this reason: {entry.reason}" if entry.reason else "and gives no reason"
    return f"{_about(entry)}{at} since this change, {why}"


def _gone(stale: Stale) -> str:
    if stale.entry.count == 1:
        return f"{_about(stale.entry)}, which is gone"
    return f"{_about(stale.entry)}, of which {stale.found:,} {'is' if stale.found == 1 else 'are'} left"


def _better(stale: Stale) -> str:
    return f"{_about(stale.entry)} at {stale.entry.amount}, which is at {amount(stale.entry.rule, stale.now)} by now"


def _about(entry: Entry) -> str:
    """Return the rule of an entry and what it is about."""
    where = f" of `{entry.symbol}`" if entry.symbol else f" in `{entry.path}`" if entry.path else ""
    code = f" (`{entry.code}`)" if entry.code and not entry.code.startswith("sha:") else ""
    return f"`{entry.rule}`{where}{code}" + (f" {entry.count:,} times" if entry.count > 1 else "")


def _number(entries: list[Entry]) -> int:
    return sum(each.count for each in entries if not each.latent)
