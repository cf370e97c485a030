"""Which files a check is about: listed by git where there is one, narrowed by the policy, then by what was asked."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from gates.config.patterns import Patterns, taken
from gates.model import BrokenError, Excluded, GatesError
from gates.text import visible

SUFFIXES = (".py", ".pyi")
"""What counts as Python. `.pyw`, notebooks and scripts without an ending are not inspected."""

_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages"})


class Files(Struct, frozen=True):
    """The files to inspect, sorted, and how many each exclude pattern removed. `links` point at files of the set;
    `outside` are Python files that the policy leaves out; `absent` are those that it takes, but that are not there."""

    paths: tuple[str, ...]
    excluded: tuple[Excluded, ...]
    links: tuple[str, ...]
    outside: tuple[str, ...]
    absent: tuple[str, ...] = ()


def find(
    root: Path,
    listed: Sequence[str] | None,
    source: Sequence[str],
    exclude: Sequence[str],
    *,
    links: Collection[str] | None = None,
    strict: bool = True,
) -> Files:
    """Return the Python files of a project among those that git `listed`, or without git all below `root`.

    `links` are those of them that are symbolic links, where git's objects say so: then the disk is not asked whether
    the others are there, and are files.

    Raises:
        GatesError: an entry of `source` matches nothing, which only `strict` minds.
    """
    names = set(_walk(root)) if listed is None else _python(root, listed, on_disk=links is None)
    chosen = _selected(names, source, strict)
    excluded = []
    for pattern in exclude:
        if pattern.startswith("!"):
            raise GatesError(
                f"`exclude` entry `{visible(pattern)}` takes something back", "Write narrower patterns instead."
            )
        removed = {name for name in chosen if Patterns((pattern,)).match(name)}
        chosen -= removed
        excluded.append(Excluded(pattern, len(removed)))
    kept, found = _without_links(root, sorted(chosen), links)
    gone = chosen.difference(kept, found) if links is None else ()
    absent = tuple(sorted(name for name in gone if not os.path.lexists(root / name)))
    return Files(kept, tuple(excluded), found, tuple(sorted(names.difference(kept, found))), absent)


def narrowed(
    root: Path, cwd: Path, asked: Sequence[str], files: Sequence[str], *, strict: bool = True
) -> tuple[str, ...]:
    """Return the files of the project that lie at or below the paths asked for, given relative to `cwd`.

    Raises:
        GatesError: a path does not exist, lies outside the project, or holds no file that the policy inspects, which
            only `strict` minds.
    """
    known = frozenset(files)
    inside = {name: _inside(root, _base(root, cwd, name), name, known) for name in asked}
    chosen = {path for name, folder in inside.items() for path in _below(folder, name, files, strict)}
    return tuple(each for each in files if each in chosen)


def _base(root: Path, cwd: Path, name: str) -> Path:
    """Return where a path begins: here, or else at the root, as the commands in a report are written."""
    return cwd if os.path.lexists(cwd / name) else root


def _inside(root: Path, cwd: Path, name: str, known: frozenset[str]) -> str:
    """Return a path of the user's, relative to the root. One of the project's files need not be in the work tree."""
    absolute = Path(os.path.normpath(cwd / name))
    if not os.path.lexists(absolute) and os.path.relpath(absolute, root) not in known:
        raise GatesError(f"there is no file or directory `{visible(name)}`", "Name paths of this project.")
    if not absolute.is_relative_to(root):
        raise GatesError(f"`{visible(name)}` lies outside the project", "Name paths of this project.")
    return absolute.relative_to(root).as_posix()


def _below(folder: str, name: str, files: Iterable[str], strict: bool) -> list[str]:
    found = [each for each in files if _is_below(folder, each)]
    if strict and not found:
        raise GatesError(
            f"`{visible(name)}` holds no Python file that this project inspects",
            "Look at `source` and `exclude` with `gates config`.",
        )
    return found


def _is_below(folder: str, path: str) -> bool:
    return folder == "." or path == folder or path.startswith(f"{folder}/")


def _selected(names: set[str], source: Sequence[str], strict: bool) -> set[str]:
    if not source:
        return set(names)
    chosen: set[str] = set()
    for entry in source:
        found = taken(entry, names)
        if strict and not found:
            raise GatesError(
                f"`source` entry `{visible(entry)}` matches no Python file", "Correct or remove the entry."
            )
        chosen |= found
    return chosen


def _walk(root: Path) -> Iterator[str]:
    """List Python files without git: hidden folders, caches and virtual environments are passed over."""
    stack = [root]
    while stack:
        folder = stack.pop()
        for entry in _entries(folder):
            if entry.is_dir(follow_symlinks=False):
                if not _passed_over(entry):
                    stack.append(Path(entry.path))
            elif entry.name.endswith(SUFFIXES):
                yield Path(entry.path).relative_to(root).as_posix()


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise BrokenError(
            f"the folder `{visible(folder.name)}` cannot be listed: {error.strerror}", "Make it readable, or remove it."
        ) from error


def _python(root: Path, listed: Iterable[str], *, on_disk: bool) -> set[str]:
    """Return the Python files among those listed."""
    names = {name for name in listed if name.endswith(SUFFIXES)}
    return names | set(_irregular(root, names)) if on_disk else names


def _passed_over(entry: os.DirEntry[str]) -> bool:
    hidden = entry.name.startswith(".") or entry.name in _SKIPPED_FOLDERS
    return hidden or os.path.lexists(os.path.join(entry.path, "pyvenv.cfg"))


def _irregular(root: Path, names: Iterable[str]) -> Iterator[str]:
    """Find what git does not list but tools would open: pipes, sockets and devices beside the listed files."""
    for folder in sorted({os.path.dirname(name) for name in names} | {""}):
        try:
            entries = list(os.scandir(root / folder))
        except OSError:
            continue
        for entry in entries:
            if entry.name.endswith(SUFFIXES) and not _ordinary(entry):
                yield f"{folder}/{entry.name}" if folder else entry.name


def _ordinary(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False) or entry.is_symlink() or entry.is_dir(follow_symlinks=False)


def _without_links(
    root: Path, names: Sequence[str], known: Collection[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Drop deleted files, and links to files that are inspected under their own name; other links are refused later."""
    whole = set(names)
    kept, links = [], []
    for name in names:
        if known is not None and name not in known:
            kept.append(name)
            continue
        try:
            mode = os.lstat(f"{root}/{name}").st_mode
        except FileNotFoundError:
            continue
        except OSError:
            mode = 0
        if stat.S_ISLNK(mode) and _target(root, name) in whole:
            links.append(name)
        elif not stat.S_ISDIR(mode):
            kept.append(name)
    return tuple(kept), tuple(links)


def _target(root: Path, name: str) -> str:
    real = os.path.realpath(root / name)
    return os.path.relpath(real, os.path.realpath(root)).replace(os.sep, "/") if os.path.isfile(real) else ""
