"""What a check of the work tree may look at besides the files that git names: folders in which a module or a tool could
lie, whether one lies there now or not.

Too many is harmless, a check is only made again; one too few lets an old answer stand.
"""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gates import environments, trees
from gates.config import Config, inherited, mypy_settings
from gates.policies import FILES
from gates.process import Spawner
from gates.project import installed, within
from gates.scope import SUFFIXES
from gates.tools import mypy

_ELSEWHERE = frozenset({"cache_fine_grained", "custom_typeshed_dir", "incremental", "mypy_path", "plugins"})
_ELSEWHERE |= {"python_executable", "sqlite_cache"}
"""Settings of mypy that let it read what its cache does not tell, or keep nothing."""

_GRIMP = ">=3.19,<3.20"
"""The versions of which it is known what they pass over. Source: grimp 3.19, `ModuleFinder`."""

_PASSED = frozenset({"__pycache__", ".git"})


def looked_at(
    config: Config, gates: Collection[str], names: Iterable[str], imported: Collection[str], own: Path
) -> frozenset[bytes] | None:
    """Return the files and folders that these gates may have looked at; None when that cannot be known.

    Args:
        config: of the project.
        gates: the names of those that ran.
        names: the files of the project that git names.
        imported: each part of a dotted name that one of them imports.
        own: where mypy's caches of this checkout are.

    Raises:
        GatesError: the interpreter whose packages are imported does not say where they are.
    """
    known = mypy.known(own, config.root) if "typing" in gates else mypy.Known()
    if known is None or not _is_bounded(config, gates):
        return None
    root = str(config.root)
    read = [f"{root}/{each}" for each in names if trees.is_read(each)]
    folders = _around(root, read)
    parts = {*imported, *(part for each in known.modules for part in each.split("."))}
    paths = {*read, *folders, *_of_project(config, folders), *_environments(root), *_importable(folders, parts)}
    paths.update(_of_gates(config, gates, folders, parts))
    sources = {*known.files, *map(os.path.dirname, known.files)}
    return frozenset({*sources, *map(os.fsencode, paths)})


def _of_gates(
    config: Config, gates: Collection[str], folders: Collection[str], parts: Collection[str]
) -> Iterator[str]:
    """Yield what only some gates look at."""
    if "typing" in gates:
        yield from _types(config, parts)
    if "layers" in gates:
        yield from _packages(config, folders)


def _is_bounded(config: Config, gates: Collection[str]) -> bool:
    """Whether these gates read nothing but what can be told: a tool's own configuration can make it read anything."""
    files = inherited.texts(config.root)
    if "lint" in gates and inherited.goes_on(config, files):
        return False
    if "typing" not in gates or not _option(config, "typing", "inherit"):
        return True
    name = inherited.mypy_file(files)
    sections: Mapping[str, Mapping[str, Any]] = mypy_settings.sections(name, files.get(name, ""))
    return not any(key in _ELSEWHERE for section in sections.values() for key in section)


def _option(config: Config, gate: str, name: str) -> Any:
    return getattr(config.gates[gate].policy.base, name)


def _of_project(config: Config, folders: Iterable[str]) -> Iterator[str]:
    """Yield Python files that git does not name, configuration, baseline, what people recorded, and what tells above
    the project where a package begins."""
    root = str(config.root)
    for folder in folders:
        yield from (f"{folder}/{each}" for each in _entries(folder) if each.endswith(SUFFIXES))
    yield from (f"{root}/{each}" for each in (*FILES, config.baseline))
    yield from (os.path.dirname(f"{root}/{config.baseline}"), f"{root}/.gates")
    for recorded in (f"{root}/.gates/flags", f"{root}/.gates/knowledge"):
        yield from (recorded, *_inside(recorded))
    yield from (f"{above}/__init__{suffix}" for above in config.root.parents for suffix in SUFFIXES)


def _around(root: str, paths: Iterable[str]) -> frozenset[str]:
    """Return the folders of the paths and all above them in the project: a package may come to be there."""
    found = {root, f"{root}/src"}
    for path in paths:
        folder = os.path.dirname(path)
        while folder not in found:
            found.add(folder)
            folder = os.path.dirname(folder)
    return frozenset(found)


def _packages(config: Config, folders: Iterable[str]) -> Iterator[str]:
    """Yield the folders and Python files in the packages of import contracts, also those that git ignores."""
    wanted = frozenset(_option(config, "layers", "packages"))
    passes_over = within(installed("grimp") or "0", _GRIMP)
    for top in (each for each in folders if os.path.basename(each) in wanted):
        for folder, files in _walked(top, passes_over=passes_over):
            yield from (folder, *(f"{folder}/{each}" for each in files if each.endswith(SUFFIXES)))


def _walked(top: str, *, passes_over: bool) -> Iterator[tuple[str, list[str]]]:
    """Yield each folder with its files. Below a package, grimp passes over what is in folders that are none."""
    packages: set[str] = set()
    for folder, inner, files in os.walk(top):
        inner[:] = [each for each in inner if each not in _PASSED]
        if "__init__.py" in files:
            packages.add(folder)
        elif passes_over and os.path.dirname(folder) in packages:
            inner.clear()
        yield folder, files


def _importable(folders: Iterable[str], names: Collection[str]) -> Iterator[str]:
    """Yield the folders below others that an import may lead into, by each part of what is imported."""
    waiting, seen = list(folders), set()
    while waiting:
        folder = waiting.pop()
        for each in _entries(folder):
            inner = f"{folder}/{each}"
            if each.removesuffix("-stubs") in names and inner not in seen and os.path.isdir(inner):
                seen.add(inner)
                waiting.append(inner)
                yield inner


def _environments(root: str) -> Iterator[str]:
    """Yield what shows that another interpreter is found, or that a tool was installed, changed or removed."""
    active = os.environ.get("VIRTUAL_ENV", "")
    for folder in (active or sys.prefix, f"{root}/.venv", f"{root}/venv", sys.prefix):
        yield from (f"{folder}/bin", *_inside(f"{folder}/bin"), f"{folder}/pyvenv.cfg")
    yield from (sys.executable, *_inside(sysconfig.get_path("scripts")))
    for each in sys.path:
        yield from _installed(each or ".")


def _types(config: Config, names: Collection[str]) -> Iterator[str]:
    """Yield what shows that a package was installed, changed or removed where types are looked up.

    Raises:
        GatesError: the interpreter that is chosen cannot be run.
        ToolError: it does not say where its packages are.
    """
    python = environments.of(config).python
    yield from (python, f"{Path(python).parent.parent}/pyvenv.cfg")
    spawner = Spawner()
    try:
        searched = tuple(map(str, mypy.searched(spawner, config.root, python)))
    finally:
        spawner.stop()
    for each in searched:
        yield from _installed(each)
    yield from _importable(searched, names)


def _installed(packages: str) -> Iterator[str]:
    """Yield a folder of installed packages, and in it what installers write and what names further folders."""
    yield packages
    for each in _entries(packages):
        if each.endswith(".dist-info"):
            yield f"{packages}/{each}/RECORD"
        elif each.endswith(".pth"):
            yield f"{packages}/{each}"


def _inside(folder: str) -> Iterator[str]:
    yield from (f"{folder}/{each}" for each in _entries(folder))


def _entries(folder: str) -> list[str]:
    """Return the names in a folder; none when it is no folder, or cannot be looked into."""
    with contextlib.suppress(OSError):
        return sorted(os.listdir(folder))
    return []
