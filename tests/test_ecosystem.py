"""The comparison of two states over real packages: what it tells of findings that differ."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import ecosystem
from benchmarks.ecosystem import Found


def found(rule: str, line: int, message: str = "m") -> Found:
    return Found(rule, "a.py", line, 1, "error", message)


def test_what_differs_is_told_by_rule() -> None:
    base = [found("x/a", 1), found("x/a", 2), found("x/a", 2), found("x/b", 3, "4 lines"), found("x/c", 9)]
    head = [found("x/a", 1), found("x/a", 2), found("x/b", 3, "5 lines"), found("x/d", 7)]
    assert ecosystem.told("flask", base, head) == [
        "flask: 5 findings before, 4 now",
        "  x/a: 0 added, 1 removed, 0 changed",
        "    - a.py:2:1: error x/a m",
        "  x/b: 0 added, 0 removed, 1 changed",
        "    - a.py:3:1: error x/b 4 lines",
        "    + a.py:3:1: error x/b 5 lines",
        "  x/c: 0 added, 1 removed, 0 changed",
        "    - a.py:9:1: error x/c m",
        "  x/d: 1 added, 0 removed, 0 changed",
        "    + a.py:7:1: error x/d m",
    ]
    assert ecosystem.told("flask", head, head[::-1]) == ["flask: 4 findings before, 4 now"]


def test_a_state_is_checked_with_its_own_sources(tmp_path: Path) -> None:
    package = tmp_path / "sources" / "gates"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("import sys; sys.exit('this state crashes')")
    python = ecosystem.environment(tmp_path / "sources", tmp_path / "venv")
    with pytest.raises(RuntimeError, match="this state crashes"):
        ecosystem.findings(python, tmp_path, tmp_path)
    said = subprocess.run([python, "-P", "-c", "import msgspec, gates; print(gates.__file__)"], capture_output=True)
    assert said.stdout.decode().strip() == str(package / "__init__.py")


def test_a_state_that_is_not_there_is_said() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.ecosystem", "--base", "no-such-state"],
        cwd=ecosystem.ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert b"git has no state 'no-such-state'" in done.stderr
