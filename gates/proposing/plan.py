"""All that a first configuration writes, put together and shown before anything is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from gates import asking, baseline, engine, installing
from gates.installing import Step
from gates.model import GatesError
from gates.proposing.around import Around, around, merging
from gates.proposing.shape import look
from gates.proposing.told import debt, told
from gates.proposing.trial import Tried, settled
from gates.proposing.writing import Writing, shown, write
from gates.proposing.written import configured
from gates.text import counted, visible


class Plan(Struct, frozen=True, kw_only=True):
    """What is proposed for a project, in lines for a person; the files and steps that it takes, and what is left for a
    person to do."""

    lines: tuple[str, ...]
    writings: tuple[Writing, ...]
    steps: tuple[Step, ...]
    todo: tuple[str, ...]

    def shown(self, here: Path) -> Iterator[str]:
        """Yield the lines that say what is proposed, and everything that would be written, seen from `here`."""
        yield from self.lines
        for each in self.writings:
            yield ""
            yield from shown(each, here)
        if self.steps:
            yield ""
        yield from (each.told(here) for each in self.steps)

    def carry_out(self) -> None:
        """Write the files, all or none, then do the steps.

        Raises:
            GatesError: something cannot be written.
        """
        write(self.writings)
        try:
            installing.do(self.steps)
        except GatesError as error:
            raise GatesError(f"all but the hooks is written: {error.message}", error.hint) from error


def planned(root: Path, hooks: str, workflow: str) -> Plan:
    """Return what a first configuration of the project at `root` takes.

    Raises:
        GatesError: nothing can be proposed, or hooks and workflow cannot be had here.
        BrokenError: the project cannot be judged.
    """
    beside = around(root, hooks, workflow)
    loaded = asking.load_at(root)
    path = root / loaded.config.baseline
    if os.path.lexists(path):
        raise GatesError(
            f"{path.name} is there already, but no configuration", "Write [tool.gates] by hand, or remove the file."
        )
    shape = look(root, engine.facts(loaded, jobs=len(os.sched_getaffinity(0))))
    tried = settled(loaded, shape)
    return Plan(
        lines=tuple(told(shape, tried)),
        writings=(*_accepting(root, path, tried), *beside.writings, _configuring(root, tried)),
        steps=beside.steps,
        todo=_todo(beside, tried),
    )


def beside(root: Path, hooks: str, workflow: str) -> Plan:
    """Return what hooks and workflow take in a project that is configured.

    Raises:
        GatesError: the configuration is wrong, or they cannot be had here.
    """
    config = asking.load_at(root).config
    name = visible(config.document.name)
    what = "[tool.gates] in pyproject.toml" if config.document.prefix else name
    known = baseline.read(root / config.baseline, config.baseline)
    accepted = sum(each.count for each in known.entries if not each.latent) if known else 0
    rest = f", and {visible(config.baseline)} accepts {counted(accepted, 'finding')}" if known else ""
    found = around(root, hooks, workflow)
    return Plan(
        lines=(
            f"{what} configures this project already: preset {config.preset}{rest}.",
            f"To start over, remove {what}{f' and {visible(config.baseline)}' if known else ''}, and run gates init.",
        ),
        writings=found.writings,
        steps=found.steps,
        todo=found.todo,
    )


def _accepting(root: Path, path: Path, tried: Tried) -> Iterator[Writing]:
    if tried.entries:
        content = baseline.render(tried.entries).encode()
        yield Writing(path=path, content=content, why=debt(tried), told=False)
        yield from merging(root, path.name)


def _configuring(root: Path, tried: Tried) -> Writing:
    name, content = configured(root, tried.proposal)
    return Writing(path=root / name, content=content, why="the rules, every one of them")


def _todo(beside: Around, tried: Tried) -> tuple[str, ...]:
    driver = 'git config merge.gates-baseline.driver "gates baseline merge %O %A %B"'
    merges = (f"In each clone, once: {driver}",) if tried.entries else ()
    return (*beside.todo, *merges, "Commit what was written, and run: gates check")
