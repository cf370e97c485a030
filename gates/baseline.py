"""The file of accepted debt: one entry per line, without line numbers, sorted. It is only ever read by a check.

An entry is a finding that was there when somebody accepted it: `count` of them, none with a worse `value`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gates.identity import Trace
from gates.model import GatesError
from gates.text import ascii_json, visible

SCHEMA = "gates.baseline/1"
NEVER = ("files", "baseline")
"""Gates whose findings are never accepted: a file that nobody can read, and the record itself."""

_MAX_BYTES = 64 << 20
_Key = tuple[str, str, str, str]


class Entry(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """A finding that is accepted. `path` is where it was last seen, for readers; `code`, `body` and `value` are those
    of its trace; `reason` and `date` say why and when it was accepted after the baseline had been made. A `latent` entry is no debt: it is there so that
    formatting makes no new finding."""

    rule: str
    path: str = ""
    symbol: str = ""
    code: str = ""
    body: str = ""
    value: float | None = None
    count: int = 1
    reason: str = ""
    date: str = ""
    latent: bool = False

    @property
    def key(self) -> _Key:
        """What tells an entry from others, whatever its value, count, reason and place."""
        return (self.rule, self.symbol, self.code, "" if self.symbol or not self.body else self.body)

    def trace(self) -> Trace:
        """Return what a finding is held against."""
        return Trace(
            rule=self.rule,
            symbol=self.symbol,
            code=self.code,
            body=self.body,
            value=self.value,
            path=self.path,
            latent=self.latent,
        )


class _File(Struct, forbid_unknown_fields=True):
    schema: str
    entries: list[Entry]


class _Version(Struct):
    schema: str


class Baseline(Struct, frozen=True):
    """The accepted debt of a project, in the order of the file, and the line on which each entry stands."""

    entries: tuple[Entry, ...] = ()
    lines: tuple[int, ...] = ()


def read(path: Path, name: str) -> Baseline | None:
    """Return the baseline in a file; None when there is no such file. `name` is for the error.

    Raises:
        GatesError: it exists, but is no baseline that this version understands. It is never taken for an empty one.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise GatesError(f"the baseline {visible(name)} cannot be read: {error.strerror}") from error
    return parse(content, name)


def parse(content: bytes, name: str) -> Baseline:
    """Return the baseline that is written in `content`.

    Raises:
        GatesError: it is not valid, of a later version, or lists an entry twice.
    """
    advice = "Take it from git again, or mend that line; `gates baseline create` makes a new one."
    if len(content) > _MAX_BYTES:
        raise GatesError(f"{visible(name)} is larger than 64 MiB", advice)
    try:
        schema = msgspec.json.decode(content, type=_Version).schema
        if schema != SCHEMA:
            later = f"{visible(name)} is a `{visible(schema)}`, and this version of gates reads `{SCHEMA}`"
            raise GatesError(later, "Update quality-gates.")
        entries = tuple(msgspec.json.decode(content, type=_File).entries)
    except msgspec.MsgspecError as error:
        hint = "Resolve the merge conflict in it." if b"\n<<<<<<< " in content else advice
        raise GatesError(f"{visible(name)} is no baseline: {visible(str(error))}", hint) from error
    _check(entries, name)
    return Baseline(entries, _lines(content, len(entries)))


def render(entries: Iterable[Entry]) -> str:
    """Return the text of a baseline; the same entries give the same bytes, whatever their order."""
    kept = sorted(entries, key=lambda each: (each.path, *each.key))
    lines = ",\n".join(f"  {ascii_json(msgspec.json.encode(each))}" for each in kept)
    body = f"[\n{lines}\n]" if lines else "[]"
    return f'{{"schema": "{SCHEMA}", "entries": {body}}}\n'


def entry(trace: Trace, reason: str = "", date: str = "") -> Entry:
    """Return the entry that accepts one finding."""
    return Entry(
        rule=trace.rule,
        path=trace.path,
        symbol=trace.symbol,
        code=trace.code,
        body=trace.body,
        value=trace.value,
        latent=trace.latent,
        reason=reason,
        date=date,
    )


