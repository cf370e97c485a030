"""What a work tree has beside the files that git lists: folders, with their permissions, and pipes and sockets."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from msgspec import Struct

from gates.text import path_text

_REACHED = stat.S_IRWXU


class Folder(Struct, frozen=True, array_like=True):
    """A folder: its path, its permissions, and whether there is nothing in it but such folders."""

    path: bytes
    permissions: int
    empty: bool


class Surroundings(Struct, frozen=True):
    """Folders, each behind the one that it lies in, and paths of what is neither file, link nor folder."""

    folders: tuple[Folder, ...] = ()
    odd: tuple[bytes, ...] = ()


def noted(top: Path, ignored: Collection[bytes]) -> Surroundings:
    """Return the surroundings as they are now: not those in folders that are ignored (their paths end with a slash),
    and not those of other repositories. A folder that cannot be listed has none."""
    folders: list[Folder] = []
    odd: list[bytes] = []
    _note(os.fsencode(top), b"", ignored, folders, odd)
    return Surroundings(tuple(sorted(folders, key=lambda each: each.path)), tuple(sorted(odd)))


def reached(top: Path, there: Surroundings) -> None:
    """Let the owner into all folders again, as far as the owner is who we are: an agent may have shut them."""
    for each in there.folders:
        target = top / path_text(each.path)
        with contextlib.suppress(OSError):
            mode = target.lstat().st_mode
            if stat.S_ISDIR(mode) and mode & _REACHED != _REACHED:
                target.chmod(stat.S_IMODE(mode) | _REACHED)


def given_back(top: Path, there: Surroundings, ignored: Collection[bytes]) -> None:
    """Make empty folders that are gone, give folders their permissions, remove pipes and sockets that came since."""
    now = noted(top, ignored)
    for odd in set(now.odd) - set(there.odd):
        with contextlib.suppress(OSError):
            (top / path_text(odd)).unlink()
    modes = {each.path: each.permissions for each in now.folders}
    for each in there.folders:
        target = top / path_text(each.path)
        with contextlib.suppress(OSError):
            if each.path not in modes and each.empty:
                target.mkdir()
            if modes.get(each.path) != each.permissions and target.is_dir() and not target.is_symlink():
                target.chmod(each.permissions)


def _note(top: bytes, path: bytes, ignored: Collection[bytes], folders: list[Folder], odd: list[bytes]) -> bool:
    """Take up what lies in a folder, and return whether that is nothing but folders."""
    empty = True
    for entry in _entries(os.path.join(top, path)):
        name = os.path.join(path, entry.name)
        if not entry.is_dir(follow_symlinks=False):
            empty = False
            if not entry.is_file(follow_symlinks=False) and not entry.is_symlink():
                odd.append(name)
        elif _is_foreign(entry) or name + b"/" in ignored:
            empty = False
        else:
            inside = _note(top, name, ignored, folders, odd)
            folders.append(Folder(name, stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode), inside))
            empty = empty and inside
    return empty


def _entries(folder: bytes) -> Iterator[os.DirEntry[bytes]]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        yield from entries


def _is_foreign(entry: os.DirEntry[bytes]) -> bool:
    return entry.name in (b".git", b".gates") or os.path.lexists(os.path.join(entry.path, b".git"))
