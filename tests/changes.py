"""A change as files before and after, and what a gate over changes says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from gates import __version__, config, registry
from gates.cache import Store
from gates.config import Config, Loosened
from gates.model import Finding, GatesError, Inspection
from gates.process import Spawner
from gates.project import Base, Project
from gates.working import Crew


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def found(gate: str, before: Mapping[str, str], after: Mapping[str, str], folder: Path) -> tuple[Finding, ...]:
    """Return what a gate finds in a change; `folder`, which is empty, gets the files after it."""
    former = folder.with_name(f"{folder.name}-before")
    write(former, before)
    write(folder, after)
    inspection = inspected(gate, folder, base(former, folder, before, after))
    assert not inspection.broken
    assert all(each.identity for each in inspection.findings)
    return inspection.findings


def base(former: Path, folder: Path, before: Mapping[str, str], after: Mapping[str, str]) -> Base:
    """Return what gates may know of the base."""
    loosened: tuple[Loosened, ...] = ()
    unverified = ""
    try:
        policies = (_load(former), _load(folder))
        loosened = config.loosened(*policies, _python([*before, *after]))
        loosened += config.loosened_tools(*policies, before, after)
    except GatesError as error:
        unverified = error.message
    return Base(commit="0" * 40, touched=touched(before, after), loosened=loosened, unverified=unverified)


def touched(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Return the files that differ, each with how."""
    differing = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    return {
        path: "removed" if path not in after else "changed" if path in before else "added" for path in sorted(differing)
    }


def inspected(gate: str, folder: Path, known: Base | None) -> Inspection:
    """Run a gate over a change that begins at `known`."""
    (chosen,) = (each for each in registry.gates_found() if each.name == gate)
    project = Project(
        root=folder,
        files=(),
        whole=(),
        snapshots={},
        scratch=folder,
        store=Store(folder / "facts.sqlite"),
        own=folder,
        crew=Crew(Spawner(), 1, 10),
        pins={},
        base=known,
    )
    assert chosen.plan(project, None) == ()
    return chosen.check(project, None)


def _load(folder: Path) -> Config:
    known = registry.schemas(registry.gates_found())
    return config.load(folder, known, registry.tool_names(), version=__version__)


def _python(paths: Iterable[str]) -> list[str]:
    return sorted({path for path in paths if path.endswith((".py", ".pyi"))})
