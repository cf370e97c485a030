"""A project with twenty known violations, one in a file, and a base that has none of them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.project import CLEAN, Project

CONFIG = """\
[tool.gates]
preset = "production"
[tool.gates.lint]
select = ["F", "E7", "B", "S", "BLE", "SIM"]
[tool.gates.duplication]
max-percent = 0
min-tokens = 40
[tool.gates.layers]
packages = ["app"]
[[tool.gates.layers.contracts]]
id = "down"
type = "layers"
layers = ["app.web", "app.store"]
why = "The web knows the store."
"""
COPIED = "".join(f"    print([number + {each}, number - {each}, {each}])\n" for each in range(12))


def _function(name: str, body: str) -> str:
    return f"def {name}(number: int) -> int:\n{body}    return number\n"


def _branches(number: int) -> str:
    return "".join(f"    if number == {each}:\n        number += {each}\n" for each in range(number))


def _nested(depth: int) -> str:
    lines = (f"{'    ' * (each + 1)}if number > {each}:\n" for each in range(depth))
    return "".join(lines) + "    " * (depth + 1) + "number += 1\n"


def _filled(lines: int, indent: str = "") -> str:
    return "".join(f"{indent}value_{each}: int = {each} * {each + 7}\n" for each in range(lines))


VIOLATIONS: Mapping[str, tuple[str, str]] = {
    "tangled": ("complexity/cyclomatic", _function("tangled", _branches(20))),
    "puzzling": ("complexity/cognitive", _function("puzzling", _nested(4) + _branches(9))),
    "nested": ("complexity/nesting", _function("nested", _nested(6))),
    "crowded": (
        "complexity/arguments",
        f"def crowded({', '.join(f'a{each}: int' for each in range(12))}) -> int:\n    return a0 + a11\n",
    ),
    "long": ("size/function-lines", _function("long", _filled(120, "    "))),
    "large": ("size/class-lines", f"class Large:\n{_filled(400, '    ')}"),
    "huge": ("size/file-lines", _filled(900)),
    "many": (
        "size/functions-per-module",
        "\n\n".join(f"def f{each}() -> int:\n    return {each}\n" for each in range(60)),
    ),
    "unused": ("lint/F401", "import os\n"),
    "undefined": ("lint/F821", "print(nothing_of_this_name)\n"),
    "none": ("lint/E711", "def is_none(number: int | None) -> bool:\n    return number == None\n"),
    "default": ("lint/B006", "def default(numbers: list[int] = []) -> list[int]:\n    return numbers\n"),
    "shell": ("lint/S605", 'import os\n\nos.system("ls " + input())\n'),
    "blind": (
        "lint/BLE001",
        "def blind() -> None:\n    try:\n        print()\n    except Exception:\n        print(1)\n",
    ),
    "assigned": ("typing/assignment", 'assigned: int = "one"\n'),
    "returned": ("typing/return-value", 'def returned() -> int:\n    return "one"\n'),
    "passed": ("typing/arg-type", 'def passed(number: int) -> int:\n    return number\n\n\npassed("one")\n'),
    "reasonless": ("suppressions/no-reason", "import re  # noqa: F401\n"),
    "codeless": ("suppressions/no-code", "import re  # noqa\n"),
    "copy": ("duplication/clone", _function("copied", COPIED)),
}
BASE: Mapping[str, str] = {
    "pyproject.toml": CONFIG,
    "app/__init__.py": "",
    "app/web.py": "x = 1\n",
    "app/store.py": "y = 1\n",
    "app/original.py": _function("original", COPIED),
    "app/clean.py": CLEAN,
}


def path_of(name: str) -> str:
    """Return where a violation stands."""
    return f"app/{name}.py"


def lay(project: Project) -> None:
    """Make the project a repository: the commit before last has no violation, HEAD has all of them."""
    for name, content in BASE.items():
        project.write(name, content)
    project.commit()
    for name, (_, content) in VIOLATIONS.items():
        project.write(path_of(name), content)
    project.git("add", "-A")
    project.git("commit", "-q", "-m", "violations")


def restore(project: Project, template: Path) -> None:
    """Put the project back as it was."""
    for folder in (project.root, *project.root.rglob("*")):
        if folder.is_dir() and not folder.is_symlink():
            folder.chmod(0o755)
    shutil.rmtree(project.root)
    shutil.copytree(template, project.root, symlinks=True)
