"""Real pre-commit and real prek, with the hooks of this repository as it is now.

The hooks `-env` need nothing but the environment that the tests run in. Those that a manager installs into an
environment of its own need a package index each time that the source changed: `make test-managers` runs them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.hooks import BAD, ODD_NAMES, Hooked
from tests.project import AUTHOR, CLEAN

ROOT = Path(__file__).parent.parent.parent
MANAGERS = ("pre-commit", "prek")
LIST = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
DATES = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}


def snapshot(folder: Path) -> str:
    """Make a repository that holds this source as it is now; the commit depends on nothing but that."""
    names = subprocess.run(LIST, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    shutil.rmtree(folder, ignore_errors=True)
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **DATES}
    for argv in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run(["git", *AUTHOR, *argv], cwd=folder, env=env, check=True)
    asked = ["git", "rev-parse", "HEAD"]
    return subprocess.run(asked, cwd=folder, env=env, capture_output=True, check=True).stdout.decode().strip()


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("source") / "gates"
    return folder, snapshot(folder)


class Managed(Hooked):
    """A project whose hooks a manager runs."""

    def set_up(self, manager: str, source: tuple[Path, str], *hooks: str, homes: Path | None = None) -> None:
        """Have a manager run these hooks of a source at each commit and push."""
        self.program = str(Path(sys.executable).with_name(manager))
        self.homes = homes or self.base
        entries = "".join(f"  - id: {hook}\n" for hook in hooks)
        config = f"repos:\n- repo: {source[0]}\n  rev: {source[1]}\n  hooks:\n{entries}"
        self.save({".pre-commit-config.yaml": config})
        self.manage("install", "--hook-type", "pre-commit", "--hook-type", "pre-push")

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of git and the manager, with its store where `homes` says."""
        homes = getattr(self, "homes", self.base)
        own = {"PRE_COMMIT_HOME": str(homes / "pre-commit"), "PREK_HOME": str(homes / "prek")}
        kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))}
        return super().environment({**kept, **own, **(extra or {})})

    def manage(self, *arguments: str) -> None:
        """Run the manager."""
        env = self.environment({"PATH": self.path})
        argv = [self.program, *arguments]
        done = subprocess.run(argv, cwd=self.root, env=env, capture_output=True, timeout=600, check=False)
        assert done.returncode == 0, done


@pytest.fixture
def project(tmp_path: Path) -> Managed:
    return Managed(tmp_path)


def commits_and_pushes_are_judged(project: Managed) -> None:
    """Refused and fixed, partly staged, deleted, pushed: what holds for each manager and family."""
    project.git("init", "-q", "--bare", str(project.base / "remote"))
    project.git("remote", "add", "origin", str(project.base / "remote"))
    project.git("push", "-q", "origin", "main")
    project.write("b.py", BAD)
    project.git("add", "b.py")
    project.write("b.py", CLEAN)
    refused = project.tried_commit()
    assert (refused.code, "b.py:1:8  error  lint/F401" in refused.said) == (1, True), refused
    assert (project.root / "b.py").read_text() == CLEAN
    project.git("add", "b.py")
    project.write("b.py", BAD)
    passed = project.tried_commit()
    assert (passed.code, project.commits()) == (0, 3), passed
    assert (project.root / "b.py").read_text() == BAD
    project.git("checkout", "-q", "b.py")
    project.save({"c.py": "from b import double\n\ndouble(1)\n"})
    project.git("rm", "-q", "b.py")
    assert project.tried_commit().code == 0
    pushed = project.tried("push", "-q", "origin", "main")
    assert (pushed.code, "c.py:1:1  error  typing/import-not-found" in pushed.said) == (1, True), pushed
    project.save({"c.py": None})
    assert project.tried("push", "-q", "origin", "main").code == 0


@pytest.mark.parametrize("manager", MANAGERS)
def test_commits_and_pushes(project: Managed, source: tuple[Path, str], manager: str) -> None:
    project.set_up(manager, source, "gates-env")
    commits_and_pushes_are_judged(project)


@pytest.mark.parametrize("manager", MANAGERS)
def test_odd_names_change_nothing(project: Managed, source: tuple[Path, str], manager: str) -> None:
    project.set_up(manager, source, "gates-lint-env", "gates-suppressions-env")
    for name in ODD_NAMES:
        project.write(name, BAD)
    project.git("add", "-A")
    refused = project.tried_commit()
    assert refused.code == 1
    assert refused.said.count(":1:8  error  lint/F401") == sum(name.endswith(".py") for name in ODD_NAMES)
    for name in ODD_NAMES:
        project.write(name, CLEAN)
    project.git("add", "-A")
    passed = project.tried_commit()
    assert passed.code == 0, passed
    assert not (project.root / "x").exists()


@pytest.mark.parametrize("manager", MANAGERS)
def test_all_files(project: Managed, source: tuple[Path, str], manager: str) -> None:
    project.set_up(manager, source, "gates-env", "gates-policy-env")
    project.manage("run", "--all-files")
    project.save({"b.py": BAD})
    env = project.environment({"PATH": project.path})
    argv = [project.program, "run", "--all-files"]
    done = subprocess.run(argv, cwd=project.root, env=env, capture_output=True, check=False)
    assert (done.returncode, b"b.py:1:8  error  lint/F401" in done.stdout) == (1, True)


@pytest.mark.parametrize("manager", MANAGERS)
def test_the_active_environment_has_the_gates(project: Managed, source: tuple[Path, str], manager: str) -> None:
    active = project.base / "active"
    active.mkdir()
    (active / "gates").write_text(f'#!/bin/sh\nprintf "%s|" "$@" >> {project.base}/asked\n')
    (active / "gates").chmod(0o755)
    project.set_up(manager, source, "gates-complexity-env", "gates-suppressions-env")
    project.path = f"{active}{os.pathsep}{project.path}"
    project.write("b.py", BAD)
    project.git("add", "b.py")
    assert project.tried_commit().code == 0
    asked = (project.base / "asked").read_text()
    assert asked == "hook|--gate|complexity|--|b.py|hook|--gate|suppressions|--|"


@pytest.mark.managers
@pytest.mark.parametrize("manager", MANAGERS)
def test_an_environment_of_its_own(project: Managed, manager: str) -> None:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gates-tests" / manager
    rev = snapshot(cache / "source")
    project.path = os.environ["PATH"]
    project.set_up(manager, (cache / "source", rev), "gates", homes=cache)
    commits_and_pushes_are_judged(project)
