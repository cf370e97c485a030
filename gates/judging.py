"""What becomes of marked findings: accepted because they are inherited or in the baseline, or open, with their origin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec import Struct

from gates import baseline, identity, marking
from gates.baseline import Baseline, Entry
from gates.identity import Matched, Names, Trace
from gates.model import BASE, BASELINE, Finding, Origin, Outcome, Status, Verdict
from gates.project import Project, Stale
from gates.tracing import latent, remembered, traced

_WORSE = "it is worse than the baseline accepts"
_NO_BETTER = "it was touched, and is no better than before"


class Known(Struct, frozen=True, array_like=True):
    """What a gate found in the base: the traces, or why it came to no verdict there."""

    traces: tuple[Trace, ...] = ()
    undecided: str = ""


class Comparison(Struct, frozen=True, kw_only=True):
    """What findings are held against.

    `base` is what each gate found there, None without a base; gates that compare with it themselves are `changes`:
    all they find is introduced. `baseline` is what is accepted; with a base only its `added` entries count, those that
    the change itself accepted with a reason. `improve`: a touched function has to come down. `whole`: all of the project
    was asked for. `record`: what stands is wanted even when there is nothing to hold it against.
    """

    base: Mapping[str, Known] | None = None
    changes: frozenset[str] = frozenset()
    baseline: Baseline = Baseline()
    added: frozenset[Entry] = frozenset()
    improve: bool = False
    whole: bool = True
    record: bool = False


class Standing(Struct, frozen=True):
    """A finding that no comment silences: its trace, the entry of the baseline that it is, and whether it is open."""

    trace: Trace
    entry: Entry | None
    is_open: bool


class Judged(Struct, frozen=True):
    """An outcome with the last word on its findings, what stands, and what the baseline accepts in vain."""

    outcome: Outcome
    stale: tuple[Stale, ...] = ()
    standing: tuple[Standing, ...] = ()


def judged(outcome: Outcome, project: Project, comparison: Comparison, defined: Callable[[], Names]) -> Judged:
    """Return the outcome of a gate with the status and origin of each finding, and its verdict."""
    entries = _Entries(comparison, outcome.gate)
    known = (comparison.base or {}).get(outcome.gate)
    if comparison.base is None and not entries.known and not comparison.record:
        return Judged(outcome)
    indexes = [index for index, each in enumerate(outcome.findings) if each.status is not Status.SUPPRESSED]
    traces = traced(project, [outcome.findings[index] for index in indexes])
    before = identity.match(known.traces, traces, defined) if known and not known.undecided else None
    accepted = identity.match(entries.known, traces, defined)
    findings = list(outcome.findings)
    for number, index in enumerate(indexes):
        judge = _Judge(comparison, traces[number])
        origin, old = _origin(comparison, outcome.gate, before, number, traces, known)
        entry = entries.at(accepted.pairs[number])
        findings[index] = judge.judged(findings[index], origin, old, entry)
    findings = _summed(findings)
    decided = outcome.verdict in (Verdict.PASSED, Verdict.FAILED)
    verdict = (Verdict.FAILED if marking.fails(findings) else Verdict.PASSED) if decided else outcome.verdict
    stale = entries.stale(accepted, traces) if decided and comparison.whole else ()
    standing = tuple(
        Standing(traces[number], entries.at(accepted.pairs[number]), findings[index].status is Status.OPEN)
        for number, index in enumerate(indexes)
    )
    standing += tuple(Standing(each, entries.latent(each), is_open=False) for each in latent(project, outcome.latent))
    resolved = _resolved(known, before, outcome, project, defined) if decided and comparison.whole else 0
    return Judged(
        msgspec.structs.replace(
            outcome,
            findings=tuple(findings),
            verdict=verdict,
            resolved=resolved,
            reason=outcome.reason or _unknown(known),
        ),
        stale,
        standing,
    )


def _resolved(
    known: Known | None, before: Matched | None, outcome: Outcome, project: Project, defined: Callable[[], Names]
) -> int:
    """Return how many findings of the base are really gone: what a comment silences by now is not resolved."""
    gone = [known.traces[index] for index in before.gone] if known is not None and before is not None else []
    silenced = [each for each in outcome.findings if each.status is Status.SUPPRESSED]
    if not gone or not silenced:
        return len(gone)
    return len(identity.match(gone, traced(project, silenced), defined).gone)


def _unknown(known: Known | None) -> str:
    if known is None or not known.undecided:
        return ""
    return f"the base could not be judged ({known.undecided}): what is open may be older than the change"


def _origin(
    comparison: Comparison,
    gate: str,
    before: Matched | None,
    number: int,
    traces: Sequence[Trace],
    known: Known | None,
) -> tuple[Origin, Trace | None]:
    if gate in comparison.changes:
        return Origin.INTRODUCED, None
    if before is None or known is None:
        return Origin.UNKNOWN, None
    pair = before.pairs[number]
    if pair is None:
        return Origin.INTRODUCED, None
    old = known.traces[pair]
    return (Origin.WORSENED if identity.worse(traces[number], old) else Origin.INHERITED), old


class _Judge:
    """The judgement over one finding."""

    def __init__(self, comparison: Comparison, trace: Trace) -> None:
        self._comparison = comparison
        self._trace = trace

    def judged(self, finding: Finding, origin: Origin, old: Trace | None, entry: Entry | None) -> Finding:
        held = old or (entry.trace() if entry else None)
        marked = msgspec.structs.replace(finding, origin=origin, before=remembered(finding, held))
        if finding.status is not Status.OPEN:
            return marked
        if old is not None and origin is Origin.INHERITED:
            return self._accepted(marked, BASE, old)
        if entry is None:
            return marked
        if identity.worse(self._trace, entry.trace()):
            return msgspec.structs.replace(marked, reason=_WORSE)
        if self._is_void(entry, origin):
            return marked
        return self._accepted(marked, f"{BASELINE}: {entry.reason}" if entry.reason else BASELINE, entry.trace())

    def _is_void(self, entry: Entry, origin: Origin) -> bool:
        """Whether an entry of the baseline does not count: with a base only those do that the change added."""
        compares = self._comparison.base is not None and origin is not Origin.UNKNOWN
        return compares and entry not in self._comparison.added

    def _accepted(self, finding: Finding, reason: str, before: Trace) -> Finding:
        touched = bool(before.body) and before.body != self._trace.body
        if self._comparison.improve and finding.measure and touched and before.value == self._trace.value:
            return msgspec.structs.replace(finding, reason=_NO_BETTER)
        return msgspec.structs.replace(finding, status=Status.ACCEPTED, reason=reason)


class _Entries:
    """The entries of the baseline that are about one gate, each as often as it counts."""

    def __init__(self, comparison: Comparison, gate: str) -> None:
        whole = comparison.baseline
        mine = [index for index, each in enumerate(whole.entries) if each.rule.startswith(f"{gate}/")]
        self._entries = [whole.entries[index] for index in mine]
        self._lines = [whole.lines[index] for index in mine]
        self._latent = {(each.rule, each.code): each for each in self._entries if each.latent}
        self._owner = baseline.expanded(self._entries)
        self.known = [self._entries[index].trace() for index in self._owner]

    def at(self, pair: int | None) -> Entry | None:
        return None if pair is None else self._entries[self._owner[pair]]

    def latent(self, trace: Trace) -> Entry | None:
        """Return the latent entry for the same copy."""
        return self._latent.get((trace.rule, trace.code))

    def stale(self, matched: Matched, traces: Sequence[Trace]) -> tuple[Stale, ...]:
        """Return what the baseline accepts although it is gone, or although it is better by now."""
        gone = {self._owner[index] for index in matched.gone}
        values: dict[int, list[float]] = {}
        for number, pair in enumerate(matched.pairs):
            value = traces[number].value
            if pair is not None and value is not None:
                values.setdefault(self._owner[pair], []).append(value)
        found = [self._stale(index, values.get(index, [])) for index in range(len(self._entries))]
        return tuple(
            each
            for index, each in enumerate(found)
            if index in gone or (each.is_better and not self._entries[index].latent)
        )

    def _stale(self, index: int, values: Sequence[float]) -> Stale:
        entry = self._entries[index]
        return Stale(
            rule=entry.rule,
            path=entry.path,
            what=entry.symbol or entry.code,
            line=self._lines[index],
            accepted=entry.value,
            now=max(values) if values else None,
        )


def _summed(findings: Sequence[Finding]) -> list[Finding]:
    """Let a finding that sums up others be accepted while all of these are."""
    open_rules = {each.rule for each in findings if each.status is Status.OPEN}
    return [
        msgspec.structs.replace(each, status=Status.ACCEPTED, reason=f"every {each.sums} in it is accepted")
        if each.sums and each.status is Status.OPEN and each.sums not in open_rules
        else each
        for each in findings
    ]
