"""The next commit, asked at once, is what three questions one after another say of it."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from gates import git
from gates.model import GatesError
from gates.process import Spawner
from tests.project import CLEAN
from tests.repository import Repository

NAMES = ("a.py", "pkg/b.py", "new\nline.py", "latin-\udce9.py", "--exit-zero.py", "tab\t.py", "? x.py", "data.txt")
ACTS = ("edit", "remove", "add", "announce", "empty", "link", "commit")


def one_by_one(root: Path) -> git.Pending:
    spawner = Spawner()
    parent = git.head(spawner, root)
    changes = (
        git.staged(spawner, root, parent)
        if parent
        else tuple(git.Changed(each.path, None, each) for each in git.index(spawner, root))
    )
    return git.Pending(parent, changes, git.tree(spawner, root, parent), frozenset(git.listed(spawner, root) or ()))


def asked(root: Path) -> git.Pending:
    return git.pending(Spawner(), root)


def act(repository: Repository, what: str, name: str, step: int) -> None:
    path = repository.root / name
    if what in ("edit", "add", "empty", "announce") and not path.is_symlink():
        repository.write(name, f"x = {step}\n" if what in ("edit", "add") else "")
    if what in ("remove", "link"):
        path.unlink(missing_ok=True)
    if what == "link":
        path.symlink_to("pkg/b.py")
    if what == "commit":
        repository.git("commit", "-q", "--allow-empty", "-m", "next")
    elif what == "announce":
        repository.git("add", "-N", "--", name)
    elif what != "edit":
        repository.git("add", "-A", "--", ".")


@pytest.mark.parametrize("format_", ["sha1", "sha256"])
@pytest.mark.parametrize("seed", range(2))
def test_random_edits(repository: Repository, format_: str, seed: int) -> None:
    choose = random.Random(seed)
    repository.git("init", "-q", f"--object-format={format_}")
    assert asked(repository.root) == one_by_one(repository.root)
    for name in NAMES[:5]:
        repository.write(name, CLEAN)
    repository.git("add", "-A")
    assert asked(repository.root) == one_by_one(repository.root)
    repository.commit()
    for step in range(6):
        what, name = choose.choice(ACTS), choose.choice(NAMES)
        act(repository, what, name, step)
        with repository.unchanged():
            assert asked(repository.root) == one_by_one(repository.root), (what, name)
    assert asked(repository.root / "pkg") == one_by_one(repository.root / "pkg")


def test_an_announced_file_is_none_and_an_empty_one_is_one(repository: Repository) -> None:
    repository.git("init", "-q")
    repository.save("a.py", CLEAN)
    repository.write("announced.py", CLEAN)
    repository.git("add", "-N", "announced.py")
    assert asked(repository.root).changes == ()
    repository.write("empty.py", "")
    repository.git("add", "empty.py")
    assert [each.path for each in asked(repository.root).changes] == ["empty.py"]
    assert asked(repository.root).listed == {"a.py", "announced.py", "empty.py"}


def test_submodules_and_environments(repository: Repository) -> None:
    repository.with_submodule()
    repository.write("env/pyvenv.cfg", "")
    repository.write("env/lib/x.py", CLEAN)
    repository.write("a.py", "a = 2\n")
    repository.git("add", "a.py")
    found = asked(repository.root)
    assert found == one_by_one(repository.root)
    assert [each.path for each in found.entries] == [".gitmodules", "a.py"]
    assert "env/lib/x.py" not in found.listed


def test_the_index_that_a_hook_is_given(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.git("init", "-q")
    repository.save("a.py", CLEAN)
    repository.write("b.py", CLEAN)
    repository.git("add", "b.py")
    repository.git("read-tree", "--index-output", ".git/other", "HEAD")
    monkeypatch.setenv("GIT_INDEX_FILE", str(repository.root / ".git" / "other"))
    found = asked(repository.root)
    assert (found.changes, [each.path for each in found.entries]) == ((), ["a.py"])
    assert found.listed == {"a.py", "b.py"}


def test_a_conflict_is_refused(repository: Repository) -> None:
    repository.git("init", "-q", "-b", "main")
    repository.save("a.py", "a = 1\n")
    repository.git("checkout", "-q", "-b", "other")
    repository.save("a.py", "a = 2\n")
    repository.git("checkout", "-q", "main")
    repository.save("a.py", "a = 3\n")
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("merge", "other")
    with pytest.raises(GatesError, match=r"`a\.py` is in conflict"):
        asked(repository.root)
