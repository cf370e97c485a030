"""What is worth keeping between runs, by content: data only, checked when it is read, bounded, and free to vanish."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
import os
import sqlite3
import stat
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec
from msgspec import Struct

from gates.model import UNDECODABLE

Value = TypeVar("Value")

LIMIT = 512 << 20
"""Bytes that a store may take on disk; the facts of 9,000 files take a tenth of it."""

RACY = 2_500_000_000
"""Nanoseconds within which a second change need not show: file systems count time in steps of up to two seconds."""

_BUSY_SECONDS = 5.0
_BATCH = 500
_DAY = 24 * 3600 * 1000
_FILLED = 0.75
"""The share of the bound that is left when the oldest entries were taken out."""
_SHOWN = 20
"""Characters of a file's name in that of a temporary one: a name of 255 bytes has no room for more."""

_OWN = (".py", ".toml")
_TABLES = (  # in a table without row ids, an entry of a kilobyte would take five
    "CREATE TABLE IF NOT EXISTS blobs (key TEXT PRIMARY KEY, sum TEXT, value BLOB)",
    "CREATE TABLE IF NOT EXISTS uses (key TEXT PRIMARY KEY, used INTEGER, size INTEGER) WITHOUT ROWID",
)
_ADOPT = "INSERT OR IGNORE INTO uses SELECT key, 0, length(value) FROM blobs"
"""Versions that know no bound write no uses: what they wrote counts as used never."""


def digest(*parts: bytes) -> str:
    """Return a name for content: the same bytes in the same parts give the same 32 hexadecimal digits."""
    whole = b"".join([each for part in parts for each in (len(part).to_bytes(8, "big"), part)])
    return hashlib.blake2b(whole, digest_size=16).hexdigest()


def write_atomically(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file so that a reader sees the old content or the new, never a part.

    Raises:
        OSError: the directory is not writable or the disk is full; nothing is left behind.
    """
    with written_atomically(path, mode) as stream:
        stream.write(content)


@contextlib.contextmanager
def written_atomically(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """Give a stream whose content takes the place of a file once all of it is written.

    Raises:
        OSError: the directory is not writable or the disk is full; nothing is left behind.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:_SHOWN]}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(handle, mode)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def linked_atomically(path: Path, other: Path) -> bool:
    """Let another name in the same folder stand for a file, too; returns whether its file system knows such links."""
    name = f"{other}.{os.getpid()}.{threading.get_ident()}"
    try:
        os.link(path, name)
        os.replace(name, other)
    except OSError:
        return False
    return True


