"""Trees of a repository as they were seen, kept by content outside of it, and put back exactly.

A tree is every file that git lists: tracked, or untracked and not ignored. What git ignores, what lies below `.gates`
(records for people), submodules, the index, the stash and all refs are left alone. Files are opened here: git would
run filters over them. Folders are as they were at the beginning: empty ones are there, permissions are the same.
"""

from __future__ import annotations

import functools
import os
import stat
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gates import git
from gates.cache import digest, write_atomically
from gates.facts.source import is_behind_link
from gates.git import Entry
from gates.loop import surroundings
from gates.loop.surroundings import Surroundings
from gates.model import UNDECODABLE, BrokenError
from gates.process import Spawner
from gates.scope import SUFFIXES
from gates.text import path_text, visible

_RACY = 2_500_000_000
"""Nanoseconds within which a second change of a file need not show in its times."""

_ROOM = 64 * 1024 * 1024
"""Bytes of contents that go to git or come from it at once; one file may be larger."""

LARGEST = 192 * 1024 * 1024
"""Bytes of the largest file that can be put back: a program may not say much more at once."""

_LINK, _PLAIN, _PROGRAM = "120000", "100644", "100755"
_RECORDS = "/.gates/"
_LIKE = "0" * 40


class Held(Struct, frozen=True, array_like=True):
    """A file of a tree: its path, its mode and content as git names them, its permissions, and what `lstat` said of it
    when that tells whether it has changed since."""

    path: bytes
    mode: str
    oid: str
    permissions: int
    sign: tuple[int, ...] = ()


class Tree(Struct, frozen=True):
    """A tree that is kept: its commit in the repository of trees, and its files."""

    commit: str
    files: tuple[Held, ...]

    @property
    def digest(self) -> str:
        """A name for all that it holds."""
        parts = (part for each in self.files for part in (each.path, f"{each.mode} {each.oid} {each.permissions}"))
        return digest(*(each if isinstance(each, bytes) else each.encode() for each in parts))


class _Texts(Mapping[str, str]):
    """Texts by path; each is read from the trees that are kept when it is asked for, once."""

    def __init__(self, oids: Mapping[str, str], content: Callable[[str], bytes]) -> None:
        self._oids = oids
        self._content = functools.cache(content)

    def __getitem__(self, path: str) -> str:
        return self._content(self._oids[path]).decode("utf-8", "replace")

    def __iter__(self) -> Iterator[str]:
        return iter(self._oids)

    def __len__(self) -> int:
        return len(self._oids)


