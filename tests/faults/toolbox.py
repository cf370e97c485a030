"""A Python environment of its own for one test, in which tools are replaced by the fake one."""

from __future__ import annotations

import site
import sys
import textwrap
from pathlib import Path

from tests.faults import fake_tool
from tests.project import Project

NATIVE = ("ruff", "jscpd")
MODULES = {"mypy": "mypy/__main__.py", "import-linter": "importlinter/configuration.py"}
"""What is imported when the tool is run, by the tool."""

GATE = {"ruff": "lint", "mypy": "typing", "jscpd": "duplication", "import-linter": "layers"}
"""The gate that each tool decides."""

FILES = {
    "gates.toml": """
        preset = "internal"
        [lint]
        select = ["F"]
        [layers]
        packages = ["pkg"]
        [[layers.contracts]]
        id = "floors"
        why = "imports point down"
        type = "layers"
        layers = ["pkg.high", "pkg.low"]
        """,
    "pkg/__init__.py": "",
    "pkg/high.py": "from pkg import low\n\n\ndef double(number: int) -> int:\n    return low.ONE * number * 2\n",
    "pkg/low.py": "ONE: int = 1\n",
}
"""A project in which every gate that runs a tool is on, and passes."""

SPOILED = "import os\n\nfrom pkg import high\n\nONE: int = 'one'\n\nprint(high)\n"
"""In the place of `pkg/low.py`: something for each of these gates but `duplication`."""


class Toolbox:
    """The environment: an interpreter that runs our product, with tools beside it of which some are fakes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.packages = folder / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
        self.bin.mkdir(parents=True)
        self.packages.mkdir(parents=True)
        base = Path(sys.base_prefix) / "bin"
        (folder / "pyvenv.cfg").write_text(f"home = {base}\ninclude-system-site-packages = false\n")
        self.python = self.bin / "python"
        self.python.symlink_to(Path(sys.executable).resolve())
        (self.packages / "real.pth").write_text(
            "".join(f"import site; site.addsitedir({each!r})\n" for each in site.getsitepackages())
        )
        for name in NATIVE:
            (self.bin / name).symlink_to(Path(sys.executable).with_name(name))

    def replace(self, tool: str, orders: str) -> None:
        """Let the fake tool stand in the place of a tool, with these orders."""
        told = self.folder / f"{tool}.orders"
        told.write_text(textwrap.dedent(orders))
        code = (
            f"import sys\nsys.path.insert(0, {str(Path(fake_tool.__file__).parent)!r})\nimport fake_tool\n"
            f"from pathlib import Path\nfake_tool.obey({tool!r}, Path({str(told)!r}))\n"
        )
        if tool in NATIVE:
            (self.bin / tool).unlink()
            self.script(tool, code)
        else:
            module = self.packages / MODULES[tool]
            module.parent.mkdir(exist_ok=True)
            module.parent.joinpath("__init__.py").touch()
            module.write_text(code)

    def script(self, name: str, code: str) -> None:
        """Put a program beside the interpreter."""
        path = self.bin / name
        path.write_text(f"#!{Path(sys.executable).resolve()} -ISB\n{code}")
        path.chmod(0o755)

    @property
    def under(self) -> tuple[str, ...]:
        """What to run the command under, so that it is run with the tools of this environment."""
        launcher = self.folder / "launch"
        if not launcher.exists():
            launcher.write_text(f'#!/bin/sh\nshift\nexec {self.python} -P -m gates "$@"\n')
            launcher.chmod(0o755)
        return (str(launcher),)


def workshop(base: Path, tool: str = "", orders: str = "") -> tuple[Toolbox, Project]:
    """Return an environment, in which a tool may be replaced, and a project that it checks."""
    toolbox = Toolbox(base / "toolbox")
    if tool:
        toolbox.replace(tool, orders)
    project = Project(base)
    for name, content in FILES.items():
        project.write(name, textwrap.dedent(content).lstrip())
    project.commit()
    return toolbox, project
