"""Which project a directory belongs to, and what that configures, as written; for those who cannot wait for more."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

Table = dict[str, Any]


def find_root(start: Path) -> Path:
    """Return the project that a directory belongs to: the nearest one above it with our configuration, else with a
    work tree of git, else with a `pyproject.toml`, else the directory itself."""
    folders = (start, *start.parents)
    marks = (_configured, lambda each: (each / ".git").exists(), lambda each: (each / "pyproject.toml").is_file())
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
    own, project = root / "gates.toml", root / "pyproject.toml"
    if own.is_file():
        return _read(own) or {}
    if not project.is_file() or b"gates" not in project.read_bytes():
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
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return None
