"""What becomes of marked findings: accepted because they are inherited or in the baseline, or open, with their origin."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from gates import baseline, identity, marking
from gates.baseline import Baseline, Entry
from gates.identity import Matched, Names, Trace
from gates.model import Finding, Origin, Outcome, Status, Verdict
from gates.project import Project, Stale
from gates.tracing import latent, traced

_BASE = "base"
_BASELINE = "baseline"


class Known(Struct, frozen=True, array_like=True):
    """What a gate found in the base: the traces, or why it came to no verdict there."""

    traces: tuple[Trace, ...] = ()
    undecided: str = ""


class Comparison(Struct, frozen=True, kw_only=True):
    """What findings are held against.

    `base` is what each gate found there, None without a base; gates that compare with it themselves are `changes`:
    all they find is introduced. `baseline` is what is accepted; with a base only its `added` entries count, those among
    the `fresh` ones, which the change itself accepted, that give a reason. `improve`: a touched function has to come down. `whole`: all of the project
    was asked for. `record`: what stands is wanted even when there is nothing to hold it against.
    """

    base: Mapping[str, Known] | None = None
    changes: frozenset[str] = frozenset()
    baseline: Baseline = Baseline()
    fresh: tuple[Entry, ...] = ()
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
    settled = decided and comparison.whole
    stale = entries.stale(entries.seen(accepted, traces), entries.earlier(known, defined)) if settled else ()
    standing = tuple(
        Standing(traces[number], entries.at(accepted.pairs[number]), findings[index].status is Status.OPEN)
        for number, index in enumerate(indexes)
    )
    standing += entries.remembered(accepted, latent(project, outcome.latent), defined)
    resolved = len(before.gone) if before is not None and settled else 0
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
        marked = msgspec.structs.replace(finding, origin=origin)
        if finding.status is not Status.OPEN:
            return marked
        if old is not None and origin is Origin.INHERITED:
            return self._accepted(marked, _BASE, old)
        if entry is None or identity.worse(self._trace, entry.trace()):
            return marked
        if self._comparison.base is not None and entry not in self._comparison.added and origin is not Origin.UNKNOWN:
            return marked
        return self._accepted(marked, f"{_BASELINE}: {entry.reason}" if entry.reason else _BASELINE, entry.trace())

    def _accepted(self, finding: Finding, reason: str, before: Trace) -> Finding:
        touched = bool(before.body) and before.body != self._trace.body
        if self._comparison.improve and finding.measure and touched and before.value == self._trace.value:
            return msgspec.structs.replace(finding, reason="it was touched, and is no better than before")
        return msgspec.structs.replace(finding, status=Status.ACCEPTED, reason=reason)


class _Entries:
    """The entries of the baseline that are about one gate, each as often as it counts."""

    def __init__(self, comparison: Comparison, gate: str) -> None:
        whole = comparison.baseline
        mine = [index for index, each in enumerate(whole.entries) if each.rule.startswith(f"{gate}/")]
        self._entries = [whole.entries[index] for index in mine]
        self._lines = [whole.lines[index] for index in mine]
        self._owner = baseline.expanded(self._entries)
        self.known = [self._entries[index].trace() for index in self._owner]

    def at(self, pair: int | None) -> Entry | None:
        return None if pair is None else self._entries[self._owner[pair]]

    def remembered(
        self, matched: Matched, found: Sequence[Trace], defined: Callable[[], Names]
    ) -> tuple[Standing, ...]:
        """Return what stands of what is latent, each with the latent entry that no finding has taken."""
        taken = set(matched.pairs)
        free = [index for index, each in enumerate(self.known) if each.latent and index not in taken]
        pairs = identity.match([self.known[index] for index in free], found, defined).pairs
        entries = [None if pair is None else self.at(free[pair]) for pair in pairs]
        return tuple(Standing(each, entry, is_open=False) for each, entry in zip(found, entries, strict=True))

    def earlier(self, known: Known | None, defined: Callable[[], Names]) -> list[_Seen] | None:
        """Return what was there of each entry in the base, None when nobody knows."""
        if known is None or known.undecided:
            return None
        return self.seen(identity.match(self.known, known.traces, defined), known.traces)

    def seen(self, matched: Matched, traces: Sequence[Trace]) -> list[_Seen]:
        """Return what is there of each entry."""
        found: list[list[float]] = [[] for _ in self._entries]
        for trace, pair in zip(traces, matched.pairs, strict=True):
            if pair is not None:
                found[self._owner[pair]].append(-math.inf if trace.value is None else trace.value)
        return [_Seen(len(each), max(each, default=-math.inf)) for each in found]

    def stale(self, now: Sequence[_Seen], earlier: Sequence[_Seen] | None) -> tuple[Stale, ...]:
        """Return what the baseline accepts although it is gone, or although it is better by now."""
        found = []
        for index, (entry, seen) in enumerate(zip(self._entries, now, strict=True)):
            each = Stale(
                entry=entry,
                line=self._lines[index],
                found=seen.number,
                now=None if seen.worst == -math.inf else seen.worst,
                inherited=earlier is not None
                and seen.number >= earlier[index].number
                and seen.worst >= earlier[index].worst,
            )
            if not entry.latent and (each.is_gone or each.is_better):
                found.append(each)
        return tuple(found)


class _Seen(NamedTuple):
    """What is there of an entry: how many findings, and their worst value."""

    number: int
    worst: float


def _summed(findings: Sequence[Finding]) -> list[Finding]:
    """Let a finding that sums up others be accepted while all of these are."""
    open_rules = {each.rule for each in findings if each.status is Status.OPEN}
    return [
        msgspec.structs.replace(each, status=Status.ACCEPTED, reason=f"every {each.sums} in it is accepted")
        if each.sums and each.status is Status.OPEN and each.sums not in open_rules
        else each
        for each in findings
    ]
