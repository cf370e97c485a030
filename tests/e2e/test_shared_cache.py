"""One cache for several checkouts at once, carried elsewhere, closed, emptied: no report depends on it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from gates.cache import Store
from gates.checkouts import folders
from gates.commands import check
from gates.locks import locked
from gates.tools import mypy
from gates.tools.mypy import memory
from tests.project import CLEAN, GATES, Project, Result, only, unprivileged

FAST = ("files", "size")
TYPED = ("files", "typing")
BOTH = (*TYPED, *FAST[1:])
FILES = {
    "gates.toml": 'preset = "internal"\n[typing]\nstrictness = "strict"\n[size]\nfunction-lines = 1\n',
    "pkg/__init__.py": "",
    "pkg/low.py": "import os\n\n\ndef total(numbers: list[int]) -> int:\n    return sum(numbers)\n",
    "pkg/high.py": "from pkg import low\n\nname: str = low.total([1])\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return _made(tmp_path)


def _made(base: Path, **more: str) -> Project:
    base.mkdir(exist_ok=True)
    project = Project(base)
    for name, content in (FILES | more).items():
        project.write(name, content)
    project.commit()
    return project


def _told(result: Result) -> tuple[int, str]:
    """Return exit code and report, without the times that it took."""
    return result.code, _timeless(result.out)


def _timeless(report: str) -> str:
    return re.sub(r'"seconds": ?[0-9.e-]+', "", report)


def _json(project: Project, cache: Path | None = None, *gates: str) -> tuple[int, str]:
    """Check by some gates, all but those that start the slower tools when none are named."""
    argv = ("check", "--output-format", "json", *only(*(gates or FAST)))
    return _told(project.gates(*argv, env={"GATES_CACHE": str(cache or project.cache)}))


def _inside(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process be where the command would be run."""
    monkeypatch.chdir(project.root)
    for name, value in project.environment().items():
        monkeypatch.setenv(name, value)


def _arguments(*gates: str) -> list[str]:
    return ["--output-format", "json", *only(*(gates or FAST))]


def _at_once(projects: Sequence[Project], cache: Path) -> list[tuple[int, str]]:
    """Check all projects at the same time, each in a process of its own."""
    argv = [GATES, "check", "--output-format", "json", *only(*BOTH)]
    with contextlib.ExitStack() as running:
        started = [
            running.enter_context(
                subprocess.Popen(argv, cwd=each.root, env=each.environment({"GATES_CACHE": str(cache)}), stdout=-1)
            )
            for each in projects
        ]
        said = [each.communicate(timeout=60)[0].decode() for each in started]
        return [(each.returncode, _timeless(out)) for each, out in zip(started, said, strict=True)]


def test_eight_checks_of_two_checkouts_at_once(tmp_path: Path) -> None:
    one = _made(tmp_path / "one")
    two = _made(tmp_path / "two", **{"pkg/high.py": "from pkg import low\n\nlow.total(['a'])\n"})
    cold = [_json(one, None, *BOTH), _json(two, None, *BOTH)]
    assert [code for code, _ in cold] == [1, 1]
    assert cold[0] != cold[1]
    shared = tmp_path / "shared"
    assert _at_once([one, two] * 4, shared) == cold * 4
    assert _at_once([one, two] * 4, shared) == cold * 4
    owns = [folders(each.root, str(shared)).own for each in (one, two)]
    lasts = [_timeless(json.dumps(json.loads((each / "last-report.json").read_text()), indent=2)) for each in owns]
    assert lasts == [report.rstrip("\n") for _, report in cold]
    assert Store(shared / "facts.sqlite").flaws() == 0
    assert len(list(shared.glob("checkouts/*/mypy/*/read.json"))) == 2


def test_by_default_checkouts_share_what_is_known_by_content(project: Project) -> None:
    env = {name: value for name, value in project.environment().items() if name != "GATES_CACHE"}
    subprocess.run([GATES, "check"], cwd=project.root, env=env, capture_output=True, check=False)
    cache = project.home / ".cache" / "gates"
    assert (cache / "facts.sqlite").is_file()
    (own,) = (cache / "checkouts").iterdir()
    assert {"last-report.json", "last-full-report.json", "mypy", "root"} <= {each.name for each in own.iterdir()}


