"""A project in a temporary directory, and the real command run in it as a user would."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GATES = str(Path(sys.executable).with_name("gates"))
CLEAN = "def double(number: int) -> int:\n    return number * 2\n"
AUTHOR = ("-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false", "-c", "protocol.file.allow=always")
UNPRIVILEGED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")
"""Root that must obey file permissions; everyone else has to anyway."""


@dataclass(frozen=True)
class Result:
    """How the command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything that was printed; a traceback in it is a failure of its own."""
        text = self.out + self.err
        assert "Traceback (most recent call last)" not in text, text
        return text


class Project:
    """Files below `root`, a cache outside of it, and the command."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.root = base / "project"
        self.cache = base / "cache"
        self.home = base / "home"
        for folder in (self.root, self.cache, self.home):
            folder.mkdir(exist_ok=True)

    @property
    def own(self) -> Path:
        """The folder in the cache that belongs to this checkout alone, once it was checked."""
        (found,) = (self.cache / "checkouts").iterdir()
        return found

    def write(self, name: str, content: str | bytes = CLEAN) -> Path:
        """Write a file below the root, with the folders that it needs."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    def git(self, *arguments: str) -> str:
        """Run git in the project and return what it printed."""
        argv = ["git", *AUTHOR, *arguments]
        env = {"PATH": os.environ["PATH"], "HOME": str(self.home), "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(argv, cwd=self.root, env=env, capture_output=True, check=True)
        return done.stdout.decode("utf-8", "surrogateescape")

    def commit(self) -> None:
        """Make the project a repository, if it is none yet, and commit everything."""
        self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "all")

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment that the command is run with."""
        own = {"PATH": os.environ["PATH"], "HOME": str(self.home), "GATES_CACHE": str(self.cache), "LC_ALL": "C.UTF-8"}
        return own | dict(extra or {})

    def gates(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        under: Sequence[str] = (),
        timeout: float = 30,
        stdin: str = "",
    ) -> Result:
        """Run `gates ARGUMENTS` in the root, `under` another program if given."""
        argv = [*under, GATES, *arguments]
        environment = self.environment(env)
        done = subprocess.run(
            argv,
            cwd=self.root,
            env=environment,
            input=stdin.encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        out, err = (each.decode("utf-8", "surrogateescape") for each in (done.stdout, done.stderr))
        return Result(done.returncode, out, err)

    def check(self, *gates: str, env: Mapping[str, str] | None = None, under: Sequence[str] = ()) -> Result:
        """Run `gates check` in the concise format, all gates or only those named."""
        return self.gates("check", "--output-format", "concise", *only(*gates), env=env, under=under)

    def report(self, *gates: str, env: Mapping[str, str] | None = None, jobs: int = 0) -> dict[str, Any]:
        """Run `gates check` and return its report."""
        chosen = ("--jobs", str(jobs)) if jobs else ()
        result = self.gates("check", "--output-format", "json", *chosen, *only(*gates), env=env)
        assert result.said.startswith("{"), result
        report: dict[str, Any] = json.loads(result.out)
        assert report["exit_code"] == result.code
        return report

    def digests(self) -> dict[str, tuple[int, bytes]]:
        """Return mode and content of everything below the root, `.git` included."""
        found: dict[str, tuple[int, bytes]] = {}
        for path in sorted(self.root.rglob("*")):
            status = path.lstat()
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[str(path.relative_to(self.root))] = (status.st_mode, content)
        return found

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[None]:
        """Hold that nothing below the root changes, the index and all of `.git` included, nor what git says of it."""
        status = ("--no-optional-locks", "status", "--porcelain=v2", "-z")
        said, before = self.git(*status), self.digests()
        yield
        assert self.digests() == before
        assert self.git(*status) == said


def only(*gates: str) -> list[str]:
    """Return the options that choose gates."""
    return [each for gate in gates for each in ("--gate", gate)]


def unprivileged() -> tuple[str, ...]:
    """Return what to run a program under so that file permissions hold for it."""
    return UNPRIVILEGED if os.geteuid() == 0 else ()


def outcome(report: Mapping[str, Any], gate: str) -> dict[str, Any]:
    """Return the outcome of one gate in a report."""
    found: dict[str, Any] = next(each for each in report["outcomes"] if each["gate"] == gate)
    return found


def rules(report: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Return rule, path and line of each open finding, in the order of the report."""
    findings = (each for outcome in report["outcomes"] for each in outcome["findings"] if each["status"] == "open")
    return [(each["rule"], each["location"]["path"], each["location"]["line"]) for each in findings]


def without_seconds(value: object) -> object:
    """Return a report without the times that it took."""
    if isinstance(value, dict):
        return {key: without_seconds(each) for key, each in value.items() if key != "seconds"}
    if isinstance(value, list):
        return [without_seconds(each) for each in value]
    return value
