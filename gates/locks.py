"""One at a time: a lock beside a folder that is kept between runs. It goes with the process that holds it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_SECONDS = 3.0
_POLL = 0.05


@contextlib.contextmanager
def locked(folder: Path, seconds: float = _SECONDS, stopped: Callable[[], bool] = lambda: False) -> Iterator[bool]:
    """Hold the lock of a folder that is kept between runs; yields whether it was free within a few seconds, or before
    the wait was `stopped`.

    False also where the file system cannot lock: use a temporary folder then.
    """
    with contextlib.ExitStack() as stack:
        yield _lock(folder, seconds, stopped, stack)


def _lock(folder: Path, seconds: float, stopped: Callable[[], bool], stack: contextlib.ExitStack) -> bool:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    except OSError:
        return False
    stack.callback(os.close, handle)
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until or stopped():
                return False
            time.sleep(_POLL)
        except OSError:
            return False
        else:
            return True
