"""Making untrusted text safe for the place where it is shown."""

from __future__ import annotations


def visible(text: str) -> str:
    """Return one line in which each character that could steer a terminal or hide is escaped (`\\x1b`, `\\u202e`).

    That is whatever Unicode does not call printable: control and format characters (bidirectional marks, zero width),
    surrogates, private use, unassigned, and every separator but the space.
    """
    return text if text.isprintable() else "".join(each if each.isprintable() else _escape(each) for each in text)


def source_line(text: str) -> str:
    """Return a line of source fit to show: tabs become four spaces, everything else as in `visible`."""
    return visible(text.rstrip("\r\n\f").replace("\t", "    "))


def path_text(raw: bytes) -> str:
    """Decode a path from the file system; bytes that are not UTF-8 become surrogates, as `os.fsdecode` does."""
    return raw.decode("utf-8", "surrogateescape")


def is_utf8(path: str) -> bool:
    """Return whether a path from the file system was valid UTF-8."""
    return not any("\ud800" <= each <= "\udfff" for each in path)


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return a count with its noun: `1 file`, `1,204 files`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
