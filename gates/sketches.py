"""Sketches of sets of strings: their smallest hashes, from which likeness can be estimated.

Bottom-k sketch: Cohen and Kaplan, "Summarizing Data using Bottom-k Sketches", 2007.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gates.cache import digest

_HASHES = 16
_CHARACTERS = 6
"""Of one hash."""

_EXACT = "="
"""Before the hash of all strings, which shows any change of them; a sketch shows only most."""


def sketch(parts: Iterable[str]) -> str:
    """Return the sketch of a set of strings: its smallest hashes, in order."""
    found = sorted({_hash(each) for each in parts})
    return "".join(found[:_HASHES])


def exact(parts: Sequence[str]) -> str:
    """Return the sketch of strings, and a hash of them all, in their order."""
    whole = _hash("\n".join(parts))
    return f"{sketch(parts)}{_EXACT}{whole}"


def likeness(one: str, other: str) -> float:
    """Return the estimated share of parts that two sketches have in common (Jaccard index), from 0 to 1."""
    left, right = hashes(one), hashes(other)
    smallest = sorted(left | right)[:_HASHES]
    return sum(each in left and each in right for each in smallest) / len(smallest) if smallest else 0.0


def hashes(text: str) -> set[str]:
    """Return the hashes in a sketch."""
    text = text.partition(_EXACT)[0]
    return {text[start : start + _CHARACTERS] for start in range(0, len(text), _CHARACTERS)}


def _hash(text: str) -> str:
    return digest(text.encode("utf-8", "surrogatepass"))[:_CHARACTERS]
