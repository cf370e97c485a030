"""The other side of a comparison: the base of a change, what the change touched, and what the gates find there.

All of it comes from git's objects, and is kept by what it was made of: it is computed once for each base and policy.
"""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import msgspec
from msgspec import Struct

from gates import __version__, baseline, git, states, trees
from gates.baseline import Entry as Accepted
from gates.cache import digest, known_code, unpacked
from gates.config import Config
from gates.facts.source import UnreadableError, read
from gates.git import Entry
from gates.judging import Judged, Known
from gates.model import GatesError, Status, Verdict
from gates.policies import Policies, contents
from gates.preparing import Workbench
from gates.project import Project, installed
from gates.registry import Gate
from gates.running import Inspect, Run, look, run
from gates.scope import SUFFIXES, Files
from gates.snapshots import Snapshot
from gates.states import State
from gates.tracing import latent, traced

_WATCHED = frozenset({"", ".toml", ".cfg", ".ini", ".yml", ".yaml", ".json", ".sh"})
_MAX_WATCHED = 1 << 20
_UNREADABLE = "unreadable"


class Side(Struct, frozen=True):
    """The base of a change: its commit ("" before the first one), and the files that it holds."""

    commit: str
    entries: tuple[Entry, ...]

    @property
    def like(self) -> str:
        """Any object id of the repository, as a pattern for others; empty when the base holds nothing."""
        return self.entries[0].oid if self.entries else ""

    @property
    def digest(self) -> str:
        """A name for all that the base holds of what tools read."""
        return digest(
            *(f"{each.mode} {each.oid} {each.path}".encode("utf-8", "surrogateescape") for each in self._read)
        )

    @property
    def _read(self) -> tuple[Entry, ...]:
        return trees.needed(self.entries)


def side(bench: Workbench, since: str, tip: str = "") -> Side:
    """Return the base: where HEAD, or another `tip`, left `since`; HEAD itself when no ref is given.

    Raises:
        GatesError: there is no such ref, no common ancestor, or no repository.
        ToolError: git does not answer.
    """
    commit = (
        git.merge_base(bench.spawner, bench.home, since, tip or "HEAD")
        if since
        else git.head(bench.spawner, bench.home)
    )
    return Side(commit, git.tree(bench.spawner, bench.home, commit))


def before(bench: Workbench, side: Side, touched: Collection[str]) -> dict[str, Snapshot]:
    """Return the facts of the touched Python files as they were in the base.

    Raises:
        ToolError: git does not answer.
    """
    wanted = [each for each in side.entries if each.path in touched and _is_source(each)]
    folder = bench.shelf.scratch / "before"
    trees.exported(wanted, folder, lambda oids: git.blobs(bench.spawner, bench.home, oids))
    return bench.facts(folder, [each.path for each in wanted])


def accepted_before(bench: Workbench, side: Side, name: str) -> tuple[Accepted, ...]:
    """Return what the baseline of the base accepted; nothing when it had none, or one that cannot be read.

    Raises:
        ToolError: git does not answer.
    """
    content = contents(bench, side.entries, (name,)).get(name)
    if content is None:
        return ()
    try:
        return baseline.parse(content, name).entries
    except GatesError:
        return ()


def known(
    bench: Workbench, side: Side, policies: Policies, gates: Sequence[Gate], inspect: Inspect = look
) -> dict[str, Known]:
    """Return what the gates find in the base: remembered, or found now by who lets them `inspect` it.

    Raises:
        Stopped: the check was interrupted.
        ToolError: git does not answer.
    """
    if not side.commit:
        return dict.fromkeys((gate.name for gate in gates), Known())
    memory = _Memory(bench, side, policies.effective)
    remembered = memory.known(gates)
    missing = tuple(gate for gate in gates if gate.name not in remembered)
    if not missing:
        return remembered
    state, files = based(bench, side, policies)
    if not files.paths:
        return remembered | dict.fromkeys((gate.name for gate in missing), Known())
    project = bench.project(state, files, bench.facts(state.root, files.paths), policies.effective, record=True)
    found = known_of(missing, policies.effective, project, inspect)
    memory.keep(found, project)
    return remembered | found


def based(bench: Workbench, side: Side, policies: Policies) -> tuple[State, Files]:
    """Return the state of the base, and its files.

    Raises:
        ToolError: git does not answer.
    """
    state = states.committed(bench.spawner, bench.home, side.entries, "base", bench.shelf)
    return state, states.files(state, *policies.every)


