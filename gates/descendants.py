"""What is left running of what somebody else's program started, and its end."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Collection, Iterator
from pathlib import Path

_SUBREAPER = 36
"""Linux's PR_SET_CHILD_SUBREAPER."""


def end_marked(name: str, value: str) -> int:
    """Kill whatever has this variable in the environment that it was started with, also what has left its process
    group, and return how many that were. Where the system does not tell environments, nothing is found."""
    wanted = f"{name}={value}".encode()
    found = [each for each in _processes() if each != os.getpid() and wanted in _environ(each)]
    for each in found:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(each, signal.SIGKILL)
    return len(found)


@contextlib.contextmanager
def nothing_left(name: str, value: str) -> Iterator[None]:
    """Leave nothing running of what is started meanwhile with a variable: neither what has kept it nor, on Linux, what
    has cleared its environment and left its process group. There whoever loses its parent becomes a child of ours."""
    before = frozenset(_children())
    adopts = _adopt(wanted=True)
    try:
        yield
    finally:
        end_marked(name, value)
        if adopts:
            _end_children(before)
            _adopt(wanted=False)


def _adopt(*, wanted: bool) -> bool:
    """Have the kernel give us the orphans of our children, or no more, and return whether it does as it is told."""
    import ctypes

    try:
        return int(ctypes.CDLL(None).prctl(_SUBREAPER, int(wanted), 0, 0, 0)) == 0
    except (AttributeError, OSError):
        return False


def _end_children(but: Collection[int]) -> None:
    """Kill all children, and theirs, which become ours when their parent dies."""
    while found := [each for each in _children() if each not in but]:
        for each in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(each, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(each, 0)


def _children() -> list[int]:
    return [each for each in _processes() if _parent(each) == os.getpid()]


def _parent(process: int) -> int:
    """Return the parent of a process, as the fourth field of its line says; 0 when it is gone."""
    try:
        line = Path(f"/proc/{process}/stat").read_bytes()
    except OSError:
        return 0
    return int(line.rpartition(b")")[2].split()[1])


def _processes() -> list[int]:
    try:
        return [int(each) for each in os.listdir("/proc") if each.isdecimal()]
    except OSError:
        return []


def _environ(process: int) -> list[bytes]:
    try:
        return Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
