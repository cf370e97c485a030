"""Whether two findings are the same one, of two states of a project: the one algorithm for bases and baselines.

A ladder, the first rung that fits wins, and each finding is matched at most once:

1. the same rule, symbol and code, and of several such the one that is most alike;
2. the same rule and code in a symbol of the same name, then anywhere: it was moved;
3. for what is about a whole function, class, file or copy: the same rule, a body that is alike (`ALIKE`), and the old
   symbol is gone: it was renamed or moved;
4. the same rule and code but for names that were renamed: the old name is gone, the new one is defined here.

An edit of the code that a finding is about makes it another finding, except for what has a value: that is held
against the old value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from gates.sketches import hashes, likeness

ALIKE = 0.6
"""Share of statements that two bodies must have in common to be the same one under another name."""

DRIFT = 8.0
"""Words by which a copy may grow and be the same one."""

_NAME = re.compile(r"[^\W\d]\w*")
_NO_VALUE = float("-inf")


class Trace(Struct, frozen=True, kw_only=True, gc=False):
    """What a finding is recognised by. There is no line in it.

    `code` is the code that the finding is about, empty when that is all of `symbol`, whose `body` then is a sketch.
    `value` is what may not get worse: larger is worse, so lower bounds are negative. `path` is for readers only.
    `latent` is what is no finding, but may become one by being written differently.
    """

    rule: str
    symbol: str = ""
    code: str = ""
    body: str = ""
    value: float | None = None
    path: str = ""
    latent: bool = False


class Names(Struct, frozen=True):
    """What a project defines: full symbols (`pkg.mod:Class.name`, `pkg.mod`), and the bare names in them."""

    symbols: frozenset[str]
    bare: frozenset[str]


class Matched(Struct, frozen=True):
    """For each found trace the index of the known one that it is, or None; and the known ones that are gone, unless
    they were latent."""

    pairs: tuple[int | None, ...]
    gone: tuple[int, ...]


def names(symbols: Iterable[str]) -> Names:
    """Return what these symbols define."""
    every = frozenset(symbols)
    return Names(every, frozenset(name for each in every for name in _NAME.findall(each)))


def worse(found: Trace, known: Trace) -> bool:
    """Whether a finding has a worse value than the one that it is. The ends of a copy lie where some token differs, and
    formatters add and remove tokens: a copy grows when it does so by more than a line."""
    if found.value is None:
        return False
    return found.value > _value(known) + (DRIFT if _is_copy(known) else 0.0)


def _is_copy(trace: Trace) -> bool:
    return bool(trace.code and trace.body)


def match(known: Sequence[Trace], found: Sequence[Trace], defined: Callable[[], Names]) -> Matched:
    """Match what was found with what was known. `defined` says what the project defines now, when that matters."""
    pairs = _unchanged(known, found)
    old = _ordered(known, sorted(set(range(len(known))).difference(pairs)))
    new = _ordered(found, _unpaired(pairs))
    ladder = _Ladder([known[index] for index in old], [found[index] for index in new])
    ladder.climb(defined)
    for number, index in enumerate(new):
        pair = ladder.pairs[number]
        pairs[index] = None if pair is None else old[pair]
    gone = sorted(old[index] for index in ladder.left)
    return Matched(tuple(pairs), tuple(index for index in gone if not known[index].latent))


def _unchanged(known: Sequence[Trace], found: Sequence[Trace]) -> list[int | None]:
    """Return the known trace that each found one is equal to: of nearly all findings there is no more to say."""
    waiting: dict[Trace, list[int]] = {}
    for index in range(len(known) - 1, -1, -1):
        waiting.setdefault(known[index], []).append(index)
    equals = (waiting.get(each) for each in found)
    return [each.pop() if each else None for each in equals]


def _ordered(traces: Sequence[Trace], indexes: Iterable[int]) -> list[int]:
    """Return indexes in an order that depends on the traces alone: who is listed first must not matter."""
    return sorted(indexes, key=lambda index: _key(traces[index]))


def _key(trace: Trace) -> tuple[str, str, str, str, float, str, bool]:
    return (trace.rule, trace.symbol, trace.code, trace.body, _value(trace), trace.path, trace.latent)


class _Ladder:
    def __init__(self, known: Sequence[Trace], found: Sequence[Trace]) -> None:
        self._known = known
        self._found = found
        self.left = set(range(len(known)))
        self.pairs: list[int | None] = [None] * len(found)

    def climb(self, defined: Callable[[], Names]) -> None:
        """Take the rungs, from the surest to the boldest, for traces of which no two are equal."""
        self.equal(lambda each: (each.rule, each.symbol, each.code, each.value, each.latent))
        self.equal(lambda each: (each.rule, each.symbol, each.code))
        self.equal(lambda each: (each.rule, _local(each.symbol), each.code) if each.code else None)
        self.equal(lambda each: (each.rule, each.code) if each.code else None)
        if self.left and None in self.pairs:
            self.alike(defined())
            self.renamed(defined())

    def equal(self, key: Callable[[Trace], Hashable | None]) -> None:
        """Pair those with equal keys, largest values first, so that of two of one name each meets its own."""
        waiting: dict[Hashable, list[int]] = {}
        for index in sorted(self.left, key=self._preference):
            waiting.setdefault(key(self._known[index]), []).append(index)
        waiting.pop(None, None)
        for index in sorted(_unpaired(self.pairs), key=lambda each: (-_value(self._found[each]), each)):
            if candidates := waiting.get(key(self._found[index])):
                self._pair(index, candidates.pop())

    def alike(self, defined: Names) -> None:
        """Pair bodies by likeness, the closest first, of those that have anything in common."""
        sharing: dict[Hashable, list[int]] = {}
        for index in sorted(self.left):
            each = self._known[index]
            if _is_gone(each, defined):
                for part in hashes(each.body):
                    sharing.setdefault((each.rule, part), []).append(index)
        close = [pair for index in _unpaired(self.pairs) for pair in self._close(index, sharing)]
        for _, _, index, candidate in sorted(close):
            if self.pairs[index] is None and candidate in self.left:
                self._pair(index, candidate)

    def _close(self, index: int, sharing: Mapping[Hashable, Sequence[int]]) -> Iterator[tuple[float, bool, int, int]]:
        found = self._found[index]
        for candidate in {each for part in hashes(found.body) for each in sharing.get((found.rule, part), ())}:
            score = likeness(found.body, self._known[candidate].body)
            if score >= ALIKE:
                yield -score, self._known[candidate].latent, index, candidate

    def renamed(self, defined: Names) -> None:
        """Pair code that differs in names only, of which the old ones are gone and the new ones defined."""
        shapes = self._by(lambda each: (each.rule, _shape(each.code)), lambda each: bool(each.code))
        for index in _unpaired(self.pairs):
            found = self._found[index]
            for candidate in shapes.get((found.rule, _shape(found.code)), ()):
                if candidate in self.left and _is_rename(self._known[candidate].code, found.code, defined):
                    self._pair(index, candidate)
                    break

    def _preference(self, index: int) -> tuple[bool, float, int]:
        """Order known ones so that the last is the best to take: a finding before what is latent, then the worst."""
        return (not self._known[index].latent, _value(self._known[index]), -index)

    def _by(self, key: Callable[[Trace], Hashable], wanted: Callable[[Trace], bool]) -> dict[Hashable, list[int]]:
        found: dict[Hashable, list[int]] = {}
        for index in sorted(self.left):
            if wanted(self._known[index]):
                found.setdefault(key(self._known[index]), []).append(index)
        return found

    def _pair(self, index: int, candidate: int) -> None:
        self.pairs[index] = candidate
        self.left.discard(candidate)


def _unpaired(pairs: Sequence[int | None]) -> list[int]:
    return [index for index, pair in enumerate(pairs) if pair is None]


def _value(trace: Trace) -> float:
    return trace.value if trace.value is not None else _NO_VALUE


def _local(symbol: str) -> str:
    return symbol.partition(":")[2]


def _is_gone(trace: Trace, defined: Names) -> bool:
    """Whether what a trace was about no longer has its name. Copies have none: their body is all there is to them."""
    return not trace.symbol or trace.symbol not in defined.symbols


def _shape(code: str) -> str:
    return _NAME.sub("n", code)


def _is_rename(before: str, after: str, defined: Names) -> bool:
    renames: dict[str, str] = {}
    for old, new in zip(_NAME.findall(before), _NAME.findall(after), strict=True):
        if renames.setdefault(old, new) != new:
            return False
    changed = [(old, new) for old, new in renames.items() if old != new]
    return bool(changed) and all(old not in defined.bare and new in defined.bare for old, new in changed)
