"""The command line of a check."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

_FORMATS = Path(__file__).parent / "reporters"


class Line(NamedTuple):
    """What is asked for, as `gates check --help` says it of each; None where a default depends on something else."""

    paths: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    since: str | None = None
    staged: bool = False
    untrusted: bool = False
    locked: bool | None = None
    output_format: str = "auto"
    outputs: tuple[str, ...] = ()
    shard: str | None = None
    timings: str | None = None
    executor: str | None = None
    verify_determinism: bool = False
    jobs: int | None = None
    timeout: float | None = None

    @property
    def is_of_work_tree(self) -> bool:
        """Whether one report on the work tree is asked for, which nothing is compared with: it can be recalled."""
        whole = self.shard is None and not (self.outputs or self.verify_determinism)
        return whole and not self.staged and self.since is None


def plain(arguments: Sequence[str]) -> Line | None:
    """Return what the arguments of `gates check` ask for when they only name gates, a format and paths that begin with
    no dash; None when somebody else has to read them, who knows all options and what to say of mistakes."""
    found = Line()
    rest = iter(arguments)
    for each in rest:
        taken = _taken(found, each, rest)
        if taken is None:
            return None
        found = taken
    return found


def _taken(line: Line, argument: str, rest: Iterator[str]) -> Line | None:
    """Return what is asked for with one more argument, whose value comes next if it has one."""
    if not argument.startswith("-"):
        return line._replace(paths=(*line.paths, argument))
    value = next(rest, "-")
    if value.startswith("-"):
        return None
    if argument == "--gate":
        return line._replace(names=(*line.names, value))
    return line._replace(output_format=value) if argument == "--output-format" and _is_format(value) else None


def _is_format(name: str) -> bool:
    return name == "auto" or (name.isidentifier() and name != "__init__" and os.path.isfile(_FORMATS / f"{name}.py"))
