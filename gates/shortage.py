"""What a machine has too little of: an error that says so is no bug, and no verdict."""

from __future__ import annotations

import errno
import os

_SCARCE = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.EAGAIN,
    }
)
"""Room on a disk, a disk that works, open files, memory, processes."""

HINT = "Free some, or raise the limits of this process (`ulimit -a`)."


def shortage(error: BaseException) -> str:
    """Return what the machine has too little of, when that is what an error says; nothing otherwise."""
    if isinstance(error, OSError) and error.errno in _SCARCE:
        return os.strerror(error.errno)
    if isinstance(error, MemoryError):
        return os.strerror(errno.ENOMEM)
    return "no more threads can be started" if str(error) == "can't start new thread" else ""
