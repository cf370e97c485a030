"""The files of the work tree, of a commit and of the index; never what the work tree holds in them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from gates.git.ask import answer, is_id, repository, run, toplevel
from gates.model import Completed, GatesError
from gates.process import Spawner, ToolError
from gates.text import path_text, visible

_LINK = "160000"
_UNTRACKED = b"?"
_SKIPPED = b"S"
_EMPTY_TREES = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}


class Entry(Struct, frozen=True):
    """A file in a commit or in the index: its path below the root, its mode as git writes it, the id of its content."""

    path: str
    mode: str
    oid: str


class Listing(Struct, frozen=True):
    """The files below a folder, sorted. A sparse checkout leaves out the `skipped` ones: nobody has deleted
    those of them that are not there."""

    names: tuple[str, ...]
    skipped: frozenset[str]


class Changed(Struct, frozen=True):
    """A path at which two states differ: what was there and what is, each None for nothing."""

    path: str
    before: Entry | None
    now: Entry | None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is there in either state."""
        return tuple(each for each in (self.before, self.now) if each is not None)


def listed(spawner: Spawner, root: Path) -> tuple[str, ...] | None:
    """Return the names of `listing`; raises what it raises."""
    found = listing(spawner, root)
    return None if found is None else found.names


def listing(spawner: Spawner, root: Path) -> Listing | None:
    """Return the tracked and the untracked-but-not-ignored files below `root`; None outside of a work tree.

    A virtual environment, told by its `pyvenv.cfg`, counts as ignored when nothing in it is tracked.

    Raises:
        ToolError: git is missing or refuses to answer (a damaged or a foreign repository).
    """
    if toplevel(root) is None:
        return None
    asked = ("ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard", "--", ".")
    records = answer(run(spawner, root, asked), "list the files").split(b"\0")
    names = {path_text(each[2:]) for each in records if each[:1] not in (b"", _UNTRACKED)}
    new = {path_text(each[2:]) for each in records if each[:1] == _UNTRACKED}
    skipped = frozenset(path_text(each[2:]) for each in records if each[:1] == _SKIPPED)
    return Listing(tuple(sorted(names | without_environments(root, new, names))), skipped)


def without_environments(root: Path, new: Collection[str], tracked: Collection[str]) -> set[str]:
    """Return the untracked files but those in virtual environments, told by their `pyvenv.cfg`, in which nothing is
    tracked."""
    if not new:
        return set()
    folders = {each for name in new for each in _parents(name)} - {each for name in tracked for each in _parents(name)}
    below = tuple(f"{each}/" for each in folders if os.path.lexists(root / each / "pyvenv.cfg"))
    return {name for name in new if not name.startswith(below)}


def _parents(name: str) -> Iterator[str]:
    while name := name.rpartition("/")[0]:
        yield name


