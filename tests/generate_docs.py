"""Writes the table of options into the page of each gate: `python tests/generate_docs.py`."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Meta

from gates import config, registry
from gates.registry import Gate

PAGES = Path(__file__).parent.parent / "docs" / "gates"
REPORTS = PAGES.parent / "reports.md"
_FORMATS = re.compile(r"^\| format \|.*?\n(?=\n)", re.MULTILINE | re.DOTALL)
PRESETS = ("prototype", "internal", "production", "legacy")
_HEADING = ("option", "meaning", *PRESETS)
_TABLE = re.compile(
    r"(?P<before>^## Options\n(?:(?!\| option \||## ).*\n)*)(?P<table>(?:\|.*\n)*)\n*(?=^## )", re.MULTILINE
)


def options_table(gate: Gate) -> str:
    """Return the options of a gate as a Markdown table: meaning from the code, values from the presets."""
    presets = config.presets()
    rows = [_HEADING, tuple("---" for _ in _HEADING)]
    rows.append(
        ("`enabled`", "Whether the gate runs; turning it off needs a `why`.", *_values(presets, gate, "enabled"))
    )
    for field in msgspec.structs.fields(gate.options):
        rows.append((f"`{field.encode_name}`", _meaning(field.type), *_values(presets, gate, field.encode_name)))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def table_in(page: str) -> str:
    """Return the table that stands under `## Options`; nothing when there is none."""
    found = _TABLE.search(page)
    return found["table"] if found else ""


def with_table(page: str, table: str) -> str:
    """Return the page with another table under `## Options`; the prose before it stays."""
    return _TABLE.sub(lambda found: f"{found['before'].rstrip()}\n\n{table}\n", page, count=1)


def formats_table() -> str:
    """Return the table of output formats: what each reporter says of itself in the first line of its docstring."""
    rows = [("format", "what it is"), ("---", "---")]
    for name in registry.reporter_names():
        summary = (importlib.import_module(f"gates.reporters.{name}").__doc__ or "").partition("\n")[0]
        rows.append((f"`{name}`", summary.replace("|", "\\|")))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def with_formats(page: str) -> str:
    """Return the page on reports with a fresh table of formats."""
    return _FORMATS.sub(lambda found: formats_table(), page, count=1)


def main() -> None:
    """Rewrite the tables of every page in place."""
    REPORTS.write_text(with_formats(REPORTS.read_text(encoding="utf-8")), encoding="utf-8")
    for gate in registry.gates_found():
        path = PAGES / f"{gate.name}.md"
        path.write_text(with_table(path.read_text(encoding="utf-8"), options_table(gate)), encoding="utf-8")


def _values(presets: dict[str, dict[str, Any]], gate: Gate, key: str) -> list[str]:
    """Return the value in each preset; a gate that the presets do not name is on, with the defaults of its options."""
    defaults = {each.encode_name: each.default for each in msgspec.structs.fields(gate.options)} | {"enabled": True}
    return [f"`{json.dumps(presets[preset].get(gate.name, {}).get(key, defaults.get(key)))}`" for preset in PRESETS]


def _meaning(annotation: Any) -> str:
    meta = next(each for each in annotation.__metadata__ if isinstance(each, Meta) and each.description)
    by_path = " May differ by path." if (meta.extra or {}).get("by_path") else ""
    return f"{meta.description}{by_path}".replace("|", "\\|")


if __name__ == "__main__":
    main()
