"""Where things lie between runs: one folder for all checkouts that use it, and in it one for each of them.

What is known by its content lies in the first, and serves every checkout; what belongs to one checkout lies in its own
folder: its last reports, the sessions of its agents, copies of its states, and what mypy keeps, by absolute paths.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from gates import roots
from gates.cache import Store, digest, write_atomically
from gates.locks import locked
from gates.model import GatesError
from gates.text import visible

_DAY = 24 * 3600.0
_GONE_SECONDS = 7 * _DAY
"""How long the folder of a checkout stays that is not there: a container or a drive may bring it back."""
_IDLE_SECONDS = 30 * _DAY
"""How long stays what nobody has used, and can be computed again."""
LEFT_SECONDS = 3600.0
"""Nothing writes a file for as long as this: what is half written was left by a check that was killed."""
_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_ROOT = "root"


class Folders(Struct, frozen=True):
    """The folder that checkouts share, and the one in it that belongs to this checkout."""

    shared: Path
    own: Path

    @property
    def store(self) -> Store:
        """What is known by its content."""
        return Store(self.shared / "facts.sqlite")


class Checkout(Struct, frozen=True):
    """A checkout that has a folder in a cache; `root` is empty when it does not say whose it is. `idle` counts seconds
    since its last check, or nearly: a check notes it once a day."""

    folder: Path
    root: str
    idle: float


def folders(root: Path, chosen: str) -> Folders:
    """Return where things of a checkout are kept, outside of it unless chosen otherwise; nothing is made."""
    shared = _shared(root, chosen)
    return Folders(shared, shared / "checkouts" / f"{root.name}-{digest(os.fsencode(root))[:16]}")


def around(root: Path, environ: Mapping[str, str]) -> Folders:
    """Return where things of a checkout are kept, whether its configuration is right or not."""
    chosen = environ.get("GATES_CACHE", "") or (roots.written(root) or {}).get("cache", "")
    return folders(root, chosen if isinstance(chosen, str) else "")


def ready(place: Folders, root: Path) -> bool:
    """Make the folders, and return whether they can be written: one that cannot serves to be read.

    Raises:
        GatesError: there can be no such folder.
    """
    try:
        place.own.mkdir(parents=True, exist_ok=True)
        mark = place.own / _ROOT
        if not mark.exists():
            write_atomically(mark, os.fsencode(root))
    except OSError as error:
        if error.errno in _CLOSED:
            return False
        raise GatesError(
            f"the cache directory `{visible(str(place.shared))}` cannot be made: {error.strerror}",
            "Set GATES_CACHE to a writable directory.",
        ) from error
    return os.access(place.own, os.W_OK | os.X_OK)


def note_use(place: Folders) -> None:
    """Note that the checkout is used; the first use of a day takes out what nobody has used for long."""
    mark = place.own / _ROOT
    with contextlib.suppress(OSError):
        if abs(time.time() - mark.stat().st_mtime) > _DAY:
            os.utime(mark)
            _sweep(place.shared)


def known(shared: Path) -> Iterator[Checkout]:
    """Yield the checkouts that have a folder in a cache."""
    now = time.time()
    for folder in sorted((shared / "checkouts").glob("*")):
        with contextlib.suppress(OSError):
            mark = folder / _ROOT
            root = os.fsdecode(mark.read_bytes()) if mark.is_file() else ""
            yield Checkout(folder, root, now - (mark if root else folder).stat().st_mtime)


def size(folder: Path) -> int:
    """Return how many bytes the files below a folder hold."""
    total = 0
    for above, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(above, name)).st_size
    return total


def empty(folder: Path) -> None:
    """Remove from a folder what can be computed again and is not in use: copies of states, what mypy keeps, and what
    killed checks left."""
    for path in _computed(folder):
        _take(path)
    _tidy(folder)


def _computed(folder: Path) -> list[Path]:
    """Return what can be computed again. Locks stay: whoever waits for one must not get another of the same name."""
    found = (*folder.glob("trees/[!.]*"), *folder.glob("mypy/[!.]*"))
    return sorted(path for path in found if path.suffix != ".lock")


def _take(path: Path) -> None:
    with locked(path, 0.0) as free:
        if free:
            _remove(path)


def _remove(path: Path) -> None:
    """Remove a file or folder, at once for whoever looks there; what cannot be removed stays."""
    with contextlib.suppress(OSError):
        if not path.is_dir() or path.is_symlink():
            path.unlink()
        else:
            aside = Path(tempfile.mkdtemp(prefix=".removed-", dir=path.parent))
            os.replace(path, aside)
            shutil.rmtree(aside, ignore_errors=True)


def _shared(root: Path, chosen: str) -> Path:
    if chosen:
        folder = Path(chosen).expanduser()
        return folder if folder.is_absolute() else root / folder
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    base = base if base.is_absolute() else Path.home().absolute() / ".cache"
    return base / "gates"


def _sweep(shared: Path) -> None:
    for each in known(shared):
        if each.idle > _GONE_SECONDS and not os.path.isdir(each.root):
            _remove(each.folder)
        elif each.idle > _IDLE_SECONDS:
            empty(each.folder)
        else:
            _tidy(each.folder)


def _tidy(folder: Path) -> None:
    """Remove what belongs to settings that nobody has used for long, and what checks left that were killed."""
    for path in folder.glob("mypy/[!.]*/"):
        if _age(path) > _IDLE_SECONDS:
            _take(path)
    for path in (*folder.glob(".*"), *folder.glob("trees/.*"), *folder.glob("mypy/.*")):
        if _age(path) > LEFT_SECONDS:
            _remove(path)


def _age(path: Path) -> float:
    try:
        return time.time() - path.lstat().st_mtime
    except OSError:
        return 0.0