class Keeper:
    """Keeps the trees of one work tree in a folder, and puts them back."""

    def __init__(self, spawner: Spawner, top: Path, folder: Path) -> None:
        self._spawner = spawner
        self._top = top
        self.folder = folder

    def prepare(self) -> None:
        """Make the folder, and note what git ignores now: none of that is ever removed. Note the folders, too.

        Raises:
            BrokenError: git does not answer, the folder cannot be written, or a file is too large to be kept.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        git.vessel(self._spawner, self.folder)
        ignored = [os.fsencode(each) for each in git.passed_over(self._spawner, self._top)]
        for each in self._listed():
            if _is_large(self._top / each):
                what = f"`{visible(each)}` has more than {LARGEST >> 20} MiB, and could not be put back"
                raise BrokenError(what, "Let git ignore it.")
        write_atomically(self.folder / "ignored", msgspec.msgpack.encode(ignored))
        around = surroundings.noted(self._top, frozenset(ignored))
        write_atomically(self.folder / "surroundings", msgspec.msgpack.encode(around))

    def keep(self, name: str, like: Tree | None = None) -> Tree:
        """Keep the tree as it is now, and return it. Of files that are as in an earlier tree the content is not read;
        with one, folders that were shut since the beginning are opened.

        Raises:
            BrokenError: a file cannot be read, git does not answer, or the disk is full.
        """
        if like:
            surroundings.reached(self._top, self._surroundings)
        known = {each.path: each for each in like.files} if like else {}
        files = list(self._stored(known))
        entries = (Entry(path_text(each.path), each.mode, each.oid) for each in files)
        commit = git.sealed(self._spawner, self.folder, entries, name, like.commit if like else "")
        tree = Tree(commit, tuple(files))
        write_atomically(self.folder / f"{commit}.tree", msgspec.msgpack.encode(tree))
        return tree

    def kept(self, commit: str) -> Tree:
        """Return a tree that was kept.

        Raises:
            BrokenError: it is not there any more.
        """
        try:
            return msgspec.msgpack.decode((self.folder / f"{commit}.tree").read_bytes(), type=Tree)
        except (OSError, *UNDECODABLE) as error:
            raise BrokenError(f"the tree {commit[:12]} is not kept any more", "Begin anew: --no-resume.") from error

    def put_back(self, tree: Tree) -> None:
        """Make the work tree hold exactly this tree: contents, permissions, links; what came since is removed.

        Raises:
            BrokenError: something stands in the way, or cannot be written; said is what.
        """
        surroundings.reached(self._top, self._surroundings)
        wanted = {path_text(each.path): each for each in tree.files}
        differing = [each for each in tree.files if not _is_same(self._top, each)]
        rules = [each for each in differing if _is_rule(path_text(each.path))]
        try:
            self._top.mkdir(parents=True, exist_ok=True)
            self._write(rules)
            while self._remove(wanted):  # with rules for ignored files more of what they hid
                pass
            self._write(differing)
            surroundings.given_back(self._top, self._surroundings, self._ignored)
        except OSError as error:
            what = visible(os.fsdecode(error.filename or self._top))
            raise BrokenError(
                f"the tree could not be put back: {what}: {error.strerror}",
                f"Mend that; the tree is kept as {tree.commit[:12]} in {self.folder}.",
            ) from error

    def texts(self, tree: Tree, prefix: str) -> Mapping[str, str]:
        """Return the texts of the Python files of a tree below a folder; each is read when somebody asks for it."""
        names = {path_text(each.path): each.oid for each in tree.files}
        below = {path[len(prefix) :]: oid for path, oid in names.items() if path.startswith(prefix)}
        return _Texts({path: oid for path, oid in below.items() if path.endswith(SUFFIXES)}, self._content)

    def _content(self, oid: str) -> bytes:
        return git.blobs(self._spawner, self.folder, [oid])[oid]

    def hidden(self, tree: Tree) -> tuple[str, ...]:
        """Return the files of a tree that are still there, but that git no longer lists; and when the rules for ignored
        files were changed since, what else it ignores by now that holds Python."""
        listed = set(self._listed())
        names = {path_text(each.path): each for each in tree.files}
        found = {each for each in names.keys() - listed if _is_file(self._top, each)}
        rules = filter(_is_rule, names.keys() | listed)
        if not all(each in names and _is_same(self._top, names[each]) for each in rules):
            found.update(each for each in self._newly_ignored() if _holds_python(self._top / each))
        return tuple(sorted(found))

    def _newly_ignored(self) -> list[str]:
        known = self._ignored
        return [each for each in git.passed_over(self._spawner, self._top) if os.fsencode(each) not in known]

    @property
    def _ignored(self) -> frozenset[bytes]:
        """What git ignored when the folder was made."""
        return frozenset(msgspec.msgpack.decode((self.folder / "ignored").read_bytes(), type=list[bytes]))

    @property
    def _surroundings(self) -> Surroundings:
        """The folders, and what is no file, when the folder was made."""
        return msgspec.msgpack.decode((self.folder / "surroundings").read_bytes(), type=Surroundings)

    def _listed(self) -> list[str]:
        found = git.listed(self._spawner, self._top) or ()
        return [each for each in found if _RECORDS not in f"/{each}"]

    def _stored(self, known: Mapping[bytes, Held]) -> Iterator[Held]:
        """Yield the files that are there now. The contents of all are stored when the last one has been taken."""
        stored = {each.oid for each in known.values()}
        waiting: dict[str, bytes] = {}
        room = _ROOM
        for path in self._listed():
            held, content = _held(self._top, path, known.get(os.fsencode(path)))
            if held is not None and held.oid not in stored:
                waiting[held.oid] = content
                stored.add(held.oid)
                room -= len(content)
            if room < 0:
                git.poured(self._spawner, self.folder, waiting)
                waiting, room = {}, _ROOM
            if held is not None:
                yield held
        git.poured(self._spawner, self.folder, waiting)

    def _remove(self, wanted: Collection[str]) -> bool:
        """Remove all other files, and folders that are empty then, and return whether there were any; what was ignored
        at the beginning stays."""
        ignored = self._ignored
        try:
            listed = self._listed()
        except BrokenError:  # who has broken the repository gets the files back all the same
            return False
        surplus = {each for each in listed if each not in wanted and not _is_ignored(os.fsencode(each), ignored)}
        there = [each for each in map(self._top.joinpath, surplus) if os.path.lexists(each) and not _is_folder(each)]
        for target in there:
            target.unlink()
            _prune(self._top, target.parent)
        return bool(there)

    def _write(self, files: Sequence[Held]) -> None:
        sizes = git.sizes(self._spawner, self.folder, [each.oid for each in files])
        waiting: list[Held] = []
        room = _ROOM
        for each in files:
            if waiting and sizes[each.oid] > room:
                self._write_some(waiting)
                waiting, room = [], _ROOM
            waiting.append(each)
            room -= sizes[each.oid]
        self._write_some(waiting)

    def _write_some(self, files: Sequence[Held]) -> None:
        contents = git.blobs(self._spawner, self.folder, [each.oid for each in files])
        for each in files:
            target = self._top / path_text(each.path)
            _make_way(self._top, target)
            if each.mode == _LINK:
                target.unlink(missing_ok=True)
                os.symlink(contents[each.oid], os.fsencode(target))
            else:
                write_atomically(target, contents[each.oid], each.permissions)


def _held(top: Path, path: str, known: Held | None) -> tuple[Held | None, bytes]:
    """Return a file, and its content when that had to be read; nothing for what is none."""
    target = top / path
    try:
        if is_behind_link(top, path):
            return None, b""
        status = target.lstat()
        if known is not None and known.sign == _sign(status):
            return known, b""
        return _read(target, os.fsencode(path), status)
    except (FileNotFoundError, NotADirectoryError):
        return None, b""
    except OSError as error:
        raise BrokenError(
            f"`{visible(path)}` cannot be read, so it could not be put back: {error.strerror}", "Make it readable."
        ) from error


def _read(target: Path, path: bytes, status: os.stat_result) -> tuple[Held | None, bytes]:
    settled = max(status.st_mtime_ns, status.st_ctime_ns) < time.time_ns() - _RACY
    sign = _sign(status) if settled else ()
    if stat.S_ISLNK(status.st_mode):
        content = os.readlink(os.fsencode(target))
        return Held(path, _LINK, git.blob_id(content, _LIKE), 0, sign), content
    if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
        return None, b""
    content = _content(target, status)
    mode = _PROGRAM if status.st_mode & stat.S_IXUSR else _PLAIN
    return Held(path, mode, git.blob_id(content, _LIKE), stat.S_IMODE(status.st_mode), sign), content


def _content(target: Path, status: os.stat_result) -> bytes:
    """Return what a file holds, also when its owner may not read it for now."""
    try:
        return target.read_bytes()
    except PermissionError:
        target.chmod(stat.S_IMODE(status.st_mode) | stat.S_IRUSR)
        try:
            return target.read_bytes()
        finally:
            target.chmod(stat.S_IMODE(status.st_mode))


def _sign(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_mode)


def _is_same(top: Path, held: Held) -> bool:
    try:
        found, _ = _held(top, path_text(held.path), held)
    except BrokenError:
        return False
    kept = (held.mode, held.oid, held.permissions)
    return found is not None and (found.mode, found.oid, found.permissions) == kept


def _is_ignored(path: bytes, ignored: frozenset[bytes]) -> bool:
    above = (path[: index + 1] for index, each in enumerate(path) if each == ord("/"))
    return path in ignored or any(each in ignored for each in above)


def _is_large(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size > LARGEST


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_file(top: Path, path: str) -> bool:
    """Whether something that git could list is there."""
    target = top / path
    return not is_behind_link(top, path) and (target.is_symlink() or target.is_file())


def _is_rule(path: str) -> bool:
    return path.rpartition("/")[2] == ".gitignore"


def _holds_python(path: Path) -> bool:
    return path.suffix in SUFFIXES or (_is_folder(path) and any(any(path.rglob(f"*{each}")) for each in SUFFIXES))


def _prune(top: Path, folder: Path) -> None:
    while folder != top:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _make_way(top: Path, target: Path) -> None:
    """Let a file be written at its place: folders above it that are none, or links, go; so does an empty folder there.

    Raises:
        OSError: a folder with something in it stands in the place of the file.
    """
    for folder in _above(top, target):
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            folder.unlink()
        folder.mkdir(exist_ok=True)
    if _is_folder(target):
        target.rmdir()


def _above(top: Path, target: Path) -> Iterator[Path]:
    parents = [each for each in target.parents if each.is_relative_to(top) and each != top]
    yield from reversed(parents)
