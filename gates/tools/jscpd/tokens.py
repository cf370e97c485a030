"""Tokens as jscpd 5.4 tells them apart in Python (its mode `mild`), and what shows that two files have some in common.

Marks of a text by winnowing: Schleimer, Wilkerson and Aiken, "Winnowing: Local Algorithms for Document Fingerprinting",
2003. A task for workers.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Sequence
from unicodedata import category
from zlib import crc32

import msgspec
from msgspec import Struct

_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""White space in the sense of Unicode."""
_WHOLE = (
    r"#[^\n]*+"
    r'|"[^"\\\n]*+(?:\\.?[^"\\\n]*+)*+"?'  # a string ends with its line, as do those in three quotes
    r"|'[^'\\\n]*+(?:\\.?[^'\\\n]*+)*+'?"
)
_PART = re.compile(rf"{_WHOLE}|(?<![^\x00-\x7f])[0-9][0-9.]*+|[0-9]++|[A-Za-z_][A-Za-z0-9_]*+|[^{_SPACE}]")
"""Tokens, or parts of them: which signs beside those of ASCII make a name is never asked, each stands for itself."""

_TOKEN = re.compile(rf"{_WHOLE}|[0-9][0-9.]*+|[^\W\d]\w*+|[^{_SPACE}]")
"""Tokens, where Python and jscpd mean the same by a letter: they may not with signs that only go with one."""

_SURE = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk"})
"""Categories of Unicode of which they mean the same."""
_DOUBT = 2
"""By how many tokens a sign can make a difference: it joins what is around it, or stands between."""

_IGNORED = "jscpd:ignore-"
_START, _END = f"{_IGNORED}start", f"{_IGNORED}end"
_MARK_BYTES = 8
_PLACE_BITS = 32


class Sketch(Struct, frozen=True):
    """What a file is for jscpd: how many lines and tokens it has, give or take a `doubt`, which line the last token
    stands on, and marks of 8 bytes each: two files that have as many successive tokens in common as it was made for
    have a mark in common."""

    rows: int = 0
    tokens: int = 0
    doubt: int = 0
    lines: int = 0
    marks: bytes = b""


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
    parts = _PART.findall(text)
    if not parts:
        return Sketch(rows=rows)
    lines = text.rstrip(_SPACE).count("\n") + 1
    marks = b"".join(sorted(_marks(parts, least))) if len(parts) >= least else b""
    if text.isascii():
        return Sketch(rows, len(parts), 0, lines, marks)
    doubtful = sum(len(each) == 1 and not each.isascii() and category(each) not in _SURE for each in parts)
    return Sketch(rows, len(_TOKEN.findall(text)), _DOUBT * doubtful, lines, marks)


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


def _marks(parts: Sequence[str], least: int) -> set[bytes]:
    """Return of each stretch of `least` parts the hash of a half of it, the one that begins with the part that is first
    in an order of all parts: equal stretches choose the same half, and neighbours mostly do."""
    codes = {each: crc32(each.encode()) for each in set(parts)}
    sequence = array("I", [codes[each] for each in parts])
    length = (least + 1) // 2
    chosen = [code << _PLACE_BITS | place for place, code in enumerate(sequence)]
    chosen = _minima(chosen[: len(chosen) - length + 1], least - length + 1)
    raw = sequence.tobytes()
    places = {(each & (1 << _PLACE_BITS) - 1) * sequence.itemsize for each in chosen}
    halves = {raw[place : place + length * sequence.itemsize] for place in places}
    return {hashlib.blake2b(each, digest_size=_MARK_BYTES).digest() for each in halves}


def _minima(values: list[int], width: int) -> list[int]:
    """Return the least of each `width` successive values, of ever more of them at a time."""
    reach = 1
    while reach < width:
        step = min(reach, width - reach)
        values = list(map(min, values, values[step:]))
        reach += step
    return values
