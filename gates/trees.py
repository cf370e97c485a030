"""A folder that holds what a commit or the index holds: tools read files, so a state that nobody checked out needs one.

The folder is kept between runs and changed only where the state differs: what stays keeps its modification time, and
with it what tools remember of it. A manifest beside it says what each file is, as it was left on disk.
"""

from __future__ import annotations

import contextlib
import os
import stat
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
from msgspec import Struct

from gates.cache import write_atomically
from gates.git import Entry
from gates.model import UNDECODABLE
from gates.process import ToolError
from gates.scope import SUFFIXES
from gates.text import path_text, visible

_CONFIGURATION = (".toml", ".cfg", ".ini")
_LINK = "120000"
_AFTER_SLASH = "0"
"""The character after the one that parts names: with it begins what comes after all that lies in a folder."""
_PERMISSIONS = {"100755": 0o755, _LINK: 0o777}


class _Written(Struct, frozen=True, array_like=True):
    """A file of the folder as it was left on disk."""

    mode: str
    oid: str
    size: int
    changed: int


class _Seen(Struct, frozen=True):
    """What the folder holds now; `files` are all that is no folder."""

    folders: tuple[str, ...]
    files: Mapping[str, os.stat_result]


def needed(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries that tools read: Python files, `py.typed`, and what may configure a tool."""
    return tuple(each for each in entries if is_read(each.path))


def is_read(path: str) -> bool:
    """Whether tools read a file of this name: Python files, `py.typed`, and what may configure a tool."""
    name = path.rpartition("/")[2]
    return name == "py.typed" or name.endswith((*SUFFIXES, *_CONFIGURATION))


def exported(entries: Sequence[Entry], folder: Path, read: Callable[[Sequence[str]], Mapping[str, bytes]]) -> None:
    """Make `folder` hold exactly these entries; what it holds already is not written again.

    Nothing is ever written outside of it or through a link. A run that was killed half-way is mended by the next.
    Symbolic links are made as such: whether what they point at may be read is for the reader to decide.

    Args:
        entries: files and symbolic links, each path once.
        folder: made if it is not there. Its manifest lies beside it, with the ending `.json`.
        read: returns contents by id; called at most once, with what has to be written.

    Raises:
        ToolError: a path could leave the folder or cannot be made, or the disk cannot be written.
    """
    wanted = _safe(entries)
    manifest = folder.with_suffix(".json")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        seen = _contents(folder)
        kept = _unchanged(wanted, _recorded(manifest), seen)
        fresh = [each for path, each in wanted.items() if path not in kept]
        surplus = _surplus(wanted, kept, seen)
        if not fresh and not any(surplus):
            return
        contents = read(sorted({each.oid for each in fresh}))
        # What is about to change is forgotten first: the manifest must not vouch for a file while it is rewritten.
        _record(manifest, kept)
        _remove(folder, *surplus)
        _record(manifest, kept | _write(folder, fresh, contents))
    except OSError as error:
        raise _unwritten(error) from error


def opened(paths: Iterable[str]) -> frozenset[str]:
    """Return the root, "", and every folder that one of the paths lies in."""
    return frozenset({"", *_folders(paths)})


def inhabited(folders: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    """Return those of the folders in which, at any depth, one of the names lies."""
    ordered = sorted(names)
    return frozenset(each for each in folders if any(_children(each, ordered)))


def beside(paths: Iterable[str], folders: Collection[str], names: Iterable[str]) -> tuple[str, ...] | None:
    """Return what of all `names` lies in these folders beside the paths, other folders as a whole; None when one of
    them is none that can be made anywhere."""
    ordered = sorted(names)
    found = {each for folder in folders for each in _children(folder, ordered)}
    found.difference_update(paths, frozenset(folders).difference(ordered))
    return None if _harmful(found) else tuple(sorted(found))


def surrounded(
    entries: Sequence[Entry], around: Iterable[str], home: Path, folder: Path, contents: Mapping[str, bytes]
) -> None:
    """Make a new `folder` hold these entries, their `contents` given by id, and links to what is `around` in `home`.

    Raises:
        ToolError: a path could leave the folder or cannot be made, or the disk cannot be written.
    """
    wanted = _safe(entries)
    links = tuple(around)
    try:
        folder.mkdir(parents=True)
        _make(folder, _folders((*wanted, *links)))
        _write(folder, tuple(wanted.values()), contents)
        for path in links:
            os.symlink(f"{home}/{path}", f"{folder}/{path}")
    except OSError as error:
        raise _unwritten(error) from error


def replaced(entries: Sequence[Entry], folder: Path, contents: Mapping[str, bytes]) -> None:
    """Let files of a folder that `surrounded` made be these, of the same paths.

    Raises:
        ToolError: the disk cannot be written.
    """
    try:
        for each in entries:
            os.unlink(folder / each.path)
        _write(folder, entries, contents)
    except OSError as error:
        raise _unwritten(error) from error


def _safe(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Return the entries by path; refuses a path that leaves the folder, or that lies below another entry's."""
    wanted = {entry.path: entry for entry in entries}
    refused = {
        "is no file": [entry.path for entry in entries if entry.mode[:3] not in {"100", "120"}],
        "is no safe path": _harmful(wanted),
        "stands there twice": _repeated(entries),
        "is a file and a folder": _colliding(wanted),
    }
    for why, paths in refused.items():
        if paths:
            raise _refused(min(paths), why)
    return wanted


def _repeated(entries: Sequence[Entry]) -> list[str]:
    paths = sorted(entry.path for entry in entries)
    return [path for path, following in pairwise(paths) if path == following]


def _harmful(paths: Iterable[str]) -> list[str]:
    harmful = {name for name in {name for path in paths for name in path.split("/")} if not _is_harmless(name)}
    return [path for path in paths if harmful.intersection(path.split("/"))] if harmful else []


def _colliding(wanted: Mapping[str, Entry]) -> list[str]:
    """Return entries that others lie below. A link counts under every name that some file system takes for its own:
    where case does not count, `A/b` would be written through a link `a`."""
    folders = _folders(wanted)
    folded = {_folded(folder) for folder in folders}
    links = (path for path, entry in wanted.items() if entry.mode == _LINK)
    return [*folders.intersection(wanted), *(path for path in links if _folded(path) in folded)]


def _is_harmless(name: str) -> bool:
    plain = _folded(name).rstrip(" .")
    return name not in {"", ".", ".."} and "\0" not in name and plain not in {".git", "git~1"}


def _folded(name: str) -> str:
    """Return what macOS and Windows may make of a name: no case, one form of accents, nothing invisible."""
    if name.isascii():
        return name.lower()
    seen = "".join(each for each in name if unicodedata.category(each) != "Cf")
    return unicodedata.normalize("NFC", seen.casefold())


def _children(folder: str, ordered: Sequence[str]) -> Iterator[str]:
    """Yield what lies in a folder, given all paths in order: it is found without a look at what lies deeper."""
    above = f"{folder}/" if folder else ""
    index = bisect_left(ordered, above)
    while index < len(ordered) and ordered[index].startswith(above):
        child, slash, _ = ordered[index][len(above) :].partition("/")
        yield above + child
        index = bisect_left(ordered, f"{above}{child}{_AFTER_SLASH}", index) if slash else index + 1


def _unwritten(error: OSError) -> ToolError:
    return ToolError(
        f"the files of a commit could not be written: {error.strerror}",
        "Set GATES_CACHE to a directory with enough room, or remove it.",
    )


def _refused(path: str, why: str) -> ToolError:
    return ToolError(f"`{visible(path)}` in a commit {why}", "Rename it there, or choose another commit.")


def _contents(folder: Path) -> _Seen:
    folders: list[str] = []
    files: dict[str, os.stat_result] = {}
    stack = [""]
    while stack:
        above = stack.pop()
        with os.scandir(folder / above) as found:
            for each in found:
                path = f"{above}/{each.name}" if above else each.name
                if each.is_dir(follow_symlinks=False):
                    stack.append(path)
                    folders.append(path)
                else:
                    files[path] = each.stat(follow_symlinks=False)
    return _Seen(tuple(folders), files)


def _recorded(manifest: Path) -> dict[str, _Written]:
    """Return what the manifest says; a damaged one says nothing."""
    try:
        found = msgspec.json.decode(manifest.read_bytes(), type=dict[str, _Written])
        return {path_text(name.encode("latin-1")): each for name, each in found.items()}
    except (OSError, ValueError, *UNDECODABLE):
        return {}


def _record(manifest: Path, written: Mapping[str, _Written]) -> None:
    """Names need not be UTF-8, JSON has to be: each byte of a name is written as the character of its number."""
    names = {path.encode("utf-8", "surrogateescape").decode("latin-1"): each for path, each in sorted(written.items())}
    write_atomically(manifest, msgspec.json.encode(names))


def _unchanged(wanted: Mapping[str, Entry], recorded: Mapping[str, _Written], seen: _Seen) -> dict[str, _Written]:
    return {
        path: written
        for path, written in recorded.items()
        if path in wanted
        and (written.mode, written.oid) == (wanted[path].mode, wanted[path].oid)
        and path in seen.files
        and written == _written(wanted[path], seen.files[path])
    }


def _written(entry: Entry, status: os.stat_result) -> _Written | None:
    """Return the record of an entry with this status on disk; none when it is something else there."""
    if stat.S_ISLNK(status.st_mode) if entry.mode == _LINK else stat.S_ISREG(status.st_mode):
        return _Written(entry.mode, entry.oid, status.st_size, status.st_mtime_ns)
    return None


def _surplus(wanted: Iterable[str], kept: Mapping[str, _Written], seen: _Seen) -> tuple[list[str], list[str]]:
    """Return files to remove, and then folders, from the innermost."""
    folders = _folders(wanted)
    return [path for path in seen.files if path not in kept], sorted(set(seen.folders) - folders, reverse=True)


def _folders(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        above = path.rpartition("/")[0]
        while above and above not in found:
            found.add(above)
            above = above.rpartition("/")[0]
    return found


def _remove(folder: Path, files: Iterable[str], folders: Iterable[str]) -> None:
    for path in files:
        os.unlink(folder / path)
    for path in folders:
        os.rmdir(folder / path)


def _write(folder: Path, entries: Sequence[Entry], contents: Mapping[str, bytes]) -> dict[str, _Written]:
    """Write files, and links after all of them. No path can go through a link: whatever was in its place is removed."""
    _make(folder, _folders(each.path for each in entries))
    written: dict[str, _Written] = {}
    for entry in sorted(entries, key=lambda each: each.mode == _LINK):
        target = folder / entry.path
        if entry.mode == _LINK:
            _link(entry, target, contents[entry.oid])
        else:
            _file(entry, target, contents[entry.oid])
        record = _written(entry, os.lstat(target))
        if record is not None:
            written[entry.path] = record
    return written


def _make(folder: Path, folders: Iterable[str]) -> None:
    for path in sorted(folders):
        with contextlib.suppress(FileExistsError):
            os.mkdir(f"{folder}/{path}")


def _file(entry: Entry, target: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(target, flags, _PERMISSIONS.get(entry.mode, 0o644)), "wb") as stream:
        stream.write(content)


def _link(entry: Entry, target: Path, content: bytes) -> None:
    if not content or b"\0" in content:
        raise _refused(entry.path, "is a symbolic link to nowhere")
    os.symlink(os.fsdecode(content), target)
