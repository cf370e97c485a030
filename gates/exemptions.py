"""What the configuration silences by path: our overrides, and the settings of ruff and mypy that a project inherits."""

from __future__ import annotations

import configparser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from gates.config import Config, inherited
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
        found += _of_ruff(config.root)
    if _inherits(config, "typing"):
        found += _of_mypy(config.root)
    return tuple(found)


def _inherits(config: Config, gate: str) -> bool:
    settings = config.gates[gate]
    return settings.enabled and bool(getattr(settings.policy.base, "inherit", False))


def _overrides(config: Config) -> Iterator[Exemption]:
    for each in config.values:
        if each.key.startswith("overrides[") and isinstance(each.value, dict):
            values = {key: value for key, value in each.value.items() if key not in ("paths", "why")}
            yield Exemption(config.origin(each), "gates", tuple(each.value["paths"]), values, str(each.value["why"]))


def _of_ruff(root: Path) -> Iterator[Exemption]:
    name = inherited.ruff_file(inherited.texts(root))
    if not name:
        return
    prefix = ("tool", "ruff") if name == "pyproject.toml" else ()
    text, table = read(root / name, name)
    document = Document(name, text, prefix, _below(table, *prefix))
    for place in _PER_FILE:
        for pattern, codes in _below(document.table, *place).items():
            yield Exemption(document.where((*place, pattern)), "ruff", (pattern,), {"ignore": codes})


def _of_mypy(root: Path) -> Iterator[Exemption]:
    name = inherited.mypy_file(inherited.texts(root))
    if name == "pyproject.toml":
        yield from _of_table(root / name)
    elif name:
        yield from _of_sections(root / name, _sections(root / name))


def _of_table(path: Path) -> Iterator[Exemption]:
    text, table = read(path, path.name)
    document = Document(path.name, text, ("tool", "mypy"), _below(table, "tool", "mypy"))
    if values := _silencing(document.table):
        yield Exemption(document.where(()), "mypy", ("*",), values)
    overrides = document.table.get("overrides", [])
    for index, each in enumerate(overrides if isinstance(overrides, list) else []):
        if isinstance(each, dict) and (values := _silencing(each)):
            modules = each.get("module", [])
            names = tuple(modules) if isinstance(modules, list) else (str(modules),)
            yield Exemption(document.where(("overrides", index)), "mypy", names, values)


def _sections(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise GatesError(f"{path.name} cannot be read: {error}", "Correct it; mypy is configured there.") from error
    return parser


def _of_sections(path: Path, parser: configparser.RawConfigParser) -> Iterator[Exemption]:
    lines = path.read_text(encoding="utf-8").split("\n")
    for section in parser.sections():
        values = _silencing(dict(parser.items(section)))
        if values and (section == "mypy" or section.startswith("mypy-")):
            number = next((index for index, line in enumerate(lines, 1) if line.startswith(f"[{section}]")), 1)
            names = tuple(section.removeprefix("mypy-").split(",")) if section != "mypy" else ("*",)
            yield Exemption(f"{path.name}:{number}", "mypy", names, values)


def _silencing(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that silence; `ignore_errors = false` does not."""
    found = {key: table[key] for key in _SILENCING if key in table}
    return {
        key: value for key, value in found.items() if str(value).strip().lower() not in ("", "false", "[]", "no", "0")
    }


def _below(table: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        table = table.get(key, {}) if isinstance(table, dict) else {}
    return table if isinstance(table, dict) else {}


def written(values: Mapping[str, Any]) -> str:
    """Return values on one line, as `gates config` writes them."""
    return ", ".join(f"{key} = {msgspec.json.encode(value).decode('utf-8')}" for key, value in _flat(values))


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
