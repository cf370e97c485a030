"""Commits by name and common ancestors, and what is said when there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gates import git
from gates.model import GatesError
from gates.process import Spawner
from tests.project import CLEAN
from tests.repository import Repository

Asked = Callable[[Spawner, Path, str], str]


def test_before_the_first_commit(repository: Repository) -> None:
    repository.git("init", "-q", "-b", "main")
    repository.write("a.py")
    repository.git("add", "a.py")
    with repository.unchanged():
        assert git.head(Spawner(), repository.root) == ""
        assert git.tree(Spawner(), repository.root, "") == ()
        assert repository.indexed() == {"a.py": CLEAN.encode()}
        for asked in (git.commit, git.merge_base):
            with pytest.raises(GatesError, match="git knows no commit `main`: nothing is committed yet") as caught:
                asked(Spawner(), repository.root, "main")
            assert caught.value.exit_code == 2


def test_an_empty_repository(repository: Repository) -> None:
    repository.git("init", "-q")
    assert repository.index() == ()
    assert git.blobs(Spawner(), repository.root, []) == {}


def test_a_commit_by_branch_tag_id_and_expression(repository: Repository) -> None:
    repository.git("init", "-q", "-b", "main")
    first = repository.save("a.py", CLEAN)
    repository.git("tag", "-a", "v1", "-m", "one")
    second = repository.save("b.py", CLEAN)
    with repository.unchanged():
        refs = {"main": second, "HEAD": second, "v1": first, "HEAD~1": first, first[:12]: first, first: first}
        assert {ref: git.commit(Spawner(), repository.root, ref) for ref in refs} == refs
        assert git.head(Spawner(), repository.root) == second
        assert git.merge_base(Spawner(), repository.root, "v1") == first


@pytest.mark.parametrize("ref", ["", "-x", "--all", "^HEAD", "a\0b", "main\n"])
@pytest.mark.parametrize("asked", [git.commit, git.merge_base])
def test_what_is_no_name_of_a_commit_never_reaches_git(repository: Repository, asked: Asked, ref: str) -> None:
    repository.write("a.py")
    repository.commit()
    with pytest.raises(GatesError, match="is no name of a commit") as caught:
        asked(Spawner(), repository.root, ref)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("ref", ["nope", "main..other", "HEAD:a.py", "0" * 40, "$(touch canary)", "HEAD@{u}"])
@pytest.mark.parametrize("asked", [git.commit, git.merge_base])
def test_an_unknown_commit(repository: Repository, asked: Asked, ref: str) -> None:
    repository.write("a.py")
    repository.commit()
    with repository.unchanged(), pytest.raises(GatesError, match="git knows no commit `") as caught:
        asked(Spawner(), repository.root, ref)
    assert (caught.value.exit_code, bool(caught.value.hint)) == (2, True)


def test_a_branch_that_only_the_remote_has_is_named(repository: Repository) -> None:
    other = repository.other()
    other.write("a.py")
    other.commit()
    other.git("checkout", "-q", "-b", "work")
    repository.git("clone", "-q", str(other.root), ".")
    with pytest.raises(GatesError) as caught:
        git.commit(Spawner(), repository.root, "main")
    assert caught.value.hint == "Did you mean `origin/main`?"
    assert git.commit(Spawner(), repository.root, "origin/main") == other.oid()


@pytest.mark.parametrize(
    ("ref", "meant"), [("origin/main", "origin/master"), ("orgin/master", "origin/master"), ("wrok", "")]
)
def test_a_name_that_is_near_is_told(repository: Repository, ref: str, meant: str) -> None:
    other = repository.other()
    other.write("a.py")
    other.commit()
    other.git("branch", "-m", "master")
    repository.git("clone", "-q", str(other.root), ".")
    with repository.unchanged(), pytest.raises(GatesError) as caught:
        git.commit(Spawner(), repository.root, ref)
    assert caught.value.hint.startswith(f"Did you mean `{meant}`?" if meant else "Look at `git branch --all`")


def test_a_shallow_clone_says_how_to_fetch_more(repository: Repository) -> None:
    other = repository.other()
    other.write("a.py")
    other.commit()
    root = other.oid()
    other.git("checkout", "-q", "-b", "work")
    other.save("b.py", "b = 1\n")
    other.git("checkout", "-q", "main")
    other.save("c.py", "c = 1\n")
    repository.git("clone", "-q", "--depth", "1", "--no-single-branch", f"file://{other.root}", ".")
    hint = "This clone is shallow; fetch more history: git fetch --unshallow (in CI: fetch-depth: 0)."
    with repository.unchanged():
        assert repository.committed("origin/work") == {"a.py": CLEAN.encode(), "b.py": b"b = 1\n"}
        with pytest.raises(GatesError, match="git knows no commit `") as caught:
            git.commit(Spawner(), repository.root, root)
        assert (caught.value.hint, caught.value.exit_code) == (hint, 2)
        with pytest.raises(GatesError, match="`origin/work` and HEAD have no common ancestor in this clone") as caught:
            git.merge_base(Spawner(), repository.root, "origin/work")
        assert (caught.value.hint, caught.value.exit_code) == (hint, 2)
    repository.git("fetch", "-q", "--unshallow")
    assert git.merge_base(Spawner(), repository.root, "origin/work") == root


def test_histories_without_a_common_ancestor(repository: Repository) -> None:
    repository.write("a.py")
    repository.commit()
    repository.git("checkout", "-q", "--orphan", "other")
    with pytest.raises(GatesError, match="git knows no commit `main`: nothing is committed yet"):
        git.merge_base(Spawner(), repository.root, "main")
    repository.git("commit", "-q", "-m", "other")
    with pytest.raises(GatesError, match=r"`main` and HEAD have no common ancestor$"):
        git.merge_base(Spawner(), repository.root, "main")


def test_of_several_merge_bases_it_is_gits_first(repository: Repository) -> None:
    repository.write("a.py")
    repository.commit()
    repository.git("checkout", "-q", "-b", "other")
    two = repository.save("two.py", CLEAN)
    repository.git("checkout", "-q", "main")
    one = repository.save("one.py", CLEAN)
    repository.git("merge", "-q", "-m", "m1", two)
    repository.git("checkout", "-q", "other")
    repository.git("merge", "-q", "-m", "m2", one)
    assert set(repository.git("merge-base", "--all", "main", "HEAD").split()) == {one, two}
    assert git.merge_base(Spawner(), repository.root, "main") == repository.git("merge-base", "main", "HEAD").strip()
