"""The configuration is strict: one file; every mistake is named with file, line and the nearest valid key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from gates import __version__, config, registry
from gates.config import Policy
from gates.config.load import PRESETS, _preset
from tests.project import Project

RANKS = {"typing.strictness": ["basic", "standard", "strict"]}

WRONG: dict[str, tuple[str, list[str]]] = {
    "unknown key of a gate": (
        "[tool.gates.complexity]\ncognitive = 3\ncyclomtic = 10\n",
        ["pyproject.toml:3: unknown key `complexity.cyclomtic`", "Did you mean `cyclomatic`?"],
    ),
    "unknown gate": (
        "[tool.gates.complexty]\ncyclomatic = 10\n",
        ["pyproject.toml:1: unknown key `complexty`", "Did you mean `complexity`?"],
    ),
    "unknown key, nothing near": (
        "[tool.gates]\nzzzzzz = 1\n",
        ["pyproject.toml:2: unknown key `zzzzzz`", "Known here: baseline, cache, complexity"],
    ),
    "wrong type": (
        '[tool.gates]\npreset = "internal"\n[tool.gates.complexity]\n\ncyclomatic = "ten"\n',
        ["pyproject.toml:5: `complexity.cyclomatic`: "],
    ),
    "a limit of nothing": (
        "[tool.gates.complexity]\ncyclomatic = 0\n",
        ["pyproject.toml:2: `complexity.cyclomatic`: expected `int` >= 1"],
    ),
    "true is no number": (
        "[tool.gates.size]\nfile-lines = true\n",
        ["pyproject.toml:2: `size.file-lines`: expected `int | str`, got `bool`"],
    ),
    "unknown preset": (
        '[tool.gates]\npreset = "strict"\n',
        ["pyproject.toml:2: `preset`: invalid enum value 'strict'"],
    ),
    "duplicate key": (
        "[tool.gates.complexity]\ncyclomatic = 10\ncyclomatic = 99\n",
        ["pyproject.toml:3:16: Cannot overwrite a value"],
    ),
    "broken TOML": ("[tool.gates\npreset = 1\n", ["pyproject.toml:1:12: "]),
    "an override of what is one value": (
        '[[tool.gates.overrides]]\npaths = ["a"]\nwhy = "w"\nduplication.max-percent = 50.0\n',
        ["pyproject.toml:4: `duplication.max-percent` is one value for the project; it cannot differ by path"],
    ),
    "an override without a reason": (
        '[[tool.gates.overrides]]\npaths = ["a"]\nsize.file-lines = 9\n',
        ["pyproject.toml:1: an override needs `why`"],
    ),
    "an override with a misspelt key": (
        '[[tool.gates.overrides]]\npaths = ["a"]\nwhy = "w"\nsize.file-line = 9\n',
        ["pyproject.toml:4: unknown key `overrides[0].size.file-line`", "Did you mean `file-lines`?"],
    ),
    "a gate turned off without a reason": (
        "[tool.gates.size]\nenabled = false\n",
        ["pyproject.toml:2: `size.enabled = false` needs a `why`"],
    ),
    "a preset that needs a baseline": (
        '[tool.gates]\npreset = "legacy"\n',
        ["the preset `legacy` needs the file gates-baseline.json", "gates baseline create"],
    ),
    "an unknown key of a contract": (
        '[tool.gates.layers]\npackages = ["a"]\n[[tool.gates.layers.contracts]]\nid = "x"\nwhy = "w"\n'
        'type = "layers"\nlayer = ["a"]\n',
        ["unknown key `layers.contracts.layer`", "Did you mean `layers`?"],
    ),
    "a contract of an unknown type": (
        '[[tool.gates.layers.contracts]]\nid = "x"\nwhy = "w"\ntype = "ring"\n',
        ["pyproject.toml:1: `layers.contracts[0].type`: invalid value 'ring'"],
    ),
    "a baseline outside the project": (
        '[tool.gates]\nbaseline = "../accepted.json"\n',
        ["pyproject.toml:2: `baseline` must name a file inside the project, `../accepted.json` does not"],
    ),
    "no baseline": ('[tool.gates]\nbaseline = ""\n', ["pyproject.toml:2: `baseline` must name a file"]),
    "another version": (
        '[tool.gates]\nrequired-version = ">=9"\n',
        ["pyproject.toml:2: this project wants quality-gates >=9, this is 0.1.0", "python -m pip install"],
    ),
    "a source that matches nothing": ('[tool.gates]\nsource = ["srcc"]\n', ["`source` entry `srcc` matches no Python"]),
    "tool.gates is no table": ("[tool]\ngates = 3\n", ["pyproject.toml: `tool.gates` must be a table"]),
    "layers without a contract": ("[tool.gates.layers]\n", ["`layers.packages` or `layers.contracts` is empty"]),
    "inheriting nothing": ("[tool.gates.lint]\ninherit = true\n", ["the project has no configuration of ruff"]),
    "no such interpreter": ('[tool.gates.typing]\npython = "no/python"\n', ["`no/python`, which is no interpreter"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_ends_the_run_with_file_line_and_advice(name: str, tmp_path: Path) -> None:
    text, expected = WRONG[name]
    project = Project(tmp_path)
    project.write("pyproject.toml", text)
    project.write("m.py", "x = 1\n")
    result = project.gates("check")
    assert result.code == 2, result
    assert result.out == ""
    for part in expected:
        assert part in result.said


@pytest.mark.parametrize(("content", "said"), [(b"\xef\xbb\xbf[a]\n", "byte-order mark"), (b"\xff\n", "is not UTF-8")])
def test_a_file_that_is_no_text(content: bytes, said: str, tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("gates.toml", content)
    result = project.gates("check")
    assert (result.code, result.out) == (2, "")
    assert said in result.said


def test_two_sources_of_rules_are_refused(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("gates.toml", 'preset = "internal"\n')
    project.write("pyproject.toml", "[tool.gates]\n")
    assert "gates.toml and [tool.gates] in pyproject.toml both hold rules" in project.gates("check").said


def test_no_flag_and_no_variable_loosens_a_rule(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("gates.toml", "[complexity]\ncyclomatic = 1\n")
    project.write("m.py", "def f(x: int) -> int:\n    return 1 if x else 2\n")
    variables = {"GATES_COMPLEXITY_CYCLOMATIC": "99", "GATES_PRESET": "prototype", "RUFF_IGNORE": "ALL"}
    assert project.check("complexity", env=variables).code == 1
    assert project.gates("check", "--cyclomatic", "99").code == 2


SOME = """\
preset = "production"

