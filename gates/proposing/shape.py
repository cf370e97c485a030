"""What a project is: its packages, its tests, what in it is not its own code, and which tools it configures itself."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from gates.config import Patterns, inherited
from gates.facts import FileFacts
from gates.model import GatesError
from gates.project import package_folders
from gates.roots import find_root
from gates.text import is_utf8, visible

_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")
_ASIDE = frozenset(
    ("tests", "test", "testing", "docs", "doc", "examples", "example", "samples", "benchmarks", "scripts", "tools")
)
"""Folders whose packages are not what the project is there for."""

_VENDORED = frozenset({"_vendor", "_vendored", "vendor", "vendored", "third_party", "_third_party"})
_GENERATED = ("*_pb2.py", "*_pb2_grpc.py", "*_pb2.pyi")
_INSIDE, _TOP = "**/tests/**", "tests/**"
_NAMED = ("test/**", "test_*.py", "*_test.py", "conftest.py")
_MIGRATION = re.compile(r"(^|/)migrations/\d\w*\.py$")
_MIGRATIONS = "**/migrations/[0-9]*.py"
_SPECIAL = re.compile(r"([\\*?\[\]!#])")
_CONTRACTS = ((".importlinter", "["), ("setup.cfg", "[importlinter"), ("pyproject.toml", "[tool.importlinter"))
_REFUSED = frozenset({"syntax", "encoding", "too-deep", "not-a-file"})
"""Why a file cannot be judged although it can be opened."""


class LeftOut(Struct, frozen=True):
    """A pattern of files that are not proposed to be inspected, and why."""

    pattern: str
    why: str


class Shape(Struct, frozen=True, kw_only=True):
    """What a project is. `files` are those of `every` one that can be judged; `packages` the folders of its top-level
    packages, relative to the root; `tests` patterns of its tests; `ruff`, `mypy` and `contracts` the files in which it
    configures ruff, mypy and import-linter, or nothing."""

    files: Mapping[str, FileFacts]
    every: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    packages: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    ruff: str = ""
    mypy: str = ""
    contracts: str = ""

    @property
    def own(self) -> dict[str, FileFacts]:
        """The files that are no tests."""
        patterns = Patterns(self.tests)
        return {path: facts for path, facts in self.files.items() if not patterns.match(path)}

    @property
    def tested(self) -> dict[str, FileFacts]:
        """The files that are tests."""
        patterns = Patterns(self.tests)
        return {path: facts for path, facts in self.files.items() if patterns.match(path)}


def root_of(here: Path) -> Path:
    """Return the project that a first configuration is for: the nearest folder with a manifest inside of the work tree
    of git, else what `gates check` would take."""
    for folder in (here, *here.parents):
        if any((folder / name).is_file() for name in _MANIFESTS):
            return folder
        if (folder / ".git").exists():
            break
    return find_root(here)


def look(root: Path, facts: Mapping[str, FileFacts]) -> Shape:
    """Return what the project below `root` is, from the facts of all its Python files.

    Raises:
        GatesError: there is no Python file, or none that can be judged.
    """
    if not facts:
        raise GatesError(f"there is no Python file in {visible(str(root))}", "Run `gates init` when there is one.")
    left_out = tuple(_left_out(facts))
    patterns = Patterns([each.pattern for each in left_out])
    files = {path: each for path, each in facts.items() if not patterns.match(path)}
    if not files:
        said = f"none of {len(facts):,} Python files can" if len(facts) > 1 else "the only Python file cannot"
        raise GatesError(f"{said} be judged: {_first(facts)}", _first_hint())
    texts = inherited.texts(root)
    return Shape(
        files=files,
        every=tuple(facts),
        left_out=left_out,
        packages=tuple(_packages(tuple(files))),
        tests=tuple(_tests(tuple(files))),
        ruff=inherited.ruff_file(texts),
        mypy=inherited.mypy_file(texts),
        contracts=_contracts(root),
    )


def pattern(path: str, below: bool = False) -> str:
    """Return the pattern of the policy that matches a file, or all that lies below a folder, and nothing else."""
    plain = "".join(each if is_utf8(each) else "?" for each in path)
    return "/" + _SPECIAL.sub(r"\\\1", plain) + ("/**" if below else "")


def _left_out(facts: Mapping[str, FileFacts]) -> Iterator[LeftOut]:
    folders = {folder for path in facts for folder in _folders(path)}
    for folder in sorted(each for each in folders if each.rpartition("/")[2] in _VENDORED):
        yield LeftOut(pattern(folder, below=True), "code of others")
    for each in _generated(facts):
        yield LeftOut(each, "generated code")
    for folder in sorted(package_folders(tuple(facts))):
        name = folder.rpartition("/")[2].removesuffix("-stubs")
        if folder and not name.isidentifier():
            yield LeftOut(pattern(folder, below=True), "a package that Python cannot import by its name")
    yield from _unreadable(facts)


def _generated(facts: Mapping[str, FileFacts]) -> Iterator[str]:
    yield from (each for each in _GENERATED if _matched(each, facts))
    if any(_MIGRATION.search(path) and _is_migration(each) for path, each in facts.items()):
        yield _MIGRATIONS


def _unreadable(facts: Mapping[str, FileFacts]) -> Iterator[LeftOut]:
    """Yield the files that cannot be judged; a folder in which no file can, as a whole."""
    bad = {path: _refused(each) for path, each in facts.items() if _refused(each)}
    good = {folder for path in facts if path not in bad for folder in _folders(path)}
    whole: dict[str, str] = {}
    for path, why in bad.items():
        whole.setdefault(_broadest(path, good), why)
    yield from (LeftOut(each, why) for each, why in whole.items())


def _broadest(path: str, good: Container[str]) -> str:
    """Return the pattern of the outermost folder around a file that is not a good one, else of the file."""
    folder = next((each for each in _folders(path) if each not in good), "")
    return pattern(folder, below=True) if folder else pattern(path)


def _refused(facts: FileFacts) -> str:
    if facts.conflicts:
        return "holds merge-conflict markers"
    reason = facts.unreadable
    return reason.message if reason is not None and reason.kind in _REFUSED else ""


def _is_migration(facts: FileFacts) -> bool:
    return any(each.module == "django.db" and each.name == "migrations" for each in facts.imports)


def _folders(path: str) -> list[str]:
    """Return the folders that a file lies in, the outermost first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]


