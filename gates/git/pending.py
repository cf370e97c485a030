"""The next commit: all that git has to say of it, asked at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from gates.git import files
from gates.git.ask import answer, repository, run
from gates.git.commits import head
from gates.git.files import Changed, Entry
from gates.git.objects import blob_id
from gates.process import Spawner
from gates.text import path_text
from gates.threads import Later

_UNTRACKED = "? "
_LISTING = ("ls-files", "-z", "-t", "--stage", "--cached", "--others", "--exclude-standard", "--", ".")


class Pending(Struct, frozen=True):
    """What the next commit `changes` in its `parent` ("" for a first commit), all `entries` of the parent, and what is
    `listed` in the work tree by name: tracked, or neither that nor ignored."""

    parent: str
    changes: tuple[Changed, ...]
    entries: tuple[Entry, ...]
    listed: frozenset[str]


def pending(spawner: Spawner, root: Path) -> Pending:
    """Return what the index would commit below `root`. Each part is sorted by path, entries without submodules.

    Raises:
        GatesError: a path is in conflict, the index that git named is gone, or there is no repository.
        ToolError: git is missing or refuses to answer.
    """
    repository(root)
    env = files.index_variables(spawner, root)
    # git takes its time to find what it does not track
    listing = Later(lambda: run(spawner, root, _LISTING, env=env))
    try:
        parent = head(spawner, root)
        changes = _changes(spawner, root, parent, env)
    finally:
        listing.wait()
    records = path_text(answer(listing.result(), "list the files")).split("\0")
    tracked = {each.path: each for each in _tracked(records)}
    if changes is None:
        changes = files.staged(spawner, root, parent)
        entries = files.tree(spawner, root, parent)
    else:
        entries = _before(tracked, changes)
    new = {each[2:] for each in records if each.startswith(_UNTRACKED)}
    return Pending(parent, changes, entries, frozenset({*tracked, *files.without_environments(root, new, tracked)}))


def _changes(spawner: Spawner, root: Path, parent: str, env: Mapping[str, str]) -> tuple[Changed, ...] | None:
    """Return what the index changes; None when something in it may only be announced, which is an empty file there."""
    if not parent:
        return tuple(Changed(each.path, None, each) for each in files.index(spawner, root))
    found = files.changes(files.differing(spawner, root, parent, env, announced="visible"))
    new = (each.now for each in found if each.now and not each.before)
    return None if any(each.oid == blob_id(b"", each.oid) for each in new) else found


def _before(tracked: Mapping[str, Entry], changes: Sequence[Changed]) -> tuple[Entry, ...]:
    """Return what there is without these changes: one listing of git less than asking for the parent's tree."""
    found = dict(tracked)
    for each in changes:
        found.pop(each.path, None)
        if each.before:
            found[each.path] = each.before
    return files.files_only(found.values())


def _tracked(records: Sequence[str]) -> Iterator[Entry]:
    for record in records:
        if record and not record.startswith(_UNTRACKED):
            facts, _, path = record.partition("\t")
            _, mode, oid, _ = facts.split(" ")
            yield Entry(path, mode, oid)