def counted_up(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return each entry once: equal ones are counted, with the worst of their values."""
    found: dict[_Key, Entry] = {}
    for each in entries:
        before = found.get(each.key)
        found[each.key] = each if before is None else _more(before, each)
    return tuple(found[key] for key in sorted(found))


def shrunk(entries: Sequence[Entry], seen: Sequence[tuple[Trace, Entry]], *, tighten: bool = True) -> tuple[Entry, ...]:
    """Return the entries without what is gone; `seen` are the findings that are there, each with its entry.

    Unless only stale entries are wanted out, values come down to those of today, and what was moved or renamed gets its
    new name. Nothing is ever added.
    """
    traces: dict[_Key, list[Trace]] = {}
    for trace, owner in seen:
        traces.setdefault(owner.key, []).append(trace)
    kept = (_today(each, traces.get(each.key, []), tighten) for each in entries)
    return counted_up(each for each in kept if each is not None)


def expanded(entries: Sequence[Entry]) -> list[int]:
    """Return the index of each entry as many times as it counts."""
    return [index for index, each in enumerate(entries) for _ in range(each.count)]


def merged(ours: Sequence[Entry], theirs: Sequence[Entry], ancestor: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the baseline of a merge: what either side resolved is gone, of two values the stricter holds.

    What only one side has accepted since the ancestor stays when it gives a reason, and is dropped when it gives none.
    """
    left, right, before = _by_key(ours), _by_key(theirs), _by_key(ancestor)
    found = (_joined(left.get(key), right.get(key), key in before) for key in left.keys() | right.keys())
    return tuple(sorted((each for each in found if each is not None), key=lambda each: (each.path, *each.key)))


def fresh(entries: Sequence[Entry], base: Sequence[Entry]) -> list[Entry]:
    """Return the entries that accept more than the baseline of a base did: new ones, worse values, larger counts."""
    before = _by_key(base)
    return [each for each in entries if each.key not in before or _exceeds(each, before[each.key])]


def _today(accepted: Entry, traces: Sequence[Trace], tighten: bool) -> Entry | None:
    if not traces:
        return None
    count = min(len(traces), accepted.count)
    if not tighten:
        return msgspec.structs.replace(accepted, count=count)
    worst = max(traces, key=lambda each: each.value if each.value is not None else -math.inf)
    value = accepted.value if worst.value is None or accepted.value is None else min(worst.value, accepted.value)
    return msgspec.structs.replace(
        accepted, path=worst.path, symbol=worst.symbol, code=worst.code, body=worst.body, value=value, count=count
    )


def _joined(left: Entry | None, right: Entry | None, known: bool) -> Entry | None:
    if left is not None and right is not None:
        return _stricter(left, right)
    only = left or right
    return only if only is not None and not known and only.reason else None


def _stricter(left: Entry, right: Entry) -> Entry:
    first = left if _strictness(left) <= _strictness(right) else right
    return msgspec.structs.replace(first, count=min(left.count, right.count))


def _strictness(one: Entry) -> tuple[float, str, str, str, str]:
    value = one.value if one.value is not None else -math.inf
    return (value, one.path, one.date, one.reason, one.body)


def _exceeds(now: Entry, before: Entry) -> bool:
    return now.count > before.count or _strictness(now)[0] > _strictness(before)[0]


def _more(before: Entry, other: Entry) -> Entry:
    worst = max(before, other, key=lambda each: _strictness(each)[0])
    return msgspec.structs.replace(worst, count=before.count + other.count)


def _by_key(entries: Iterable[Entry]) -> Mapping[_Key, Entry]:
    return {each.key: each for each in entries}


def _check(entries: Sequence[Entry], name: str) -> None:
    seen: set[_Key] = set()
    for number, each in enumerate(entries, 1):
        gate, _, rule = each.rule.partition("/")
        if each.count < 1 or not rule or gate in NEVER:
            raise GatesError(
                f"{visible(name)}: entry {number} has no rule that can be accepted, or a count below 1",
                "Take the file from git again.",
            )
        if each.key in seen:
            said = visible(f"{each.rule} {each.symbol} {each.code}".strip())
            raise GatesError(f"{visible(name)} lists an entry twice: {said}", "Write it once, with a `count`.")
        seen.add(each.key)


def _lines(content: bytes, number: int) -> tuple[int, ...]:
    """Return the line of each entry; the first one for all when the file was not written as one entry per line."""
    found = [line for line, text in enumerate(content.split(b"\n"), 1) if text.lstrip().startswith(b'{"rule"')]
    return tuple(found) if len(found) == number else (1,) * number