[complexity]
cyclomatic = 12

[layers]
enabled = false
why = "one module"

[lint]
select = [
  "E",
  "F",
]

[[overrides]]
paths = ["tests/**"]
why = "cases"
size.file-lines = 900
"""
ORIGINS = {
    "preset": "gates.toml:1",
    "complexity.cyclomatic": "gates.toml:4",
    "complexity.cognitive": "preset production",
    "layers.enabled": "gates.toml:7",
    "lint.select": "gates.toml:11",
    "overrides[0]": "gates.toml:16",
    "timeout": "default",
    "baseline": "default",
    "improve-touched": "preset production",
}


def test_every_value_has_an_origin(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("gates.toml", SOME)
    said = project.gates("config").out
    origins = {line.partition(" ")[0]: line.rpartition("# ")[2] for line in said.splitlines()}
    assert {key: origins[key] for key in ORIGINS} == ORIGINS
    assert project.gates("config", "complexity.cyclomatic").out == "complexity.cyclomatic = 12  # gates.toml:4\n"
    assert project.gates("config", "nothing").code == 2


def test_a_value_that_a_tool_decides_is_shown_as_inherited(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("gates.toml", 'preset = "legacy"\nlint.inherit = true\ntyping.inherit = true\n')
    project.write("pyproject.toml", "[tool.ruff]\nline-length = 99\n")
    project.write("setup.cfg", "[mypy]\nstrict = true\n")
    lines = [
        " ".join(line.split()) for key in ("lint", "typing") for line in project.gates("config", key).out.splitlines()
    ]
    assert lines == [
        "lint.enabled = true # gates.toml:2",
        "lint.select = inherited # ruff's configuration in pyproject.toml",
        "lint.ignore = inherited # ruff's configuration in pyproject.toml",
        "lint.warn = [] # preset legacy",
        "lint.line-length = inherited # ruff's configuration in pyproject.toml",
        "lint.inherit = true # gates.toml:2",
        "typing.enabled = true # gates.toml:3",
        "typing.strictness = inherited # mypy's configuration in setup.cfg",
        'typing.python = "" # preset legacy',
        'typing.typed-functions = "off" # preset legacy',
        "typing.inherit = true # gates.toml:3",
    ]
    (project.root / "setup.cfg").unlink()
    said = project.gates("config", "typing.strictness").out
    assert said == "typing.strictness = inherited  # there is no configuration of mypy\n"


def test_the_last_override_wins_and_the_rest_stays(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(
        "gates.toml",
        "[size]\nfile-lines = 2\n"
        '[[overrides]]\npaths = ["a/**"]\nwhy = "w"\nsize.file-lines = 4\n'
        '[[overrides]]\npaths = ["a/b/**"]\nwhy = "w"\nsize.file-lines = 3\n',
    )
    for name in ("m.py", "a/m.py", "a/b/m.py"):
        project.write(name, "a = 1\nb = 1\nc = 1\nd = 1\n")
    said = project.check("size").out
    assert "m.py:1:1: error size/file-lines `m.py` has 4 lines, limit 2\n" in said
    assert "`a/b/m.py` has 4 lines, limit 3\n" in said
    assert "`a/m.py`" not in said


@pytest.mark.parametrize("preset", PRESETS)
def test_one_preset_is_read_as_it_stands_among_all(preset: str) -> None:
    assert _preset(preset) == config.presets()[preset]


def _options(preset: str) -> dict[str, Any]:
    shipped = config.presets()[preset]
    return {
        f"{gate}.{key}": value
        for gate, table in shipped.items()
        if isinstance(table, dict)
        for key, value in table.items()
    }


def _strictness(key: str, value: Any, order: str) -> Any:
    """Return something that is larger for a stricter value."""
    if value in ("off", {}):
        return float("-inf")
    match order:
        case "lower":
            return -value
        case "later":
            return RANKS[key].index(value)
        case _:
            return value


def _orders() -> dict[str, str]:
    found = {f"{gate.name}.enabled": "true" for gate in registry.gates_found()}
    for gate in registry.gates_found():
        for each in msgspec.structs.fields(gate.options):
            extra = next(meta.extra for meta in each.type.__metadata__ if meta.extra)
            found[f"{gate.name}.{each.encode_name}"] = extra["stricter"]
    return found


@pytest.mark.parametrize(("looser", "stricter"), [("prototype", "internal"), ("internal", "production")])
def test_presets_get_stricter_key_by_key(looser: str, stricter: str) -> None:
    first, second, orders = _options(looser), _options(stricter), _orders()
    for key, order in orders.items():
        before, after = first[key], second[key]
        if order == "more":
            assert all(any(a.startswith(b) or b.startswith(a) for a in after) for b in before), key
        elif order == "fewer":
            assert set(after) <= set(before), key
        elif order != "none":
            assert _strictness(key, after, order) >= _strictness(key, before, order), key


def test_every_preset_lists_every_key_of_every_gate() -> None:
    expected = sorted(_orders())
    for preset in config.presets():
        assert sorted(_options(preset)) == expected, preset


def test_legacy_has_the_limits_of_production_and_asks_for_less_debt() -> None:
    production, legacy = _options("production"), _options("legacy")
    differing = {key: (value, legacy[key]) for key, value in production.items() if value != legacy[key]}
    assert differing == {"layers.enabled": (True, False)}
    touched = {name: preset["improve-touched"] for name, preset in config.presets().items()}
    assert touched == {"prototype": False, "internal": False, "production": False, "legacy": True}


def test_a_configuration_is_read_from_its_file_alone(tmp_path: Path) -> None:
    """What the base of a change said is read where nothing else of the project is."""
    project = Project(tmp_path)
    text = """
