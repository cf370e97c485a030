"""All parts of a check, which make one again."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from gates.config import Config
from gates.model import BrokenError, GatesError, Inspection
from gates.project import Project
from gates.registry import Gate
from gates.running import Inspect, Seen, look
from gates.sharding.division import READS
from gates.sharding.part import WRITE, Asked, Part, made
from gates.text import counted

_DIFFER = {
    "of": "are parts of different numbers of shards",
    "made": "were made by different versions of this product, of Python, or of a tool",
    "policy": "were made by different rules",
    "asked": "answer different questions",
    "states": "looked at different contents",
    "division": "divide the work differently: `--timings` has to be the same for all",
}
_ELSEWHERE = {
    "made": "were made by another version of this product, of Python, or of a tool",
    "policy": "were made by other rules",
    "states": "looked at other contents than are here",
}


class Parts:
    """The parts of one check, all of them.

    Raises:
        BrokenError: one is missing.
        GatesError: they do not belong together.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = sorted(parts, key=lambda each: each.shard)
        self._first = self._parts[0]
        for each in self._parts:
            self._check_alike(each)
        self._check_numbers([each.shard for each in self._parts])

    @property
    def asked(self) -> Asked:
        """What was checked."""
        return self._first.asked

    def check(self, config: Config, states: Mapping[str, str]) -> None:
        """Hold the parts against what is here.

        Raises:
            GatesError: they were made of something else.
        """
        found = {"made": made(), "policy": config.digest, "states": dict(states)}
        for field, here in found.items():
            if getattr(self._first, field) != here:
                raise GatesError(f"the shards {_ELSEWHERE[field]}", "Merge in a checkout of the same commit, alike.")

    def inspect(self, state: str) -> Inspect:
        """Return who says of a gate what the parts found in a state."""

        def found(gate: Gate, project: Project, config: Config) -> Seen:
            if gate.reads not in READS:
                return look(gate, project, config)
            every = (each for part in self._parts for each in part.looks)
            return joined([each.seen for each in every if (each.state, each.gate) == (state, gate.name)])

        return found

    def _check_alike(self, part: Part) -> None:
        for field, said in _DIFFER.items():
            if getattr(part, field) != getattr(self._first, field):
                pair = f"shard {self._first.shard} and shard {part.shard}"
                raise GatesError(f"{pair} {said}", "Make all shards anew, from one commit, in one way.")

    def _check_numbers(self, there: Sequence[int]) -> None:
        of = self._first.of
        if len(set(there)) < len(there):
            raise GatesError(f"a shard of {of} was given twice", "Name each file once.")
        if missing := sorted(set(range(1, of + 1)).difference(there)):
            names = ", ".join(map(str, missing))
            raise BrokenError(f"{counted(len(missing), 'shard')} of {of} missing: {names}", f"Write it: {WRITE}")


def joined(seen: Sequence[Seen]) -> Seen:
    """Return what a gate says of several shares: numbers add up, and of each measure the largest counts."""
    return functools.reduce(_both, seen, Seen(Inspection()))


def _both(one: Seen, other: Seen) -> Seen:
    first, second = one.inspection, other.inspection
    whole = Inspection(
        findings=(*first.findings, *second.findings),
        latent=(*first.latent, *second.latent),
        inspected=first.inspected | second.inspected,
        unread=(*first.unread, *second.unread),
        counts={**first.counts, **{name: first.counts.get(name, 0) + each for name, each in second.counts.items()}},
        measures={**first.measures, **{name: _larger(first, name, each) for name, each in second.measures.items()}},
        tools={**first.tools, **second.tools},
        blocked=first.blocked or second.blocked,
        broken=first.broken or second.broken,
    )
    return Seen(whole, one.hint or other.hint)


def _larger(known: Inspection, name: str, value: float) -> float:
    return max(value, known.measures.get(name, value))