def permissions(path: Path) -> int:
    """Return the permissions of a file that others read, too, or those that a new one gets from any program."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def own_sources() -> list[str]:
    """Return the files that the product is made of: what other code found is not trusted."""
    return sorted(each.path for each in _own_files())


def _own_files() -> Iterator[os.DirEntry[str]]:
    folders = [os.path.dirname(__file__)]
    for folder in folders:
        with os.scandir(folder) as entries:
            for each in entries:
                if each.name.endswith(_OWN):
                    yield each
                elif each.name != "__pycache__" and each.is_dir(follow_symlinks=False):
                    folders.append(each.path)


@functools.cache
def _own_states() -> tuple[int, tuple[tuple[str, int, int, int, int], ...]]:
    """Return when this process first asked for the files that it is made of, and by what a change of them shows. What
    comes in their place later, as an update does during a long run, is not what runs here."""
    began = time.time_ns()
    states = sorted((each.path, each.stat()) for each in _own_files())
    return began, tuple((path, each.st_ino, each.st_size, each.st_mtime_ns, each.st_ctime_ns) for path, each in states)


@functools.cache
def own_code() -> str:
    """Return a name for the whole product as it is."""
    contents: list[bytes] = []
    for path, *_ in _own_states()[1]:
        with open(path, "rb", buffering=0) as stream:
            contents.append(stream.read())
    return digest(*contents)


@functools.cache
def known_code(store: Store) -> str:
    """Return the same, as the store knows it when none of the files was changed: to read them takes longer than to
    look at one file of a project."""
    began, signs = _own_states()
    key = f"own:{digest(msgspec.msgpack.encode(signs))}"
    known = store.get([key]).get(key)
    if known is not None:
        return known.decode()
    found = own_code()
    if all(changed < began - RACY for *_, changed in signs):
        store.put({key: found.encode()})
    return found


def unpacked(blob: bytes | None, kind: type[Value]) -> Value | None:
    """Return the value in a blob; None when there is no blob, or something else in it."""
    try:
        return None if blob is None else msgspec.msgpack.decode(blob, type=kind)
    except UNDECODABLE:
        return None


class Kind(Struct, frozen=True):
    """How many entries of one kind a store has, how many bytes they hold, and when the oldest and the newest of them
    was used, in seconds since 1970; 0 when that is not known."""

    name: str
    entries: int
    size: int
    oldest: int
    newest: int


class Store:
    """Blobs by key in one SQLite file. Each blob carries a checksum of key and content; a wrong one is a miss.

    Several processes and threads may use it at once. When the file outgrows `limit`, in bytes, those go that were not
    used for longest; a use is noted once a day.
    """

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self.path = path
        self.limit = limit
        self._idle: list[sqlite3.Connection] | None = None

    @contextlib.contextmanager
    def kept_open(self) -> Iterator[Store]:
        """Keep connections open meanwhile: to open one takes longer than what is mostly done with it."""
        idle: list[sqlite3.Connection] = []
        self._idle = idle
        try:
            yield self
        finally:
            self._idle = None
            for each in idle:
                each.close()

    def get(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Return what is stored under the keys; unknown or damaged entries are left out."""
        wanted = sorted(set(keys))
        found: dict[str, bytes] = {}
        with self._connection() as connection:
            for start in range(0, len(wanted), _BATCH):
                part = wanted[start : start + _BATCH]
                rows = connection.execute(_where("SELECT key, sum, value FROM blobs", part), part)
                found.update((key.decode(), value) for key, check, value in rows if _sound(key, check, value))
            _note_uses(connection, found)
        return found

    def put(self, entries: Mapping[str, bytes]) -> None:
        """Store blobs in one transaction; a cache that cannot be written is no error."""
        if not entries:
            return
        with self._connection() as connection:
            _write(connection, ((key, _sum(key.encode(), value), value) for key, value in sorted(entries.items())))
            connection.commit()
            self._shrink(connection)

    def take(self, rows: Iterable[tuple[str, str, bytes]]) -> int:
        """Store rows of key, checksum and content, all of them or, when it raises, none; return how many.

        Raises:
            ValueError: the checksum of one is wrong.
            sqlite3.Error: the file cannot be written, or is damaged.
        """
        with contextlib.closing(self._open()) as connection:
            number = _write(connection, _checked(rows))
            connection.commit()
            with contextlib.suppress(sqlite3.OperationalError):  # it is for whoever writes next, then
                self._shrink(connection)
        return number

    def rows(self) -> Iterator[tuple[str, str, bytes]]:
        """Yield key, checksum and content of each sound entry, by key.

        Raises:
            sqlite3.Error: the file is no store, or is damaged as a whole.
        """
        with contextlib.closing(self._read_only()) as connection:
            for key, check, value in connection.execute("SELECT key, sum, value FROM blobs ORDER BY key"):
                if _sound(key, check, value):
                    yield key.decode(), check.decode(), value

    def flaws(self) -> int:
        """Return how many entries are damaged, without changing anything.

        Raises:
            sqlite3.Error: the file is no store, or is damaged as a whole.
        """
        with contextlib.closing(self._read_only()) as connection:
            rows = connection.execute("SELECT key, sum, value FROM blobs")
            return sum(not _sound(key, check, value) for key, check, value in rows)

    def kinds(self) -> tuple[Kind, ...]:
        """Return what the store holds, by the first word of keys; those without one are facts of files.

        Raises:
            sqlite3.Error: the file is no store, or is damaged as a whole.
        """
        if not self.path.exists():
            return ()
        query = (
            "SELECT CASE instr(key, ':') WHEN 0 THEN 'facts' ELSE substr(key, 1, instr(key, ':') - 1) END AS kind,"
            " count(*), total(CAST(size AS INTEGER)), min(CAST(used AS INTEGER)) / 1000,"
            " max(CAST(used AS INTEGER)) / 1000"
            " FROM uses GROUP BY kind ORDER BY kind"
        )
        with contextlib.closing(self._open()) as connection:
            connection.execute(_ADOPT)
            rows = connection.execute(query).fetchall()
        return tuple(Kind(kind.decode("utf-8", "replace"), *map(int, rest)) for kind, *rest in rows)

    def clear(self) -> None:
        """Remove all entries; a damaged file is removed as a whole.

        Raises:
            sqlite3.Error: it is in use for longer than a few seconds, or cannot be written.
            OSError: it cannot be removed.
        """
        if not self.path.exists():
            return
        try:
            with contextlib.closing(self._open()) as connection:
                connection.executescript("DELETE FROM blobs; DELETE FROM uses;")
                _vacuum(connection)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            self._remove()

    def _shrink(self, connection: sqlite3.Connection) -> None:
        """Take out what was not used for longest when the file is too large, and give its space back."""
        if _taken(connection) <= self.limit:
            return
        connection.execute("BEGIN IMMEDIATE")
        taken = _taken(connection)
        if taken > self.limit:
            connection.execute(_ADOPT)
            sizes = "SELECT key, max(CAST(size AS INTEGER), 0) + 100 FROM uses ORDER BY CAST(used AS INTEGER), key"
            entries = connection.execute(sizes).fetchall()
            surplus = sum(size for _, size in entries) * (1 - _FILLED * self.limit / taken)
            for key, size in entries:
                if surplus <= 0:
                    break
                surplus -= size
                connection.execute("DELETE FROM blobs WHERE key = CAST(? AS TEXT)", (key,))
                connection.execute("DELETE FROM uses WHERE key = CAST(? AS TEXT)", (key,))
        connection.commit()
        _vacuum(connection)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Give a connection: for reading only, or to nothing, where the file cannot be written or is damaged. Then, and
        when anything fails, what is done with it counts for nothing."""
        idle = self._idle
        connection = idle.pop() if idle else self._opened()
        with contextlib.ExitStack() as held:
            held.callback(connection.close)
            try:
                yield connection
            except sqlite3.DatabaseError as error:
                self._mend(error)
            else:
                if idle is not None:
                    held.pop_all()
                    idle.append(connection)

    def _opened(self) -> sqlite3.Connection:
        for way in (self._open, self._read_only):
            try:
                return way()
            except sqlite3.DatabaseError as error:
                self._mend(error)
        return sqlite3.connect(":memory:", check_same_thread=False)

    def _mend(self, error: sqlite3.Error) -> None:
        if _is_damage(error):
            with contextlib.suppress(OSError):
                self._remove()

    def _open(self) -> sqlite3.Connection:
        is_new = not self.path.exists()
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, check_same_thread=False)
        connection.text_factory = bytes
        try:
            if is_new:  # with every other it would be a write
                connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")  # what a power cut may damage is found, and computed again
            for table in _TABLES:
                connection.execute(table)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _read_only(self) -> sqlite3.Connection:
        # Without a journal nobody is writing: then SQLite need not make files of its own to find that out.
        mode = "mode=ro" if self.path.with_name(f"{self.path.name}-wal").exists() else "mode=ro&immutable=1"
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?{mode}", uri=True, timeout=_BUSY_SECONDS, check_same_thread=False
        )
        connection.text_factory = bytes
        return connection

    def _remove(self) -> None:
        for ending in ("", "-wal", "-shm"):
            self.path.with_name(f"{self.path.name}{ending}").unlink(missing_ok=True)


def _where(query: str, keys: Sequence[str]) -> str:
    return f"{query} WHERE key IN ({','.join('?' * len(keys))})"


def _note_uses(connection: sqlite3.Connection, found: Iterable[str]) -> None:
    """Note that entries are used, unless it was noted within a day. Nobody is waited for: it can be noted next time."""
    now, keys = _now(), sorted(found)
    for start in range(0, len(keys), _BATCH):
        part = keys[start : start + _BATCH]
        rows = connection.execute(_where("SELECT key, used FROM uses", part), part)
        noted = {key.decode() for key, used in rows if isinstance(used, int) and abs(now - used) < _DAY}
        old = [(now, key) for key in part if key not in noted]
        if old:
            with _waiting(connection, 0):
                connection.executemany(
                    "INSERT OR REPLACE INTO uses SELECT key, ?, length(value) FROM blobs WHERE key = ?", old
                )
                connection.commit()


@contextlib.contextmanager
def _waiting(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """Wait no longer than this for others who write; as long as always again when that went well."""
    connection.execute(f"PRAGMA busy_timeout={seconds * 1000:.0f}")
    yield
    connection.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000:.0f}")


def _write(connection: sqlite3.Connection, rows: Iterable[tuple[str, str, bytes]]) -> int:
    """Write rows of key, checksum and content, and return how many; it is for the caller to commit."""
    now, number = _now(), 0
    waiting = iter(rows)
    while batch := list(itertools.islice(waiting, _BATCH)):
        connection.executemany("INSERT OR REPLACE INTO blobs VALUES (?, ?, ?)", batch)
        connection.executemany(
            "INSERT OR REPLACE INTO uses VALUES (?, ?, ?)", [(key, now, len(value)) for key, _, value in batch]
        )
        number += len(batch)
    return number


def _now() -> int:
    """Return the time in milliseconds since 1970: entries of one second are told apart."""
    return time.time_ns() // 1_000_000


def _checked(rows: Iterable[tuple[str, str, bytes]]) -> Iterator[tuple[str, str, bytes]]:
    for key, check, value in rows:
        if check != _sum(key.encode(), value):
            raise ValueError(key)
        yield key, check, value


def _taken(connection: sqlite3.Connection) -> int:
    """Return how many bytes the file takes, without what is free in it."""
    pages, free, size = (
        connection.execute(f"PRAGMA {each}").fetchone()[0] for each in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _vacuum(connection: sqlite3.Connection) -> None:
    """Give free space back to the disk, as far as nobody else is reading."""
    if connection.execute("PRAGMA auto_vacuum").fetchone()[0]:
        connection.executescript("PRAGMA incremental_vacuum")  # `execute` takes one step of it, which is one page
    else:  # a file of a version that never gave any back
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("VACUUM")
    with _waiting(connection, 0.2):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is damaged as a whole, or none of SQLite."""
    return getattr(error, "sqlite_errorcode", 0) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _sum(key: bytes, value: bytes) -> str:
    return digest(key, value)


def _sound(key: object, check: object, value: object) -> bool:
    return isinstance(key, bytes) and isinstance(value, bytes) and check == _sum(key, value).encode()
