"""The store of what is known by content: bounded, shared by processes and versions, whole after any of them dies."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gates import cache
from gates.cache import Store

DAY = 24 * 3600 * 1000
OLD = "CREATE TABLE blobs (key TEXT PRIMARY KEY, sum TEXT, value BLOB) WITHOUT ROWID"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "facts.sqlite"


def _entries(first: int, last: int) -> dict[str, bytes]:
    """Entries of a kilobyte each, which no compression makes smaller."""
    return {f"key{number}": os.urandom(1000) for number in range(first, last)}


def _change(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for each in statements:
            connection.execute(each)


def _ask(path: Path, query: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def _aged(path: Path, days: int, which: str) -> None:
    _change(path, f"UPDATE uses SET used = {int(time.time() * 1000) - days * DAY} WHERE {which}")


def test_what_was_not_used_for_longest_goes_and_the_file_shrinks(path: Path) -> None:
    store = Store(path, limit=400_000)
    old, middle = _entries(0, 100), _entries(100, 200)
    store.put(old)
    store.put(middle)
    _aged(path, 9, "key IN ({})".format(",".join(f"'{key}'" for key in old)))
    _aged(path, 5, "key IN ({})".format(",".join(f"'{key}'" for key in middle)))
    used = {key: old[key] for key in list(old)[:20]}
    assert store.get(used) == used
    new = _entries(200, 350)
    store.put(new)
    assert path.stat().st_size <= 400_000
    assert store.get(new) == new
    assert store.get(used) == used
    assert store.get(key for key in old if key not in used) == {}
    assert store.get(middle)


def test_a_store_stays_bounded_however_often_it_is_written(path: Path) -> None:
    store = Store(path, limit=200_000)
    for number in range(0, 2000, 50):
        new = _entries(number, number + 50)
        store.put(new)
        assert path.stat().st_size <= 200_000
        assert store.get(new) == new
    assert len(list(store.rows())) > 50


def test_more_than_the_bound_at_once_is_no_error(path: Path) -> None:
    store = Store(path, limit=50_000)
    store.put(_entries(0, 500))
    assert path.stat().st_size <= 60_000


def test_a_use_is_noted_once_a_day(path: Path) -> None:
    store = Store(path)
    store.put({"a": b"1", "b": b"2"})
    _aged(path, 3, "key = 'a'")
    _change(path, f"UPDATE uses SET used = used - {DAY // 2} WHERE key = 'b'")
    ((half,),) = _ask(path, "SELECT used FROM uses WHERE key = 'b'")
    store.get(["a", "b", "c"])
    ((now,),) = _ask(path, "SELECT used FROM uses WHERE key = 'a'")
    assert isinstance(now, int)
    assert abs(now - time.time() * 1000) < 60_000
    assert _ask(path, "SELECT used FROM uses WHERE key = 'b'") == [(half,)]


def test_nobody_waits_to_note_a_use(path: Path) -> None:
    store = Store(path)
    store.put({"a": b"1"})
    _aged(path, 3, "true")
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert store.get(["a"]) == {"a": b"1"}
        assert time.monotonic() - began < 1


def test_a_store_of_a_version_that_knows_no_bound(path: Path) -> None:
    """It is read, written, bounded and made smaller; that version reads it, too, and what it writes is kept."""
    sample = Store(path.with_name("sample"))
    old = _entries(0, 300)
    sample.put(old)
    rows = list(sample.rows())
    _change(path, OLD)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany("INSERT OR REPLACE INTO blobs VALUES (?, ?, ?)", rows)
    store = Store(path, limit=200_000)
    assert store.get(["key7"]) == {"key7": old["key7"]}
    assert path.stat().st_size > 300_000
    new = _entries(300, 320)
    store.put(new)
    assert path.stat().st_size <= 200_000
    assert store.get(["key7", *new]) == {"key7": old["key7"], **new}
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany("INSERT OR REPLACE INTO blobs VALUES (?, ?, ?)", rows[:1])
        assert connection.execute("SELECT value FROM blobs WHERE key = 'key7'").fetchall() == [(old["key7"],)]
    assert store.get([rows[0][0]]) == {rows[0][0]: rows[0][2]}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE blobs SET value = x'00'",
        "UPDATE blobs SET sum = 'x'",
        "UPDATE blobs SET sum = CAST(x'ff00' AS TEXT)",
        "UPDATE blobs SET sum = NULL",
        "UPDATE blobs SET value = 7",
        "DROP TABLE blobs",
        "ALTER TABLE blobs RENAME COLUMN value TO other",
    ],
)
def test_a_wrong_entry_is_a_miss(path: Path, statement: str) -> None:
    store = Store(path)
    store.put({"a": b"1", "b": b"2"})
    _change(path, statement)
    assert store.get(["a", "b"]) == {}
    store.put({"c": b"3"})
    assert store.get(["a", "b", "c"]) in ({"c": b"3"}, {})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE uses SET used = 'yesterday', size = 'large'",
        "UPDATE uses SET used = 1e300, size = -5",
        "UPDATE uses SET used = NULL, size = NULL",
        "DELETE FROM uses",
        "DROP TABLE uses",
        "INSERT INTO uses VALUES (x'ff', 1, 1), (CAST(x'ff' AS TEXT), 1, 1)",
    ],
)
def test_wrong_notes_of_uses_hide_nothing(path: Path, statement: str) -> None:
    store = Store(path, limit=140_000)
    known = _entries(0, 50)
    store.put(known)
    _change(path, statement)
    assert store.get(known) == known
    assert sum(each.entries for each in store.kinds()) >= 50
    new = _entries(50, 100)
    store.put(new)
    assert store.get(new) == new
    assert path.stat().st_size <= 140_000


def test_a_store_that_is_damaged_inside_is_thrown_away_once(path: Path) -> None:
    store = Store(path)
    known = _entries(0, 200)
    store.put(known)
    content = bytearray(path.read_bytes())
    for place in range(4096, len(content), 97):
        content[place] ^= 0xFF
    path.write_bytes(content)
    assert all(known[key] == value for key, value in store.get(known).items())
    store.put(known)
    store.put(known)
    assert store.get(known) == known
    assert store.flaws() == 0


def test_clear_empties_also_what_is_damaged(path: Path) -> None:
    store = Store(path)
    store.clear()
    assert not path.exists()
    known = _entries(0, 200)
    store.put(known)
    store.clear()
    assert path.stat().st_size < 50_000
    assert store.get(known) == {}
    path.write_bytes(b"garbage" * 1000)
    store.clear()
    assert not path.exists()


WRITING = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from gates import cache
from gates.cache import Store
store = Store(Path(sys.argv[1]), limit=300_000)
print("ready", flush=True)
number = 0
while True:
    known = {f"{os.getpid()}-{number}-{each}": bytes([each]) * 2000 for each in range(40)}
    store.put(known)
    store.get(known)
    number += 1
"""


