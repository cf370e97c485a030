"""The configuration as JSON Schema, for editors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from gates.config.load import GateSchema, General, Pin

_REF = "#/$defs/{name}"


def json_schema(schemas: Sequence[GateSchema]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `[tool.gates]`, or of a whole `gates.toml`."""
    general = _properties(General)
    (pin,), definitions = msgspec.json.schema_components([Pin], ref_template=_REF)
    gates: dict[str, Any] = {}
    by_path: dict[str, Any] = {}
    for schema in schemas:
        properties, found = _gate(schema)
        definitions |= found
        common = {
            "enabled": {"type": "boolean", "description": "Whether the gate runs; turning it off needs a `why`."},
            "why": {"type": "string", "description": "Why the gate is off."},
        }
        gates[schema.name] = _table(schema.options.__doc__ or "", common | properties)
        by_path[schema.name] = _table("Values for these paths.", properties)
    override = _table("Other values for some paths.", {"paths": _texts(), "why": {"type": "string"}} | by_path)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "quality-gates configuration",
        "$defs": definitions,
        **_table(
            "The rules of a project.",
            general
            | {"tools": {"type": "object", "additionalProperties": pin}}
            | {name: {"anyOf": [general[name], each]} if name in general else each for name, each in gates.items()}
            | {"overrides": {"type": "array", "items": override | {"required": ["paths", "why"]}}},
        ),
    }


def _gate(schema: GateSchema) -> tuple[dict[str, Any], dict[str, Any]]:
    _, definitions = msgspec.json.schema_components([schema.options], ref_template=_REF)
    own = definitions.pop(schema.options.__name__)
    return own["properties"], definitions


def _properties(struct: type[msgspec.Struct]) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.schema(struct)["$defs"][struct.__name__]["properties"]
    return found


def _table(description: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "additionalProperties": False,
    }


def _texts() -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string"}}
