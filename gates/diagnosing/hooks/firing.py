"""Firing hooks where they can do no harm: in a repository, and for a session, that are thrown away.

A hook of git is copied with its mode into a new repository in which one file is no Python; it has to refuse the commit,
or the push, because of that file. A hook of an agent's host is started as it is, with an event about that repository.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from gates import git, registry
from gates.diagnosing import Place
from gates.model import Completed
from gates.process import Spawner
from gates.text import visible

SECONDS = 30.0
PLANTED = "planted.py"
"""The only file of a project that is thrown away."""

_BROKEN = "def planted(:\n"
_FOUND = "files/syntax"
_WHY = "Only the file that was planted counts here."
_CONFIG = re.compile(r"--config[= ][\"']?(?P<name>[\w./-]+)")
_REMOTE = ("nowhere", "/dev/null")


@contextlib.contextmanager
def thrown_away(below: str, source: str) -> Iterator[tuple[Path, Path]]:
    """Yield an empty folder, and in it `below` a project of one file that only one quick gate judges."""
    with tempfile.TemporaryDirectory(prefix="gates-doctor-") as base:
        top = Path(base).resolve() / "planted"
        project = top / below
        project.mkdir(parents=True)
        (project / "gates.toml").write_text(_rules(), encoding="utf-8")
        (project / PLANTED).write_text(source, encoding="utf-8")
        yield top, project


def refuses(place: Place, script: Path, managed: str = "") -> str:
    """Fire a hook of git; return nothing when it refuses what was planted, else what it did instead.

    Args:
        place: the project whose hook it is.
        script: the hook; its name says which one it is.
        managed: the configuration that its manager is to find.

    Raises:
        ToolError: git does not answer, or the hook cannot be started or does not end.
    """
    below = place.root.relative_to(place.top or place.root).as_posix()
    with thrown_away(below, _BROKEN) as (top, _):
        if managed:
            (top / _configured(script)).write_text(managed, encoding="utf-8")
        git.planted(place.spawner, top)
        hook = top / ".git" / "hooks" / script.name
        hook.parent.mkdir(exist_ok=True)
        shutil.copy(script, hook)
        done = _fired(place.spawner, hook, top)
    if done.code and _FOUND in done.stdout + done.stderr:
        return ""
    return "lets a planted error pass" if done.code == 0 else f"judges nothing: {last_words(done)}"


def answer(place: Place, command: Sequence[str], event: bytes, store: Path) -> Completed:
    """Start a hook of an agent's host as that does, with an event; what is remembered goes to `store`.

    Raises:
        ToolError: it cannot be started or does not end.
    """
    env = {"GATES_CACHE": str(store), "CLAUDE_PROJECT_DIR": str(place.root), "GEMINI_PROJECT_DIR": str(place.root)}
    return place.spawner.run(command, cwd=place.root, timeout=SECONDS, stdin=event, env=env)


def last_words(done: Completed) -> str:
    """Return the first line that tells why, as what a hook prints first is what went wrong."""
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    return visible(lines[0])[:200] if lines else f"exit code {done.code}"


def _configured(script: Path) -> str:
    """Return the name of the configuration that a manager's script asks for, as a file of its own folder."""
    named = _CONFIG.search(script.read_text("utf-8", "replace"))
    return Path(named["name"]).name if named else ".pre-commit-config.yaml"


def _rules() -> str:
    """Return rules under which nothing but `files` runs: firing a hook has to be quick."""
    off = [
        f'[{gate.name}]\nenabled = false\nwhy = "{_WHY}"\n' for gate in registry.gates_found() if gate.name != "files"
    ]
    return "".join(off)


def _fired(spawner: Spawner, hook: Path, top: Path) -> Completed:
    env = {"GATES_CACHE": str(top.parent / "cache"), "PRE_COMMIT_HOME": str(top.parent), "PREK_HOME": str(top.parent)}
    if hook.name == "pre-push":
        commit = git.grown(spawner, top)
        told = f"{git.BRANCH} {commit} {git.BRANCH} {'0' * len(commit)}\n"
        return spawner.run([str(hook), *_REMOTE], cwd=top, timeout=SECONDS, stdin=told.encode(), env=env)
    return spawner.run([str(hook)], cwd=top, timeout=SECONDS, env=env | {"GIT_INDEX_FILE": ".git/index"})
