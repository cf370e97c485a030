"""What is proposed for a project: a preset, limits, layers, what is inspected, and the reason of each."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from gates.facts import FileFacts
from gates.proposing.layering import Contract, Layering, layering
from gates.proposing.shape import LeftOut, Shape
from gates.proposing.spread import Spread, spreads, typed
from gates.text import counted

STRICT, STANDARD = 80, 30
"""Percent of the functions that are annotated for a strictness of types to be proposed."""

_FUNCTIONS = 20
"""Functions below which nothing can be told of a project but that it is young."""


class Proposal(Struct, frozen=True, kw_only=True):
    """A configuration. `inherit` are the gates whose tool keeps its own configuration; `off` those that are turned
    off, each with its reason; `reasons` say for each topic why it is so. `measured` is how the project is spread."""

    preset: str
    source: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    inherit: frozenset[str] = frozenset()
    off: Mapping[str, str] = {}
    strictness: str = ""
    measured: tuple[Spread, ...] = ()
    packages: tuple[str, ...] = ()
    contracts: tuple[Contract, ...] = ()
    tests: tuple[str, ...] = ()
    tests_strictness: str = ""
    reasons: Mapping[str, str] = {}

    @property
    def accepts(self) -> bool:
        """Whether the debt of today is accepted in a baseline."""
        return self.preset == "legacy"

    def because(self, topic: str, reason: str) -> Proposal:
        """Return this proposal with the reason of a topic."""
        return msgspec.structs.replace(self, reasons={**self.reasons, topic: reason})


def proposed(shape: Shape, preset: str) -> Proposal:
    """Return the proposal for a project under a preset."""
    known = Layering(reasons=(f"{shape.contracts} has contracts already",)) if shape.contracts else layering(shape)
    found = Proposal(
        preset=preset,
        left_out=shape.left_out,
        inherit=frozenset(gate for gate, file in (("lint", shape.ruff), ("typing", shape.mypy)) if file),
        off={} if known.contracts or preset != "production" else {"layers": _layers(known)},
        measured=spreads(shape.own.values(), preset, accepts=preset == "legacy"),
        packages=known.packages,
        contracts=known.contracts,
        tests=shape.tests,
    ).because("layers", _layers(known))
    if shape.ruff:
        found = found.because("lint", f"{shape.ruff} configures ruff, and keeps the word")
    if shape.mypy:
        return found.because("typing", f"{shape.mypy} configures mypy, and keeps the word")
    return with_strictness(found, shape)


def with_strictness(proposal: Proposal, shape: Shape, reason: str = "") -> Proposal:
    """Return a proposal in which types are checked as strictly as functions are annotated; `reason` is why it is not
    the project that says how."""
    strictness, share = _strictness(shape.own)
    tests, _ = _strictness(shape.tested)
    chosen = msgspec.structs.replace(
        proposal,
        inherit=proposal.inherit - {"typing"},
        strictness=strictness,
        tests_strictness="" if tests == strictness else tests,
    )
    return chosen.because("typing", f"{share}; {reason}" if reason else share)


def candidates(shape: Shape) -> tuple[str, ...]:
    """Return the presets that the measures of a project do not rule out, the strictest first; `legacy`, under which
    everything holds, is the last one."""
    functions = sum(len(each.functions) for each in shape.own.values())
    wanted = ("internal",) if functions < _FUNCTIONS else ("production", "internal")
    return (*(each for each in wanted if not over(shape, each)), "legacy")


def over(shape: Shape, preset: str) -> int:
    """Return how many values are above the limits of a preset."""
    return sum(each.over for each in spreads(shape.own.values(), preset, accepts=False))


def _strictness(files: Mapping[str, FileFacts]) -> tuple[str, str]:
    """Return how strictly types are worth checking, and why."""
    functions, annotated = typed(files.values())
    if functions < _FUNCTIONS:
        return "standard", f"{counted(functions, 'function')}, too few to tell"
    share = 100 * annotated / functions
    said = f"{share:.0f} % of {counted(functions, 'function')} annotated"
    if share >= STRICT:
        return "strict", said
    return ("standard", said) if share >= STANDARD else ("basic", said)


def _layers(known: Layering) -> str:
    if known.contracts:
        names = ", ".join(f"{each.id} ({len(each.layers)} layers)" for each in known.contracts)
        return f"as the imports are today: {names}"
    return "; ".join(known.reasons) or "there is no package"
