"""Checkstyle's XML. A document type, which is the way to entities, is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from xml.parsers import expat

from gates.interchange.values import Run, finding_of, number, relative
from gates.model import Finding, GatesError, Location, Severity
from gates.text import visible

_CHECKSTYLE_LEVELS = {"error": Severity.ERROR, "info": Severity.NOTE, "ignore": Severity.NOTE}


def read(content: bytes, root: Path | None) -> tuple[Run, ...]:
    """Return what a Checkstyle file holds."""
    findings = (_checkstyle_finding(path, attributes, root) for path, attributes in _errors(content))
    return (Run("checkstyle", tuple(findings)),)


def _checkstyle_finding(path: str, error: Mapping[str, str], root: Path | None) -> Finding:
    place = Location(relative(path, root), _integer(error.get("line")), _integer(error.get("column")))
    severity = _CHECKSTYLE_LEVELS.get(error.get("severity", ""), Severity.WARNING)
    return finding_of("checkstyle", error.get("source", ""), error.get("message", ""), place, severity)


def _integer(text: str | None) -> int:
    return number(int(text)) if text and re.fullmatch(r"[0-9]{1,10}", text) else 1


def _errors(content: bytes) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Return each `error` element with the name of its file.

    Raises:
        GatesError: the XML is not well formed, has a document type, or is not Checkstyle's.
    """
    elements: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: elements.append((name, attributes))
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise GatesError(f"this is no Checkstyle XML: {visible(str(error))}") from error
    if not elements or elements[0][0] != "checkstyle":
        raise GatesError("this is no Checkstyle XML: its root is not `checkstyle`")
    return _with_files(elements)


def _refuse(*declaration: object) -> None:
    raise GatesError("this XML has a document type, which may hold entities; write it without one")


def _with_files(elements: Iterable[tuple[str, dict[str, str]]]) -> Iterator[tuple[str, Mapping[str, str]]]:
    path = ""
    for name, attributes in elements:
        if name == "file":
            path = attributes.get("name", "")
        elif name == "error":
            yield path, attributes
