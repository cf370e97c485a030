"""A folder holds exactly what it is told to hold, whatever it held before, and nothing is written outside of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates import git, locks, trees
from gates.git import Entry
from gates.process import Spawner, ToolError
from tests.repository import Repository

LIKE = "0" * 40
Files = dict[str, tuple[str, bytes]]


class Source:
    """States made of contents, and what was asked for."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}
        self.asked: list[list[str]] = []

    def entries(self, files: Mapping[str, tuple[str, bytes]]) -> tuple[Entry, ...]:
        made = []
        for path, (mode, content) in files.items():
            oid = git.blob_id(content, LIKE)
            self.known[oid] = content
            made.append(Entry(path, mode, oid))
        return tuple(made)

    def read(self, oids: Sequence[str]) -> dict[str, bytes]:
        self.asked.append(list(oids))
        return {oid: self.known[oid] for oid in oids}

    def export(self, folder: Path, files: Mapping[str, tuple[str, bytes]]) -> None:
        trees.exported(self.entries(files), folder, self.read)


def plain(**files: str) -> Files:
    return {name: ("100644", content.encode()) for name, content in files.items()}


def held(folder: Path) -> Files:
    """Return what a folder holds, in the form of git; empty folders are told too."""
    found: Files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = ("120000", os.fsencode(os.readlink(path)))
        elif path.is_file():
            found[name] = ("100755" if path.stat().st_mode & 0o100 else "100644", path.read_bytes())
        elif path.is_dir() and not any(path.iterdir()):
            found[f"{name}/"] = ("040000", b"")
    return found


def times(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.lstat().st_mtime_ns for path in folder.rglob("*")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "base"


def test_only_what_differs_is_read_and_written(folder: Path) -> None:
    source = Source()
    first = plain(kept="1", changed="1", gone="1") | {"pkg/deep/x.py": ("100644", b"1"), "l": ("120000", b"kept")}
    source.export(folder, first)
    assert held(folder) == first
    before, source.asked = times(folder), []
    source.export(folder, first)
    assert (times(folder), source.asked) == (before, [])
    second = plain(kept="1", changed="2", new="1") | {"l": ("120000", b"kept")}
    source.export(folder, second)
    after = times(folder)
    assert held(folder) == second
    assert {name: after[name] for name in ("kept", "l")} == {name: before[name] for name in ("kept", "l")}
    assert source.asked == [sorted(git.blob_id(content, LIKE) for content in (b"1", b"2"))]
    source.export(folder, {})
    assert held(folder) == {}


def test_a_mode_is_a_difference(folder: Path) -> None:
    source = Source()
    for mode in ("100644", "100755", "120000", "100644"):
        source.export(folder, {"a": (mode, b"b")})
        assert held(folder) == {"a": (mode, b"b")}


def test_a_file_becomes_a_folder_and_a_folder_a_file(folder: Path) -> None:
    source = Source()
    states: list[Files] = [
        {"a": ("100644", b"1")},
        {"a/b/c": ("100644", b"1")},
        {"a": ("120000", b"..")},
        {"a/b": ("100644", b"1")},
        {"a": ("100755", b"1")},
    ]
    for state in states:
        source.export(folder, state)
        assert held(folder) == state


def test_whatever_is_found_there_is_put_right(folder: Path, tmp_path: Path) -> None:
    source, outside = Source(), tmp_path / "outside"
    outside.mkdir()
    state = plain(edited="1", touched="1", removed="1", linked="1") | {"pkg/x.py": ("100644", b"1")}
    source.export(folder, state)
    (folder / "edited").write_text("longer")
    os.utime(folder / "touched", ns=(1, 1))
    (folder / "removed").unlink()
    (folder / "linked").unlink()
    (folder / "linked").symlink_to(outside / "linked")
    (folder / "stray.pyi").write_text("")
    (folder / "stray" / "deep").mkdir(parents=True)
    (folder / "pkg" / "x.py").unlink()
    (folder / "pkg").rmdir()
    (folder / "pkg").symlink_to(outside)
    os.mkfifo(folder / "pipe")
    source.export(folder, state)
    assert held(folder) == state
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    "damage", [b"", b"[]", b"garbage", b'{"a": 1}', b'{"a": ["100644", "x"]}', '{"\u2603": ["1", "2", 3, 4]}'.encode()]
)
def test_a_damaged_manifest_only_costs_time(folder: Path, damage: bytes) -> None:
    source, state = Source(), plain(a="1", b="2")
    source.export(folder, state)
    folder.with_suffix(".json").write_bytes(damage)
    (folder / "a").write_text("x")
    source.export(folder, state)
    assert held(folder) == state
    folder.with_suffix(".json").unlink()
    source.export(folder, plain(a="1"))
    assert held(folder) == plain(a="1")


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "/tmp/x",
        "",
        ".",
        "a//b",
        "a/",
        "./a",
        ".git/config",
        ".GIT/config",
        "sub/.git",
        ".g\u200cit/x",
        ".git./x",
        ".git /x",
        "GIT~1/x",
        "a\0b",
    ],
)
def test_a_path_that_could_leave_the_folder_is_refused(folder: Path, tmp_path: Path, path: str) -> None:
    source = Source()
    source.export(folder, plain(a="1"))
    for mode in ("100644", "120000"):
        with pytest.raises(ToolError, match="is no safe path"):
            source.export(folder, {"a": ("100644", b"2"), path: (mode, b"x")})
    assert held(folder) == plain(a="1")
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["a", "base", "base.json", "cache"]


