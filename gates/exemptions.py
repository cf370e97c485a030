"""What the configuration silences by path: our overrides, and the settings of ruff and mypy that a project inherits."""

from __future__ import annotations

import configparser
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from gates.config import Config, inherited, mypy_settings
from gates.config.document import Document, read
from gates.model import GatesError

_PER_FILE = tuple((*table, key) for table in ((), ("lint",)) for key in ("per-file-ignores", "extend-per-file-ignores"))
_SILENCING = ("ignore_errors", "disable_error_code")


class Exemption(Struct, frozen=True):
    """Paths, or modules, for which other rules hold: where that stands, for which tool, which values, and why."""

    where: str
    tool: str
    paths: tuple[str, ...]
    values: Mapping[str, Any]
    why: str = ""


def exemptions(config: Config) -> tuple[Exemption, ...]:
    """Return what a configuration silences by path.

    Raises:
        GatesError: a file in which an inherited tool is configured cannot be read.
    """
    found = [*_overrides(config)]
    if _inherits(config, "lint"):
        found += _of_ruff(config)
    if _inherits(config, "typing"):
        found += _of_mypy(config)
    return tuple(found)


def written(values: Mapping[str, Any]) -> str:
    """Return values on one line, as `gates config` writes them."""
    return ", ".join(f"{key} = {msgspec.json.encode(value).decode('utf-8')}" for key, value in _flat(values))


def _inherits(config: Config, gate: str) -> bool:
    settings = config.gates[gate]
    return settings.enabled and bool(getattr(settings.policy.base, "inherit", False))


def _overrides(config: Config) -> Iterator[Exemption]:
    for each in config.values:
        if each.key.startswith("overrides[") and isinstance(each.value, dict):
            values = {key: value for key, value in each.value.items() if key not in ("paths", "why")}
            yield Exemption(config.origin(each), "gates", tuple(each.value["paths"]), values, str(each.value["why"]))


def _of_ruff(config: Config) -> Iterator[Exemption]:
    name = inherited.ruff_file(inherited.texts(config.root))
    if not name:
        return
    prefix = ("tool", "ruff") if name == "pyproject.toml" else ()
    text, table = read(config.root / name, name)
    document = Document(name, text, prefix, _below(table, *prefix))
    for place in _PER_FILE:
        for pattern, codes in _below(document.table, *place).items():
            yield Exemption(document.where((*place, pattern)), "ruff", (pattern,), {"ignore": codes})


def _of_mypy(config: Config) -> Iterator[Exemption]:
    """Yield the sections that silence; mypy reads an INI file that is wrong as one that says nothing, and we do not."""
    files = inherited.texts(config.root)
    name = inherited.mypy_file(files)
    if name and name != "pyproject.toml":
        try:
            configparser.RawConfigParser(strict=False).read_string(files[name])
        except configparser.Error as error:
            raise GatesError(f"{name} cannot be read: {error.message}", "Correct it; it configures mypy.") from error
    for pattern, section in mypy_settings.sections(name, files.get(name, "")).items():
        values = {key: section[key] for key in _SILENCING if section.get(key)}
        if values:
            line = mypy_settings.line(name, files[name], (pattern, next(iter(values))))
            yield Exemption(f"{name}:{line}", "mypy", (pattern or "*",), values)


def _below(table: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        table = table.get(key, {}) if isinstance(table, dict) else {}
    return table if isinstance(table, dict) else {}


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
