"""What is to be installed into the environment: requirements files, `pyproject.toml` and lock files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from gates import toml
from gates.diagnosing import Place
from gates.diagnosing.pins.pin import Pin

_FILES = ("*requirements*.txt", "constraints*.txt", "requirements/*.txt")
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock")
_WRITTEN = re.compile(r"^\s*(?P<requirement>[A-Za-z0-9][^#;\\]*?)\s*(?:;.*|#.*|--hash.*|\\)?$")
_EXACT = re.compile(r"={2,3}\s*(?P<version>[^,\s*]+)")


def pins(place: Place, names: Collection[str]) -> Iterator[Pin]:
    """Yield what asks for one of the distributions."""
    found = sorted({path for pattern in _FILES for path in place.root.glob(pattern) if path.is_file()})
    for path in found:
        yield from _in_requirements(path, names)
    yield from _in_project(place.root / "pyproject.toml", names)
    for lock in _LOCKS:
        yield from _in_lock(place.root / lock, names)


def _in_requirements(path: Path, names: Collection[str]) -> Iterator[Pin]:
    for number, line in enumerate(_text(path).splitlines(), 1):
        if found := _WRITTEN.match(line):
            yield from _pin(
                found["requirement"], path, number, names, hashed=line.rstrip().endswith("\\") or "--hash" in line
            )


def _in_project(path: Path, names: Collection[str]) -> Iterator[Pin]:
    text = _text(path)
    table = _parsed(text)
    project = _table(table.get("project"))
    lists = [project.get("dependencies"), *_table(project.get("optional-dependencies")).values()]
    lists += _table(table.get("dependency-groups")).values()
    for each in (each for values in lists if isinstance(values, list) for each in values if isinstance(each, str)):
        yield from _pin(each, path, _line(text, each), names)


def _in_lock(path: Path, names: Collection[str]) -> Iterator[Pin]:
    text = _text(path)
    packages = _parsed(text).get("package")
    for each in packages if isinstance(packages, list) else ():
        name, version = str(_table(each).get("name")), str(_table(each).get("version"))
        if name in names and "editable" not in _table(_table(each).get("source")):
            line = _line(text, f'name = "{name}"') + 1
            yield Pin(name=name, wanted=version, exact=version, path=path, line=line, installs=True)


def _pin(written: str, path: Path, line: int, names: Collection[str], *, hashed: bool = False) -> Iterator[Pin]:
    """Yield what a requirement asks for, when it names a version of one of the distributions."""
    try:
        found = Requirement(written)
    except InvalidRequirement:
        return
    name, wanted = canonicalize_name(found.name), written[len(found.name) :].partition(";")[0].strip()
    if name in names and found.specifier and not found.extras:
        exact = _EXACT.fullmatch(wanted)
        version = exact["version"] if exact else ""
        yield Pin(name=name, wanted=wanted, exact=version, path=path, line=line, installs=True, hashed=hashed)


def _line(text: str, written: str) -> int:
    return next((number for number, line in enumerate(text.splitlines(), 1) if written in line), 1)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _parsed(text: str) -> dict[str, Any]:
    try:
        return toml.parse(text)
    except tomllib.TOMLDecodeError:
        return {}


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
