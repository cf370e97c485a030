"""A project that the doctor looks at, and whose mending commands are really run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.hooks import Hooked
from tests.project import Result

VENV = str(Path(sys.prefix))
_RUN = re.compile(r"^    run: (.*)$", re.MULTILINE)


class Patient(Hooked):
    """A project in order, with `gates` in PATH, and hooks of git unless it is `bare` or in CI, which needs none."""

    def __init__(self, base: Path, *, bare: bool = False, ci: bool = False) -> None:
        super().__init__(base)
        self.scratch = base / "scratch"
        self.scratch.mkdir()
        self.extra = {"CI": "true"} if ci else {}
        self.commands: list[str] = []
        if not bare and not ci:
            assert self.gates("install", "git").code == 0

    def doctor(self) -> Result:
        """Run `gates doctor`, and hold that it changes nothing of the project."""
        with self.unchanged():
            result = self.gates("doctor", env={"PATH": self.path, "TMPDIR": str(self.scratch), **self.extra})
        self.commands = _RUN.findall(result.said)
        return result

    def wrong(self) -> tuple[int, str]:
        """Return the exit code of the doctor, and what it says that is not in order, without names of this machine."""
        result = self.doctor()
        return result.code, self.plain(_not_in_order(result.said))

    def plain(self, text: str) -> str:
        """Return a text without names of this machine."""
        return text.replace(VENV, "VENV").replace(str(self.base), "BASE")

    def mended(self) -> tuple[int, str]:
        """Run every command that the doctor named, in one shell, and the doctor again there; return what is left."""
        assert self.commands
        script = "\n".join(["set -e", *self.commands, "echo; echo MENDED; gates doctor"])
        env = self.environment({"PATH": self.path, "GIT_CONFIG_NOSYSTEM": "1", **self.extra})
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.root, env=env, capture_output=True, text=True, check=False
        )
        assert "\nMENDED\n" in done.stdout, done
        return done.returncode, self.plain(_not_in_order(done.stdout.partition("\nMENDED\n")[2]))

    def executable(self, name: str, content: str) -> Path:
        """Write a script below the root that can be run."""
        path = self.write(name, content)
        path.chmod(0o755)
        return path

    def hide(self, *programs: str) -> None:
        """Let PATH hold nothing but some of the programs of this machine."""
        folder = self.base / "bin"
        folder.mkdir()
        for name in programs:
            found = next(Path(each) / name for each in os.environ["PATH"].split(":") if (Path(each) / name).exists())
            (folder / name).symlink_to(found)
        self.path = str(folder)


def _not_in_order(said: str) -> str:
    """Return what is said, without what is in order and without the sum."""
    return "".join(line for line in said.splitlines(keepends=True)[:-2] if not line.startswith("✓"))
