"""Finds what the product is made of by looking into its folders: gates, their pages, reporters."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from gates.config import GateSchema
from gates.model import GatesError, Inspection, Report, Rule, Tool, View
from gates.project import Project

Check = Callable[[Project, Any], Inspection]
Plan = Callable[[Project, Any], tuple[str, ...]]
Applies = Callable[[Project], bool]
Render = Callable[[Report, View], str]


class Gate(Struct, frozen=True):
    """A gate, built from its module: the docstring's first line, `Options`, `RULES`, `READS`, `check`, maybe `plan`,
    `WAITS` and `applies`, which leaves it out where there is nothing to judge, unless it was named.

    `reads` is `file` when a verdict on a file depends on that file alone, `project` when it needs the others, `change`
    when it compares with a base and says nothing without one, `results` when it judges what the other gates came to,
    `record` when it judges the record of all of them. `waits` is how long it waits for a program, beside others: who
    waits longest is let begin first.
    """

    name: str
    summary: str
    rules: tuple[Rule, ...]
    options: type[Struct]
    reads: Literal["file", "project", "change", "results", "record"]
    check: Check
    plan: Plan
    applies: Applies = lambda project: True
    waits: int = 0

    def rule(self, name: str) -> Rule | None:
        """Return the rule with this full name (`gate/rule`); names that a tool gives fall under the gate's `*`."""
        short = name.partition("/")[2]
        by_name = {each.name: each for each in self.rules}
        return by_name.get(short, by_name.get("*"))


def gates_found() -> tuple[Gate, ...]:
    """Return every gate, by name."""
    return tuple(_gate(name) for name in _modules("checks"))


def schemas(found: tuple[Gate, ...]) -> tuple[GateSchema, ...]:
    """Return what the configuration must know of the gates."""
    return tuple(GateSchema(each.name, each.options) for each in found)


def reporter_names() -> tuple[str, ...]:
    """Return the names of the output formats, without importing one."""
    return _modules("reporters")


def tool_names() -> tuple[str, ...]:
    """Return the names of the external programs, as the configuration writes them."""
    return tuple(name.replace("_", "-") for name in _modules("tools"))


def tools() -> tuple[Tool, ...]:
    """Return every external program, by name."""
    modules = (importlib.import_module(f"gates.tools.{name}") for name in _modules("tools"))
    return tuple(each for module in modules for each in vars(module).values() if isinstance(each, Tool))


def reporter(name: str) -> Render:
    """Return the function that renders a report in a format."""
    render: Render = importlib.import_module(f"gates.reporters.{name}").render
    return render


def page(gate: str) -> str:
    """Return the page of a gate: its documentation, which is also its test.

    Raises:
        GatesError: the gate has no page.
    """
    shipped = Path(__file__).parent / "pages"
    folder = shipped if shipped.is_dir() else Path(__file__).parent.parent / "docs" / "gates"
    path = folder / f"{gate}.md"
    if not path.is_file():
        raise GatesError(f"the gate `{gate}` has no page", "Every gate has one in docs/gates.")
    return path.read_text(encoding="utf-8")


def _modules(folder: str) -> tuple[str, ...]:
    """Return the names of the modules in a folder, as `pkgutil.iter_modules` does, which loads `inspect` for it."""
    with os.scandir(Path(__file__).parent / folder) as entries:
        found = {
            each.name.removesuffix(".py")
            for each in entries
            if each.name.endswith(".py") or os.path.isfile(f"{each.path}/__init__.py")
        }
    return tuple(sorted(found - {"__init__"}))


def _gate(name: str) -> Gate:
    try:
        module = importlib.import_module(f"gates.checks.{name}")
        return Gate(
            name=name,
            summary=(module.__doc__ or "").strip().partition("\n")[0],
            rules=tuple(module.RULES),
            options=module.Options,
            reads=module.READS,
            check=module.check,
            plan=getattr(module, "plan", _whole),
            applies=getattr(module, "applies", _always),
            waits=getattr(module, "WAITS", 0),
        )
    except (AttributeError, ImportError, TypeError, SyntaxError) as error:
        raise GatesError(
            f"gates/checks/{name}.py is no gate: {error}", "CONTRIBUTING.md says what a gate needs."
        ) from error


def _whole(project: Project, policy: object) -> tuple[str, ...]:
    return project.files


def _always(project: Project) -> bool:
    return True
