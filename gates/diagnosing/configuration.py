"""The rules can be read, they cover something, and what belongs to them is under version control."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from gates import git, knowledge, states, tickets
from gates.config import Config
from gates.diagnosing import Diagnosis, Place, of_error, ok, problem, warning
from gates.text import counted, visible

_DRIVER = "gates-baseline"
_RECORDED = (".json", ".toml")


def examine(place: Place) -> Sequence[Diagnosis]:
    """Return what is so of the rules, of the baseline and of what people recorded."""
    rules = [of_error(place.flaw)] if place.flaw else []
    if place.config is not None:
        rules += _rules(place, place.config)
    if place.top is None:
        return rules
    baseline = place.root / (place.config.baseline if place.config else "gates-baseline.json")
    return [*rules, *_baseline(place, baseline), *_records(place)]


def _rules(place: Place, config: Config) -> list[Diagnosis]:
    files = states.files(states.working(place.spawner, config.root), config, strict=True).paths
    name = visible(config.document.name)
    if not files:
        return [problem("no Python file is inspected", edit="Name some in `source`, or take them out of `exclude`.")]
    said = f"preset {config.preset}, {counted(len(files), 'file is', 'files are')} inspected"
    if name:
        return [ok(f"{name}: {said}")]
    target = place.word(place.root / "pyproject.toml")
    line = f'[tool.gates]\\npreset = "{config.preset}"\\n'
    return [warning(f"nothing is configured, so agents are not judged; {said}", run=f"printf '\\n{line}' >> {target}")]


def _baseline(place: Place, path: Path) -> Iterator[Diagnosis]:
    if not path.is_file():
        return
    shown, word = place.shown(path), place.word(path)
    if not git.tracked(place.spawner, place.root, path):
        forced = "-f " if git.is_ignored(place.spawner, place.root, path) else ""
        why = "git ignores it" if forced else "git does not track it"
        yield problem(f"{shown} accepts debt here and nowhere else: {why}", run=f"git add {forced}{word}")
    else:
        yield ok(f"{shown} is tracked")
    yield from _driver(place, path)


def _driver(place: Place, path: Path) -> Iterator[Diagnosis]:
    attributes = place.root / ".gitattributes"
    if git.attribute(place.spawner, place.root, path, "merge") != _DRIVER:
        yield warning(
            f"two branches that change {place.shown(path)} are merged line by line",
            run=f"echo {shlex.quote(f'{path.name} merge={_DRIVER}')} >> {place.word(attributes)}",
        )
    if not git.setting(place.spawner, place.root, f"merge.{_DRIVER}.driver"):
        yield warning(
            f"this clone does not know the merge driver `{_DRIVER}`",
            run=f'git config merge.{_DRIVER}.driver "gates baseline merge %O %A %B"',
        )


def _records(place: Place) -> Iterator[Diagnosis]:
    """Records are for other people: what git ignores never reaches them, and what is damaged tells them nothing."""
    flaws = (*tickets.every(place.root)[1], *(each.flaw for each in knowledge.every(place.root) if each.flaw))
    yield from (problem(each, edit="Correct that file, or restore it from git.") for each in flaws)
    folder = place.root / ".gates"
    left = [
        path
        for path in sorted(folder.rglob("*.*"))
        if path.suffix in _RECORDED and not git.tracked(place.spawner, place.root, path)
    ]
    if left and git.is_ignored(place.spawner, place.root, left[0]):
        yield warning(
            f"{place.shown(left[0])} is what somebody recorded for others, and git ignores it",
            run=f"git add -f {place.word(folder)}",
        )
