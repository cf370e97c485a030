"""The facts of many files: read once, looked up by content, computed in worker processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Protocol

import msgspec

from gates import facts, suppressions
from gates.cache import Store, digest
from gates.facts.source import UnreadableError, is_behind_link, read
from gates.facts.values import FileFacts, Unreadable
from gates.process import ToolError
from gates.threads import Later, Turn
from gates.working import Crew, is_small

_TASK = "gates.facts.analyse"
_BEHIND_LINK = Unreadable("not-a-file", "lies in a folder that is a link")

Stamp = tuple[int, ...]
"""Modification time, change time and size of a file, the times in nanoseconds; empty for one that cannot be read."""


class Coming(Protocol):
    """The facts of files that are still analysed, by digest: a future."""

    def done(self) -> bool:
        """Whether nobody would have to wait for them."""

    def result(self) -> Mapping[str, FileFacts]:
        """Return them, when they are there."""


class Snapshot(msgspec.Struct, frozen=True):
    """One file at the moment of the check: the digest of its content, empty when it cannot be read; its facts, or those
    of many files that are still coming; what shows a later change; when it was asked for, git's id of the content; and
    whether a line ends with a carriage return alone, as some tools do not know it.
    """

    digest: str
    found: FileFacts | Coming
    stamp: Stamp = ()
    oid: str = ""
    bare_returns: bool = False

    @property
    def facts(self) -> FileFacts:
        """What is known of the file; waits until it is.

        Raises:
            Stopped: the check was interrupted.
        """
        return self.found if isinstance(self.found, FileFacts) else self.found.result()[self.digest]

    @property
    def size(self) -> int:
        """Bytes of the file, 0 when it cannot be read."""
        return self.stamp[-1] if self.stamp else 0

    @property
    def is_known(self) -> bool:
        """Whether nobody has to wait for the facts."""
        return isinstance(self.found, FileFacts) or self.found.done()

    @property
    def is_promising(self) -> bool:
        """Whether the file could be read and nothing is known by now that keeps it from being analysed."""
        return not self.is_known or self.facts.unreadable is None


class Gathered(Mapping[str, Snapshot]):
    """Facts by path: some are known, all others are found together when one of them is asked for."""

    def __init__(
        self, known: Mapping[str, Snapshot], paths: Sequence[str], find: Callable[[], Mapping[str, Snapshot]]
    ) -> None:
        self._known = dict(known)
        self._paths = dict.fromkeys(paths)
        self._find = find
        self._lock = Lock()

    def __getitem__(self, path: str) -> Snapshot:
        if path not in self._known and path in self._paths:
            with self._lock:
                if path not in self._known:
                    self._known = {**self._find(), **self._known}
        return self._known[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, path: object) -> bool:
        return path in self._paths


class _Source(msgspec.Struct, frozen=True):
    path: str
    key: str
    content: bytes


def collect(
    root: Path,
    paths: Sequence[str],
    store: Store,
    versions: Sequence[str],
    crew: Crew,
    identify: Callable[[bytes], str] = lambda content: "",
) -> dict[str, Snapshot]:
    """Return the facts of every path, relative to `root`. Each file is read once. Many that are new are analysed while
    this returns: who asks for facts waits.

    `versions` names what decides the numbers; entries of the store made by others are not used. `identify` gives the
    object id of a content.

    Raises:
        Stopped: the check was interrupted.
    """
    salt = digest(
        _own_code(), sys.version.encode(), sys.platform.encode(), *(each.encode() for each in versions)
    ).encode()
    snapshots: dict[str, Snapshot] = {}
    stamps: dict[str, Stamp] = {}
    sources: list[_Source] = []
    linked = _behind_links(root, paths)
    for path in paths:
        place = f"{root}/{path}"
        stamps[path] = stamp(place)
        content = _BEHIND_LINK if path.rpartition("/")[0] in linked else _content(place)
        if isinstance(content, Unreadable):
            snapshots[path] = Snapshot("", FileFacts(lines=0, unreadable=content))
        else:
            sources.append(_Source(path, digest(salt, content), content))
    known = _known(store, sources)
    new = {each.key: each.content for each in sources if each.key not in known}
    crew.tell(len(paths) - len(new), len(paths))
    found = _analysed(new, store, crew, len(paths))
    snapshots.update(
        (
            each.path,
            Snapshot(
                digest=each.key,
                found=known.get(each.key) or found(each.key),
                stamp=stamps[each.path],
                oid=identify(each.content),
                bare_returns=b"\r" in each.content.replace(b"\r\n", b"\n"),
            ),
        )
        for each in sources
    )
    return {path: snapshots[path] for path in paths}


def _own_code() -> bytes:
    """Return the sources that decide what facts are, so that no store outlives a change of them."""
    sources = [*Path(facts.__file__).parent.glob("*.py"), Path(suppressions.__file__)]
    return b"".join(path.read_bytes() for path in sorted(sources))


def stamp(path: str) -> Stamp:
    """Return what changes when a file does, without reading it."""
    try:
        status = os.lstat(path)
    except OSError:
        return ()
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size)


def _analysed(
    contents: Mapping[str, bytes], store: Store, crew: Crew, total: int
) -> Callable[[str], FileFacts | Coming]:
    """Begin to analyse files, many of them behind the back of whoever asks, and return who has the facts by key."""
    if is_small(contents):
        return (_facts(contents, store, crew, total) if contents else {}).__getitem__
    coming = _Analysed(lambda: _facts(contents, store, crew, total), crew.spawner.turn)
    return lambda key: coming


class _Analysed:
    """Facts that are coming. Who waits for them lets others compute."""

    def __init__(self, call: Callable[[], Mapping[str, FileFacts]], turn: Turn) -> None:
        self._later = Later(call)
        self._turn = turn
        self._found: Mapping[str, FileFacts] | None = None

    def done(self) -> bool:
        return self._later.is_over

    def result(self) -> Mapping[str, FileFacts]:
        if self._found is None:
            with self._turn.lent():
                self._found = self._later.result()
        return self._found


def _facts(contents: Mapping[str, bytes], store: Store, crew: Crew, total: int) -> dict[str, FileFacts]:
    """Return the facts by key; those that the content alone decides are stored, a crash or a time-out is not."""
    decoder = msgspec.msgpack.Decoder(FileFacts)
    facts: dict[str, FileFacts] = {}
    for answers in crew.answers(_TASK, contents):
        sound = {key: each for key, each in answers.items() if not isinstance(each, ToolError)}
        store.put(sound)
        facts |= {key: decoder.decode(each) for key, each in sound.items()}
        facts |= {key: _crashed(each) for key, each in answers.items() if isinstance(each, ToolError)}
        crew.tell(total - len(contents) + len(facts), total)
    return facts


def _crashed(error: ToolError) -> FileFacts:
    return FileFacts(lines=0, unreadable=Unreadable("crash", f"could not be analysed: {error}"))


def _behind_links(root: Path, paths: Iterable[str]) -> frozenset[str]:
    """Return the folders of files that lie behind links: git lists what it tracks there, and it may be anything."""
    folders = {path.rpartition("/")[0] for path in paths}
    return frozenset(each for each in folders if is_behind_link(root, f"{each}/file"))


def _content(path: str) -> bytes | Unreadable:
    try:
        return read(path)
    except UnreadableError as error:
        return error.reason


def _known(store: Store, sources: Iterable[_Source]) -> dict[str, FileFacts]:
    decoder = msgspec.msgpack.Decoder(FileFacts)
    known: dict[str, FileFacts] = {}
    for key, blob in store.get(each.key for each in sources).items():
        try:
            known[key] = decoder.decode(blob)
        except msgspec.MsgspecError:
            continue
    return known
