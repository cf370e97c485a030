"""What is worth keeping between runs, by content. It holds data only, checks what it reads, and may vanish."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

_BUSY_SECONDS = 5.0
_BATCH = 500


def digest(*parts: bytes) -> str:
    """Return a name for content: the same bytes in the same parts give the same 32 hexadecimal digits."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.hexdigest()


def write_atomically(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file so that a reader sees the old content or the new, never a part.

    Raises:
        OSError: the directory is not writable or the disk is full; nothing is left behind.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(handle, mode)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def permissions(path: Path) -> int:
    """Return the permissions of a file that others read, too, or those that a new one gets from any program."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def own_sources() -> list[Path]:
    """Return the files that the product is made of: what other code found is not trusted."""
    folder = Path(__file__).parent
    return sorted((*folder.rglob("*.py"), *folder.rglob("*.toml")))


@functools.cache
def own_code() -> str:
    """Return a name for the whole product as it is."""
    return digest(*(path.read_bytes() for path in own_sources()))


class Store:
    """Blobs by key in one SQLite file. Each blob carries a checksum of key and content; a wrong one is a miss."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Return what is stored under the keys; unknown or damaged entries are left out."""
        wanted = sorted(set(keys))
        found: dict[str, bytes] = {}
        with self._connection() as connection, contextlib.suppress(sqlite3.Error):
            for start in range(0, len(wanted), _BATCH):
                rows = _select(connection, wanted[start : start + _BATCH])
                found.update((key, value) for key, check, value in rows if _sound(key, check, value))
        return found

    def put(self, entries: Mapping[str, bytes]) -> None:
        """Store blobs in one transaction; a cache that cannot be written is no error."""
        if not entries:
            return
        rows = [(key, digest(key.encode(), value), value) for key, value in sorted(entries.items())]
        with self._connection() as connection, contextlib.suppress(sqlite3.Error):
            if connection:
                connection.executemany("INSERT OR REPLACE INTO blobs VALUES (?, ?, ?)", rows)
                connection.commit()

    def flaws(self) -> int:
        """Return how many entries are damaged, without changing anything.

        Raises:
            sqlite3.Error: the file is no store, or is damaged as a whole.
        """
        # Without a journal nobody is writing: then SQLite need not make files of its own to find that out.
        mode = "mode=ro" if self._path.with_name(f"{self._path.name}-wal").exists() else "immutable=1"
        with contextlib.closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?{mode}", uri=True)) as connection:
            rows = connection.execute("SELECT key, sum, value FROM blobs")
            return sum(not _sound(key, check, value) for key, check, value in rows)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection | None]:
        try:
            connection = self._open()
        except sqlite3.OperationalError:
            connection = None
        except sqlite3.DatabaseError:
            with contextlib.suppress(OSError):
                self._path.unlink()
            connection = None
        try:
            yield connection
        finally:
            if connection is not None:
                connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS blobs (key TEXT PRIMARY KEY, sum TEXT, value BLOB) WITHOUT ROWID"
            )
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _select(connection: sqlite3.Connection | None, keys: list[str]) -> Iterable[tuple[str, str, bytes]]:
    if connection is None:
        return ()
    marks = ",".join("?" * len(keys))
    query = f"SELECT key, sum, value FROM blobs WHERE key IN ({marks})"  # noqa: S608 - only question marks are put in
    return connection.execute(query, keys)


def _sound(key: str, check: object, value: object) -> bool:
    return isinstance(value, bytes) and check == digest(key.encode(), value)
