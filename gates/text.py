"""Making untrusted text safe for the place where it is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_MARKDOWN = frozenset("\\`*_{}[]()<>#+-!|~$")
_LINKED = re.compile(r"@|#\d|GH-\d|://|www\.", re.IGNORECASE)
"""What GitHub turns into a link although its characters are escaped; only a code span stops it."""


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


def xml(text: str) -> str:
    """Return text for XML: what `visible` shows, which is inside XML's characters, with markup escaped."""
    return html(text)


def html(text: str) -> str:
    """Return text for HTML, also inside an attribute in double or single quotes."""
    for character, entity in _ENTITIES.items():
        text = text.replace(character, entity)
    return visible(text)


def script_json(text: str) -> str:
    """Return JSON that can stand in an HTML `script` element: nothing in it can end the element or begin a comment."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def markdown(text: str) -> str:
    """Return one line of Markdown that shows the text and does nothing else: no link, mention, reference or HTML.

    What stands between backticks, as code does in our messages, becomes a code span.
    """
    parts = visible(text).split("`")
    if len(parts) % 2 == 0:
        return _markdown_words(visible(text))
    return "".join(code(part) if index % 2 and part else _markdown_words(part) for index, part in enumerate(parts))


def code(text: str) -> str:
    """Return a Markdown code span that shows the text, whatever backticks it holds, also in a table cell."""
    shown = visible(text).replace("|", "\\|")
    fence = "`" * (_longest_run(shown, "`") + 1)
    return f"{fence} {shown} {fence}" if "`" in shown else f"{fence}{shown}{fence}"


def fence(lines: Sequence[str]) -> str:
    """Return a Markdown fence that no line of the text can close."""
    return "`" * max(3, *(_longest_run(line, "`") + 1 for line in lines or [""]))


def workflow_data(text: str) -> str:
    """Return the message of a GitHub workflow command, escaped as the runner unescapes it."""
    shown = "\n".join(visible(line) for line in text.split("\n"))
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def workflow_property(text: str) -> str:
    """Return a property of a GitHub workflow command: a path, a title. It round-trips to the text itself."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace(":", "%3A").replace(",", "%2C")


def workflow_log(text: str) -> str:
    """Return a line for the log of a GitHub runner that it takes for no command, neither `::x::` nor `##[x]`."""
    shown = visible(text).replace("##[", "##\\x5b")
    return shown.replace("::", ":\\x3a") if shown.lstrip().startswith("::") else shown


def uri(path: str) -> str:
    """Return a relative URI reference for a path: percent-encoded bytes, forward slashes, no leading `./`."""
    from urllib.parse import quote

    return quote(path.encode("utf-8", "surrogateescape"), safe="/-._~")


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


def _markdown_words(text: str) -> str:
    return re.sub(r"\S+", lambda match: _markdown_word(match.group()), text)


def _markdown_word(word: str) -> str:
    if _LINKED.search(word):
        return code(word)
    return "".join(f"\\{each}" if each in _MARKDOWN else "&amp;" if each == "&" else each for each in word)


def _longest_run(text: str, character: str) -> int:
    return max((len(run) for run in re.findall(re.escape(character) + "+", text)), default=0)
