"""Files that are written all together or not at all, and how they are shown before."""

from __future__ import annotations

import contextlib
import difflib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from gates.cache import permissions, write_atomically
from gates.model import GatesError
from gates.text import source_line, visible


class Writing(Struct, frozen=True, kw_only=True):
    """A file to be written, and why; `told` when its content is worth showing."""

    path: Path
    content: bytes
    why: str
    told: bool = True


def shown(each: Writing, here: Path) -> Iterator[str]:
    """Yield the lines that say what is written, seen from `here`: a unified diff, or one line where that says more."""
    name = visible(os.path.relpath(each.path, here))
    before = _content(each.path)
    yield f"{'write' if before is None else 'change'} {name}: {each.why}"
    if each.told:
        old, new = (_lines(content or b"") for content in (before, each.content))
        diff = difflib.unified_diff(old, new, "/dev/null" if before is None else name, name, lineterm="")
        yield from (f"  {source_line(line)}".rstrip() for line in diff)


def write(writings: Sequence[Writing]) -> None:
    """Write files; when one cannot be written, those before it are put back as they were.

    Raises:
        GatesError: one cannot be written; it says so when something could not be put back either.
    """
    done: list[tuple[Path, bytes | None, int]] = []
    for each in writings:
        path = Path(os.path.realpath(each.path))
        try:
            before, mode = _content(path), permissions(path)
            made = _made(path.parent)
            done.extend((folder, None, 0) for folder in made)
            write_atomically(path, each.content, mode)
            done.append((path, before, mode))
        except OSError as error:
            left = [path for path in reversed(done) if not _undone(*path)]
            rest = f"; left behind: {', '.join(visible(str(path)) for path, *_ in left)}" if left else ""
            raise GatesError(
                f"`{visible(str(each.path))}` cannot be written: {error.strerror}; everything else is as it was{rest}",
                "Make its folder writable, and run it again.",
            ) from error


def _made(folder: Path) -> list[Path]:
    """Make a folder and those above it that are missing; return what was made, the outermost first."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _undone(path: Path, before: bytes | None, mode: int) -> bool:
    with contextlib.suppress(OSError):
        if path.is_dir():
            path.rmdir()
        elif before is None:
            path.unlink()
        else:
            write_atomically(path, before, mode)
        return True
    return False


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8", "replace").splitlines()
