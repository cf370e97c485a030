"""A proposal tried on the project before it is made: what a gate cannot judge is taken out of it, with the reason."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

import msgspec
from msgspec import Struct

from gates import asking, baseline, engine
from gates.baseline import Entry
from gates.config.patterns import Patterns, taken
from gates.model import BrokenError, Finding, GatesError, Outcome, Report, Verdict
from gates.proposing.proposal import Proposal, candidates, over, proposed, with_strictness
from gates.proposing.shape import LeftOut, Shape, pattern
from gates.proposing.written import PROJECT, configured
from gates.text import counted

_TRIALS = 12
"""Runs after which no proposal is worth another one; each run takes something out of it."""

_DEFEATED = ("files", "layers", "lint", "typing")
_UNDECIDED = (Verdict.BROKEN, Verdict.SKIPPED)


class Tried(Struct, frozen=True):
    """A proposal under which every gate that is on comes to a verdict: the report, and what is accepted."""

    proposal: Proposal
    report: Report
    entries: tuple[Entry, ...] = ()


def settled(loaded: asking.Loaded, shape: Shape) -> Tried:
    """Return the strictest proposal that holds today without a baseline, else the one of `legacy` with a baseline.

    Raises:
        GatesError: nothing can be proposed.
        BrokenError: something could not be decided whatever is proposed.
    """
    for preset in candidates(shape):
        tried = _tried(loaded, shape, proposed(shape, preset))
        if preset == "legacy" or tried.report.verdict is Verdict.PASSED:
            return _explained(tried, shape)
    raise BrokenError("no preset can be tried")


def _explained(tried: Tried, shape: Shape) -> Tried:
    preset = tried.proposal.preset
    debt = counted(sum(each.count for each in tried.entries if not each.latent), "finding")
    worse = over(shape, "internal")
    values = f", with {counted(worse, 'value')} above the limits of internal" if worse else ""
    why = {
        "production": "the strictest preset, and it holds today",
        "internal": "the strictest preset that holds today",
        "legacy": f"no other holds today{values}; production's limits for what is new or touched, {debt} accepted",
    }[preset]
    return Tried(tried.proposal.because("preset", why), tried.report, tried.entries if preset == "legacy" else ())


def _tried(loaded: asking.Loaded, shape: Shape, proposal: Proposal) -> Tried:
    """Return the most of a proposal that can be judged. Once something cannot, the gates that a project can defeat are
    tried by themselves: the others would only take time."""
    only: tuple[str, ...] = ()
    for _ in range(_TRIALS):
        try:
            found = _run(loaded, proposal, only)
            less = _less(proposal, shape, found.report)
        except BrokenError:
            raise
        except GatesError as error:
            less = _without(proposal, shape, _culprit(loaded, proposal), error)
        if less is None and not only:
            return Tried(proposal, found.report, _accepted(found))
        only, proposal = (_DEFEATED, less) if less else ((), proposal)
    raise BrokenError("no configuration was found under which every gate comes to a verdict", "Run: gates check")


def _less(proposal: Proposal, shape: Shape, report: Report) -> Proposal | None:
    """Return a proposal with less in it of what cannot be judged; None when all can."""
    if report.reason:
        raise BrokenError(f"the project cannot be judged: {report.reason}", "Mend that first.")
    if bad := _found(report, "files"):
        paths = sorted({each.location.path for each in bad})
        more = tuple(LeftOut(pattern(each), "cannot be judged") for each in paths)
        return msgspec.structs.replace(proposal, left_out=(*proposal.left_out, *more))
    if bad := _found(report, "layers"):
        return _without_contracts(proposal, {each.rule.partition("/")[2] for each in bad})
    undecided = next((each for each in report.outcomes if each.verdict in _UNDECIDED), None)
    return None if undecided is None else _narrowed(proposal, shape, undecided)


def _found(report: Report, gate: str) -> list[Finding]:
    return [each for each in report.open() if each.gate == gate]


def _run(loaded: asking.Loaded, proposal: Proposal, only: Sequence[str]) -> engine.Examined:
    """Check the project under a proposal that is written nowhere but in a folder of ours, by all gates that it turns on
    or `only` by some of these."""
    root = loaded.config.root
    with tempfile.TemporaryDirectory(prefix="gates-init-") as folder:
        name, content = configured(root, proposal)
        if name != PROJECT and (root / PROJECT).is_file():
            Path(folder, PROJECT).write_bytes((root / PROJECT).read_bytes())
        Path(folder, name).write_bytes(content)
        config = loaded.policy_in(Path(folder))
    there = msgspec.structs.replace(loaded, config=config)
    asked = asking.Request(
        loaded=there,
        gates=there.chosen([each for each in only if config.gates[each].enabled]) if only else (),
        record=True,
        jobs=len(os.sched_getaffinity(0)),
        timeout=config.timeout,
    )
    return engine.examined(asked)


def _accepted(found: engine.Examined) -> tuple[Entry, ...]:
    return baseline.counted_up(baseline.entry(each.trace) for each in found.standing)


def _narrowed(proposal: Proposal, shape: Shape, outcome: Outcome) -> Proposal:
    """Return a proposal with less in it of what a gate cannot judge."""
    gate, reason = outcome.gate, outcome.reason.partition(". ")[0].rstrip(".")
    if gate == "files":
        raise BrokenError(f"the project cannot be judged: {reason}", outcome.hint)
    if gate == "layers":
        return _without_layers(proposal, reason)
    if gate in proposal.inherit:
        return _own_settings(proposal, shape, gate, reason)
    narrower = next((each for each in _sources(shape) if _is_narrower(each, proposal.source)), None)
    if gate == "typing" and narrower is not None:
        kept = f"only {', '.join(narrower)}: of the rest, {reason}"
        return msgspec.structs.replace(_tests_in(proposal, shape, narrower), source=narrower).because("source", kept)
    off = {**proposal.off, gate: f"It came to no verdict when `gates init` ran: {reason}."}
    return msgspec.structs.replace(proposal, off=off).because(gate, f"off: {reason}")


def _culprit(loaded: asking.Loaded, proposal: Proposal) -> str:
    """Return the gate that cannot follow its part of a proposal."""
    for gate in _DEFEATED:
        try:
            _run(loaded, proposal, ("files", gate))
        except BrokenError:
            continue
        except GatesError:
            return gate
    return ""


def _without(proposal: Proposal, shape: Shape, gate: str, error: GatesError) -> Proposal:
    """Return a proposal without what a gate cannot follow."""
    if gate in proposal.inherit:
        return _own_settings(proposal, shape, gate, error.message)
    if gate == "typing" and proposal.tests_strictness:
        return msgspec.structs.replace(proposal, tests_strictness="")
    if gate == "layers" and proposal.contracts:
        return _without_layers(proposal, error.message)
    raise error


def _own_settings(proposal: Proposal, shape: Shape, gate: str, reason: str) -> Proposal:
    why = f"the project's own settings cannot be used: {reason}"
    if gate == "typing":
        return with_strictness(proposal, shape, why)
    return msgspec.structs.replace(proposal, inherit=proposal.inherit - {gate}).because(gate, why)


def _without_contracts(proposal: Proposal, wrong: Set[str]) -> Proposal:
    kept = tuple(each for each in proposal.contracts if each.id not in wrong)
    reason = f"{', '.join(sorted(wrong))} would not hold"
    if kept:
        return msgspec.structs.replace(proposal, contracts=kept).because("layers", reason)
    return _without_layers(proposal, reason)


def _without_layers(proposal: Proposal, reason: str) -> Proposal:
    off = {**proposal.off, "layers": reason} if proposal.preset == "production" else proposal.off
    return msgspec.structs.replace(proposal, contracts=(), packages=(), off=off).because("layers", reason)


def _sources(shape: Shape) -> Iterator[tuple[str, ...]]:
    """Yield what may be inspected in the place of everything: packages and tests, then packages alone."""
    roots = sorted({_root(each) for each in shape.packages})
    if not roots:
        return
    if any(path.startswith("tests/") for path in shape.tested):
        yield (*roots, "tests")
    yield tuple(roots)


def _root(package: str) -> str:
    """Return the folder to inspect for a package: `src` when it lies there."""
    above = package.rpartition("/")[0]
    return above if above.rpartition("/")[2] == "src" else package


def _is_narrower(source: tuple[str, ...], than: tuple[str, ...]) -> bool:
    return not than or set(source) < set(than)


def _tests_in(proposal: Proposal, shape: Shape, source: tuple[str, ...]) -> Proposal:
    """Return a proposal whose patterns all match something below a source."""
    inside = {path for entry in source for path in taken(entry, shape.every)}

    def matches(one: str) -> bool:
        return any(Patterns((one,)).match(path) for path in inside)

    tests = tuple(each for each in proposal.tests if matches(each))
    left_out = tuple(each for each in proposal.left_out if matches(each.pattern))
    return msgspec.structs.replace(proposal, tests=tests, left_out=left_out)
