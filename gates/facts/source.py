"""From the bytes of a file to its text and its syntax tree, or to the reason why there is none."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import warnings
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gates.facts.values import Unreadable

if TYPE_CHECKING:
    import ast

MAX_DEPTH = 1000
"""Levels of nested syntax that are analysed. Deeper trees exist only to blind or crash analysers."""

_BOM = b"\xef\xbb\xbf"
_COOKIE = re.compile(rb"^[ \t\f]*#.*coding[:=][ \t]*([-\w.]+)")
"""A declaration of the encoding: PEP 263, in one of the first two lines. The group is the last name on its line."""

_BLANK = rb"^[ \t\f]*(?:[#\r\n]|$)"
"""What may stand in the line before it."""

_MARKS = (b"<" * 7, b">" * 7, b"|" * 7)
"""Without one of these, a content has no conflict. They are found far sooner than lines that begin with them."""

_CONFLICT = rb"(?m)^(?:<{7} |>{7} |\|{7} |={7}\r?$)"


class UnreadableError(Exception):
    """The file cannot be analysed; `reason` says why."""

    def __init__(self, reason: Unreadable) -> None:
        super().__init__(reason.message)
        self.reason = reason


def read(path: Path | str) -> bytes:
    """Return the content of a regular file, without following a link and without waiting for a pipe.

    Raises:
        UnreadableError: it is no regular file, or may not be opened.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError as error:
        raise UnreadableError(Unreadable("permission", "may not be read: permission denied")) from error
    except OSError as error:
        link = "is a link to nothing, or to a file outside of what is inspected"
        message = link if error.errno == errno.ELOOP else f"cannot be opened: {error.strerror}"
        raise UnreadableError(Unreadable("not-a-file", message)) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise UnreadableError(Unreadable("not-a-file", "is not a regular file"))
    with os.fdopen(handle, "rb") as stream:
        return stream.read()


def with_newlines(content: bytes) -> bytes:
    """Return content whose lines all end with a newline alone, as Python reads it."""
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in content else content


def is_behind_link(root: Path, path: str) -> bool:
    """Whether a folder between the root and a path of the project is a link, so that the file may lie anywhere."""
    return any(os.path.islink(f"{root}/{each}") for each in PurePosixPath(path).parents)


def decode(content: bytes) -> str:
    """Return the text of a Python file, with `\\n` line ends and without a BOM.

    A file that declares another encoding is refused when it reads differently as UTF-8: ruff, mypy and jscpd would not
    see what Python runs.

    Raises:
        UnreadableError: the bytes are not valid in the declared encoding, or mean something else in UTF-8.
    """
    try:
        texts = {each: content.decode(each) for each in _encodings(content)}
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"byte 0x{content[error.start]:02x} at offset {error.start}"
        raise UnreadableError(Unreadable("encoding", f"is not valid {error.encoding.upper()}: {byte}", line)) from error
    except (SyntaxError, LookupError, UnicodeError) as error:
        raise UnreadableError(Unreadable("encoding", f"declares an unusable encoding: {error}")) from error
    for encoding, text in texts.items():
        if text.removeprefix("\ufeff").encode("utf-8", "surrogatepass") != content.removeprefix(_BOM):
            raise UnreadableError(Unreadable("encoding", f"is written in {encoding}, and tools read UTF-8"))
    plain = next(iter(texts.values())).removeprefix("\ufeff")
    return plain.replace("\r\n", "\n").replace("\r", "\n")


def _encodings(content: bytes) -> tuple[str, ...]:
    """Return the encodings that a file declares; without a declaration UTF-8, whether the bytes fit or not.

    Of several names on one line Python takes the first, and knows more names than others; mypy takes the last.
    """
    first, *more = content.removeprefix(_BOM).split(b"\n", 2)[:2]
    lines = [first, *more] if re.match(_BLANK, first) else [first]
    name = next((match[1] for match in map(_COOKIE.match, lines) if match), b"")
    if not name:
        return ("utf-8",)
    from tokenize import detect_encoding  # most files declare none

    python = detect_encoding(io.BytesIO(content).readline)[0]
    return (python,) if content.startswith(_BOM) else (python, name.decode("ascii"))


def parse(text: str) -> ast.Module:
    """Return the syntax tree.

    Raises:
        UnreadableError: the text is not valid Python for this interpreter, or nested too deeply for it.
    """
    import ast  # where everything is known, nothing is parsed

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        message = f"is not valid Python: {error.msg}"
        raise UnreadableError(
            Unreadable("syntax", message, error.lineno or _nul_line(text), max(error.offset or 1, 1))
        ) from error
    except ValueError as error:
        raise UnreadableError(Unreadable("syntax", f"is not valid Python: {error}", _nul_line(text))) from error
    except (RecursionError, MemoryError) as error:
        raise too_deep(1) from error


def too_deep(line: int) -> UnreadableError:
    """Return the error for a file whose syntax is nested more than `MAX_DEPTH` levels at `line`."""
    return UnreadableError(Unreadable("too-deep", f"nests syntax more than {MAX_DEPTH:,} levels deep", line))


def conflict_lines(content: bytes) -> tuple[int, ...]:
    """Return the lines of merge-conflict markers; lone `=======` lines count only beside another marker."""
    if not any(each in content for each in _MARKS):
        return ()
    hits = [(content.count(b"\n", 0, each.start()) + 1, each.group()[:1]) for each in re.finditer(_CONFLICT, content)]
    return tuple(line for line, mark in hits if mark != b"=") if any(mark != b"=" for _, mark in hits) else ()


def _nul_line(text: str) -> int:
    position = text.find("\0")
    return text.count("\n", 0, position) + 1 if position >= 0 else 1
