"""A project with hooks, and git run in it as a user would: a hook that refuses is a result, not a failure."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.comparisons import Change
from tests.project import AUTHOR, CLEAN, GATES, Project, Result

POLICY = '[tool.gates]\npreset = "internal"\n'
BAD = "import os\n"
ODD_NAMES = ("with space.py", "new\nline.py", "-v.py", "--all", "--gate.py", "-", "$(touch x).py", "'q\".py", "é.py")
"""Names that a shell, a line-based parser or a command line could take for something else."""


class Hooked(Change):
    """A project whose hooks run only when git is `tried`."""

    def __init__(self, base: Path) -> None:
        super().__init__(base)
        self.path = f"{Path(GATES).parent}{os.pathsep}{os.environ['PATH']}"
        self.git("init", "-q", "-b", "main")
        self.save({"a.py": CLEAN, "pyproject.toml": POLICY})

    def git(self, *arguments: str) -> str:
        """Run git without hooks."""
        return super().git("-c", "core.hooksPath=/dev/null", *arguments)

    def with_script(self, name: str, line: str) -> None:
        """Let a plain script of one line be the hook `name`."""
        hook = self.base / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{line}\n")
        hook.chmod(0o755)
        self.git("config", "core.hooksPath", str(hook.parent))

    def tried(self, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        """Run git with its hooks and return how it ended."""
        own = self.environment({"PATH": self.path, "GIT_CONFIG_NOSYSTEM": "1", **(env or {})})
        argv = ["git", *AUTHOR, *arguments]
        done = subprocess.run(argv, cwd=self.root, env=own, capture_output=True, timeout=300, check=False)
        out, err = (each.decode("utf-8", "surrogateescape") for each in (done.stdout, done.stderr))
        return Result(done.returncode, out, err)

    def tried_commit(self, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        """Run `git commit` with its hooks."""
        return self.tried("commit", "-q", "-m", "it", *arguments, env=env)

    def commits(self) -> int:
        """Return how many commits there are."""
        return int(self.git("rev-list", "--count", "HEAD"))


def with_environment(project: Project) -> None:
    """Give the project an environment of its own, which is where hooks look first."""
    folder = project.root / ".venv/bin"
    folder.mkdir(parents=True)
    (folder / "gates").symlink_to(GATES)
