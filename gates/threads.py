"""Threads that somebody waits for.

`concurrent.futures` does this and more, and loads `logging` for it, which takes longer than all threads of a hook.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import Generic, NamedTuple, TypeVar

Result = TypeVar("Result")


class Done(NamedTuple, Generic[Result]):
    """What came of a call: its result, or what it raised."""

    result: Result | None
    error: BaseException | None

    def get(self) -> Result:
        """Return the result; raises what the call raised."""
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # without an error it is what the call returned


class Later(Generic[Result]):
    """A call that is made in a thread of its own."""

    def __init__(self, call: Callable[[], Result]) -> None:
        self._call = call
        self._done: Done[Result]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether nobody has to wait any more."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Wait until the call is over."""
        self._thread.join()

    def result(self) -> Result:
        """Wait, and return what the call returned; raises what it raised."""
        self.wait()
        return self._done.get()

    def _run(self) -> None:
        self._done = called(self._call)


class Turn:
    """Who computes: one thread at a time, while others that want to wait. Threads that do so at once take the
    interpreter from each other, and all are late. Who has the turn waits for nothing that somebody else has to have it
    for, but lends it while a program runs."""

    def __init__(self) -> None:
        self._free = threading.Lock()
        self._mine = threading.local()

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for the turn, and have it."""
        with self._free:
            self._mine.held = True
            try:
                yield
            finally:
                self._mine.held = False

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """Let others have the turn meanwhile, where this thread has it."""
        if not getattr(self._mine, "held", False):
            yield
            return
        self._mine.held = False
        self._free.release()
        try:
            yield
        finally:
            self._free.acquire()
            self._mine.held = True


class Resident:
    """A thread that stays, and makes one call after another."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[Callable[[], None], threading.Event]] = SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def call(self, call: Callable[[], Result]) -> Result:
        """Have a call made, wait, and return what it returned; raises what it raised."""
        found: list[Done[Result]] = []
        over = threading.Event()
        self._calls.put((lambda: found.append(called(call)), over))
        over.wait()
        return found[0].get()

    def _run(self) -> None:
        while True:
            call, over = self._calls.get()
            call()
            over.set()


def called(call: Callable[[], Result]) -> Done[Result]:
    """Make a call, and return what came of it."""
    try:
        return Done(call(), None)
    except BaseException as error:  # noqa: BLE001 - whoever waits for the result raises it
        return Done(None, error)


@contextlib.contextmanager
def together(calls: Sequence[Callable[[], Result]], at_once: int) -> Iterator[Iterator[tuple[int, Done[Result]]]]:
    """Make calls, so many at once, and give the number of each, from 0, and what came of it, as soon as it is over.

    The end waits for the calls under way; others are not begun any more.
    """
    waiting = deque(enumerate(calls))
    over: SimpleQueue[tuple[int, Done[Result]]] = SimpleQueue()

    def work() -> None:
        while waiting:
            try:
                number, call = waiting.popleft()
            except IndexError:  # somebody else took the last one
                return
            over.put((number, called(call)))

    workers = [Later(work) for _ in range(min(len(calls), at_once))]
    try:
        yield (over.get() for _ in calls)
    finally:
        waiting.clear()
        for each in workers:
            each.wait()