@pytest.mark.parametrize(
    "files",
    [
        {"a": ("120000", b"/tmp"), "a/x": ("100644", b"1")},
        {"a": ("120000", b"/tmp"), "A/x": ("100644", b"1")},
        {"\u00e4": ("120000", b"/tmp"), "a\u0308/x": ("100644", b"1")},
        {"a/b": ("120000", b"/tmp"), "a/B/c/x": ("100644", b"1")},
        {"a": ("100644", b"1"), "a/x": ("100644", b"1")},
    ],
)
def test_nothing_is_written_through_a_link(folder: Path, files: Files) -> None:
    source = Source()
    for order in (files, dict(reversed(files.items()))):
        with pytest.raises(ToolError, match="is a file and a folder"):
            source.export(folder, order)
    assert not folder.exists()


def test_what_is_no_file_or_stands_there_twice_is_refused(folder: Path) -> None:
    source = Source()
    for mode in ("160000", "040000", ""):
        with pytest.raises(ToolError, match="is no file"):
            source.export(folder, {"a": (mode, b"1")})
    with pytest.raises(ToolError, match="stands there twice"):
        trees.exported(source.entries(plain(a="1")) * 2, folder, source.read)
    for target in (b"", b"a\0b"):
        with pytest.raises(ToolError, match="is a symbolic link to nowhere"):
            source.export(folder, {"a": ("120000", target)})


