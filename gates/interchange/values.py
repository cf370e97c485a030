"""What the results of every other program become, whatever format they come in."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from gates.model import UNDECODABLE, Finding, GatesError, Location, Severity
from gates.text import visible

_MAX_NUMBER = 2**31 - 1
_BOM = b"\xef\xbb\xbf"
_Document = TypeVar("_Document")


class Run(Struct, frozen=True):
    """What one run of one tool found; `broken` is why it could not decide."""

    tool: str
    findings: tuple[Finding, ...] = ()
    broken: str = ""


def finding_of(tool: str, rule: str, message: str, place: Location, severity: Severity) -> Finding:
    """Return a finding of another tool; what it says is made printable."""
    name = visible(rule).strip() or "unnamed"
    return Finding(
        rule=f"{tool}/{name}",
        message=" ".join(visible(part) for part in message.split()) or "no message",
        location=place,
        severity=severity,
        tool_code=name,
    )


def tool_name(name: str) -> str:
    """Return the name of a tool as ours are written: lower case, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64] or "unnamed"


def decoded(content: bytes, kind: type[_Document], name: str) -> _Document:
    """Decode JSON of a known shape; `name` is for the error.

    Raises:
        GatesError: it is not of that shape.
    """
    try:
        return msgspec.json.decode(content.removeprefix(_BOM), type=kind, strict=False)
    except UNDECODABLE as error:
        said = "it is nested too deeply" if isinstance(error, RecursionError) else visible(str(error))
        raise GatesError(f"this is no {name}: {said}") from error


def number(value: int | None) -> int:
    """Return a line or column: from 1, and of a size that everybody can store."""
    return min(max(value or 1, 1), _MAX_NUMBER)


def end_number(value: int | None) -> int:
    """Return the end of a region: from 0, which means unknown."""
    return min(max(value or 0, 0), _MAX_NUMBER)


def relative(raw: str, root: Path | None) -> str:
    """Return a path inside the project, from its root.

    Raises:
        GatesError: it leads elsewhere.
    """
    path = posixpath.normpath(raw) if raw else "."
    if path.startswith("/"):
        path = _below(path, root)
    if "\0" in path or path == ".." or path.startswith(("../", "/")):
        raise GatesError(f"the path `{visible(raw)}` is not inside the project")
    return path


def _below(path: str, root: Path | None) -> str:
    for base in (root, root and root.resolve()):
        prefix = f"{base}".rstrip("/") + "/"
        if base is not None and f"/{path.lstrip('/')}/".startswith(prefix):
            return posixpath.normpath(f"/{path.lstrip('/')}/"[len(prefix) :] or ".")
    return path
