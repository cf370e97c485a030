"""Tokens as jscpd 5.4 tells them apart in Python (its mode `mild`), and what shows that two files have some in common.

Marks of a text by winnowing: Schleimer, Wilkerson and Aiken, "Winnowing: Local Algorithms for Document Fingerprinting",
2003. A task for workers.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Sequence
from zlib import crc32

import msgspec
from msgspec import Struct

_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""White space in the sense of Unicode."""
_TOKEN = re.compile(
    r"#[^\n]*"
    r'|"[^"\\\n]*(?:\\.?[^"\\\n]*)*"?'  # a string ends with its line, as do those in three quotes
    r"|'[^'\\\n]*(?:\\.?[^'\\\n]*)*'?"
    r"|[0-9][0-9.]*"
    r"|[^\W\d]\w*"
    rf"|[^{_SPACE}]"
)
_IGNORED = "jscpd:ignore-"
_START, _END = f"{_IGNORED}start", f"{_IGNORED}end"
_MARK_BYTES = 8
_PLACE_BITS = 32


class Sketch(Struct, frozen=True):
    """What a file is for jscpd: how many lines and tokens it has, which line the last token stands on, and marks: two
    files that have as many successive tokens in common as it was made for have a mark in common."""

    rows: int = 0
    tokens: int = 0
    lines: int = 0
    marks: tuple[int, ...] = ()


def work(payload: bytes) -> bytes:
    """Return the sketch of a file for clones of at least so many tokens, as MessagePack: of nothing when the file is
    not UTF-8, since jscpd passes over it."""
    content, least = msgspec.msgpack.decode(payload, type=tuple[bytes, int])
    try:
        found = sketch(content.decode("utf-8"), least)
    except UnicodeDecodeError:
        found = Sketch()
    return msgspec.msgpack.encode(found)


def sketch(text: str, least: int) -> Sketch:
    """Return the sketch of a text for clones of at least so many tokens."""
    rows = text.count("\n") + (not text.endswith("\n") and bool(text))
    text = _considered(text.replace("\r\n", "\n"))
    tokens = _TOKEN.findall(text)
    if not tokens:
        return Sketch(rows=rows)
    lines = text.rstrip(_SPACE).count("\n") + 1
    marks = tuple(sorted(_marks(tokens, least))) if len(tokens) >= least else ()
    return Sketch(rows, len(tokens), lines, marks)


def _considered(text: str) -> str:
    """Return a text without the lines that comments keep jscpd from looking at, each of which leaves an empty one."""
    if _IGNORED not in text:
        return text
    lines: list[str] = []
    ignored = False
    for line in text.split("\n"):
        ignored = (ignored or _START in line) and _END not in line
        lines.append("" if ignored or _END in line else line)
    return "\n".join(lines)


def _marks(tokens: Sequence[str], least: int) -> set[int]:
    """Return of each stretch of `least` tokens the hash of a part of half its length, the one that begins with the
    token that is first in an order of all tokens: equal stretches choose the same part, and neighbours mostly do."""
    codes = {each: crc32(each.encode("utf-8", "surrogatepass")) for each in set(tokens)}
    sequence = array("I", [codes[each] for each in tokens])
    length = (least + 1) // 2
    chosen = [code << _PLACE_BITS | place for place, code in enumerate(sequence)]
    chosen = _minima(chosen[: len(chosen) - length + 1], least - length + 1)
    raw = sequence.tobytes()
    places = {(each & (1 << _PLACE_BITS) - 1) * sequence.itemsize for each in chosen}
    parts = {raw[place : place + length * sequence.itemsize] for place in places}
    return {int.from_bytes(hashlib.blake2b(each, digest_size=_MARK_BYTES).digest(), "big") for each in parts}


def _minima(values: list[int], width: int) -> list[int]:
    """Return the least of each `width` successive values, of ever more of them at a time."""
    reach = 1
    while reach < width:
        step = min(reach, width - reach)
        values = list(map(min, values, values[step:]))
        reach += step
    return values
