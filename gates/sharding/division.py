"""Who looks at what: the same for everybody who is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from gates.registry import Gate

READS = ("file", "project")
"""What gates read that parts look at; others judge what these came to, when all are there."""

_COSTS = {"typing": 1.1, "duplication": 0.12, "layers": 0.06}
_COST = 0.2
"""What a gate over the whole project costs beside all that look at one file at a time: measured on django."""


class Shard(Struct, frozen=True):
    """One of how many parts, from 1. `seconds` is what gates took before; all parts have to be given the same."""

    number: int
    of: int
    seconds: Mapping[str, float] = {}


class Share(Struct, frozen=True):
    """What one part is to look at: files, and gates that need all files."""

    files: tuple[str, ...]
    gates: tuple[str, ...]


def divided(gates: Iterable[Gate], sizes: Mapping[str, int], shard: Shard) -> tuple[Share, ...]:
    """Return what each part is to look at: the dearest first, each to the part that has least to do.

    What gates over files cost together is divided by size. Costs are seconds where they are known.
    """
    loads = [0.0] * shard.of
    shares: list[tuple[list[str], list[str]]] = [([], []) for _ in loads]
    for cost, name, path in sorted(_costs(tuple(gates), sizes, shard.seconds), key=lambda each: (-each[0], each[1:])):
        least = loads.index(min(loads))
        loads[least] += cost
        shares[least][bool(name)].append(name or path)
    return tuple(Share(tuple(sorted(paths)), tuple(sorted(names))) for paths, names in shares)


def _costs(
    gates: tuple[Gate, ...], sizes: Mapping[str, int], seconds: Mapping[str, float]
) -> list[tuple[float, str, str]]:
    """Return the cost of each gate over the project, by name, and of each file, by path."""
    files, whole = ([gate.name for gate in gates if gate.reads == kind] for kind in READS)
    together = sum(seconds.get(name, 0.0) for name in files) or 1.0
    per_byte = together / (sum(sizes.values()) or 1)
    costs = [(seconds.get(name, together * _COSTS.get(name, _COST)), name, "") for name in whole]
    return costs + [(per_byte * size, "", path) for path, size in sizes.items() if files]


def sizes(root: Path, paths: Iterable[str]) -> dict[str, int]:
    """Return how large files are, in bytes; 0 for what is none."""
    return {path: (root / path).lstat().st_size if (root / path).is_file() else 0 for path in paths}
