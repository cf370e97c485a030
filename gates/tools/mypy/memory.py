"""What mypy keeps between runs, when it may be believed, and what it tells of what was read.

Source: mypy 2.4, `CacheMeta.write` and `CacheMetaEx.write`.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from gates.cache import digest, write_atomically
from gates.locks import locked
from gates.model import UNDECODABLE
from gates.project import Project
from gates.text import visible

_WAIT_SECONDS = 20.0
"""How long a run waits for another one that uses the same cache, before it goes on without."""
_NOTED_SECONDS = 3600.0
"""How long it is held against a cache that a check went on without it; no check takes longer."""
_KNOWN = "SELECT path, data FROM files2 WHERE path LIKE '%.meta.ff' OR path LIKE '%.meta_ex.ff'"
_SHARDS = "cache/*/cache.*.db"
_CACHE = "cache"
_READ = "read.json"


def short(root: Path) -> str:
    """Return what the names of all caches begin with that were made in a folder."""
    return digest(os.fsencode(root))[:8]


def folder_for(project: Project, name: str, held: contextlib.ExitStack) -> Path:
    """Return the folder of what is kept under this name, for which there is a lock; a temporary one when another run
    does not let go of it, and for a state that is temporary itself."""
    folder = project.own / "mypy" / name
    if not project.root.is_relative_to(project.scratch.parent):
        if held.enter_context(locked(folder, _WAIT_SECONDS, lambda: project.crew.spawner.stopped)):
            _passed_over(folder).unlink(missing_ok=True)
            return folder
        with contextlib.suppress(OSError):
            _passed_over(folder).touch()
    return project.scratch / "mypy" / name


def _passed_over(folder: Path) -> Path:
    """Return the file that says that a run went on without this cache, which does not know what that one read."""
    return folder.with_suffix(".passed-over")


def cache_in(project: Project, folder: Path) -> Path:
    """Return the cache directory in this folder, emptied when mypy would take a changed file for the old one.

    mypy trusts size and modification time in whole seconds; an edit within a second that keeps the size is invisible
    to it. Therefore what the cache was made from is kept beside it, in a form that shows such edits. Until the run is
    over no file says which modules lie there: that is how one that was killed is known.
    """
    cache, record = folder / _CACHE, folder / "files.json"
    now = _signatures(project)
    try:
        before = msgspec.json.decode(record.read_bytes(), type=dict[str, _Signature])
    except (OSError, *UNDECODABLE):
        before = {}
    if not before or not (folder / _READ).exists():
        shutil.rmtree(cache, ignore_errors=True)
    missed = _has_missed_module(project, before, now) or _has_missed_elsewhere(project, folder, before, now)
    if missed or _has_invisible_edit(before, now):
        shutil.rmtree(cache, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _READ).unlink(missing_ok=True)
    write_atomically(record, msgspec.json.encode(before | now))
    return cache


class _Read(Struct, frozen=True):
    """What a run read, as its cache tells, empty when that does not tell: the file of each module, or for a namespace
    package its folder; the names of all modules that were looked for; and by file those that it imports out of such
    packages and that lie there."""

    files: dict[str, str] = {}
    asked: tuple[str, ...] = ()
    lying: dict[str, list[str]] = {}


def note(project: Project, folder: Path) -> None:
    """Keep what a run read that is over."""
    write_atomically(folder / _READ, msgspec.json.encode(_read(project, folder)))


def _read(project: Project, folder: Path) -> _Read:
    files: dict[str, str] = {}
    asked: set[str] = set()
    for file, names in _all_kept(folder):
        files.update(zip(names, file, strict=False))
        asked.update(names)
    return _Read(files, tuple(sorted(asked)), _lying(project, files))


def _last_read(folder: Path) -> _Read:
    try:
        return msgspec.json.decode((folder / _READ).read_bytes(), type=_Read)
    except (OSError, *UNDECODABLE):
        return _Read()


def _has_invisible_edit(before: Mapping[str, _Signature], now: Mapping[str, _Signature]) -> bool:
    return any(old[:2] == now[path][:2] and old[2] != now[path][2] for path, old in before.items() if path in now)


def _has_missed_module(project: Project, before: Mapping[str, _Signature], now: Mapping[str, _Signature]) -> bool:
    """Whether an unchanged file says `from package import module` of a module that is new.

    mypy 2.4 repeats from its cache that the package has no such attribute, and looks no further into that file.
    """
    if all(visible(path) in before for path in project.whole) or not before:
        return False
    names = module_names(project.root, project.readable(project.whole))
    modules = {name for path, name in names.items() if visible(path) not in before}
    unchanged = (path for path in names if before.get(visible(path)) == now.get(visible(path)))
    return any(target in modules for path in unchanged for target in _imported(project, path, names[path]))


def _has_missed_elsewhere(
    project: Project, folder: Path, before: Mapping[str, _Signature], now: Mapping[str, _Signature]
) -> bool:
    """Whether it says so of one that is new among what git ignores, or in a package that is installed."""
    last = _last_read(folder)
    lying = _lying(project, last.files).items()
    return any(
        before.get(path) == now.get(path) and not {*found} <= {*last.lying.get(path, ())} for path, found in lying
    )


def _lying(project: Project, files: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the modules that each file imports out of packages with these files, and that lie there."""
    folders: dict[str, str] = {}
    for module, path in files.items():
        place = os.path.join(project.root, path)
        above, _, name = place.rpartition("/")
        folders[module] = above if _stem(name) == "__init__" else place
    if not folders:
        return {}
    found: dict[str, list[str]] = {}
    entries = functools.cache(_stems)
    names = module_names(project.root, project.readable(project.whole))
    for path, own in names.items():
        parts = (target.rpartition(".") for target in set(_imported(project, path, own)))
        there = sorted(
            f"{above}.{last}" for above, _, last in parts if above in folders and last in entries(folders[above])
        )
        if there:
            found[visible(path)] = there
    return found


