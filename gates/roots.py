"""Which project a directory belongs to, and what that configures, as written; for those who cannot wait for more."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from gates import toml
from gates.model import GatesError

Table = dict[str, Any]

_OWN, _PROJECT = FILES = ("gates.toml", "pyproject.toml")
"""The files in which a project configures us."""


def here() -> Path:
    """Return the current directory.

    Raises:
        GatesError: it no longer exists.
    """
    try:
        return Path(os.path.realpath(os.getcwd()))
    except FileNotFoundError as error:
        raise GatesError("the current directory no longer exists", "Change to one that does.") from error


def find_root(start: Path) -> Path:
    """Return the project that a directory belongs to: the nearest one above it with our configuration, else with a
    work tree of git, else with a `pyproject.toml`, else the directory itself."""
    folders = (start, *start.parents)
    marks = (_configured, lambda each: (each / ".git").exists(), lambda each: (each / _PROJECT).is_file())
    for mark in marks:
        for folder in folders:
            if mark(folder):
                return folder
            if (folder / ".git").exists():
                break
    return start


def written(root: Path) -> Table | None:
    """Return what a project configures, unchecked. None when it configures nothing, an empty table when what it has is
    not valid."""
    own, project = root / _OWN, root / _PROJECT
    if os.path.lexists(own):
        return _read(own) or {}
    if b"gates" not in _content(project):
        return None
    table = _read(project)
    if table is None:
        return {}
    ours = table.get("tool", {}).get("gates") if isinstance(table.get("tool", {}), dict) else None
    return ours if ours is None or isinstance(ours, dict) else {}


def _configured(folder: Path) -> bool:
    return written(folder) is not None


def _read(path: Path) -> Table | None:
    try:
        return toml.parse(_content(path).decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None


def _content(path: Path) -> bytes:
    """Return what a file holds, nothing for one that is no regular file or cannot be read."""
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:
        return b""
