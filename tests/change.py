"""A change as values: what some files were at the base, and what they are now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gates.cache import Store
from gates.facts.analyse import analyse
from gates.process import Spawner
from gates.project import Base, Project, Results
from gates.snapshots import Snapshot
from gates.working import Crew

NOWHERE = Path("/nonexistent")


def snapshots(files: Mapping[str, str]) -> dict[str, Snapshot]:
    """Return the facts of files that stand nowhere."""
    return {path: Snapshot("", analyse(source.encode())) for path, source in sorted(files.items())}


def project(now: Mapping[str, str], before: Mapping[str, str] | None = None, results: Results | None = None) -> Project:
    """Return a project with these files, and with a base when it is said what they were."""
    return Project(
        root=NOWHERE,
        files=tuple(sorted(now)),
        whole=tuple(sorted(now)),
        snapshots=snapshots(now),
        scratch=NOWHERE,
        store=Store(NOWHERE / "facts.sqlite"),
        own=NOWHERE,
        crew=Crew(Spawner(), 1, 1.0),
        pins={},
        base=base(before, now) if before is not None else None,
        results=results or Results(),
    )


def base(before: Mapping[str, str], now: Mapping[str, str]) -> Base:
    """Return what git would say of the two: files that are the same are not touched."""
    touched = {path: "altered" if path in now else "removed" for path in before if now.get(path) != before[path]}
    touched |= {path: "added" for path in now if path not in before}
    old = {path: source for path, source in before.items() if path in touched}
    return Base(commit="0" * 40, touched=touched, before=snapshots(old))