def _packages(paths: Sequence[str]) -> list[str]:
    every = package_folders(paths) - {""}
    tops = (each for each in sorted(every) if each.rpartition("/")[0] not in every)
    return [each for each in tops if not _ASIDE.intersection(each.split("/"))]


def _tests(paths: Sequence[str]) -> list[str]:
    """Return the fewest of the usual patterns that match all tests."""
    inside, top = (_matched(each, paths) for each in (_INSIDE, _TOP))
    chosen = [_TOP if top == inside else _INSIDE] if inside else []
    taken = set(inside)
    for each in _NAMED:
        found = _matched(each, paths)
        chosen += [each] if found - taken else []
        taken |= found
    return chosen


def _matched(one: str, paths: Iterable[str]) -> set[str]:
    patterns = Patterns((one,))
    return {path for path in paths if patterns.match(path)}


def _contracts(root: Path) -> str:
    for name, sign in _CONTRACTS:
        path = root / name
        if path.is_file() and sign in path.read_text("utf-8", "replace"):
            return name
    return ""


def _first(facts: Mapping[str, FileFacts]) -> str:
    found = ((path, _refused(each)) for path, each in facts.items())
    path, why = next(((path, why) for path, why in found if why), (next(iter(facts)), "is not the project's own"))
    return visible(f"{path} {why}")


def _first_hint() -> str:
    return "Gates judges what the Python that runs it can parse; code for Python 2 has to be converted first."
