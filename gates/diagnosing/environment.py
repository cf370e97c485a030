"""Which Python, which `gates` and which git would judge the project, and whether they are the ones that are meant."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from gates import __version__, environments
from gates.config.document import inside
from gates.diagnosing import Diagnosis, Place, of_error, ok, problem, warning
from gates.model import GatesError
from gates.text import visible

_OLDEST_GIT = (2, 26)
"""The first git that tells from which file a setting comes."""

_INSTALLERS = (
    ("apt-get", "sudo apt-get install git"),
    ("dnf", "sudo dnf install git"),
    ("apk", "sudo apk add git"),
    ("brew", "brew install git"),
)
_NEXT = re.compile(r"(?:>=|~=|==)\s*(\d+)\.(\d+)")


def examine(place: Place) -> Sequence[Diagnosis]:
    """Return what is so of the programs that everything else stands on."""
    return [*_running(place), *_others(place), *_types(place), _git(place)]


def _running(place: Place) -> Iterator[Diagnosis]:
    said = f"quality-gates {__version__} on Python {platform.python_version()} in {place.shown(Path(sys.prefix))}"
    if platform.system() == "Linux":
        yield ok(said)
    else:
        yield warning(
            f"{said}; {platform.system()} is not tested",
            edit="Run `gates check` in CI on Linux too: `gates init --workflow github` (or `gitlab`) writes that.",
        )
    required = _required(place)
    wanted = _NEXT.search(required)
    if wanted and sys.version_info[:2] < (int(wanted[1]), int(wanted[2])):
        python = f"python{wanted[1]}.{wanted[2]}"
        yield problem(
            f"the project needs Python {visible(required)}: its syntax may be newer than this Python can read",
            run=f"{python} -m venv .venv && .venv/bin/python -m pip install quality-gates=={__version__}",
        )


def _others(place: Place) -> Iterator[Diagnosis]:
    """Tell which other `gates` a hook, a colleague or another shell would run, and whether it is of this version."""
    ours = Path(sys.executable).with_name("gates")
    found = shutil.which("gates", path=place.environ.get("PATH", ""))
    if found is None:
        yield warning("no `gates` in PATH, where hooks that name no folder look for it", run=place.path_with_ours)
    others = {"in PATH": Path(found) if found else ours}
    others |= {f"of {name}": place.root / name / "bin" / "gates" for name in (".venv", "venv")}
    for where, path in others.items():
        if path.is_file() and not _same(path, ours):
            yield _compared(place, path, where)


def _same(path: Path, ours: Path) -> bool:
    return os.path.realpath(path) == os.path.realpath(ours)


def _compared(place: Place, path: Path, where: str) -> Diagnosis:
    """Hold another `gates` against this one by what is installed beside it: nothing in a checkout is run."""
    home = Path(os.path.realpath(path)).parent.parent
    found = [each.name.split("-")[1] for each in home.glob("lib/python*/site-packages/quality_gates-*.dist-info")]
    said = f"the `gates` {where} ({place.shown(path)})"
    if not found:
        return warning(f"{said} is of a version that cannot be told", run=f"{place.word(path)} --version")
    version = found[0].removesuffix(".dist")
    if version == __version__:
        return ok(f"{said} is {version} too")
    python = place.word(home / "bin" / "python")
    return problem(
        f"{said} is {visible(version)}, this one is {__version__}",
        run=f"{python} -m pip install quality-gates=={__version__}",
    )


def _types(place: Place) -> Iterator[Diagnosis]:
    """Tell whose packages the types are looked up in."""
    if place.config is None or not place.config.gates["typing"].enabled:
        return
    try:
        environment = environments.of(place.config)
    except GatesError as error:
        yield of_error(error)
        return
    if environment.left_alone:
        yield warning(
            f"types are not looked up in {visible(environment.left_alone)}: `trust` is `untrusted`",
            edit="Activate an environment that lies outside of the checkout.",
        )
    home = Path(environment.python).parent.parent
    version = _version_of(home) if home != Path(sys.prefix) else platform.python_version()
    said = f"types are looked up in {place.shown(home)}" + (f", Python {version}" if version else "")
    required = _required(place)
    if version and not _allows(required, version):
        yield warning(
            f"{said}, which the project does not support: it needs {visible(required)}",
            edit='Name another interpreter: `typing.python = "…"`.',
        )
    else:
        yield ok(said)


def _version_of(home: Path) -> str:
    try:
        text = (home / "pyvenv.cfg").read_text("utf-8", "replace")
    except OSError:
        return ""
    found = re.search(r"^version(?:_info)?\s*=\s*(\d+\.\d+\.\d+)", text, re.MULTILINE)
    return found[1] if found else ""


def _required(place: Place) -> str:
    if place.config is not None:
        return place.config.requires_python
    try:
        said = inside((place.root / "pyproject.toml").read_text("utf-8"), "project", "requires-python")
    except (OSError, UnicodeDecodeError):
        return ""
    return said if isinstance(said, str) else ""


def _allows(required: str, version: str) -> bool:
    try:
        return SpecifierSet(required).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True


def _git(place: Place) -> Diagnosis:
    if not place.git:
        install = next((line for name, line in _INSTALLERS if shutil.which(name)), "")
        advice = "" if install else "Install git: https://git-scm.com/downloads"
        return problem("git is not in PATH, or does not answer", run=install, edit=advice)
    if tuple(int(each) for each in re.findall(r"\d+", place.git)[:2]) < _OLDEST_GIT:
        least = ".".join(map(str, _OLDEST_GIT))
        return problem(f"git {visible(place.git)} is older than {least}", edit="Install a newer git.")
    return ok(f"git {visible(place.git)}")