def _stems(folder: str) -> frozenset[str]:
    """Return the names of the modules and folders that lie in a folder."""
    with contextlib.suppress(OSError):
        names = (each for each in os.listdir(folder) if "." not in each or each.endswith((".py", ".pyi")))
        return frozenset(each.partition(".")[0] for each in names)
    return frozenset()


def _imported(project: Project, path: str, name: str) -> Iterator[str]:
    """Yield the full names that a file imports out of packages."""
    package = name if path.endswith(("/__init__.py", "/__init__.pyi")) else name.rpartition(".")[0]
    for each in project.facts(path).imports:
        dots = len(each.module) - len(each.module.lstrip("."))
        base = ".".join(package.split(".")[: len(package.split(".")) - dots + 1]) if dots else ""
        yield ".".join(part for part in (base, each.module.lstrip("."), each.name) if part)


class Known(Struct, frozen=True):
    """What mypy's caches know of: the files of modules, and the names of all modules that were looked for."""

    files: frozenset[bytes] = frozenset()
    modules: frozenset[str] = frozenset()


def known(own: Path, root: Path) -> Known | None:
    """Return what mypy's caches know of that were made in `root`, a checkout whose folder is `own`, those of functions
    included; None when they do not say, are in use, or a run went on without them.
    """
    files: set[bytes] = set()
    modules: set[str] = set()
    for folder in (own / "mypy").glob(f"{short(root)}-*/"):
        with locked(folder, 0.0) as free:
            read = _last_read(folder) if free and _is_whole(folder) else _Read()
        if not read.files:
            return None
        files.update(os.fsencode(root / each) for each in read.files.values())
        modules.update(read.asked)
    return Known(frozenset(files), frozenset(modules)) if files else None


def _all_kept(folder: Path) -> list[tuple[tuple[str, ...], Iterable[str]]]:
    """Return what a cache knows, nothing when it does not say.

    Source: mypy 2.4, `CacheMeta.write`, behind two bytes, and `CacheMetaEx.write`.
    """
    try:
        return [each for path in folder.glob(_SHARDS) for each in _kept(path)]
    except (sqlite3.Error, ValueError, TypeError, AssertionError, ImportError):
        return []


def _is_whole(folder: Path) -> bool:
    """Whether a cache that is not in use knows all that was read; one whose run was killed is removed, so that it does
    not stand in the way for ever."""
    if not (folder / _READ).exists():
        shutil.rmtree(folder, ignore_errors=True)
        return False
    with contextlib.suppress(OSError):
        return abs(time.time() - _passed_over(folder).stat().st_mtime) > _NOTED_SECONDS
    return True


def _kept(path: Path) -> Iterator[tuple[tuple[str, ...], Iterable[str]]]:
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        for name, data in connection.execute(_KNOWN):
            yield _known_of(name, data)


def _known_of(name: str, data: bytes) -> tuple[tuple[str, ...], Iterable[str]]:
    """Return the file of a module, if this is what is known of one, and the modules that were looked for."""
    from librt.internal import ReadBuffer
    from mypy.cache import CacheMeta, CacheMetaEx

    if name.endswith(".meta_ex.ff"):
        inside = CacheMetaEx.read(ReadBuffer(data))
        if inside is None:
            raise ValueError(name)
        return (), (*inside.dependencies, *inside.suppressed)
    found = CacheMeta.read(ReadBuffer(data[2:]), "")
    if found is None:
        raise ValueError(name)
    return (found.path,), (found.id, *found.dependencies, *found.suppressed)


_Signature = tuple[int, int, str]
"""Modification time in seconds and size in bytes, as mypy compares them, and what tells contents apart."""


def _signatures(project: Project) -> dict[str, _Signature]:
    """Return the signature of each file of the project that mypy may import, inspected or not."""
    found: dict[str, _Signature] = {}
    for path in (*project.whole, *project.outside):
        try:
            status = (project.root / path).lstat()
        except OSError:
            continue
        inspected = project.snapshots.get(path)
        content = inspected.digest if inspected else str(status.st_ctime_ns)
        found[visible(path)] = (int(status.st_mtime), status.st_size, content)
    return found


def module_names(root: Path, paths: Iterable[str], *, namespaces: bool = True) -> dict[str, str]:
    """Return the dotted name under which mypy knows each file.

    Source: mypy's `find_sources`, without explicit bases: it climbs from the file through folders with an `__init__`,
    whether it is inspected or not, and with `namespaces` through others as long as one further up has one.
    """

    @functools.cache
    def package(folder: str) -> str | None:
        """Return the dotted name of a folder; None when neither it nor a folder above has an `__init__`."""
        outer, _, last = folder.rpartition("/")
        name = last.removesuffix("-stubs")
        if not name.isidentifier():
            return None
        has_init = _has_init(folder)
        above = package(outer) if has_init or namespaces else None
        if above is None:
            return name if has_init else None
        return f"{above}.{name}"

    places = {path: f"{root}/{path}".rpartition("/") for path in paths}
    return {path: _module(_stem(name), package(folder) or "") for path, (folder, _, name) in places.items()}


def _module(stem: str, package: str) -> str:
    parts = (package, "" if stem == "__init__" else stem)
    return ".".join(part for part in parts if part) or stem


def _stem(name: str) -> str:
    """Return the name of a file without its ending."""
    return name.rpartition(".")[0] or name


def _has_init(folder: str) -> bool:
    return any(os.path.isfile(f"{folder}/{name}") for name in ("__init__.py", "__init__.pyi"))
