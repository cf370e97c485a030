"""What becomes of marked findings: accepted, since they are inherited or in the baseline, or open; and their origin."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from gates import baseline, identity, marking
from gates.baseline import Baseline, Entry
from gates.identity import Matched, Names, Trace
from gates.model import BASE, BASELINE, Finding, Origin, Outcome, Status, Verdict
from gates.project import PROJECT, Project, Stale
from gates.tracing import Name, latent, name, remembered, traced

_DECIDED = (Verdict.PASSED, Verdict.FAILED)
_WORSE = "it is worse than the baseline accepts"
_NO_BETTER = "it was touched, and is no better than before"


class Known(Struct, frozen=True, array_like=True):
    """What a gate found in the base: the traces, or why it came to no verdict there."""

    traces: tuple[Trace, ...] = ()
    undecided: str = ""


class Comparison(Struct, frozen=True, kw_only=True):
    """What findings are held against.

    `base` is what each gate found there, None without one; gates that compare with it themselves are `changes`: all
    they find is introduced. `baseline` is what is accepted; with a base only its `added` entries count: those of the
    `fresh` ones, which the change itself accepted, that give a reason. `improve`: a touched function has to come down.
    `whole`: all of the project was asked for. `record`: what stands is wanted even when there is nothing to hold it
    against.
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
    """An outcome with the last word on its findings, what stands, what the baseline accepts in vain, and the files in
    which it accepts each finding to the letter, whatever was found elsewhere."""

    outcome: Outcome
    stale: tuple[Stale, ...] = ()
    standing: tuple[Standing, ...] = ()
    exact: frozenset[str] = frozenset()


def judged(
    outcome: Outcome,
    project: Project,
    comparison: Comparison,
    defined: Callable[[], Names],
    settled: Collection[str] = (),
) -> Judged:
    """Return the outcome of a gate with the status and origin of each finding, and its verdict. What it found in files
    that are `settled` was judged before: the baseline accepts it to the letter."""
    entries = _Entries(comparison.baseline, outcome.gate, settled)
    if comparison.base is None and entries.are_none and not comparison.record:
        return Judged(outcome)
    indexes = _standing(outcome.findings, settled)
    standing = [outcome.findings[index] for index in indexes]
    traces = traced(project, standing, _lent(comparison, entries, standing))
    before = _Before(comparison, outcome.gate, traces, defined)
    accepted = identity.match(entries.known, traces, defined)
    findings = list(outcome.findings)
    for number, index in enumerate(indexes):
        judge = _Judge(comparison, traces[number])
        held = entries.held(accepted.pairs[number])
        findings[index] = judge.judged(findings[index], before.origin(number), before.trace(number), held)
    findings = _summed(findings, comparison)
    still_open = [findings[index].status is Status.OPEN for index in indexes]
    stands = (
        *entries.standing(accepted, traces, still_open),
        *entries.remembered(accepted, latent(project, outcome.latent), defined),
    )
    last = _concluded(outcome, findings, before.undecided)
    if not comparison.whole or last.verdict not in _DECIDED:
        return Judged(last, (), stands)
    resolved = before.resolved(project, outcome.findings, defined)
    stale = entries.stale(entries.seen(accepted, traces), lambda: entries.earlier(before.traces, defined))
    stale = _readable(stale, project)
    exact = entries.exact([findings[index] for index in indexes], accepted, traces)
    return Judged(msgspec.structs.replace(last, resolved=resolved), stale, stands, exact.difference(_related(findings)))


def _lent(comparison: Comparison, entries: _Entries, findings: Sequence[Finding]) -> dict[Name, str]:
    """Return bodies from the baseline for findings that can only be what it accepts, whatever their body looks like:
    of one rule and about one function, class or file there is one finding, and one that is accepted. That is no use
    where the body decides something else, or is wanted."""
    if comparison.base is not None or comparison.improve or comparison.record:
        return {}
    bodies = entries.bodies()
    number = Counter(map(name, findings)) if bodies else Counter()
    return {key: body for key, body in bodies.items() if number[key] == 1}


def _readable(stale: Sequence[Stale], project: Project) -> tuple[Stale, ...]:
    hidden = _unreadable(project)
    return tuple(each for each in stale if each.entry.path not in hidden)


def _unreadable(project: Project) -> frozenset[str]:
    """Return the files of which nobody knows what they hold."""
    return frozenset(each.path for each in project.unread(project.files)).union(project.absent)


def _standing(findings: Sequence[Finding], settled: Collection[str]) -> list[int]:
    """Return which findings no comment silences, of those that are to be judged."""
    return [
        index
        for index, each in enumerate(findings)
        if each.status is not Status.SUPPRESSED and each.location.path not in settled
    ]


