"""A tree is put back exactly, whatever was done to it; git's own things and what it ignores stay as they are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gates.loop.keeping import LARGEST, Keeper
from gates.model import BrokenError
from gates.process import Spawner
from tests.repository import Repository


@pytest.fixture
def kept(repository: Repository) -> Repository:
    write, root = repository.write, repository.root
    write(".gitignore", "ignored/\n*.log\n")
    write("a.py", b"a = 1\r\n")
    write("deep/er/b.py")
    write("run.sh", "echo\n").chmod(0o750)
    write("n" * 255, "a long name")
    write(os.fsdecode(b'odd \xff "name"\n.txt'), "odd")
    write(".gitattributes", "*.py text eol=lf filter=upper\n")
    repository.commit()
    repository.git("config", "filter.upper.clean", "tr a-z A-Z")
    (root / "link").symlink_to("a.py")
    (root / "broken").symlink_to("nowhere")
    write("untracked.txt", "mine")
    write("ignored/mine", "mine")
    write("x.log", "mine")
    write("deep/er/b.py", "edited = 1\n")
    repository.git("add", "deep/er/b.py")
    write("deep/er/b.py", "edited = 2\n")
    return repository


def files(root: Path) -> dict[str, tuple[int, bytes]]:
    found = {}
    for path in sorted(root.rglob("*")):
        name = os.fsdecode(os.fsencode(path.relative_to(root)))
        if path.is_symlink():
            found[name] = (0, os.fsencode(os.readlink(path)))
        elif path.is_file():
            found[name] = (path.stat().st_mode, path.read_bytes())
    return found


def edit_everything(root: Path) -> None:
    (root / "a.py").write_text("b = 2\n")
    (root / ("n" * 255)).write_text("changed")
    (root / "run.sh").chmod(0o644)
    (root / "new.py").write_text("new\n")


def swap_kinds(root: Path) -> None:
    (root / "a.py").unlink()
    (root / "a.py").mkdir()
    (root / "a.py/inside.py").write_text("1\n")
    shutil.rmtree(root / "deep")
    (root / "deep").write_text("a file now\n")
    (root / "link").unlink()
    (root / "link").write_text("no link\n")
    (root / "untracked.txt").unlink()


def lead_out(root: Path) -> None:
    outside = root.parent / "outside"
    (outside / "er").mkdir(parents=True)
    (outside / "er/b.py").write_text("not ours\n")
    shutil.rmtree(root / "deep")
    (root / "deep").symlink_to(outside)


def unignore(root: Path) -> None:
    (root / ".gitignore").write_text("")
    (root / ".git/info/exclude").write_text("untracked.txt\n")


@pytest.mark.parametrize("change", [edit_everything, swap_kinds, lead_out, unignore], ids=lambda each: each.__name__)
def test_it_is_put_back_exactly(kept: Repository, change: Callable[[Path], None]) -> None:
    keeper = Keeper(Spawner(), kept.root, kept.base / "states")
    keeper.prepare()
    tree = keeper.keep("start")
    before = files(kept.root)
    change(kept.root)
    of_git = {name: each for name, each in files(kept.root).items() if name.startswith(".git/")}
    changed = keeper.keep("changed", tree)
    for _ in range(2):
        keeper.put_back(keeper.kept(tree.commit))
        assert files(kept.root) == before | of_git
        keeper.put_back(changed)
    outside = kept.base / "outside/er/b.py"
    assert not outside.exists() or outside.read_text() == "not ours\n"


def test_the_same_tree_has_the_same_name_and_another_has_not(kept: Repository) -> None:
    keeper = Keeper(Spawner(), kept.root, kept.base / "states")
    keeper.prepare()
    first = keeper.keep("start")
    assert keeper.keep("again", first).digest == first.digest
    (kept.root / "run.sh").chmod(0o700)
    assert keeper.keep("changed", first).digest != first.digest


def test_much_is_put_back_in_portions(kept: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        kept.write(f"large{number}.bin", bytes([number]) * 40_000)
    keeper = Keeper(Spawner(), kept.root, kept.base / "states")
    keeper.prepare()
    before, tree = files(kept.root), keeper.keep("start")
    for number in range(5):
        (kept.root / f"large{number}.bin").unlink()
    monkeypatch.setattr("gates.loop.keeping._ROOM", 90_000)
    monkeypatch.setattr("gates.process.MAX_OUTPUT", 100_000)
    keeper.put_back(tree)
    assert files(kept.root) == before


def test_what_is_too_large_to_be_put_back_is_refused_and_what_came_since_goes(kept: Repository) -> None:
    keeper = Keeper(Spawner(), kept.root, kept.base / "states")
    keeper.prepare()
    tree = keeper.keep("start")
    with (kept.root / "a.py").open("wb") as stream:
        stream.truncate(LARGEST + 1)
    os.link(kept.root / "a.py", kept.root / "new.bin")
    keeper.keep("changed", tree)
    with pytest.raises(BrokenError, match=r"`a\.py` has more than 192 MiB, and could not be put back"):
        keeper.prepare()
    keeper.put_back(tree)
    assert (kept.root / "a.py").read_bytes() == b"a = 1\r\n"
    assert not (kept.root / "new.bin").exists()


def test_what_cannot_be_read_or_stands_in_the_way_is_said(kept: Repository) -> None:
    keeper = Keeper(Spawner(), kept.root, kept.base / "states")
    keeper.prepare()
    tree = keeper.keep("start")
    (kept.root / "a.py").unlink()
    (kept.root / "a.py").mkdir()
    (kept.root / "a.py/x.log").write_text("ignored, so it stays\n")
    with pytest.raises(BrokenError, match=r"the tree could not be put back: .*a\.py: Directory not empty"):
        keeper.put_back(tree)
    with pytest.raises(BrokenError, match="is not kept any more"):
        keeper.kept("0" * 40)
