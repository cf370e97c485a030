"""Making untrusted text safe for the place where it is shown."""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode categories that move the cursor, hide, or reorder what follows: control, format (bidi, zero width),
surrogates, private use, line and paragraph separators."""


def visible(text: str) -> str:
    """Return one line in which each character that could steer a terminal is escaped (`\\x1b`, `\\u202e`)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(each) for each in text)


def source_line(text: str) -> str:
    """Return a line of source fit to show: tabs become four spaces, everything else as in `visible`."""
    return visible(text.rstrip("\r\n\f").replace("\t", "    "))


def path_text(raw: bytes) -> str:
    """Decode a path from the file system; bytes that are not UTF-8 become surrogates, as `os.fsdecode` does."""
    return raw.decode("utf-8", "surrogateescape")


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return a count with its noun: `1 file`, `1,204 files`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def _escape(character: str) -> str:
    if unicodedata.category(character) in _HIDDEN:
        return character.encode("unicode_escape").decode("ascii") if not _lone(character) else _byte(character)
    return character


def _lone(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def _byte(character: str) -> str:
    code = ord(character)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"