def test_a_process_that_is_killed_leaves_a_store_that_is_whole(path: Path) -> None:
    for attempt in range(6):
        argv = [sys.executable, "-c", WRITING, str(path)]
        with contextlib.ExitStack() as running:
            for _ in range(2):
                other = running.enter_context(subprocess.Popen(argv, stdout=subprocess.PIPE))
                running.callback(other.send_signal, signal.SIGKILL)
                assert other.stdout is not None
                assert other.stdout.readline() == b"ready\n"
            time.sleep(0.05 + attempt * 0.0371)
        store = Store(path, limit=300_000)
        assert store.flaws() == 0
        assert _ask(path, "PRAGMA integrity_check") == [("ok",)]
        store.put({"a": b"1"})
        assert store.get(["a"]) == {"a": b"1"}
        assert path.stat().st_size <= 400_000


def test_what_is_kept_open_serves_all_threads_and_survives_the_loss_of_its_file(path: Path) -> None:
    store = Store(path)
    store.put({"old": b"0"})
    with store.kept_open(), ThreadPoolExecutor(4) as pool:
        entries = _entries(0, 40)
        list(pool.map(lambda each: store.put({each[0]: each[1]}), entries.items()))
        assert dict(pair for got in pool.map(lambda key: store.get([key]), entries) for pair in got.items()) == entries
        path.write_bytes(b"no database" * 1000)
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        for _ in range(5):
            assert store.get(["key1"]).items() <= entries.items()
            store.put({"new": b"1"})
    assert store.get(["new"]) in ({}, {"new": b"1"})
    store.put({"newer": b"2"})
    store.put({"newer": b"2"})
    assert store.get(["newer"]) == {"newer": b"2"}


def test_what_is_kept_open_waits_for_others_after_it_did_not(path: Path) -> None:
    store = Store(path)
    store.put({"a": b"1"})
    _aged(path, 3, "true")
    with store.kept_open(), contextlib.closing(sqlite3.connect(path, check_same_thread=False)) as other:
        store.get(["a"])
        other.execute("BEGIN IMMEDIATE")
        ends = threading.Timer(0.5, other.rollback)
        ends.start()
        store.put({"b": b"2"})
        ends.join()
        assert store.get(["b"]) == {"b": b"2"}


def test_what_the_product_is_made_of_is_read_again_when_a_file_of_it_changes(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = tmp_path / "gates"
    product.mkdir()
    source = product / "a.py"
    monkeypatch.setattr(cache, "__file__", str(product / "cache.py"))
    store = Store(path)

    def known() -> str:
        _as_a_new_process()
        return cache.known_code(store)

    source.write_text("a = 1\n")
    just_written = known()
    assert [each.name for each in store.kinds()] == [], "a second change would not show"
    monkeypatch.setattr(cache, "RACY", -(10**12))
    assert known() == just_written
    assert [each.name for each in store.kinds()] == ["own"]
    source.write_text("a = 2\n")
    assert known() not in (just_written, "")
    source.write_text("a = 1\n")
    assert known() == just_written
    _as_a_new_process()
    with monkeypatch.context() as patched:
        patched.setattr(cache, "own_code", pytest.fail)
        assert cache.known_code(store) == just_written
    _as_a_new_process()


def test_an_update_during_a_run_is_not_taken_for_the_code_that_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "gates" / "a.py"
    source.parent.mkdir()
    monkeypatch.setattr(cache, "__file__", str(source.with_name("cache.py")))
    monkeypatch.setattr(cache, "RACY", -(10**12))
    _as_a_new_process()
    source.write_text("a = 1\n")
    before = cache.own_code()
    source.write_text("a = 2\n")
    assert cache.known_code(Store(path)) == before
    _as_a_new_process()
    updated = cache.known_code(Store(path))
    assert updated not in (before, "")
    _as_a_new_process()
    assert cache.own_code() == updated
    _as_a_new_process()


def _as_a_new_process() -> None:
    for each in (cache._own_states, cache.own_code, cache.known_code):
        each.cache_clear()