class _Memory:
    """What the gates found in a base, kept by everything that it depends on: also by how many of the days have gone by
    until which a suppression in it holds."""

    def __init__(self, bench: Workbench, side: Side, config: Config) -> None:
        self._store = bench.shelf.store
        rules = (config.digest, config.requires_python)
        packages = _packages(bench.home, getattr(config.gates["typing"].policy.base, "python", ""))
        parts = (known_code(self._store), side.digest, *rules, sys.version, *_versions(), *packages)
        self._key = f"base:{digest(*(each.encode('utf-8', 'surrogateescape') for each in parts))}"

    def known(self, gates: Sequence[Gate]) -> dict[str, Known]:
        """Return what is kept of these gates."""
        days = unpacked(self._store.get([self._key]).get(self._key), tuple[str, ...])
        if days is None:
            return {}
        keys = {gate.name: self._named(gate.name, days) for gate in gates}
        blobs = self._store.get(keys.values())
        return {name: known for name, key in keys.items() if (known := unpacked(blobs.get(key), Known)) is not None}

    def keep(self, found: Mapping[str, Known], project: Project) -> None:
        """Keep verdicts; that a gate could not decide is tried again next time."""
        days = tuple(sorted({each.expires for path in project.whole for each in project.facts(path).suppressions}))
        kept = {self._named(name, days): each for name, each in found.items() if not each.undecided}
        self._store.put({key: msgspec.msgpack.encode(each) for key, each in {self._key: days, **kept}.items()})

    def _named(self, gate: str, days: Sequence[str]) -> str:
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        return f"{self._key}:{sum(each < today for each in days)}:{gate}"


def known_of(gates: Sequence[Gate], config: Config, project: Project, inspect: Inspect = look) -> dict[str, Known]:
    """Return what the gates find in a state that nobody asked about: a mistake in its configuration is no verdict.

    Raises:
        Stopped: the check was interrupted.
    """
    asked = Run(gates=tuple(gates), config=config, jobs=project.crew.jobs, lenient=True, inspect=inspect)
    known: dict[str, Known] = {}
    for outcome in (each.outcome for each in run(asked, project, Judged)):
        if outcome.verdict in (Verdict.PASSED, Verdict.FAILED):
            standing = [each for each in outcome.findings if each.status is not Status.SUPPRESSED]
            known[outcome.gate] = Known((*traced(project, standing), *latent(project, outcome.latent)))
        else:
            known[outcome.gate] = Known(undecided=outcome.reason or "it came to no verdict")
    return known


def touched(state: State, snapshots: Mapping[str, Snapshot], side: Side) -> dict[str, str]:
    """Return the files that a change added, changed or removed, each with that word.

    Of other files than Python those count that may guard or configure: at the root, in hidden folders and in `hooks`.
    """
    before = {each.path: each.oid for each in side.entries}
    now = dict(_now(state, snapshots, before))
    found = dict.fromkeys(now.keys() - before.keys(), "added")
    found |= {path: "removed" for path in before.keys() - now.keys() if _is_watched(path)}
    found |= {path: "changed" for path in before.keys() & now.keys() if now[path] != before[path]}
    return dict(sorted(found.items()))


def _now(state: State, snapshots: Mapping[str, Snapshot], before: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the files of a state that are watched, each with git's id of its content."""
    if state.entries is not None:
        yield from ((each.path, each.oid) for each in state.entries)
        return
    for path in sorted({*(state.names or ()), *snapshots}):
        snapshot = snapshots.get(path)
        if snapshot is not None:
            yield path, snapshot.oid or _UNREADABLE
        elif _is_watched(path) and (oid := _oid_there(state, path, before.get(path, ""))):
            yield path, oid


def _is_source(entry: Entry) -> bool:
    return entry.path.endswith(SUFFIXES) and entry.mode.startswith("100")


def _oid_there(state: State, path: str, like: str) -> str:
    """Return the id of a file, nothing when it was removed. What git did not check out is as it was."""
    return _read_oid(state.root / path, like) or (like if path in state.skipped else "")


def _read_oid(path: Path, like: str) -> str:
    try:
        if path.lstat().st_size > _MAX_WATCHED:
            return like
        return git.blob_id(read(path), like)
    except UnreadableError:
        return _UNREADABLE if os.path.lexists(path) else ""
    except OSError:
        return ""


def _is_watched(path: str) -> bool:
    name = PurePosixPath(path)
    if name.suffix in SUFFIXES:
        return True
    first, _, rest = path.partition("/")
    return (name.suffix in _WATCHED or name.name.startswith(".")) and (
        not rest or first.startswith(".") or first == "hooks"
    )


def _versions() -> Iterator[str]:
    yield __version__
    for name in ("ruff", "mypy", "radon", "jscpd", "import-linter", "grimp", "complexipy"):
        yield installed(name)


def _packages(home: Path, python: str) -> Iterator[str]:
    """Yield the packages that types may be looked up in, by environment: they are part of what is found. `python` is
    the interpreter that is chosen for that."""
    chosen = [Path(each) for each in (os.environ.get("VIRTUAL_ENV", ""),) if each]
    chosen += [(home / python).parent.parent] if python else []
    for folder in (*chosen, home / ".venv", home / "venv", Path(sys.prefix)):
        yield str(folder)
        yield from sorted(each.name for each in folder.glob("lib*/python*/site-packages/*.dist-info"))
