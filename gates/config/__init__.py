"""The rules: one versioned file over a preset, checked strictly, as frozen values that know where they came from."""

from gates.config.inherited import loosened_tools, out_of_force
from gates.config.load import GateSchema, load, presets
from gates.config.loosened import loosened
from gates.config.options import Count, Percent, option
from gates.config.patterns import Patterns
from gates.config.schema import json_schema
from gates.config.stricter import distrusted, stricter
from gates.config.values import Config, GateSettings, Loosened, Policy, Value

__all__ = [
    "Config",
    "Count",
    "GateSchema",
    "GateSettings",
    "Loosened",
    "Patterns",
    "Percent",
    "Policy",
    "Value",
    "distrusted",
    "json_schema",
    "load",
    "loosened",
    "loosened_tools",
    "option",
    "out_of_force",
    "presets",
    "stricter",
]
