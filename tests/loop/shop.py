"""A small project with cheap gates, and scripted agents that work in it: the real command runs them."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.project import GATES, Project, Result

CONFIG = """\
[tool.gates]
preset = "production"
source = ["shop", "tests"]
typing = { enabled = false, why = "slow" }
layers = { enabled = false, why = "none" }
duplication = { enabled = false, why = "slow" }

[tool.gates.lint]
select = ["F"]
"""
WIDE = '''"""Module {0}."""

import os


def add{0}(a: int, b: int, c: int, d: int, e: int, f: int, g: int) -> int:
    """Return a sum."""
    return a + b + c + d + e + f + g + len(os.sep)
'''
NARROW = WIDE.replace(", g: int", "").replace(" + g", "")
TEST = """\
\"\"\"Tests.\"\"\"

from shop import m1


def test_one() -> None:
    \"\"\"It is there.\"\"\"
    assert m1.add1


def test_two() -> None:
    \"\"\"It has a name.\"\"\"
    assert m1.add1.__name__ == "add1"
"""
HEAD = """\
import os, pathlib, subprocess, sys, time
prompt = sys.stdin.read()
attempt = int(os.environ["GATES_LOOP_ATTEMPT"])
def wide():
    return [each for each in sorted(pathlib.Path("shop").glob("m*.py")) if "g: int" in each.read_text()]
def mend(path):
    path.write_text(path.read_text().replace(", g: int", "").replace(" + g", ""))
"""


class Shop(Project):
    """A project with as many errors as it has modules, each with one function of too many arguments."""

    def __init__(self, base: Path, modules: int = 5) -> None:
        super().__init__(base)
        self.write("pyproject.toml", CONFIG)
        self.write(".gitignore", "ignored/\n*.log\n")
        for number in range(1, modules + 1):
            self.write(f"shop/m{number}.py", WIDE.format(number))
        self.write("tests/test_m.py", TEST)
        self.commit()

    @property
    def loops(self) -> list[Path]:
        """The folders of the loops that were made here, in their order."""
        return sorted(self.cache.glob(f"checkouts/{self.root.name}-*/loops/2*"))

    def agent(self, body: str) -> list[str]:
        """Return the command of a scripted agent, which lies outside of the project."""
        path = self.base / "agent.py"
        path.write_text(HEAD + body)
        return [sys.executable, str(path)]

    def loop(self, body: str, *options: str, env: Mapping[str, str] | None = None) -> Result:
        """Run a loop with a scripted agent."""
        return self.gates("loop", *options, "--", *self.agent(body), env=env, timeout=60)

    def started(self, body: str, *options: str) -> subprocess.Popen[bytes]:
        """Start a loop, to be killed."""
        return self._begun(*options, "--", *self.agent(body))

    def resumed(self) -> subprocess.Popen[bytes]:
        """Take up the last loop, to be killed again."""
        return self._begun("--resume")

    @property
    def is_finished(self) -> bool:
        """Whether the last loop came to its end."""
        return [each["type"] for each in self.events()][-1:] == ["finished"]

    def _begun(self, *arguments: str) -> subprocess.Popen[bytes]:
        argv = [GATES, "loop", *arguments]
        return subprocess.Popen(
            argv, cwd=self.root, env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def events(self) -> list[dict[str, Any]]:
        """Return the events of the last loop that wrote any down."""
        journals = [each / "journal.jsonl" for each in self.loops if (each / "journal.jsonl").exists()]
        return [json.loads(line) for line in journals[-1].read_text().splitlines()] if journals else []

    def finished(self) -> dict[str, Any]:
        """Return how the last loop ended."""
        last = self.events()[-1]
        assert last["type"] == "finished", last
        return last

    def judged(self) -> list[dict[str, Any]]:
        """Return how the attempts of the last loop were judged."""
        return [each for each in self.events() if each["type"] == "judged"]

    def prompt(self, attempt: int) -> str:
        """Return the prompt of an attempt of the last loop."""
        return (self.loops[-1] / f"attempt-{attempt}" / "prompt.md").read_text()

    def wide(self) -> list[str]:
        """Return the modules that are still wrong."""
        return sorted(each.name for each in (self.root / "shop").glob("m*.py") if "g: int" in each.read_text())

    def tree(self) -> dict[str, tuple[int, bytes]]:
        """Return all files of the project but those of git and the tickets, with mode and content or target."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root).as_posix()
            if not name.startswith((".git/", ".gates/")) and (path.is_symlink() or path.is_file()):
                content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
                found[name] = (path.lstat().st_mode, content)
        return found

    @contextlib.contextmanager
    def unchanged_files(self, but: Sequence[str] = ()) -> Iterator[None]:
        """Hold that all files are the same afterwards, and the refs and the stash of git."""
        tree, refs, stash = self.tree(), self.git("show-ref"), self.git("stash", "list")
        yield
        assert {name: each for name, each in self.tree().items() if name not in but} == tree
        assert (self.git("show-ref"), self.git("stash", "list")) == (refs, stash)

    def running(self) -> list[int]:
        """Return the processes that belong to the last loop."""
        mark = f"GATES_LOOP={self.loops[-1].name}".encode()
        return [int(each.parent.name) for each in Path("/proc").glob("[0-9]*/environ") if mark in _read(each)]


def waited(condition: Any, seconds: float = 10.0) -> None:
    """Wait until something holds.

    Raises:
        AssertionError: it did not in time.
    """
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.02)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
