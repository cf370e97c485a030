"""How commands give away what they made: to standard output, and to a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from gates.cache import linked_atomically, write_atomically
from gates.model import BrokenError, GatesError
from gates.shortage import HINT, shortage
from gates.text import visible

_DEVICES = ("/dev", "/proc")


def tell(text: str) -> None:
    """Write a report to standard output; a reader who leaves early, as `head` does, or was never there, changes no
    verdict.

    Raises:
        BrokenError: nobody can be told anything.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = None
    except OSError as error:
        sys.stdout = None
        raise BrokenError(f"the report cannot be written: {error.strerror}") from error


def note(text: str) -> None:
    """Write something beside a report to standard error, where there is somebody to hear it."""
    if sys.stderr is not None:
        sys.stderr.write(text)
        sys.stderr.flush()


def keep_last(paths: Iterable[Path], text: str) -> None:
    """Write the report of a check where later commands look for the last one. That it cannot be kept changes nothing
    else, and is said on standard error."""
    first, *others = paths
    try:
        first.parent.mkdir(parents=True, exist_ok=True)
        content = text.encode("utf-8", "backslashreplace")
        write_atomically(first, content)
        for path in others:
            if not linked_atomically(first, path):
                write_atomically(path, content)
    except OSError as error:
        where, why = visible(str(first.parent)), error.strerror
        note(f"warning: the report is not kept in {where}: {why}. Set GATES_CACHE to a writable place.\n")


def keep(path: Path, text: str, advice: str = "Set GATES_CACHE to a writable place.", mode: int = 0o600) -> None:
    """Write a report to a file, whole or not at all; what is kept for ourselves nobody else can read. A device, such as
    `/dev/stdout`, is written and stays what it is.

    Raises:
        GatesError: it cannot be written; `advice` says what to do.
        BrokenError: there is no room for it, or the disk fails.
    """
    content = text.encode("utf-8", "backslashreplace")
    try:
        if os.path.realpath(path.parent).startswith(_DEVICES):
            with path.open("ab") as stream:  # where standard output is a file, nothing of it may be lost
                stream.write(content)
        else:
            write_atomically(path, content, mode)
    except OSError as error:
        said = f"the report cannot be written to {visible(path.name)}: {error.strerror}"
        raise BrokenError(said, HINT) if shortage(error) else GatesError(said, advice) from error
