"""States of a project: what the work tree holds, what the index would commit, what a commit holds; each as a folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from gates import git, locks, scope, trees
from gates.cache import Store
from gates.config import Config
from gates.facts.source import UnreadableError, read
from gates.git import Entry, Listing
from gates.process import Spawner
from gates.scope import Files

LINK = "120000"
"""The mode of symbolic links."""


class State(Struct, frozen=True):
    """A state of the project: the folder that holds its files, and their names when git lists them.

    `entries` are what git's objects say of it, where it comes from them; of a work tree, git leaves out files that are
    `skipped`.
    """

    root: Path
    names: tuple[str, ...] | None
    entries: tuple[Entry, ...] | None = None
    skipped: frozenset[str] = frozenset()

    @property
    def links(self) -> frozenset[str] | None:
        """The symbolic links among the files; None where only the disk can tell."""
        return None if self.entries is None else frozenset(each.path for each in self.entries if each.mode == LINK)


class Shelf(Struct, frozen=True):
    """Where a check keeps things: what is known by its content in `store`, which checkouts share, and in `own` what
    belongs to this one. States that nobody checked out are put there, or in `scratch` when another run is using that.
    `held` keeps the locks until the check is over."""

    store: Store
    own: Path
    scratch: Path
    held: contextlib.ExitStack


def working(spawner: Spawner, root: Path, listing: Listing | None = None) -> State:
    """Return the state of the work tree, of which git is asked what it holds unless its answer is given.

    Raises:
        ToolError: git does not answer.
    """
    found = listing or git.listing(spawner, root)
    return State(root, None) if found is None else State(root, found.names, skipped=found.skipped)


def staged(spawner: Spawner, root: Path, shelf: Shelf) -> State:
    """Return the state that the index would commit: the work tree itself where it does not differ, else a copy.

    Raises:
        GatesError: the index is in conflict, or there is no repository.
        ToolError: git does not answer, or the copy cannot be written.
    """
    return _there_or_exported(spawner, root, git.index(spawner, root), "index", shelf)


def at(spawner: Spawner, root: Path, ref: str, shelf: Shelf) -> State:
    """Return the state that a commit holds: the work tree itself where it does not differ, else a copy.

    Raises:
        GatesError: there is no such commit, or no repository.
        ToolError: git does not answer, or the copy cannot be written.
    """
    entries = git.tree(spawner, root, git.commit(spawner, root, ref))
    return _there_or_exported(spawner, root, entries, "commit", shelf)


def committed(spawner: Spawner, root: Path, entries: Sequence[Entry], name: str, shelf: Shelf) -> State:
    """Return the state that consists of these entries of a commit, in a folder called `name`.

    Raises:
        ToolError: git does not answer, or the copy cannot be written.
    """
    return _state(_exported(spawner, root, entries, name, shelf), entries)


def files(state: State, *policies: Config, strict: bool = False) -> Files:
    """Return the Python files that any of the policies inspects; the first one says what is excluded. Of those that are
    not there, git has not checked out the `absent` ones: others were deleted.

    Raises:
        GatesError: an entry of the first policy's `source` matches nothing, and `strict` minds.
    """
    links = state.links
    found = [
        scope.find(
            state.root,
            state.names,
            each.source,
            each.exclude,
            links=links,
            strict=strict and not number,
        )
        for number, each in enumerate(policies)
    ]
    paths = sorted({path for each in found for path in each.paths})
    absent = state.skipped.intersection(path for each in found for path in each.absent)
    return Files(
        paths=tuple(paths),
        excluded=found[0].excluded,
        links=tuple(sorted({path for each in found for path in each.links})),
        outside=tuple(sorted(set(found[0].outside).difference(paths, absent))),
        absent=tuple(sorted(absent)),
    )


def generated(spawner: Spawner, root: Path) -> tuple[str, ...]:
    """Return the Python files that git ignores one by one: generated modules, which lie beside those of every state.

    Raises:
        ToolError: git does not answer.
    """
    return git.ignored(spawner, root, [f"*{suffix}" for suffix in scope.SUFFIXES])


def is_same(root: Path, entry: Entry) -> bool:
    """Whether a folder has a file or a link as git has it."""
    try:
        link = entry.mode == LINK
        content = os.readlink(os.fsencode(root / entry.path)) if link else read(root / entry.path)
    except (OSError, UnreadableError):
        return False
    return git.blob_id(content, entry.oid) == entry.oid


def _there_or_exported(spawner: Spawner, root: Path, entries: Sequence[Entry], name: str, shelf: Shelf) -> State:
    there = _is_checked_out(spawner, root, entries)
    return _state(root if there else _exported(spawner, root, entries, name, shelf), entries)


def _state(root: Path, entries: Sequence[Entry]) -> State:
    return State(root, tuple(each.path for each in entries), tuple(entries))


def _exported(spawner: Spawner, root: Path, entries: Sequence[Entry], name: str, shelf: Shelf) -> Path:
    folder = shelf.own / "trees" / name
    if not shelf.held.enter_context(locks.locked(folder)):
        folder = shelf.scratch / "trees" / name
    trees.exported(trees.needed(entries), folder, lambda oids: git.blobs(spawner, root, oids))
    _add_generated(spawner, root, folder)
    return folder


def _add_generated(spawner: Spawner, root: Path, folder: Path) -> None:
    """Put beside the files of a state what git ignores among them: generated modules, which it imports all the same."""
    for path in generated(spawner, root):
        target = folder / path
        with contextlib.suppress(OSError, UnreadableError):
            if target.parent.is_dir() and not os.path.lexists(target):
                target.write_bytes(read(root / path))


def _is_checked_out(spawner: Spawner, root: Path, entries: Sequence[Entry]) -> bool:
    """Whether every file that tools read is in the work tree as it is in the index, and no Python file beside them."""
    known = {each.path for each in entries}
    beside = (path for path in git.listed(spawner, root) or () if path.endswith(scope.SUFFIXES))
    return all(path in known for path in beside) and all(is_same(root, each) for each in trees.needed(entries))