def _related(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the files in which what becomes of a finding depends on more than itself and the baseline."""
    for each in findings:
        if each.related or each.identity == PROJECT or each.status is not Status.ACCEPTED:
            yield each.location.path


def _concluded(outcome: Outcome, findings: Sequence[Finding], undecided: str) -> Outcome:
    """Return the outcome with these findings, and the verdict that follows from them."""
    verdict = outcome.verdict
    if verdict in _DECIDED:
        verdict = Verdict.FAILED if marking.fails(findings) else Verdict.PASSED
    reason = outcome.reason or undecided
    return msgspec.structs.replace(outcome, findings=tuple(findings), verdict=verdict, reason=reason)


class _Before:
    """What the base says of the findings of a gate."""

    def __init__(
        self, comparison: Comparison, gate: str, traces: Sequence[Trace], defined: Callable[[], Names]
    ) -> None:
        known = (comparison.base or {}).get(gate)
        self._is_change = gate in comparison.changes
        self._traces = traces
        self._known = known.traces if known else ()
        self._matched = identity.match(known.traces, traces, defined) if known and not known.undecided else None
        self.undecided = ""
        if known and known.undecided:
            why = f"the base could not be judged ({known.undecided})"
            self.undecided = f"{why}: what is open may be older than the change"

    def resolved(self, project: Project, findings: Sequence[Finding], defined: Callable[[], Names]) -> int:
        """Return how many findings of the base are really gone: what a comment silences by now is not resolved, nor is
        what lies in a file that nobody can read."""
        gone = [self._known[index] for index in self._matched.gone] if self._matched else []
        hidden = _unreadable(project)
        gone = [each for each in gone if each.path not in hidden]
        silenced = [each for each in findings if each.status is Status.SUPPRESSED]
        if not gone or not silenced:
            return len(gone)
        return len(identity.match(gone, traced(project, silenced), defined).gone)

    @property
    def traces(self) -> Sequence[Trace] | None:
        """What the base has, None when nobody knows."""
        return None if self._matched is None else self._known

    def trace(self, number: int) -> Trace | None:
        """Return what a finding was in the base."""
        pair = self._matched.pairs[number] if self._matched else None
        return None if pair is None else self._known[pair]

    def origin(self, number: int) -> Origin:
        """Return whether the change caused a finding."""
        if self._is_change:
            return Origin.INTRODUCED
        if self._matched is None:
            return Origin.UNKNOWN
        old = self.trace(number)
        if old is None:
            return Origin.INTRODUCED
        return Origin.WORSENED if identity.worse(self._traces[number], old) else Origin.INHERITED


class _Held(NamedTuple):
    """An entry of the baseline, and the trace of what it accepts."""

    entry: Entry
    trace: Trace


class _Judge:
    """The judgement over one finding."""

    def __init__(self, comparison: Comparison, trace: Trace) -> None:
        self._comparison = comparison
        self._trace = trace

    def judged(self, finding: Finding, origin: Origin, old: Trace | None, held: _Held | None) -> Finding:
        known = old or (held.trace if held else None)
        status, reason = finding.status, finding.reason
        if status is Status.OPEN:
            status, reason = self._word(finding, origin, old, held)
        before = remembered(finding, known)
        return msgspec.structs.replace(finding, origin=origin, before=before, status=status, reason=reason)

    def _word(self, finding: Finding, origin: Origin, old: Trace | None, held: _Held | None) -> tuple[Status, str]:
        """Return whether an open finding is accepted, and why; or why it is not, where that needs a word."""
        if old is not None and origin is Origin.INHERITED:
            return self._accepted(finding, BASE, old)
        if held is None:
            return Status.OPEN, finding.reason
        if identity.worse(self._trace, held.trace):
            return Status.OPEN, _WORSE
        if self._is_void(held.entry, origin):
            return Status.OPEN, finding.reason
        why = held.entry.reason
        return self._accepted(finding, f"{BASELINE}: {why}" if why else BASELINE, held.trace)

    def _is_void(self, entry: Entry, origin: Origin) -> bool:
        """Whether an entry of the baseline does not count: with a base only those do that the change added."""
        compares = self._comparison.base is not None and origin is not Origin.UNKNOWN
        return compares and entry not in self._comparison.added

    def _accepted(self, finding: Finding, reason: str, before: Trace) -> tuple[Status, str]:
        touched = bool(before.body) and before.body != self._trace.body
        if self._comparison.improve and finding.measure and touched and before.value == self._trace.value:
            return Status.OPEN, _NO_BETTER
        return Status.ACCEPTED, reason


class _Entries:
    """The entries of the baseline that are about one gate, each as often as it counts."""

    def __init__(self, whole: Baseline, gate: str, settled: Collection[str]) -> None:
        every = whole.by_gate.get(gate, ())
        mine = [index for index in every if whole.entries[index].latent or whole.entries[index].path not in settled]
        self.are_none = not every
        self._entries = [whole.entries[index] for index in mine]
        self._lines = [whole.lines[index] for index in mine]
        self._owner = baseline.expanded(self._entries)
        self.known = [self._entries[index].trace() for index in self._owner]

    def bodies(self) -> dict[Name, str]:
        """Return the bodies of what is accepted of whole functions, classes and files, where nothing else is of that
        name."""
        able = {(each.rule, each.symbol): each.body for each in self.known if each.symbol and not each.code}
        number = Counter((each.rule, each.symbol) for each in self.known) if able else Counter()
        return {key: body for key, body in able.items() if number[key] == 1}

    def at(self, pair: int | None) -> Entry | None:
        return None if pair is None else self._entries[self._owner[pair]]

    def held(self, pair: int | None) -> _Held | None:
        return None if pair is None else _Held(self._entries[self._owner[pair]], self.known[pair])

    def standing(self, matched: Matched, traces: Sequence[Trace], is_open: Sequence[bool]) -> tuple[Standing, ...]:
        """Return what stands, each with its entry."""
        found = zip(traces, matched.pairs, is_open, strict=True)
        return tuple(Standing(trace, self.at(pair), each) for trace, pair, each in found)

    def remembered(
        self, matched: Matched, found: Sequence[Trace], defined: Callable[[], Names]
    ) -> tuple[Standing, ...]:
        """Return what stands of what is latent, each with the latent entry that no finding has taken."""
        taken = set(matched.pairs)
        free = [index for index, each in enumerate(self.known) if each.latent and index not in taken]
        pairs = identity.match([self.known[index] for index in free], found, defined).pairs
        entries = [None if pair is None else self.at(free[pair]) for pair in pairs]
        return tuple(Standing(each, entry, is_open=False) for each, entry in zip(found, entries, strict=True))

    def earlier(self, known: Sequence[Trace] | None, defined: Callable[[], Names]) -> list[_Seen] | None:
        """Return what was there of each entry in the base, None when nobody knows."""
        return None if known is None else self.seen(identity.match(self.known, known, defined), known)

    def seen(self, matched: Matched, traces: Sequence[Trace]) -> list[_Seen]:
        """Return what is there of each entry."""
        numbers, worst = [0] * len(self._entries), [-math.inf] * len(self._entries)
        for trace, pair in zip(traces, matched.pairs, strict=True):
            if pair is not None:
                numbers[self._owner[pair]] += 1
                if trace.value is not None:
                    worst[self._owner[pair]] = max(trace.value, worst[self._owner[pair]])
        return list(map(_Seen, numbers, worst))

    def exact(self, findings: Sequence[Finding], matched: Matched, traces: Sequence[Trace]) -> frozenset[str]:
        """Return the files in which each finding is equal to an entry. Of what has a body this is not known: it may be
        lent."""
        found = zip(findings, traces, matched.pairs, strict=True)
        others = {
            finding.location.path
            for finding, trace, pair in found
            if pair is None or trace.body or trace != self.known[pair]
        }
        return frozenset(each.location.path for each in findings if each.location.path not in others)

    def stale(self, now: Sequence[_Seen], earlier: Callable[[], list[_Seen] | None]) -> tuple[Stale, ...]:
        """Return what the baseline accepts although it is gone, or although it is better by now."""
        found: list[tuple[int, Stale]] = []
        for index, (entry, seen) in enumerate(zip(self._entries, now, strict=True)):
            each = Stale(
                entry=entry,
                line=self._lines[index],
                found=seen.number,
                now=None if seen.worst == -math.inf else seen.worst,
            )
            if not entry.latent and (each.is_gone or each.is_better):
                found.append((index, each))
        then = earlier() if found else None
        return tuple(each if then is None else _since(each, now[index], then[index]) for index, each in found)


class _Seen(NamedTuple):
    """What is there of an entry: how many findings, and their worst value."""

    number: int
    worst: float


def _since(stale: Stale, now: _Seen, then: _Seen) -> Stale:
    """Return an entry with the word on whether the base had no more of it either."""
    return msgspec.structs.replace(stale, inherited=now.number >= then.number and now.worst >= then.worst)


def _summed(findings: Sequence[Finding], comparison: Comparison) -> list[Finding]:
    """Let a finding that sums up others be accepted while all of these are."""
    open_rules = {each.rule for each in findings if each.status is Status.OPEN}
    origin = Origin.UNKNOWN if comparison.base is None else Origin.INHERITED
    return [
        msgspec.structs.replace(each, status=Status.ACCEPTED, origin=origin, reason=f"{each.sums}: all are accepted")
        if each.sums and each.status is Status.OPEN and each.sums not in open_rules
        else each
        for each in findings
    ]
