"""The file of accepted debt: one entry per line, without line numbers, sorted. It is only ever read by a check.

An entry is a finding that was there when somebody accepted it: `count` of them, none with a worse `value`.
"""

import errno
import functools
import math
import operator
import os
import re
import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gates.identity import Trace
from gates.model import UNDECODABLE, GatesError
from gates.text import ascii_json, visible

SCHEMA = "gates.baseline/1"
NEVER = ("files", "baseline")
"""Gates whose findings are never accepted: a file that nobody can read, and the record itself."""

MAX_ACCEPTED = 1_000_000
"""Findings that all entries together may accept. Each is matched on its own, so a count must not be made up."""

_MAX_BYTES = 64 << 20
_BOM = b"\xef\xbb\xbf"
_RULE = re.compile(rb'"rule"\s*:')
"""The key of an entry. No string of JSON holds it: a quotation mark inside one has a backslash before it."""

_CONFLICT = re.compile(rb"^(?:<{7}|>{7}) ", re.MULTILINE)

Key = tuple[str, str, str, str, bool]
"""What tells an entry from others."""


class Entry(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True, gc=False):
    """A finding that is accepted. `path` is where it was last seen, for readers; `code`, `body` and `value` are those
    of its trace; `reason` and `date` say why and when it was accepted after the baseline had been made. A `latent`
    entry is no debt: it is there so that formatting makes no new finding."""

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
    def gate(self) -> str:
        """The gate whose finding it is."""
        return self.rule.partition("/")[0]

    @property
    def key(self) -> Key:
        """What tells an entry from others, whatever its value, count, reason and place."""
        return (self.rule, self.symbol, self.code, "" if self.symbol or not self.body else self.body, self.latent)

    @property
    def strictness(self) -> float:
        """The worst value that is accepted; smaller than any where there is none."""
        return -math.inf if self.value is None else self.value

    @property
    def rank(self) -> tuple[str, Key, float, int, str, str, str]:
        """The place among other entries, which only an equal one shares."""
        return (self.path, self.key, self.strictness, self.count, self.date, self.reason, self.body)

    @property
    def amount(self) -> str:
        """The value, in the unit in which it is compared, or nothing."""
        return amount(self.rule, self.value)

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


class Baseline(Struct, frozen=True, dict=True):
    """The accepted debt of a project, in the order of the file, and the line on which each entry stands."""

    entries: tuple[Entry, ...] = ()
    lines: tuple[int, ...] = ()

    @functools.cached_property
    def by_gate(self) -> Mapping[str, Sequence[int]]:
        """The indexes of the entries that are about each gate."""
        found: dict[str, list[int]] = {}
        for index, each in enumerate(self.entries):
            found.setdefault(each.gate, []).append(index)
        return found


def read(path: Path, name: str) -> Baseline | None:
    """Return the baseline in a file; None when there is no such file. `name` is for the error.

    A link is refused: git keeps it as a link, so other states of the project would have no baseline.

    Raises:
        GatesError: it exists, but is no baseline that this version understands. It is never taken for an empty one.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            message = f"the baseline {visible(name)} is a link, and links are not followed"
            raise GatesError(message, "Put the file itself there.") from error
        raise GatesError(f"the baseline {visible(name)} cannot be read: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise GatesError(f"the baseline {visible(name)} cannot be read: it is no regular file")
        with os.fdopen(handle, "rb", closefd=False) as stream:
            return parse(stream.read(_MAX_BYTES + 1), name)
    finally:
        os.close(handle)


def parse(content: bytes, name: str) -> Baseline:
    """Return the baseline that is written in `content`.

    Raises:
        GatesError: it is not valid, of a later version, or lists an entry twice.
    """
    advice = "Take it from git again, or mend that line; `gates baseline create` makes a new one."
    if len(content) > _MAX_BYTES:
        raise GatesError(f"{visible(name)} is larger than 64 MiB", advice)
    content = content.removeprefix(_BOM)
    try:
        schema = msgspec.json.decode(content, type=_Version).schema
        if schema != SCHEMA:
            later = f"{visible(name)} is a `{visible(schema)}`, and this version of gates reads `{SCHEMA}`"
            raise GatesError(later, "Update quality-gates.")
        entries = tuple(msgspec.json.decode(content, type=_File).entries)
    except UNDECODABLE as error:
        hint = "Resolve the merge conflict in it." if _CONFLICT.search(content) else advice
        raise GatesError(f"{visible(name)} is no baseline: {visible(str(error))}", hint) from error
    _check(entries, name)
    return Baseline(entries, _lines(content, len(entries)))


def render(entries: Iterable[Entry]) -> str:
    """Return the text of a baseline; the same entries give the same bytes, whatever their order."""
    lines = ",\n".join(f"  {ascii_json(msgspec.json.encode(_written(each)))}" for each in sorted(entries, key=_order))
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


def amount(rule: str, value: float | None) -> str:
    """Return a value of an entry for a reader. Sizes are kept in what formatting does not change."""
    if value is None:
        return ""
    unit = " nodes of syntax" if rule.endswith("-lines") else " words" if rule == "duplication/clone" else ""
    return f"{abs(value):,g}{unit}"


def counted_up(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return each entry once, in the order of the file: equal ones are counted, with the worst of their values."""
    found: dict[Key, Entry] = {}
    for each in sorted(entries, key=lambda each: each.rank):
        before = found.get(each.key)
        found[each.key] = each if before is None else _more(before, each)
    return tuple(sorted(found.values(), key=_order))


