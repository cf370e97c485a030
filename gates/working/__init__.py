"""Work that needs nothing but the bytes it is given, shared out to worker processes.

A task is a module of the product with `work(payload: bytes) -> bytes`.
"""

from __future__ import annotations

import functools
import importlib
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from gates.cache import digest, own_code
from gates.model import UNDECODABLE
from gates.process import Spawner, Stopped, ToolError
from gates.threads import Resident

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

_SMALL_BYTES = 200_000
"""Below this much work, starting workers costs more than it saves."""

_LEAST_BYTES = 700_000
_MOST_BYTES = 3_000_000
"""What a worker is given at once, so that its start is small beside it."""

_LIBRARIES = ("complexipy", "radon")

_GLANCE = 0.2
"""Seconds after which one who waits for another machine looks whether to go on."""

Answer = bytes | ToolError
"""What came of a piece of work; an error when it kills whoever does it, or takes too long."""

_Part = tuple[str, bytes]


class Elsewhere(Struct, frozen=True):
    """Workers on other machines, and how many chunks they do at a time."""

    executor: Executor
    slots: int


class Crew:
    """Who does the work: at most `jobs` worker processes at a time, whoever asks for them, or workers `elsewhere`, each
    chunk within `timeout` seconds; `tell` hears how many files are known, of how many."""

    def __init__(
        self,
        spawner: Spawner,
        jobs: int,
        timeout: float,
        tell: Callable[[int, int], None] = lambda done, total: None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.spawner = spawner
        self.jobs = jobs
        self.timeout = timeout
        self.tell = tell
        self._elsewhere = elsewhere
        self._seats = threading.Semaphore(jobs)

    def answers(
        self, task: str, payloads: Mapping[str, bytes], at_once: int | None = None
    ) -> Iterator[dict[str, Answer]]:
        """Yield the answers to the payloads, by key and as they come, all of them in the end. With `at_once`, no more
        workers than that do this.

        Raises:
            Stopped: the check was interrupted.
        """
        if is_small(payloads):
            yield keeper().call(lambda: _here(task, payloads))
            return
        from concurrent.futures import ThreadPoolExecutor, as_completed

        size = sum(map(len, payloads.values()))
        workers = at_once or (self._elsewhere.slots if self._elsewhere else self.jobs)
        limit = min(_MOST_BYTES, max(_LEAST_BYTES, size // workers))
        with ThreadPoolExecutor(max_workers=workers) as pool:
            chunks = _chunked(payloads.items(), limit)
            coming = as_completed([pool.submit(self._chunk, task, chunk) for chunk in chunks])
            while (done := self._next(coming)) is not None:
                yield done.result()

    def _next(self, coming: Iterator[Future[dict[str, Answer]]]) -> Future[dict[str, Answer]] | None:
        with self.spawner.turn.lent():
            return next(coming, None)

    def _chunk(self, task: str, chunk: list[_Part]) -> dict[str, Answer]:
        """Let somebody do a chunk; when that kills them, halve the chunk until the one part that does is found."""
        try:
            return dict(self._abroad(self._elsewhere, task, chunk) if self._elsewhere else self._in_child(task, chunk))
        except Stopped:
            raise
        except (ToolError, *UNDECODABLE) as error:
            if len(chunk) == 1:
                return {chunk[0][0]: error if isinstance(error, ToolError) else ToolError(str(error))}
            middle = len(chunk) // 2
            return self._chunk(task, chunk[:middle]) | self._chunk(task, chunk[middle:])

    def _in_child(self, task: str, chunk: list[_Part]) -> list[_Part]:
        argv = [sys.executable, "-P", "-m", "gates.worker", task]
        given = msgspec.msgpack.encode(chunk)
        with self._seats:
            done = self.spawner.run(argv, cwd=Path(sys.executable).parent, timeout=self.timeout, stdin=given)
        if done.code != 0:
            raise ToolError(f"a worker ended with exit code {done.code}: {done.stderr.strip()[-300:]}")
        return msgspec.msgpack.decode(done.out, type=list[_Part])

    def _abroad(self, elsewhere: Elsewhere, task: str, chunk: list[_Part]) -> list[_Part]:
        from concurrent.futures import wait

        future = elsewhere.executor.submit(done_by, product(), task, chunk)
        end = time.monotonic() + self.timeout
        while not future.done():
            wait([future], _GLANCE)
            self.spawner.check()
            if time.monotonic() > end:
                raise ToolError(f"no worker did its work within {self.timeout:g} seconds", "Raise `timeout`.")
        try:
            return future.result()
        except Exception as error:  # whatever a cluster does wrong
            raise ToolError(f"a worker of the cluster failed: {type(error).__name__}: {error}") from error


@functools.cache
def product() -> str:
    """Return a name for what decides the answers: this product, Python and the libraries that tasks call."""
    from importlib.metadata import version

    return digest(*(each.encode() for each in (own_code(), sys.version, *map(version, _LIBRARIES))))


def done_by(asked_of: str, task: str, chunk: list[_Part]) -> list[_Part]:
    """Do a chunk, on a machine that has the same product as whoever asks.

    Raises:
        RuntimeError: it has another one.
    """
    if asked_of != product():
        raise RuntimeError("it has another version of quality-gates, Python, complexipy or radon; install the same")
    work = importlib.import_module(task).work
    return [(key, work(payload)) for key, payload in chunk]


@functools.cache
def keeper() -> Resident:
    """Return the one thread of this process that native libraries are loaded in and called from: were complexipy loaded
    in a thread that ends, the next call from any other thread would crash the whole process (8.3.0)."""
    return Resident()


def _here(task: str, payloads: Mapping[str, bytes]) -> dict[str, Answer]:
    work = importlib.import_module(task).work
    return {key: work(payload) for key, payload in payloads.items()}


def is_small(payloads: Mapping[str, bytes]) -> bool:
    """Whether there is so little to do that it is done at once, by whoever asks for it."""
    return sum(map(len, payloads.values())) <= _SMALL_BYTES


def _chunked(parts: Iterable[_Part], limit: int) -> list[list[_Part]]:
    """Share parts out to the fewest chunks of about that size, forth and back, large ones first: all take about as
    long, which files that lie beside each other, and are alike, would not."""
    ordered = sorted(parts, key=lambda each: -len(each[1]))
    number = -(-sum(len(payload) for _, payload in ordered) // limit)
    chunks: list[list[_Part]] = [[] for _ in range(max(min(number, len(ordered)), 1))]
    for start in range(0, len(ordered), len(chunks)):
        row = ordered[start : start + len(chunks)]
        for chunk, part in zip(chunks, row, strict=False):
            chunk.append(part)
        chunks.reverse()
    return chunks