@pytest.mark.parametrize("is_warm", [True, False])
def test_a_cache_that_cannot_be_written(project: Project, is_warm: bool) -> None:
    """It is read; nothing is kept, and that is said."""
    gates = TYPED if is_warm else FAST
    cold = _json(project, project.base / "cold", *gates)
    if is_warm:
        _json(project, None, *gates)
    files = sorted(project.cache.rglob("*"))
    for path in (project.cache, *files):
        path.chmod(0o555 if path.is_dir() else 0o444)
    result = project.gates("check", "--output-format", "json", *only(*gates), under=unprivileged())
    assert _told(result) == cold
    where = folders(project.root, str(project.cache)).own
    assert result.err == (
        f"warning: the report is not kept in {where}: Permission denied. Set GATES_CACHE to a writable place.\n"
    )
    assert sorted(project.cache.rglob("*")) == files


DAMAGES: dict[str, Callable[[sqlite3.Connection], object]] = {
    "wrong checksums": lambda store: store.execute("UPDATE blobs SET sum = 'x'"),
    "wrong values": lambda store: store.execute("UPDATE blobs SET value = value || x'00'"),
    "other columns": lambda store: store.execute("ALTER TABLE blobs RENAME COLUMN value TO content"),
    "more columns": lambda store: store.execute("ALTER TABLE blobs ADD COLUMN made TEXT"),
    "no bound": lambda store: store.execute("DROP TABLE uses"),
    "other tables": lambda store: store.executescript("DROP TABLE blobs; CREATE VIEW blobs AS SELECT 1 AS key"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_cache_that_is_wrong_or_of_another_version(project: Project, damage: Callable[..., object]) -> None:
    cold = _json(project)
    with contextlib.closing(sqlite3.connect(project.cache / "facts.sqlite")) as store, store:
        damage(store)
    assert [_json(project), _json(project)] == [cold, cold]
    assert cold[0] == 1


def test_a_cache_that_was_cut_off(project: Project) -> None:
    cold = _json(project)
    store = project.cache / "facts.sqlite"
    content = store.read_bytes()
    for length in (1, 99, 4096, len(content) // 2, len(content) - 1):
        store.write_bytes(content[:length])
        assert _json(project) == cold


def _exported(project: Project) -> Path:
    project.check(*FAST)
    file = project.base / "facts.gates"
    told = project.gates("cache", "export", str(file))
    assert re.fullmatch(rf"{file}: [\d,]+ entries, \d+\.\d MiB\.\n", told.said), told
    return file


def test_what_is_exported_is_not_computed_again_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _exported(_made(tmp_path / "one"))
    two = _made(tmp_path / "two")
    cold = _json(two, tmp_path / "cold")
    told = two.gates("cache", "import", str(file))
    assert re.fullmatch(rf"{file}: [1-9]\d* entries taken in\.\n", told.said), told

    def again(content: bytes) -> None:
        raise AssertionError(content)

    monkeypatch.setattr("gates.facts.analyse.analyse", again)
    _inside(two, monkeypatch)
    code = check.command.main(_arguments(), standalone_mode=False)
    assert (code, _timeless(capsys.readouterr().out)) == cold
    two.write("pkg/new.py")
    with pytest.raises(AssertionError):
        check.command.main(_arguments(), standalone_mode=False)


def test_what_is_remembered_of_one_checkout_is_not_exported(project: Project) -> None:
    file = _exported(project)
    other = project.base / "other"
    assert project.gates("cache", "import", str(file), env={"GATES_CACHE": str(other)}).code == 0
    ours = {key for key, _, _ in Store(project.cache / "facts.sqlite").rows()}
    theirs = {key for key, _, _ in Store(other / "facts.sqlite").rows()}
    assert theirs == {key for key in ours if not key.startswith(("check:", "own:"))} != ours


def _damages(content: bytes) -> dict[str, bytes]:
    middle = len(content) // 2
    return {
        "empty": b"",
        "foreign": b"PK\3\4" + content,
        "a store": b"SQLite format 3\0" + bytes(5000),
        "another format": content.replace(b"gates.cache/1", b"gates.cache/2"),
        "a format alone": content[:14],
        "cut off": content[:middle],
        "without its end": content[:-1],
        "flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "longer": content + b"x",
        "twice": content + content[14:],
    }


def test_nothing_is_taken_of_a_file_that_is_wrong(project: Project) -> None:
    file = _exported(project)
    other = {"GATES_CACHE": str(project.base / "other")}
    for name, content in _damages(file.read_bytes()).items():
        file.write_bytes(content)
        told = project.gates("cache", "import", str(file), env=other)
        assert (told.code, told.out) == (2, ""), name
        assert re.match(
            rf"error: {file} is (damaged, and nothing of it was taken|no cache that gates exported)\n", told.said
        )
        store = project.base / "other" / "facts.sqlite"
        assert not store.exists() or list(Store(store).rows()) == [], name
    missing = project.gates("cache", "import", "no such file")
    assert (missing.code, missing.said) == (
        2,
        "error: no such file cannot be read: No such file or directory\n",
    )


def test_an_import_that_is_killed_took_nothing_or_all(project: Project) -> None:
    big = Store(project.cache / "facts.sqlite")
    big.put({f"key{number}": os.urandom(2000) for number in range(8000)})
    file = _exported(project)
    number = sum(1 for each, _, _ in big.rows() if not each.startswith(("check:", "own:")))
    other = project.base / "other"
    found = set()
    for attempt in range(4):
        argv = [GATES, "cache", "import", str(file)]
        env = project.environment({"GATES_CACHE": str(other)})
        with subprocess.Popen(argv, cwd=project.root, env=env, stdout=subprocess.DEVNULL) as importing:
            with contextlib.suppress(subprocess.TimeoutExpired):
                importing.wait(0.15 + attempt * 0.11)
            importing.send_signal(signal.SIGKILL)
        store = other / "facts.sqlite"
        found.add(len(list(Store(store).rows())) if store.exists() and Store(store).kinds() else 0)
    assert found <= {0, number}


def test_nothing_to_export(project: Project) -> None:
    told = project.gates("cache", "export", str(project.base / "x"))
    assert (told.code, told.said) == (2, "error: there is nothing in the cache\nRun `gates check` first.\n")
    assert not (project.base / "x").exists()
    told = project.gates("cache", "export", str(project.base / "no" / "x"))
    assert told.code == 2
    assert told.said.endswith("cannot be written: No such file or directory\n")


def test_a_cache_that_is_not_there(project: Project) -> None:
    shutil.rmtree(project.cache)
    assert project.gates("cache", "info").said == f"{project.cache} is made by the first check\n"
    assert (
        project.gates("cache", "clean").said == f"{project.cache}: 0.0 MiB removed; last reports and sessions stay.\n"
    )
    assert not project.cache.exists()


def test_info(project: Project) -> None:
    _json(project)
    day = time.strftime("%Y-%m-%d", time.gmtime())
    told = project.gates("cache", "info").said
    shown = re.sub(r"\d+ entr(y|ies)|[\d.]+ MiB", "N", told)
    assert re.sub(" +", " ", shown) == (
        f"{project.cache}\n"
        "shared by content: N of at most N\n"
        f" check N N used {day} to {day}\n"
        f" facts N N used {day} to {day}\n"
        "checkouts:\n"
        f" N used {day} {project.root} (this one)\n"
    )


def test_clean_leaves_what_cannot_be_computed_again(project: Project) -> None:
    cold = _json(project, None, *TYPED)
    project.write("sessions/one.json", "{}")
    (project.root / "sessions").rename(project.own / "sessions")
    kept = {each.name for each in project.own.iterdir()}
    cleaned = project.gates("cache", "clean").said
    assert re.fullmatch(rf"{project.cache}: \d+\.[1-9] MiB removed; last reports and sessions stay\.\n", cleaned)
    assert {each.name for each in project.own.iterdir()} == kept
    assert [path.suffix for path in (project.own / "mypy").iterdir()] == [".lock"]
    assert Store(project.cache / "facts.sqlite").kinds() == ()
    assert _json(project, None, *TYPED) == cold


def test_clean_mends_what_is_damaged(project: Project) -> None:
    (project.cache / "facts.sqlite").write_bytes(b"garbage" * 1000)
    told = project.gates("cache", "info")
    assert told.code == 2
    assert told.said == "error: the cache cannot be read: file is not a database\nRun: gates cache clean\n"
    assert project.gates("cache", "clean").code == 0
    assert project.gates("cache", "info").code == 0


def _idle(project: Project, root: Path, days: int) -> Path:
    """Make the folder of another checkout, last used so many days ago."""
    own = folders(root, str(project.cache)).own
    for name in ("sessions", "mypy/a-b/cache", "trees/index"):
        (own / name).mkdir(parents=True)
    (own / "last-report.json").write_text("{}")
    (own / "root").write_bytes(os.fsencode(root))
    then = time.time() - days * 24 * 3600
    os.utime(own / "root", (then, then))
    return own


def _back(days: int, *paths: Path) -> None:
    then = time.time() - days * 24 * 3600
    for path in paths:
        os.utime(path, (then, then))


def _names(folder: Path) -> set[str]:
    return {str(each.relative_to(folder)) for each in folder.rglob("*")}


def test_what_nobody_has_used_for_long_goes(project: Project) -> None:
    gone, lately = (_idle(project, Path("/nowhere", name), days) for name, days in (("gone", 8), ("lately", 6)))
    used, idle = (_idle(project, project.base, 29), _idle(project, project.home, 31))
    before = _names(used)
    project.check("size")
    assert gone.exists()
    ours = folders(project.root, str(project.cache)).own
    left = (ours / "mypy" / "old-flags", ours / ".last-report.json.killed")
    for each in left:
        each.mkdir(parents=True)
    _back(40, ours / "root", *left)
    project.check("size", "files")
    assert not [each for each in (gone, *left) if each.exists()]
    assert (_names(lately), _names(used)) == (before, before)
    assert before - _names(idle) >= {"mypy/a-b", "trees/index"}
    assert _names(idle) >= {"last-report.json", "sessions", "root"}


def _times(folder: Path) -> Mapping[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_who_waits_too_long_for_mypys_cache_goes_on_without(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report is the same, and nothing is remembered that the cache does not know."""
    cold = _json(project, None, *TYPED)
    _inside(project, monkeypatch)
    monkeypatch.setattr(memory, "_WAIT_SECONDS", 0.1)
    (record,) = project.own.glob("mypy/*/read.json")
    before = _times(record.parent)
    project.write("pkg/unread.txt")
    with locked(record.parent, 0.0):
        code = check.command.main(_arguments(*TYPED), standalone_mode=False)
    assert (code, _timeless(capsys.readouterr().out)) == cold
    assert _times(record.parent) == before
    assert mypy.known(project.own, project.root) is None
    project.write("pkg/unread.txt", CLEAN)
    assert _json(project, None, *TYPED) == cold
    assert mypy.known(project.own, project.root) is not None


def test_who_waits_can_be_interrupted(project: Project) -> None:
    _json(project, None, *TYPED)
    project.write("pkg/low.py", CLEAN)
    (record,) = project.own.glob("mypy/*/read.json")
    argv = [GATES, "check", *only(*TYPED)]
    with locked(record.parent, 0.0):
        waiting = subprocess.Popen(argv, cwd=project.root, env=project.environment(), stdout=-1, stderr=-1)
        time.sleep(1.2)
        assert waiting.poll() is None
        waiting.send_signal(signal.SIGINT)
        out, err = waiting.communicate(timeout=10)
    assert (waiting.returncode, out) == (130, b"")
    assert b"Traceback" not in err


def test_what_mypy_was_killed_over_is_not_believed(project: Project) -> None:
    _json(project, None, *TYPED)
    (folder,) = (each for each in (project.own / "mypy").iterdir() if each.is_dir())
    (folder / "read.json").unlink()
    assert mypy.known(project.own, project.root) is None
    assert not folder.exists()


def test_other_checkouts_are_not_looked_at(tmp_path: Path) -> None:
    one, two = _made(tmp_path / "one"), _made(tmp_path / "two")
    for each in (one, two):
        _json(each, tmp_path / "shared", *TYPED)
    known = mypy.known(folders(one.root, str(tmp_path / "shared")).own, one.root)
    assert known is not None
    assert os.fsencode(one.root / "pkg" / "low.py") in known.files
    assert not any(os.fsencode(two.root) in each for each in known.files)
    assert (
        json.loads((folders(two.root, str(tmp_path / "shared")).own / "last-report.json").read_bytes())["exit_code"]
        == 1
    )
