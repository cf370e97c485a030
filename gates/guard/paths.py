"""Which files are protected: the rules, what is accepted, and the hooks that hold both up."""

from __future__ import annotations

import os
from collections.abc import Collection
from fnmatch import fnmatchcase

from msgspec import Struct

from gates.guard.shell import UNKNOWN

_HOOKS = (".git/hooks/**",)
"""Protected in every repository: those of a linked work tree lie in another folder."""

_ELSEWHERE = ("/tmp/", "/var/tmp/", "/dev/")  # noqa: S108 - nothing is put there
"""Where no project is, as long as nobody says where it is."""

PROTECTED = (
    "gates.toml",
    "gates-baseline.json",
    ".gates/knowledge/**",
    ".gates/tickets/**",
    ".pre-commit-config.yaml",
    ".pre-commit-config.yml",
    "prek.toml",
    "lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yml",
    ".lefthook.yaml",
    "lefthook-local.yml",
    ".husky/**",
    ".githooks/**",
    *_HOOKS,
    ".git/config",
    ".github/workflows/**",
    ".github/hooks/**",
    ".github/copilot/settings*.json",
    ".claude/settings*.json",
    ".codex/hooks.json",
    ".codex/config.toml",
    ".gemini/settings.json",
    ".cursor/hooks.json",
    ".openhands/hooks.json",
    ".continue/settings*.json",
    ".windsurf/hooks.json",
    ".clinerules/hooks/**",
    ".opencode/plugins/**",
)
"""What is protected in every project: paths from its root; `*` is a part of a name, `**` everything below."""


class Place(Struct, frozen=True):
    """Where a command would run: the root of the project, the current directory and the person's home, absolute.

    Without a root, a path that leads out of the current directory may lead to any place.
    """

    root: str = ""
    cwd: str = ""
    home: str = ""


def match(path: str, protected: Collection[str], place: Place, *, whole: bool = False) -> str:
    """Return the pattern that protects a path, or "". With `whole` also a folder that holds what is protected."""
    if UNKNOWN in path and path.rpartition(UNKNOWN)[2][:1] not in ("", "/"):
        return ""
    name, loose = _located(path, place)
    segments = [each for each in name.split("/") if each not in ("", ".")]
    found = (each for each in protected if segments and _protects(each, segments, loose=loose, whole=whole))
    return next(found, "")


def _protects(pattern: str, segments: list[str], *, loose: bool, whole: bool) -> bool:
    wanted = pattern.split("/")
    begins = range(len(segments) if loose or pattern in _HOOKS else 1)
    covered = any(_covers(wanted, segments[begin:]) for begin in begins)
    return covered or (whole and not loose and _holds(segments, wanted))


def _located(path: str, place: Place) -> tuple[str, bool]:
    """Return a path from the root of the project or from home, and whether it may begin anywhere above."""
    if UNKNOWN in path:
        return path.rpartition(UNKNOWN)[2], True
    if path.startswith("~"):
        if not place.home or path[1:2] not in ("", "/"):
            return path.partition("/")[2], True
        path = f"{place.home}{path[1:]}"
    if not place.root:
        name = os.path.normpath(path)
        return name, name.startswith(("/", "..")) and not name.startswith(_ELSEWHERE)
    return _below(os.path.normpath(os.path.join(place.cwd or place.root, path)), place), False


def _below(absolute: str, place: Place) -> str:
    """Return a path from the root or from home; one that is below neither begins with what no name is."""
    for folder in (place.root, place.home):
        inside = f"{folder.rstrip('/')}/"
        if folder and f"{absolute}/".startswith(inside):
            return absolute[len(inside) :]
    return f"{UNKNOWN}{absolute}"


def _covers(pattern: list[str], segments: list[str]) -> bool:
    if pattern[-1] == "**":
        pattern = pattern[:-1]
        segments = segments[: len(pattern)]
    return len(pattern) == len(segments) and all(map(_alike, pattern, segments))


def _holds(segments: list[str], pattern: list[str]) -> bool:
    return len(segments) < len(pattern) and all(map(_alike, pattern, segments))


def _alike(wanted: str, name: str) -> bool:
    """Return whether a name, or a pattern that a shell expands, is or may be one that is wanted."""
    wanted, name = wanted.lower(), name.lower()
    hidden = wanted.startswith(".") and name[:1] in "*?["
    return fnmatchcase(name, wanted) or (not hidden and fnmatchcase(wanted, name))
