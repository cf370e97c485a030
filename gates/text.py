"""Making untrusted text safe for the place where it is shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

MAX_QUOTED = 200
"""Characters of a line that a prompt quotes."""

_HOST_MARKUP = r"<(?=[/!|?a-zA-Z])"
"""An opening angle bracket that begins a tag, a comment or a special token, as `<system>`, `<!--` or `<|end|>`."""

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_MARKDOWN = frozenset("\\`*_{}[]()<>#+-!|~$=")
_LINKED = r"(?i)@|#\d|GH-\d|://|www\.|\b[0-9a-f]{7,40}\b|:[a-z0-9_+-]+:"
"""What GitHub turns into a link or an emoji although its characters are escaped; only a code span stops it."""
_NUMBERED = r"^([0-9]{1,9})([.)])(?=\s|$)"
"""What begins a list at the beginning of a line."""
_COMMAND = r"[^!-~]*:[^ -~]*:"
_OLD_COMMAND = r"#[^ -~]*#([^ -~]*)\["
"""How a line of a runner's log becomes a command. The runner compares strings as people do, for whom some characters
outside ASCII (a variation selector) do not count: https://github.com/actions/runner, ActionCommand.cs."""


def visible(text: str) -> str:
    """Return one line in which each character that could steer a terminal or hide is escaped (`\\x1b`, `\\u202e`).

    That is whatever Unicode does not call printable: control and format characters (bidirectional marks, zero width),
    surrogates, private use, unassigned, and every separator but the space. A CI runner reads logs too: what it would
    take for a command, `##[x]` anywhere or `::x::` at the beginning of a line, is broken.
    """
    if text.isprintable() and "::" not in text and "##[" not in text:  # as nearly all that a report shows
        return text
    shown = text if text.isprintable() else "".join(each if each.isprintable() else _escape(each) for each in text)
    shown = shown.replace("##[", "##\\x5b") if "##[" in shown else shown
    return shown.replace("::", ":\\x3a", 1) if shown.lstrip().startswith("::") else shown


def ascii_json(encoded: bytes) -> str:
    """Return JSON with everything beyond ASCII escaped: it needs a quarter of the memory, and survives any log."""
    if not encoded.isascii():
        encoded = re.sub(rb"[\x80-\xff]+", _json_escapes, encoded)
    return encoded.decode("ascii")


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


def markdown(text: str, *, cell: bool = False) -> str:
    """Return one line of Markdown that shows the text and does nothing else: no link, mention, reference or HTML.

    What stands between backticks, as code does in our messages, becomes a code span. `cell` is for tables. Blanks at
    either end would make a block of code or a break of the line, and are left out.
    """
    shown = visible(text).strip(" ")
    parts = shown.split("`")
    if len(parts) % 2 == 0:
        return _markdown_words(shown, cell)
    return "".join(
        code(part, cell=cell) if index % 2 and part else _markdown_words(part, cell) for index, part in enumerate(parts)
    )


def code(text: str, *, cell: bool = False) -> str:
    """Return a Markdown code span that shows the text, whatever backticks it holds.

    In the cell of a table, and only there, a bar has to be escaped inside a code span too. A span of nothing would be
    two backticks that open a span of their own, so it holds a space.
    """
    shown = visible(text) or " "
    shown = shown.replace("|", "\\|") if cell else shown
    fence = "`" * (_longest_run(shown, "`") + 1)
    return f"{fence} {shown} {fence}" if "`" in shown else f"{fence}{shown}{fence}"


def fence(lines: Sequence[str]) -> str:
    """Return a Markdown fence that no line of the text can close."""
    return "`" * max(3, *(_longest_run(line, "`") + 1 for line in lines or [""]))


def workflow_data(text: str) -> str:
    """Return the message of a GitHub workflow command, escaped as the runner unescapes it.

    Its lines stay lines. The runner prints them into its log, so none of them may hold `##[`; and a mark that combines
    with the `::` before it would hide that from the runner.
    """
    shown = "\n".join(_unmarked(visible(line)) for line in text.split("\n"))
    if shown and unicodedata.category(shown[0])[0] == "M":
        shown = _escape(shown[0]) + shown[1:]
    return shown.replace("%", "%25").replace("\n", "%0A")


def workflow_property(text: str) -> str:
    """Return a property of a GitHub workflow command: a path, a title.

    What a person can see, line ends, tabs and spaces round-trip to the text itself. All else is escaped as in
    `visible`: no command can hold a byte that is not UTF-8, and a log must not hold what steers a terminal.
    """
    shown = "".join(each if _travels(each) else _escape(each) for each in text)
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace(":", "%3A").replace(",", "%2C")


def workflow_log(text: str) -> str:
    """Return a line for the log of a GitHub runner that it takes for no command, neither `::x::` nor `##[x]`."""
    shown = _unmarked(visible(text))
    return shown.replace(":", "\\x3a") if re.match(_COMMAND, shown) else shown


def sarif_message(text: str) -> str:
    """Return a SARIF message in which no `[text](target)` is left: that is a link there, also in plain text."""
    return visible(text).replace("](", "] (")


def uri(path: str) -> str:
    """Return a relative URI reference for a path: percent-encoded bytes, forward slashes, no leading `./`."""
    from urllib.parse import quote

    return quote(path.encode("utf-8", "surrogateescape"), safe="/-._~")


def quoted(line: str, boundary: str) -> str:
    """Return a line of a file, or a name, fit to stand in a prompt as data: one line of at most 200 characters.

    Control, bidirectional and invisible characters are escaped, the boundary is taken out, and what an agent's host
    could take for markup (role tags, special tokens, Markdown fences) is broken.
    """
    shown = visible(line.rstrip("\r\n\f").replace("\t", "    "))
    while boundary and boundary in shown:
        shown = shown.replace(boundary, "")
    shown = re.sub(_HOST_MARKUP, "\u2039", shown).replace("`" * 3, "'" * 3)
    return shown if len(shown) <= MAX_QUOTED else f"{shown[: MAX_QUOTED - 1]}\u2026"


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


def _travels(character: str) -> bool:
    return character.isprintable() or character in "\n\r\t" or unicodedata.category(character) == "Zs"


def _unmarked(line: str) -> str:
    return re.sub(_OLD_COMMAND, r"##\1\\x5b", line)


def _markdown_words(text: str, cell: bool) -> str:
    words = re.sub(r"\S+", lambda match: _markdown_word(match.group(), cell), text)
    return re.sub(_NUMBERED, r"\1\\\2", words)


def _markdown_word(word: str, cell: bool) -> str:
    if re.search(_LINKED, word):
        return code(word, cell=cell)
    return "".join(f"\\{each}" if each in _MARKDOWN else "&amp;" if each == "&" else each for each in word)


def _json_escapes(match: re.Match[bytes]) -> bytes:
    units = match.group().decode("utf-8").encode("utf-16-be")
    return b"".join(b"\\u%02x%02x" % (high, low) for high, low in zip(units[::2], units[1::2], strict=True))


def _longest_run(text: str, character: str) -> int:
    return max((len(run) for run in re.findall(re.escape(character) + "+", text)), default=0)
