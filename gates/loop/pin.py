"""The rules of a loop: policy and baseline as they were at its beginning, kept outside of the work tree, and what the
agent has done to them and to whatever else judges it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from gates import ancestry, asking, baseline, engine, git, policies
from gates.asking import Loaded, Request
from gates.baseline import Baseline
from gates.cache import digest
from gates.engine import Examined
from gates.model import BrokenError, Finding, GatesError, Report, Severity
from gates.process import Spawner

_JUDGES = ("policy", "tests", "suppressions")
_MAX = 1 << 20
_HARMLESS = ("branch", "remote", "user", "gc", "maintenance")
"""Sections of git's configuration that decide nothing about checks; agents set them when they commit and push."""


class Pinned(Struct, frozen=True):
    """The project with the policy of the beginning, and its baseline then, None when it had none."""

    loaded: Loaded
    baseline: Baseline | None

    def examined(self, *, jobs: int) -> Examined:
        """Check the work tree by the pinned rules, whatever the files say now.

        Raises:
            GatesError: the rules cannot be applied to it.
            BrokenError: git does not answer.
        """
        return engine.examined(
            Request(
                loaded=self.loaded,
                accepted=lambda: self.baseline,
                traces=True,
                jobs=jobs,
                timeout=self.loaded.config.timeout,
            )
        )


class Touched(Struct, frozen=True):
    """What a change of the beginning did to what judges it, in words, and the suppressions that it added."""

    said: tuple[str, ...] = ()
    suppressions: tuple[Finding, ...] = ()


def take(loaded: Loaded, folder: Path) -> None:
    """Copy the policy, the configuration of the tools and the baseline into a folder.

    Raises:
        BrokenError: they cannot be read or written.
    """
    root = loaded.config.root
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in policies.FILES:
            if (root / name).is_file():
                shutil.copyfile(root / name, folder / name)
        if os.path.lexists(root / loaded.config.baseline):
            shutil.copyfile(root / loaded.config.baseline, folder / "accepted.json", follow_symlinks=False)
    except OSError as error:
        raise BrokenError(f"the rules cannot be kept for the loop: {error.strerror}") from error


def pinned(loaded: Loaded, folder: Path) -> Pinned:
    """Return the rules that were taken into a folder.

    Raises:
        GatesError: they are wrong.
    """
    config = loaded.policy_in(folder)
    return Pinned(
        msgspec.structs.replace(loaded, config=config), baseline.read(folder / "accepted.json", config.baseline)
    )


def touched(pin: Pinned, states: Path, prefix: str, start: str, now: str, *, jobs: int) -> Touched:
    """Hold a tree that is kept against the one of the beginning, by the gates that judge changes.

    Args:
        pin: the rules of the beginning.
        states: the repository of trees.
        prefix: the way from the root of the repository to the project, with a slash at its end, or nothing.
        start: the commit of the tree at the beginning.
        now: that of the tree that is judged.
        jobs: worker processes at most.

    Raises:
        BrokenError: git does not answer.
    """
    root = states / prefix
    root.mkdir(parents=True, exist_ok=True)
    try:
        report = _changes(pin, root, start, now, jobs)
    except BrokenError:
        raise
    except GatesError as error:
        return Touched((f"the rules cannot be held against those of the beginning: {error.message}",))
    found = [each for each in report.open() if _is_tampering(each)]
    said = [f"{each.location.path}:{each.location.line}: {each.message} ({each.rule})" for each in found]
    said += _of_baseline(pin, root, now)
    return Touched(tuple(said), tuple(each for each in report.open() if each.gate == "suppressions"))


def _changes(pin: Pinned, root: Path, start: str, now: str, jobs: int) -> Report:
    """Return what the gates that judge changes find. That on the policy runs even where the project turned it off."""
    config = pin.loaded.config
    loaded = msgspec.structs.replace(asking.load_at(root), cache=str(pin.loaded.folders.shared))
    gates = loaded.chosen([each for each in _JUDGES if each == "policy" or config.gates[each].enabled], base=True)
    return engine.check(Request(loaded=loaded, gates=gates, commit=now, since=start, jobs=jobs, timeout=config.timeout))


def _is_tampering(finding: Finding) -> bool:
    return finding.gate == "policy" or (finding.gate == "tests" and finding.severity is Severity.ERROR)


def _of_baseline(pin: Pinned, root: Path, now: str) -> Iterator[str]:
    """Say what became of the file of accepted debt: that it shrinks is what it is for."""
    name = pin.loaded.config.baseline
    spawner = Spawner()
    entry = next((each for each in git.tree(spawner, root, now) if each.path == name), None)
    if entry is None:
        if pin.baseline is not None:
            yield f"{name}: the baseline was removed"
        return
    try:
        found = baseline.parse(git.blobs(spawner, root, [entry.oid])[entry.oid], name)
    except GatesError as error:
        yield f"{name}: {error.message}"
        return
    if pin.baseline is None:
        yield f"{name}: a baseline was made"
    elif fresh := ancestry.fresh(found.entries, pin.baseline.entries):
        yield f"{name}: the baseline accepts more than at the beginning ({fresh[0].rule})"


def lost(spawner: Spawner, top: Path, head: str) -> str:
    """Say in which way a repository is not the one any more whose `head` a loop began with; nothing when it is."""
    if git.toplevel(top) != top:
        return "the repository is gone: there is no .git any more"
    try:
        if head:
            git.commit(spawner, top, head)
        else:
            git.head(spawner, top)
        git.listed(spawner, top)
    except GatesError as error:
        return f"the repository is not what it was: {error.message}"
    return ""


def marks(spawner: Spawner, top: Path) -> str:
    """Return a name for what git runs and obeys in a repository: its hooks, its configuration but for branches, remotes
    and names of people, what it leaves out everywhere and here, and which tracked files it does not look at.

    Raises:
        BrokenError: git does not answer.
    """
    found = git.hooks(spawner, top)
    folder = found.usual.parent
    hooks = {*(found.folder.glob("*") if found.own else ()), *found.usual.glob("*")}
    rules = {folder / "info" / "exclude", _everywhere(spawner, top)}
    paths = sorted({*rules, *(each for each in hooks if each.is_file())})
    contents = [part for each in paths for part in (os.fsencode(each), _content(each))]
    settings = [f"{key}={value}" for key, value in git.settings(spawner, top) if key.partition(".")[0] not in _HARMLESS]
    named = (each.encode("utf-8", "surrogateescape") for each in sorted(settings))
    return digest(*contents, *named, *git.unwatched(spawner, top))


def _everywhere(spawner: Spawner, top: Path) -> Path:
    """Return the file that says what git ignores in all repositories of a person."""
    said = git.setting(spawner, top, "core.excludesFile")
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return top / Path(said).expanduser() if said else home / "git" / "ignore"


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return str(path.stat().st_mode).encode() + stream.read(_MAX)
    except OSError:
        return b"gone"