[project]
requires-python = ">=3.9"
[tool.gates]
source = ["src"]
[tool.gates.typing]
python = "no/python"
inherit = true
[tool.gates.layers]
packages = ["shop"]
[[tool.gates.layers.contracts]]
id = "x"
type = "layers"
layers = ["shop.a", "shop.b"]
why = "w"
[[tool.gates.overrides]]
paths = ["nowhere"]
why = "w"
size.file-lines = 9
"""
    project.write("pyproject.toml", text)
    found = config.load(
        project.root, registry.schemas(registry.gates_found()), registry.tool_names(), version=__version__
    )
    assert (found.source, found.requires_python, found.baseline) == (("src",), ">=3.9", "gates-baseline.json")


@pytest.mark.parametrize("preset", ["prototype", "internal", "production", "legacy"])
def test_presets_are_valid_options(preset: str) -> None:
    shipped = config.presets()[preset]
    for gate in registry.gates_found():
        table = {key: value for key, value in shipped[gate.name].items() if key != "enabled"}
        assert isinstance(msgspec.convert(table, gate.options), gate.options)


def test_our_own_configuration_fits_the_published_schema(tmp_path: Path) -> None:
    import tomllib

    schema = json.loads(Project(tmp_path).gates("schema", "config").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    root = Path(__file__).parent.parent
    table = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["gates"]
    assert not list(validator.iter_errors(table))
    mistakes: list[dict[str, Any]] = [
        {"complexty": {}},
        {"complexity": {"cyclomatic": 0}},
        {"overrides": [{"paths": ["a"]}]},
    ]
    for mistake in mistakes:
        assert list(validator.iter_errors(mistake)), mistake


def test_a_policy_without_overrides_is_its_base() -> None:
    from gates.checks.size import Options

    base = Options(1, 2, 3, 4)
    assert Policy(base).at("any/path.py") is base


def test_baseline_names_a_file_or_turns_the_gate_off(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("m.py")
    project.write("gates.toml", 'baseline = "debt.json"\n')
    assert project.gates("baseline", "create").code == 0
    assert (project.root / "debt.json").is_file()
    project.write("gates.toml", '[baseline]\nenabled = false\nwhy = "Nobody looks at it."\n')
    assert project.gates("check").code == 0
