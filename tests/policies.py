"""Configurations from text, and what a change from one to another loosens."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gates import __version__, config, registry
from gates.config import Config

GATES = registry.gates_found()
PATHS = ("app/a.py", "app/core/b.py", "tests/test_a.py", "tools/c.py")


def policy(text: str) -> Config:
    """Read a gates.toml."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "gates.toml").write_text(text, encoding="utf-8")
        return config.load(Path(folder), registry.schemas(GATES), registry.tool_names(), version=__version__)


def looser(base: str, head: str, paths: Sequence[str] = PATHS) -> list[tuple[str, str, str, int, bool]]:
    """Return what is loosened between two files: key, both values, line, whether there is an order."""
    found = config.loosened(policy(base), policy(head), paths)
    assert {each.path for each in found} <= {"gates.toml"}
    return [(each.key, each.before, each.after, each.line, each.ordered) for each in found]


def options(of: Config, gate: str, path: str = "") -> Any:
    """Return the options of a gate for the project or a path."""
    return of.gates[gate].policy.at(path) if path else of.gates[gate].policy.base