def shrunk(
    entries: Sequence[Entry],
    seen: Iterable[tuple[Trace, Entry]],
    ran: Iterable[str],
    *,
    hidden: Collection[str] = (),
    tighten: bool = True,
) -> tuple[Entry, ...]:
    """Return the entries without what is gone; `seen` are the findings that are there, each with its entry, of the
    gates that `ran`. Entries of other gates stay as they are, as do those of `hidden` files: nobody could look at them.

    Unless only stale entries are wanted out, values come down to those of today, and what was moved or renamed gets its
    new name. Nothing is ever added.
    """
    gates = frozenset(ran)
    traces: dict[Key, list[Trace]] = {}
    for trace, owner in seen:
        traces.setdefault(owner.key, []).append(trace)
    kept: list[Entry] = []
    for each in entries:
        found = traces.get(each.key, [])[: each.count]
        if each.gate not in gates or each.path in hidden:
            kept.append(each)
        elif tighten:
            kept += [_today(each, trace) for trace in found]
        elif found:
            kept.append(msgspec.structs.replace(each, count=len(found)))
    return counted_up(kept)


def expanded(entries: Sequence[Entry]) -> list[int]:
    """Return the index of each entry as many times as it counts."""
    return [index for index, each in enumerate(entries) for _ in range(each.count)]


def _today(accepted: Entry, trace: Trace) -> Entry:
    value = accepted.value if trace.value is None or accepted.value is None else min(trace.value, accepted.value)
    return msgspec.structs.replace(
        accepted, path=trace.path, symbol=trace.symbol, code=trace.code, body=trace.body, value=value, count=1
    )


def _more(before: Entry, other: Entry) -> Entry:
    worst = max(before, other, key=lambda each: each.strictness)
    why = worst if worst.reason else before if before.reason else other
    count = before.count + other.count
    return msgspec.structs.replace(worst, count=count, reason=why.reason, date=why.date)


def _written(each: Entry) -> Entry:
    whole = each.value is not None and float(each.value).is_integer()
    return msgspec.structs.replace(each, value=int(each.value or 0)) if whole else each


def _order(each: Entry) -> tuple[str, Key]:
    return (each.path, each.key)


def _check(entries: Sequence[Entry], name: str) -> None:
    if not _is_plain(entries):
        _check_each(entries, name)
    if sum(each.count for each in entries) > MAX_ACCEPTED:
        message = f"{visible(name)} accepts more than {MAX_ACCEPTED:,} findings"
        raise GatesError(message, "Take the file from git again: such counts were not found by a check.")


def _is_plain(entries: Sequence[Entry]) -> bool:
    """Whether a short look is enough: every rule can be accepted, and the entries differ in what all of them have."""
    parts = (each.partition("/") for each in {each.rule for each in entries})
    accepted = all(rule and gate and gate not in NEVER for gate, _, rule in parts)
    different = set(map(operator.attrgetter("rule", "symbol", "code", "latent"), entries))
    return accepted and len(different) == len(entries) and all(each.count >= 1 for each in entries)


def _check_each(entries: Sequence[Entry], name: str) -> None:
    seen: set[Key] = set()
    for number, each in enumerate(entries, 1):
        gate, _, rule = each.rule.partition("/")
        if each.count < 1 or not rule or not gate or gate in NEVER:
            raise GatesError(
                f"{visible(name)}: entry {number} has no rule that can be accepted, or a count below 1",
                "Take the file from git again.",
            )
        key = each.key
        if key in seen:
            said = visible(f"{each.rule} {each.symbol} {each.code}".strip())
            raise GatesError(f"{visible(name)} lists an entry twice: {said}", "Write it once, with a `count`.")
        seen.add(key)


def _lines(content: bytes, number: int) -> tuple[int, ...]:
    """Return the line of each entry; the first one for all when entries and keys cannot be told apart. Each has a line
    of its own where there are as many lines as there would be then: no string of JSON has a line end in it, and an
    entry no other object."""
    is_framed = content.startswith(b"{") and content.endswith(b"\n]}\n") and content.count(b"\n") == number + 2
    if is_framed and content.count(b"\n  {") == content.count(b'"rule":') == number:
        return tuple(range(2, number + 2))
    found: list[int] = []
    line, end = 1, 0
    for match in _RULE.finditer(content):
        line += content.count(b"\n", end, match.start())
        end = match.start()
        found.append(line)
    return tuple(found) if len(found) == number else (1,) * number
