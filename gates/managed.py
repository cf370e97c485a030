"""The configuration of pre-commit and prek, read line by line: no parser of YAML is among what we need to run.

What is read is what people write and the managers' own `sample-config` prints: a key on its line, lists in brackets on
that line or one item on each of the next. Flow style `{repo: …}`, anchors and texts over several lines are not.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from gates import toml

NAMES = (".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml")

_YAML = """\
default_install_hook_types: [pre-commit, pre-push]
repos:
  - repo: local
    hooks:
      - id: gates
        name: gates
        entry: gates hook
        language: system
        args: ["--"]
        types_or: [python, pyi]
        pass_filenames: false
        always_run: true
        require_serial: true
        stages: [pre-commit, pre-push]
"""
_TOML = """\
default_install_hook_types = ["pre-commit", "pre-push"]

[[repos]]
repo = "local"

[[repos.hooks]]
id = "gates"
name = "gates"
entry = "gates hook"
language = "system"
args = ["--"]
types_or = ["python", "pyi"]
pass_filenames = false
always_run = true
require_serial = true
stages = ["pre-commit", "pre-push"]
"""

_LINE = re.compile(r"^\s*(?P<dashes>(?:- +)*)(?:(?P<key>[\w.-]+):(?=\s|$))?\s*(?P<value>.*?)\s*$")
_OURS = re.compile(r"gates(-[a-z-]+)?")
_RUNS_US = re.compile(r"\bgates (hook|check)\b")


class Item(Struct, frozen=True):
    """A line: whether it begins an item of a list, its key, its value without quotes, and the comment behind it."""

    number: int
    begins: bool
    key: str
    value: str
    comment: str


class Asked(Struct, frozen=True):
    """A hook that a manager is to run: its id, what it runs when the configuration says it, and at which stages."""

    id: str
    entry: str = ""
    stages: tuple[str, ...] = ()

    @property
    def ours(self) -> bool:
        """Whether it runs us."""
        return _OURS.fullmatch(self.id) is not None or _RUNS_US.search(self.entry) is not None


class Source(Struct, frozen=True):
    """Where hooks come from, in which revision, on which line that stands with which comment, and which hooks."""

    url: str
    line: int
    hooks: tuple[Asked, ...]
    rev: str = ""
    comment: str = ""

    @property
    def ours(self) -> bool:
        """Whether it is where we come from."""
        return bool(self.rev) and any(each.ours for each in self.hooks)


class Configuration(Struct, frozen=True):
    """What a manager of hooks is told; `types` are the hooks that it installs unless it is told which."""

    path: Path
    sources: tuple[Source, ...]
    types: tuple[str, ...] = ("pre-commit",)

    def ours(self) -> tuple[Asked, ...]:
        """Return the hooks that run us."""
        return tuple(hook for source in self.sources for hook in source.hooks if hook.ours)


def configuration(top: Path) -> Configuration | None:
    """Return the configuration of the hooks of a work tree; None when there is none that can be read."""
    for name in NAMES:
        path = top / name
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        return _of_toml(path, text) if path.suffix == ".toml" else _of_yaml(path, text)
    return None


def to_add(name: str) -> str:
    """Return the lines by which a configuration in a file of this name has the installed `gates` run."""
    return _TOML if name.endswith(".toml") else _YAML


def items(text: str) -> Iterator[Item]:
    """Yield the lines of a YAML file that hold something."""
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.match(line)
        if found is not None and not line.lstrip().startswith("#") and line.strip():
            value, comment = _scalar(found["value"])
            yield Item(number, bool(found["dashes"]), found["key"] or "", value, comment)


def listed(value: str) -> tuple[str, ...]:
    """Return the items of a list in brackets."""
    inside = value.removeprefix("[").removesuffix("]")
    return tuple(each for part in inside.split(",") if (each := part.strip().strip("'\"")))


def _scalar(written: str) -> tuple[str, str]:
    """Return a value without its quotes, and the comment behind it."""
    if written[:1] in ("'", '"'):
        value, _, rest = written[1:].partition(written[0])
    elif written.startswith("#"):
        value, rest = "", written
    else:
        value, _, rest = written.partition(" #")
        return value.strip(), rest.strip()
    return value, rest.strip().removeprefix("#").strip()


class _Reader:
    """What was read so far, and the list that the next items belong to."""

    def __init__(self) -> None:
        self.sources: list[dict[str, Any]] = []
        self.types: list[str] = []
        self._open: list[str] | None = None

    def take(self, item: Item) -> None:
        if not item.key:
            if item.begins and self._open is not None:
                self._open.append(item.value)
            return
        self._open = None
        if item.key == "repo":
            self.sources.append({"url": item.value, "rev": "", "line": item.number, "hooks": []})
        elif item.key == "default_install_hook_types":
            self._begin(self.types, item.value)
        elif self.sources:
            self._inside(self.sources[-1], item)

    def _inside(self, source: dict[str, Any], item: Item) -> None:
        if item.key == "rev":
            source.update(rev=item.value, line=item.number, comment=item.comment)
        elif item.key == "id":
            source["hooks"].append({"id": item.value, "entry": "", "stages": []})
        elif item.key == "entry" and source["hooks"]:
            source["hooks"][-1]["entry"] = item.value
        elif item.key == "stages" and source["hooks"]:
            self._begin(source["hooks"][-1]["stages"], item.value)

    def _begin(self, values: list[str], written: str) -> None:
        values.extend(listed(written))
        self._open = values


def _of_yaml(path: Path, text: str) -> Configuration:
    reader = _Reader()
    for item in items(text):
        reader.take(item)
    return _built(path, reader.sources, reader.types)


def _of_toml(path: Path, text: str) -> Configuration | None:
    try:
        table = toml.parse(text)
        sources = [
            {**each, "url": each["repo"], "line": _line(text, each.get("rev", ""))} for each in table.get("repos", [])
        ]
        return _built(path, sources, table.get("default_install_hook_types", []))
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, KeyError, TypeError, AttributeError):
        return None


def _line(text: str, rev: str) -> int:
    return next((number for number, line in enumerate(text.splitlines(), 1) if rev and rev in line), 1)


def _built(path: Path, sources: list[dict[str, Any]], types: list[str]) -> Configuration:
    found = tuple(msgspec.convert(each, Source) for each in sources)
    return Configuration(path, found, tuple(types) or ("pre-commit",))