def ignored(spawner: Spawner, root: Path, patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the files below `root` that git ignores one by one, not those in folders that it ignores as a whole.

    Raises:
        ToolError: git is missing or refuses to answer.
    """
    return tuple(name for name in passed_over(spawner, root, patterns) if not name.endswith("/"))


def passed_over(spawner: Spawner, root: Path, patterns: Sequence[str] = (".",)) -> tuple[str, ...]:
    """Return what git ignores below `root`: files, and with a slash at the end folders that it ignores as a whole.

    Raises:
        ToolError: git is missing or refuses to answer.
    """
    listing = ("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory", "--", *patterns)
    names = answer(run(spawner, root, listing), "list ignored files").split(b"\0")
    return tuple(sorted({path_text(name) for name in names if name}))


def tree(spawner: Spawner, root: Path, commit: str, folder: str = "") -> tuple[Entry, ...]:
    """Return the files of a commit below `root`, sorted by path, submodules left out; none of the commit "".

    A `folder`, relative to the root and with a slash at its end, is the only one to be listed.

    Raises:
        GatesError: there is no repository.
        ToolError: git is missing or refuses to answer, or the commit is not there.
    """
    repository(root)
    if not commit:
        return ()
    if not is_id(commit):
        raise ToolError(f"`{visible(commit)}` is no id of a commit")
    out = answer(run(spawner, root, ("ls-tree", "-r", "-z", commit, *filter(None, [folder]))), "list a commit")
    return files_only(_tree_entry(record) for record in path_text(out).split("\0") if record)


def index(spawner: Spawner, root: Path) -> tuple[Entry, ...]:
    """Return what the index would commit below `root`, sorted by path, submodules left out.

    A file that was only announced (`git add --intent-to-add`) has no content in the index and is left out. In a hook of
    `git commit -a` or `git commit PATH` it is the temporary index that git made for this commit: GIT_INDEX_FILE counts
    when it lies in the git directory of this very work tree.

    Raises:
        GatesError: a path is in conflict, the index that git named is gone, or there is no repository.
        ToolError: git is missing or refuses to answer.
    """
    repository(root)
    named = os.environ.get("GIT_INDEX_FILE", "")
    if named:
        form, env = _temporary_index(spawner, root, named)
        done = differing(spawner, root, form, env)
    else:
        # One process instead of two: only a SHA-256 repository does not know this empty tree.
        done = differing(spawner, root, "sha1", {})
        if done.code != 0 and _EMPTY_TREES["sha1"] in done.stderr:
            done = differing(spawner, root, "sha256", {})
    fields = answer(done, "list the index").split(b"\0")
    return files_only(_index_entry(record, path) for record, path in zip(fields[::2], fields[1::2], strict=False))


def staged(spawner: Spawner, root: Path, commit: str) -> tuple[Changed, ...]:
    """Return what the index would change below `root` in a commit, sorted by path, submodules included.

    Raises:
        GatesError: a path is in conflict, the index that git named is gone, or there is no repository.
        ToolError: git is missing or refuses to answer, or the commit is not there.
    """
    repository(root)
    return changes(differing(spawner, root, commit, index_variables(spawner, root)))


def changes(done: Completed) -> tuple[Changed, ...]:
    """Return what `differing` printed, sorted by path.

    Raises:
        GatesError: a path is in conflict.
        ToolError: git refused to answer.
    """
    fields = answer(done, "compare the index").split(b"\0")
    found = (_changed(record, path) for record, path in zip(fields[::2], fields[1::2], strict=False))
    return tuple(sorted(found, key=lambda each: each.path))


def index_variables(spawner: Spawner, root: Path) -> dict[str, str]:
    """Return the variable that makes git read the index of the commit under way, when the environment names one.

    Raises:
        GatesError: that index is gone.
        ToolError: git is missing or refuses to answer.
    """
    named = os.environ.get("GIT_INDEX_FILE", "")
    return _temporary_index(spawner, root, named)[1] if named else {}


def _temporary_index(spawner: Spawner, root: Path, named: str) -> tuple[str, dict[str, str]]:
    """Return the hash of the repository, and the variable that makes git read the index named by the environment.

    A path elsewhere is that of another repository: one whose hook started us, or one that this is a submodule of.
    """
    asked = ("rev-parse", "--show-object-format", "--show-cdup", "--absolute-git-dir")
    form, up, folder = answer(run(spawner, root, asked), "find its directory").split(b"\n", 2)
    top, git_dir = os.path.join(root, os.fsdecode(up)), os.path.realpath(os.fsdecode(folder.removesuffix(b"\n")))
    path = os.path.join(os.path.realpath(top), named)
    if os.path.realpath(os.path.dirname(path)) != git_dir:
        return form.decode("ascii"), {}
    if not os.path.lexists(path) and os.path.basename(path) != "index":
        raise GatesError(
            f"the index that GIT_INDEX_FILE names does not exist: {visible(named)}", "Unset GIT_INDEX_FILE."
        )
    return form.decode("ascii"), {"GIT_INDEX_FILE": path}


def differing(
    spawner: Spawner, root: Path, form: str, env: Mapping[str, str], *, announced: str = "invisible"
) -> Completed:
    """List what the index changes in a commit, or in the empty tree of a hash: that is the whole index. `ls-files` does
    not tell files that were only announced; they are "invisible", or "visible" as empty files."""
    shown = ("diff-index", "--cached", f"--ita-{announced}-in-index", "--raw", "-z", "--no-abbrev", "--no-renames")
    plain = ("--no-ext-diff", "--no-textconv", "--relative", _EMPTY_TREES.get(form, form), "--")
    return run(spawner, root, (*shown, *plain), env=env)


def files_only(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries sorted by path, submodules left out."""
    return tuple(sorted((each for each in entries if each.mode != _LINK), key=lambda each: each.path))


def _tree_entry(record: str) -> Entry:
    facts, _, path = record.partition("\t")
    mode, _, oid = facts.split(" ")
    return Entry(path, mode, oid)


def _index_entry(record: bytes, path: bytes) -> Entry:
    found = _changed(record, path).now
    if found is None:
        raise ToolError(f"git could not list the index: `{visible(path_text(path))}` has no content")
    return found


def _changed(record: bytes, path: bytes) -> Changed:
    before, now, old, new, status = record.decode("ascii").lstrip(":").split(" ")
    name = path_text(path)
    if status == "U":
        raise GatesError(f"`{visible(name)}` is in conflict", "Resolve the conflict and `git add` it first.")
    was = Entry(name, before, old) if status != "A" else None
    return Changed(name, was, Entry(name, now, new) if status != "D" else None)
