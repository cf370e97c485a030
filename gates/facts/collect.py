"""The facts of many files: read once, looked up by content, computed in worker processes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from gates import suppressions
from gates.cache import Store, digest
from gates.facts.source import UnreadableError, read
from gates.facts.values import FileFacts, Unreadable
from gates.process import Spawner, ToolError

_IN_PROCESS_BYTES = 100_000
"""Below this much new source, starting workers costs more than it saves."""

_CHUNK_BYTES = 1_500_000
"""About a second of work, beside which the start of a worker is small."""

_CHUNKS_PER_WORKER = 4


class Crew(msgspec.Struct, frozen=True):
    """Who computes facts: at most `jobs` worker processes, each chunk within `timeout` seconds; `tell` hears how many
    files are done, of how many."""

    spawner: Spawner
    jobs: int
    timeout: float
    tell: Callable[[int, int], None] = lambda done, total: None


Stamp = tuple[int, ...]
"""Modification time, change time and size of a file, the times in nanoseconds; empty for one that cannot be read."""


class Snapshot(msgspec.Struct, frozen=True):
    """One file at the moment of the check: the digest of its content, its facts, what shows a later change, and, when
    it was asked for, git's id of the content."""

    digest: str
    facts: FileFacts
    stamp: Stamp = ()
    oid: str = ""


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
    """Return the facts of every path, relative to `root`. Each file is read once.

    `versions` names what decides the numbers; entries of the store made by others are not used. `identify` gives the
    object id of a content.

    Raises:
        Stopped: the check was interrupted.
    """
    salt = digest(_own_code(), sys.version.encode(), *(each.encode() for each in versions)).encode()
    snapshots: dict[str, Snapshot] = {}
    stamps: dict[str, Stamp] = {}
    sources: list[_Source] = []
    for path in paths:
        stamps[path] = stamp(root / path)
        content = _content(root / path)
        if isinstance(content, Unreadable):
            snapshots[path] = Snapshot("", FileFacts(lines=0, unreadable=content))
        else:
            sources.append(_Source(path, digest(salt, content), content))
    facts = _looked_up(sources, store, crew, len(paths))
    snapshots.update(
        (each.path, Snapshot(each.key, facts[each.key], stamps[each.path], identify(each.content))) for each in sources
    )
    return {path: snapshots[path] for path in paths}


def _own_code() -> bytes:
    """Return the sources that decide what facts are, so that no store outlives a change of them."""
    sources = [*Path(__file__).parent.glob("*.py"), Path(suppressions.__file__)]
    return b"".join(path.read_bytes() for path in sorted(sources))


def stamp(path: Path) -> Stamp:
    """Return what changes when a file does, without reading it."""
    try:
        status = path.lstat()
    except OSError:
        return ()
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size)


def _looked_up(sources: Sequence[_Source], store: Store, crew: Crew, total: int) -> dict[str, FileFacts]:
    """Return the facts by key, from the store or computed and stored."""
    facts = _known(store, sources)
    missing = {each.key: each for each in sources if each.key not in facts}
    done = total - len(missing)
    crew.tell(done, total)
    for part in _computed(tuple(missing.values()), crew):
        facts.update(part)
        store.put({key: msgspec.msgpack.encode(each) for key, each in part.items() if _keepable(each)})
        done += len(part)
        crew.tell(done, total)
    return facts


def _content(path: Path) -> bytes | Unreadable:
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


def _computed(sources: Sequence[_Source], crew: Crew) -> Iterator[dict[str, FileFacts]]:
    size = sum(len(each.content) for each in sources)
    if size <= _IN_PROCESS_BYTES:
        if sources:
            from gates.facts.analyse import analyse

            yield {each.key: analyse(each.content) for each in sources}
        return
    from concurrent.futures import ThreadPoolExecutor, as_completed  # workers import this module, and start no others

    chunks = list(_chunked(sources, min(_CHUNK_BYTES, size // (crew.jobs * _CHUNKS_PER_WORKER) + 1)))
    with ThreadPoolExecutor(max_workers=crew.jobs) as pool:
        running = [pool.submit(_in_worker, chunk, crew) for chunk in chunks]
        for done in as_completed(running):
            yield done.result()


def _in_worker(chunk: Sequence[_Source], crew: Crew) -> dict[str, FileFacts]:
    """Analyse a chunk in a child; when the child dies, halve the chunk until the one file that kills it is found."""
    work = msgspec.msgpack.encode([(each.key, each.content) for each in chunk])
    argv = [sys.executable, "-P", "-m", "gates.facts"]
    try:
        done = crew.spawner.run(argv, cwd=Path(sys.executable).parent, timeout=crew.timeout, stdin=work)
        if done.code != 0:
            raise ToolError(f"a worker ended with exit code {done.code}: {done.stderr.strip()[-300:]}")
        return dict(msgspec.msgpack.decode(done.out, type=list[tuple[str, FileFacts]]))
    except (ToolError, msgspec.MsgspecError) as error:
        if len(chunk) == 1:
            return {chunk[0].key: FileFacts(lines=0, unreadable=Unreadable("crash", f"could not be analysed: {error}"))}
        middle = len(chunk) // 2
        return _in_worker(chunk[:middle], crew) | _in_worker(chunk[middle:], crew)


def _chunked(sources: Iterable[_Source], limit: int) -> Iterator[list[_Source]]:
    chunk: list[_Source] = []
    size = 0
    for source in sources:
        chunk.append(source)
        size += len(source.content)
        if size >= limit:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _keepable(facts: FileFacts) -> bool:
    """Keep what the content alone decides; a crash or a time-out is never stored."""
    return facts.unreadable is None or facts.unreadable.kind != "crash"