def test_links_are_made_and_never_followed(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    source = Source()
    state: Files = {"l": ("120000", os.fsencode(secret)), "d": ("120000", b"../.."), "gone": ("120000", b"\xe9")}
    source.export(folder, state)
    assert held(folder) == state
    source.export(folder, plain(l="mine"))
    assert (held(folder), secret.read_text()) == (plain(l="mine"), "secret")


def test_names_that_are_hard_to_write_down(folder: Path) -> None:
    source = Source()
    names = (
        "latin-\udce9.py",
        "latin-é.py",
        "new\nline.py",
        "--exit-zero.py",
        "☃.py",
        " ",
        "...",
        ".gitignore",
        '"',
        "a" * 255,
    )
    state: Files = {name: ("100644", name.encode("utf-8", "surrogateescape")) for name in names}
    source.export(folder, state)
    assert held(folder) == state
    before, source.asked = times(folder), []
    source.export(folder, state)
    assert (times(folder), source.asked) == (before, [])


def test_a_name_or_a_disk_that_does_not_take_it_is_said(folder: Path) -> None:
    source = Source()
    with pytest.raises(ToolError, match="could not be written: File name too long"):
        source.export(folder, {"a": ("100644", b"1"), "a" * 256: ("100644", b"1")})
    source.export(folder, plain(a="1"))
    assert held(folder) == plain(a="1")
    folder.with_name("file").write_text("")
    with pytest.raises(ToolError, match="could not be written: Not a directory"):
        source.export(folder.with_name("file") / "below", plain(a="1"))


def test_the_manifest_does_not_vouch_for_what_a_failed_run_wrote(folder: Path) -> None:
    source = Source()
    source.export(folder, plain(a="1"))
    before = times(folder)["a"]
    with pytest.raises(ToolError):
        source.export(folder, {"a": ("100644", b"2"), "b" * 256: ("100644", b"1")})
    assert (folder / "a").read_text() == "2"
    os.utime(folder / "a", ns=(before, before))
    source.export(folder, plain(a="1"))
    assert held(folder) == plain(a="1")


def test_what_tools_read_is_needed() -> None:
    names = ("a.py", "p/a.pyi", "p/py.typed", "pyproject.toml", "p/.ruff.toml", "setup.cfg", "mypy.ini", "p/tox.ini")
    others = ("a.pyc", "README.md", "data.json", "py.typed/x", ".gitignore", "p/.gitattributes", "a.py/x", "toml")
    entries = tuple(Entry(name, "100644", LIKE) for name in (*names, *others))
    assert tuple(each.path for each in trees.needed(entries)) == names
    assert trees.needed((Entry("l.py", "120000", LIKE),)) == (Entry("l.py", "120000", LIKE),)


def test_one_holds_the_lock(folder: Path) -> None:
    with locks.locked(folder) as mine:
        began = time.monotonic()
        with locks.locked(folder, 0.1) as theirs:
            assert (mine, theirs) == (True, False)
        assert time.monotonic() - began < 2
        with locks.locked(folder.with_name("other"), 0.1) as other:
            assert other
    with locks.locked(folder, 0.1) as again:
        assert again


def test_a_lock_that_cannot_be_had_is_not_held(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with locks.locked(tmp_path / "file" / "below") as mine:
        assert not mine
    folder.parent.mkdir()
    folder.with_suffix(".lock").symlink_to(tmp_path / "elsewhere")
    with locks.locked(folder) as mine:
        assert not mine
    assert not (tmp_path / "elsewhere").exists()


def test_the_lock_of_a_program_that_was_killed_is_free(folder: Path) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom gates import locks\n"
        "with locks.locked(Path(sys.argv[1])) as mine:\n    print(mine, flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"True\n"
        with locks.locked(folder, 0) as mine:
            assert not mine
        other.kill()
    with locks.locked(folder, 0) as mine:
        assert mine


HALF_WAY = """
import sys
from pathlib import Path
from gates import git, locks, trees
known = {}
def state(salt):
    for number in range(60):
        content = f"{salt}{number}".encode()
        oid = git.blob_id(content, "0" * 40)
        known[oid] = content
        yield git.Entry(f"{salt if number % 3 else 'same'}/{number}.py", "100644", oid)
states = [tuple(state(salt)) for salt in "ab"]
print("ready", flush=True)
while True:
    for each in states:
        trees.exported(each, Path(sys.argv[1]), lambda oids: {oid: known[oid] for oid in oids})
"""


@pytest.mark.parametrize("attempt", range(6))
def test_a_run_that_was_killed_half_way_is_mended(folder: Path, attempt: int) -> None:
    with subprocess.Popen([sys.executable, "-c", HALF_WAY, str(folder)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"ready\n"
        time.sleep(0.03 + attempt * 0.0137)
        other.send_signal(signal.SIGKILL)
    source = Source()
    state: Files = {f"{'same' if n % 3 == 0 else 'a'}/{n}.py": ("100644", f"a{n}".encode()) for n in range(60)}
    source.export(folder, state)
    assert held(folder) == state


NAMES = st.lists(st.sampled_from(["a", "b", "c.py", "d\udce9"]), min_size=1, max_size=3).map("/".join)
CONTENTS = st.tuples(st.sampled_from(["100644", "100755", "120000"]), st.sampled_from([b"a", b"..", b"c.py", b"xx"]))
STATES = st.dictionaries(NAMES, CONTENTS, max_size=6)


def is_possible(files: Files) -> bool:
    return not any(path.startswith(f"{other}/") for path in files for other in files)


@settings(max_examples=100, deadline=None)
@given(st.lists(STATES.filter(is_possible), min_size=2, max_size=5))
def test_any_state_follows_any_other(states: list[Files]) -> None:
    with tempfile.TemporaryDirectory() as base:
        folder, source, last = Path(base) / "folder", Source(), Files()
        for state in states:
            before = times(folder)
            source.export(folder, state)
            assert held(folder) == state
            stayed = [path for path in state if last.get(path) == state[path]]
            assert {path: times(folder)[path] for path in stayed} == {path: before[path] for path in stayed}
            last = state
        assert {*os.listdir(base)} <= {"folder", "folder.json"}


@pytest.mark.parametrize("format_", ["sha1", "sha256"])
def test_commits_and_the_index_of_a_real_repository(repository: Repository, folder: Path, format_: str) -> None:
    repository.git("init", "-q", "-b", "main", f"--object-format={format_}")
    repository.write("a.py", b"a\r\n\xff\0")
    repository.write("pkg/b.py", "b = 1\n").chmod(0o755)
    (repository.root / "link.py").symlink_to("pkg/b.py")
    repository.save("gone/latin-\udce9.py", "c = 1\n")
    repository.git("rm", "-q", "gone/latin-\udce9.py")
    repository.save("pkg/new.py", "d = 1\n")
    repository.write("a.py", "staged = 1\n")
    repository.git("add", "a.py")
    repository.write("a.py", "neither = 1\n")
    with repository.unchanged():
        for entries in (repository.tree("HEAD~1"), repository.index(), repository.tree(), repository.index()):
            trees.exported(entries, folder, lambda oids: git.blobs(Spawner(), repository.root, oids))
            found = held(folder)
            assert {path: mode for path, (mode, _) in found.items()} == {each.path: each.mode for each in entries}
            for each in entries:
                assert found[each.path][1] == raw(repository, each.oid)


def raw(repository: Repository, oid: str) -> bytes:
    argv = ["git", "cat-file", "blob", oid]
    return subprocess.run(argv, cwd=repository.root, capture_output=True, check=True).stdout
