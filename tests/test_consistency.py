"""What is said in two places is the same in both: rules and pages, versions and ranges, grammar."""

from __future__ import annotations

import pkgutil
import re
import tomllib
from pathlib import Path

import pytest

from gates import __version__, registry
from gates.model import Tool
from gates.project import installed, within
from gates.registry import Gate
from gates.tools import complexipy, import_linter, jscpd, mypy, radon, ruff

ROOT = Path(__file__).parent.parent
GATES = registry.gates_found()
TOOLS = (
    complexipy.COMPLEXIPY,
    import_linter.IMPORT_LINTER,
    jscpd.JSCPD,
    mypy.MYPY,
    radon.RADON,
    ruff.RUFF,
)


@pytest.mark.parametrize("folder", ["checks", "reporters", "tools"])
def test_modules_are_found_as_python_finds_them(folder: str) -> None:
    place = str(Path(registry.__file__).parent / folder)
    assert registry._modules(folder) == tuple(sorted(each.name for each in pkgutil.iter_modules([place])))


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_every_rule_has_a_section_help_and_a_grammatical_name(gate: Gate) -> None:
    page = registry.page(gate.name)
    assert page.startswith(f"# {gate.name}\n")
    for rule in gate.rules:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*|\*", rule.name), rule.name
        assert f"\n### {rule.name}\n" in page, rule.name
        assert re.fullmatch(r"[A-Z][a-z]+ .*[^.]\.", rule.help), rule.help
        assert not rule.summary.endswith("."), rule.summary


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_every_gate_says_in_one_sentence_what_must_hold(gate: Gate) -> None:
    assert re.fullmatch(r"[A-Z][^.]+\.", gate.summary), gate.summary


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_the_wheel_declares_the_range_that_was_tested(tool: Tool) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert f"{tool.distribution}{tool.tested}" in declared


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_the_pinned_version_is_installed_and_in_the_range(tool: Tool) -> None:
    pinned = re.search(rf"^{tool.distribution}==([\w.]+) ", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned is not None
    assert installed(tool.distribution) == pinned[1]
    assert within(pinned[1], tool.tested)


@pytest.mark.parametrize(
    ("version", "inside"),
    [("0.16.9", False), ("0.17", True), ("0.17.5", True), ("0.17.99", True), ("0.18.0rc1", False), ("1.0", False)],
)
def test_ranges(version: str, inside: bool) -> None:
    assert within(version, ">=0.17,<0.18") is inside


def test_every_tool_has_a_file_and_every_file_a_tool() -> None:
    files = {path.stem for path in (ROOT / "gates" / "tools").iterdir() if not path.name.startswith("__")}
    assert files == {tool.name.replace("-", "_") for tool in TOOLS}


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_what_only_runs_us_is_pinned_as_what_tests_us() -> None:
    every, run = (_pins(ROOT / name) for name in ("requirements.txt", "requirements-run.txt"))
    assert set(run.items()) <= set(every.items())
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {re.split(r"[^\w-]", each)[0] for each in named} <= run.keys()
    assert "pytest" not in run


def _pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w-]+)==([\w.]+)", path.read_text(), re.MULTILINE))


def test_no_address_of_a_registry_stands_in_a_file_of_pins() -> None:
    for name in ("requirements.txt", "requirements-run.txt", "tests/oracle/requirements.txt", "pyproject.toml"):
        text = (ROOT / name).read_text()
        assert not re.search(r"https?:|index.url|find.links|file:", text), name


def test_the_readme_names_only_commands_that_exist() -> None:
    text = (ROOT / "README.md").read_text()
    verbs = {path.stem for path in (ROOT / "gates" / "commands").glob("*.py")} - {"__init__"}
    named = set(re.findall(r"`gates ([a-z]+)", text))
    assert named
    assert named <= verbs
