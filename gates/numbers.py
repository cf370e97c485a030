"""How many findings of each kind there are, and the words for them: the same in every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from gates.model import (
    ABSENT,
    BASE,
    BASELINE,
    Finding,
    Origin,
    Outcome,
    Report,
    Scope,
    Severity,
    Status,
    Verdict,
)
from gates.text import counted

RANKS = {Origin.INTRODUCED: 0, Origin.WORSENED: 1, Origin.UNKNOWN: 2, Origin.INHERITED: 3}
"""The order of what is open: what the change brought comes first."""

_SHORT_ID = 7


class Numbers(Struct, frozen=True):
    """Open errors by origin, what is open and fails no gate, what is known and why, what is gone.

    Known is what the base has too, what the baseline or something else accepts, and what a comment silences; elsewhere
    is what lies outside of the paths that were asked for.
    """

    introduced: int = 0
    worsened: int = 0
    inherited: int = 0
    unknown: int = 0
    noted: int = 0
    in_base: int = 0
    in_baseline: int = 0
    otherwise: int = 0
    suppressed: int = 0
    elsewhere: int = 0
    resolved: int = 0

    @property
    def errors(self) -> int:
        """All open errors, whatever their origin."""
        return self.introduced + self.worsened + self.inherited + self.unknown

    @property
    def known(self) -> int:
        """What is accepted or silenced."""
        return self.in_base + self.in_baseline + self.otherwise + self.suppressed

    def told(self) -> list[str]:
        """Return each number that is not 0 with its word: `3 new`, `1 worsened`, `12 known`, `4 resolved`."""
        errors = "error" if self.unknown == 1 else "errors"
        others = ((self.noted, "noted"), (self.known, "known"), (self.elsewhere, "elsewhere"))
        return _told((*self._by_origin(), (self.unknown, errors), *others, (self.resolved, "resolved")))

    def origins(self) -> str:
        """Return where the open errors are from, nothing when nobody knows: `3 new, 1 worsened`."""
        told = _told(self._by_origin())
        return ", ".join([*told, *_told([(self.unknown, "of unknown origin")])]) if told else ""

    def _by_origin(self) -> tuple[tuple[int, str], ...]:
        return (self.introduced, "new"), (self.worsened, "worsened"), (self.inherited, "inherited")

    def summed(self) -> str:
        """Return how many errors are open, and where they are from: `4 errors (3 new, 1 worsened)`."""
        origins = self.origins()
        return f"{counted(self.errors, 'error')} ({origins})" if origins else counted(self.errors, "error")

    def accounted(self) -> str:
        """Return why what is known is accepted: `200 in the base, 12 in the baseline`, or `in the base` of all."""
        named = (
            (self.in_base, "in the base"),
            (self.in_baseline, "in the baseline"),
            (self.otherwise, "accepted otherwise"),
            (self.suppressed, "suppressed"),
        )
        whys = [(number, words) for number, words in named if number]
        return whys[0][1] if len(whys) == 1 else ", ".join(_told(whys))


def of_report(report: Report) -> Numbers:
    """Return the numbers of all gates together."""
    return of_findings(report.findings(), sum(each.resolved for each in report.outcomes))


def of_outcome(outcome: Outcome) -> Numbers:
    """Return the numbers of one gate."""
    return of_findings(outcome.findings, outcome.resolved)


def of_findings(findings: Iterable[Finding], resolved: int = 0) -> Numbers:
    """Return the numbers of these findings; how many were resolved is not among them."""
    kinds = Counter(_kind(each) for each in findings)
    return Numbers(**kinds, resolved=resolved)


def compares(scope: Scope) -> bool:
    """Return whether a report compares with a base."""
    return bool(scope.base) or scope.kind in ("since", "staged")


def against(scope: Scope) -> str:
    """Return what a report compares with what; nothing without a base. The commit is not made safe to show."""
    if not compares(scope):
        return ""
    base = f"compared with {commit(scope)}" if scope.base else "before the first commit"
    return f"staged, {base}" if scope.kind == "staged" else base


def commit(scope: Scope) -> str:
    """Return the short id of the base."""
    return scope.base[:_SHORT_ID]


def improvement(report: Report) -> str:
    """Return what the change has resolved, in a sentence without an end; nothing when that is nothing.

    That it adds none is said only when every gate decided and nothing is open or accepted that the base has not.
    """
    resolved = sum(each.resolved for each in report.outcomes)
    if not resolved:
        return ""
    if _adds_none(report):
        return f"this change resolves {counted(resolved, 'finding')} and adds none"
    since = f" since {commit(report.scope)}" if report.scope.base else ""
    return f"resolved {counted(resolved, 'finding')}{since}"


def _adds_none(report: Report) -> bool:
    decided = all(each.verdict in (Verdict.PASSED, Verdict.FAILED) for each in report.outcomes)
    stand = (each for each in report.findings() if each.status in (Status.OPEN, Status.ACCEPTED))
    return decided and not report.reason and all(each.origin is Origin.INHERITED for each in stand)


def unseen(report: Report) -> str:
    """Return which files no gate has looked at since they are not there, the first of them and how many more; nothing
    when there is none. The name of the file is not made safe to show."""
    unread = (each for outcome in report.outcomes for each in outcome.unread)
    absent = sorted({each.path for each in unread if each.reason == ABSENT})
    more = f" (and {len(absent) - 1:,} more)" if len(absent) > 1 else ""
    return f"not inspected: {absent[0]} {ABSENT}{more}" if absent else ""


def reasons(findings: Iterable[Finding]) -> Sequence[tuple[str, int]]:
    """Return the reasons that somebody gave for debt in the baseline, the most frequent first."""
    given = Counter(
        each.reason.removeprefix(f"{BASELINE}: ")
        for each in findings
        if each.status is Status.ACCEPTED and each.reason.startswith(f"{BASELINE}: ")
    )
    return sorted(given.items(), key=lambda each: (-each[1], each[0]))


def in_baseline(reason: str) -> bool:
    """Return whether the reason of an accepted finding is that the baseline accepts it."""
    return reason == BASELINE or reason.startswith(f"{BASELINE}: ")


def new_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings with those first that the change brought, else in their order."""
    return sorted(findings, key=lambda each: RANKS[each.origin])


def message(finding: Finding) -> str:
    """Return what a finding says, and what its value was before where that is another one."""
    return f"{finding.message}{was(finding)}"


def was(finding: Finding) -> str:
    """Return what the value of a finding was before: `, was 14`; nothing where nobody knows or it is the same."""
    measure, before = finding.measure, finding.before
    return f", was {before:g}" if measure and before is not None and before != measure.value else ""


def _told(named: Iterable[tuple[int, str]]) -> list[str]:
    return [f"{number:,} {words}" for number, words in named if number]


def _kind(finding: Finding) -> str:
    match finding.status:
        case Status.OPEN:
            return finding.origin.value if finding.severity is Severity.ERROR else "noted"
        case Status.ACCEPTED:
            return _accepted(finding.reason)
        case Status.SUPPRESSED:
            return "suppressed"
        case Status.OUT_OF_SCOPE:
            return "elsewhere"


def _accepted(reason: str) -> str:
    if reason == BASE:
        return "in_base"
    return "in_baseline" if in_baseline(reason) else "otherwise"
