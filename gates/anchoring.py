"""What stands at places in the files of a project: known by their content, or parsed by workers, also ahead of time."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from gates import anchors, sketches
from gates.anchors import Anchor, Place
from gates.cache import digest, unpacked
from gates.facts import statements
from gates.facts.source import UnreadableError, read
from gates.git import blob_id
from gates.model import GatesError, Location
from gates.process import ToolError
from gates.project import Project
from gates.text import visible
from gates.threads import Later

Places = Mapping[str, Sequence[Place]]
"""Places by file."""

Anchors = Mapping[str, Mapping[Place, Anchor]]
"""What stands at places, by file."""

_ENOUGH_BYTES = 700_000
"""As much of files as is worth a worker while more is to come."""


def place_of(found: Location) -> Place:
    """Return the place of a finding that has no value: the code where it begins, or the whole file."""
    is_of_file = found.line == found.column == found.end_line == found.end_column == 1
    return Place(1, 1, 0, True) if is_of_file else Place(found.line, found.column, 0, False)


def anchored(project: Project, places: Places) -> Anchors:
    """Return what stands at these places. What is parsed for them is kept.

    Raises:
        ToolError: a worker died over a file.
    """
    asked = {path: sorted(set(each)) for path, each in places.items()}
    found = _kept(project, asked)
    found |= _foreseen(project, {path: each for path, each in asked.items() if path not in found})
    new, lasting = _looked_at(project, {path: each for path, each in asked.items() if path not in found})
    project.store.put({_key(project, path, asked[path]): new[path] for path in lasting})
    found |= {path: msgspec.msgpack.decode(each, type=list[Anchor]) for path, each in new.items()}
    return {path: dict(zip(each, found[path], strict=True)) for path, each in asked.items()}


class Ahead:
    """Looks at places while a tool still names more of them: that takes long, and leaves a processor idle. What comes
    of it is kept, and found by whoever asks for these places later; nothing else depends on it."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._waiting: dict[str, list[Place]] = {}
        self._is_over = False
        self._changed = threading.Condition()
        self._later = Later(self._run)

    def add(self, path: str, places: Sequence[Place]) -> None:
        """Say which places of a file will be asked for."""
        if path in self._project.snapshots:
            with self._changed:
                self._waiting.setdefault(path, []).extend(places)
                self._changed.notify()

    def end(self) -> None:
        """Say that no more places come: the last ones are looked at now."""
        with self._changed:
            self._is_over = True
            self._changed.notify()

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *error: object) -> None:
        """Wait until all is looked at; after an error nothing more is."""
        with self._changed:
            if error[0] is not None:
                self._waiting = {}
        self.end()
        with self._project.crew.spawner.turn.lent():
            self._later.wait()

    def _run(self) -> None:
        while places := self._next():
            asked = {path: sorted(set(each)) for path, each in places.items()}
            jobs = self._project.crew.jobs
            try:
                new, lasting = _looked_at(self._project, asked, jobs if self._is_over else max(jobs - 1, 1))
            except GatesError:  # whoever needs it looks again, and can say what is wrong
                return
            entries = {path: msgspec.msgpack.encode((asked[path], msgspec.Raw(new[path]))) for path in lasting}
            self._project.store.put({_key(self._project, path, ()): each for path, each in entries.items()})

    def _next(self) -> dict[str, list[Place]]:
        """Wait until there is enough to look at, or no more to come, and return it."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or self._is_enough())
            taken: dict[str, list[Place]] = {}
            while self._waiting and (self._is_over or _size(self._project, taken) < _ENOUGH_BYTES):
                path, places = self._waiting.popitem()
                taken[path] = places
            return taken

    def _is_enough(self) -> bool:
        return _size(self._project, self._waiting) > _ENOUGH_BYTES


def _size(project: Project, paths: Iterable[str]) -> int:
    """Return the bytes of files, which tell how long it takes to look at them."""
    return sum(project.snapshots[path].size for path in paths)


_Found = dict[str, list[Anchor]]


def _kept(project: Project, asked: Places) -> _Found:
    """Return what is known of exactly these places."""
    keys = {path: _key(project, path, each) for path, each in asked.items()}
    blobs = project.store.get(keys.values())
    answers = {path: unpacked(blobs.get(key), list[Anchor]) for path, key in keys.items()}
    return {path: each for path, each in answers.items() if each is not None and len(each) == len(asked[path])}


def _foreseen(project: Project, asked: Places) -> _Found:
    """Return what is known of these places since it was looked for ahead of time, with that of others."""
    keys = {path: _key(project, path, ()) for path in asked}
    blobs = project.store.get(keys.values()) if keys else {}
    found: _Found = {}
    for path, key in keys.items():
        places, answers = unpacked(blobs.get(key), tuple[list[Place], list[Anchor]]) or ([], [])
        known = dict(zip(places, answers, strict=False))
        if known.keys() >= set(asked[path]):
            found[path] = [known[each] for each in asked[path]]
    return found


def _looked_at(project: Project, asked: Places, workers: int | None = None) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return what stands at places, as it is kept, and of which files it may be. No more than so many `workers` look.

    Raises:
        ToolError: a worker died over a file.
    """
    paths = {f"{number}": path for number, path in enumerate(asked)}
    contents = {path: _content(project, path) for path in asked}
    payloads = {key: anchors.asked(contents[path][0], asked[path]) for key, path in paths.items()}
    found: dict[str, bytes] = {}
    for answers in project.crew.answers(anchors.__name__, payloads, workers) if payloads else ():
        for key, answer in answers.items():
            if isinstance(answer, ToolError):
                raise ToolError(f"{visible(paths[key])} could not be compared: {answer.message}", answer.hint)
            found[paths[key]] = answer
    return found, tuple(path for path in found if contents[path][1])


def _key(project: Project, path: str, places: Sequence[Place]) -> str:
    """Return the name under which is kept what stands at places of a file; without any, at all that were foreseen."""
    snapshot = project.snapshots.get(path)
    content = snapshot.digest if snapshot and snapshot.digest else path
    return digest(_own_code(), content.encode("utf-8", "surrogateescape"), msgspec.msgpack.encode(places))


@functools.cache
def _own_code() -> bytes:
    """Return a name for what decides the anchors, so that no store outlives a change of it."""
    sources = (Path(anchors.__file__), Path(sketches.__file__), Path(statements.__file__))
    return digest(*(each.read_bytes() for each in sources)).encode()


def _content(project: Project, path: str) -> tuple[bytes, bool]:
    """Return the content of a file, and whether its facts are of this very content: it may have changed since, and
    beside a file that a commit edits, others are links into the work tree, which may hold something else by now."""
    try:
        content = read(project.root / path)
    except UnreadableError:
        return b"", False
    snapshot = project.snapshots.get(path)
    if snapshot is None or not snapshot.digest or not project.stands(path):
        return content, False
    return content, not snapshot.oid or snapshot.oid == blob_id(content, snapshot.oid)
