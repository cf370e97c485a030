"""How commands give away what they made: to standard output, and to a file."""

from __future__ import annotations

import sys
from pathlib import Path

from gates.cache import write_atomically
from gates.model import BrokenError, GatesError
from gates.text import visible


def tell(text: str) -> None:
    """Write a report to standard output; a reader who leaves early, as `head` does, changes no verdict.

    Raises:
        BrokenError: nobody can be told anything.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = None
    except OSError as error:
        sys.stdout = None
        raise BrokenError(f"the report cannot be written: {error.strerror}") from error


def keep(path: Path, text: str, advice: str = "Set GATES_CACHE to a writable place.", mode: int = 0o600) -> None:
    """Write a report to a file, whole or not at all; what is kept for ourselves nobody else can read.

    Raises:
        GatesError: it cannot be written; `advice` says what to do.
    """
    try:
        write_atomically(path, text.encode("utf-8", "backslashreplace"), mode)
    except OSError as error:
        raise GatesError(f"the report cannot be written to {visible(path.name)}: {error.strerror}", advice) from error
