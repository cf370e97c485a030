"""Command lines that are read without what reads all others: what the command makes of them, and what they load."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple

import click

from tests.project import Project


def means_the_same(line: NamedTuple | None, command: click.Command, arguments: Sequence[str]) -> bool:
    """Return whether a line that was read is what the command takes the arguments for; one that is not plain is left
    to the command."""
    if line is None:
        return True
    with click.Context(command) as context:
        command.parse_args(context, [*arguments])
    return line._asdict() == context.params


def loaded(project: Project, arguments: Sequence[str], of: Sequence[str]) -> tuple[str, list[str]]:
    """Run `gates`; return what it said, and its exit code with those modules `of` these that it had loaded by then."""
    script = (
        "import sys\nfrom gates.__main__ import main\nimport os\n"
        f"os._exit = lambda code: print(code, *sorted({{*{[*of]!r}}} & {{*sys.modules}}))\n"
        f"sys.argv = ['gates', *{[*arguments]!r}]\nmain()\n"
    )
    argv = [sys.executable, "-P", "-S", "-c", f"import site; site.main()\n{script}"]
    done = subprocess.run(argv, cwd=project.root, env=project.environment(), capture_output=True, text=True, check=True)
    *said, last = done.stdout.splitlines()
    return "\n".join(said), last.split()
