"""A commit that only edits Python files, seen by gates that look at one file at a time.

What such a gate finds in a file depends on nothing but that file, the policy, and the names that lie beside it. Where
a commit leaves policy and names as they are, what it does not edit holds what it held before: only the files that it
edits have to be looked at, as they are and as they were.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gates import __version__, baseline, comparing, git, policies, scope, states, trees
from gates.comparing import Side
from gates.config import Config, inherited
from gates.git import Changed, Entry, Pending
from gates.grounds import Ground
from gates.judging import Known
from gates.policies import FILES, Policies
from gates.preparing import Workbench
from gates.project import Project
from gates.registry import Gate
from gates.snapshots import Gathered, Snapshot
from gates.states import State

READS = frozenset({"file", "results", "change"})
"""What gates may look at to be content with the files that a commit edits."""


class _Commit(Struct, frozen=True):
    """The next commit, as git tells of it: the Python files that it `edits`, before and now, and their paths; the paths
    of all files, which the commit leaves as they are, so far as tools read them; and the symbolic links among them."""

    pending: Pending
    edits: tuple[tuple[Entry, Entry], ...]
    edited: frozenset[str]
    names: tuple[str, ...]
    links: frozenset[str]


def ground(bench: Workbench, config: Config, gates: Sequence[Gate], pending: Pending) -> Ground | None:
    """Return the ground on which the next commit is judged by what it edits.

    None when it does more than edit Python files, or edits none that the policy inspects; when the work tree does not
    have them, the policy, and the names beside them as they are staged; or when a gate cannot decide about the files as
    they were.

    Raises:
        GatesError: a file is in conflict, an entry of `source` matches nothing, the baseline is none, or there is no
            repository.
        ToolError: git does not answer, or a file cannot be written.
        Stopped: the check was interrupted.
    """
    commit = _commit(pending)
    if commit is None or not _is_there(bench.home, commit, config):
        return None
    files = scope.find(bench.home, commit.names, config.source, config.exclude, links=commit.links)
    paths = tuple(path for path in files.paths if path in commit.edited)
    around = _around(bench, commit) if paths else None
    if around is None:
        return None
    bench = msgspec.structs.replace(bench, like=commit.edits[0][0].oid)
    _check_baseline(bench, commit, config.baseline)
    then, turned = _states(bench, commit, around)
    before = bench.facts(then.root, sorted(commit.edited))
    others = functools.cache(lambda: _others(bench, files.paths))
    seen = Gathered(_only(before, paths), files.paths, others)
    project = msgspec.structs.replace(bench.project(then, files, seen, config, record=True), files=paths)
    known = _known(gates, config, project)
    if any(each.undecided for each in known.values()):
        return None
    now = turned()
    return Ground(
        bench=bench,
        state=now,
        shown=bench.home,
        side=Side(commit.pending.parent, then.entries or ()),
        policies=Policies(now=config, folder_now=bench.home),
        files=files,
        paths=paths,
        snapshots=lambda: Gathered(bench.facts(now.root, paths), files.paths, others),
        before=lambda touched: _only(before, touched),
        known=lambda _: known,
    )


def _only(snapshots: Mapping[str, Snapshot], paths: Collection[str]) -> dict[str, Snapshot]:
    return {path: each for path, each in snapshots.items() if path in paths}


def _commit(pending: Pending) -> _Commit | None:
    read = [_edit(each) for each in pending.changes if trees.needed(each.entries)]
    edits = tuple(filter(None, read))
    if not edits or len(edits) < len(read):
        return None
    edited = frozenset(now.path for _, now in edits)
    links = frozenset(each.path for each in pending.entries if each.mode == states.LINK)
    return _Commit(pending, edits, edited, tuple(each.path for each in pending.entries), links)


def _edit(change: Changed) -> tuple[Entry, Entry] | None:
    """Return the file before and after a change; None when it is more than an edit of a Python file."""
    before, now = change.before, change.now
    if before is None or now is None or not change.path.endswith(scope.SUFFIXES):
        return None
    return (before, now) if before.mode.startswith("100") and now.mode.startswith("100") else None


def _is_there(home: Path, commit: _Commit, config: Config) -> bool:
    """Whether the work tree has the edited files as the commit will have them, and every file that configures
    something; what one of these only points at may be anything."""
    regular = frozenset(commit.names) - commit.links
    if any(name not in regular and os.path.lexists(home / name) for name in FILES):
        return False
    if inherited.goes_on(config, inherited.texts(home)):
        return False
    rules = trees.needed(each for each in commit.pending.entries if not each.path.endswith(scope.SUFFIXES))
    same = (*rules, *(now for _, now in commit.edits))
    return all(states.is_same(home, each) for each in same)


def _around(bench: Workbench, commit: _Commit) -> tuple[str, ...] | None:
    """Return the names around the edited files that a tool may come upon: what is tracked, and generated modules; None
    when some are not there, or cannot be. A folder that holds other Python files is none that is taken as a whole."""
    known = frozenset(commit.names)
    strays = frozenset(path for path in commit.pending.listed if path.endswith(scope.SUFFIXES) and path not in known)
    folders = trees.opened((*commit.edited, *strays))
    generated = _generated(bench, trees.inhabited(folders, commit.names), known | strays)
    around = trees.beside(commit.edited, folders, (*commit.names, *generated))
    if around is None or not all(os.path.lexists(f"{bench.home}/{path}") for path in around):
        return None
    return around


def _generated(bench: Workbench, folders: Iterable[str], known: Collection[str]) -> Collection[str]:
    """Return the Python files in these folders that git ignores one by one."""
    found = {path for folder in folders for path in _python(bench.home, folder) if path not in known}
    return found.intersection(states.generated(bench.spawner, bench.home)) if found else ()


def _python(home: Path, folder: str) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for name in os.listdir(f"{home}/{folder}"):
            if name.endswith(scope.SUFFIXES):
                yield f"{folder}/{name}" if folder else name


def _check_baseline(bench: Workbench, commit: _Commit, name: str) -> None:
    """A baseline that the commit leaves alone counts for nothing in what it edits, but has to be one."""
    if any(each.path == name for each in commit.pending.changes):
        return
    store = bench.shelf.store
    for entry in (each for each in commit.pending.entries if each.path == name):
        key = f"baseline:{__version__}:{entry.oid}"
        if not store.get([key]):
            for content in policies.contents(bench, (entry,), (name,)).values():
                baseline.parse(content, name)
            store.put({key: b"read"})


def _states(bench: Workbench, commit: _Commit, around: Sequence[str]) -> tuple[State, Callable[[], State]]:
    """Return the state before, and what turns it into that of now. Their folder holds the edited files, and links to
    what is around them, which take longer to make than all else: so there is one, in which one state follows the other.
    The entries of a state are those that differ."""
    contents = git.blobs(bench.spawner, bench.home, [each.oid for edit in commit.edits for each in edit])
    folder = bench.shelf.scratch / "commit"
    trees.surrounded([each for each, _ in commit.edits], around, bench.home, folder, contents)

    def turned() -> State:
        trees.replaced([each for _, each in commit.edits], folder, contents)
        return State(folder, commit.names, tuple(each.now for each in commit.pending.changes if each.now))

    return State(folder, commit.names, tuple(each.before for each in commit.pending.changes if each.before)), turned


def _others(bench: Workbench, paths: Sequence[str]) -> Mapping[str, Snapshot]:
    state = states.staged(bench.spawner, bench.home, bench.shelf)
    return bench.facts(state.root, paths)


def _known(gates: Sequence[Gate], config: Config, project: Project) -> dict[str, Known]:
    """Return what the gates find in the files as they were."""
    found = [gate for gate in gates if gate.reads != "change"]
    return comparing.known_of(found, config, project)
