"""Whatever a repository brings along, asking git about it starts nothing and changes nothing."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gates import git
from gates.model import GatesError
from gates.process import Spawner, ToolError
from tests.repository import Repository


def everything(root: Path) -> None:
    """Ask all there is to ask; an error is an answer too."""
    with contextlib.suppress(GatesError):
        git.merge_base(Spawner(), root, "side")
    with contextlib.suppress(GatesError):
        git.commit(Spawner(), root, "nope")
    with contextlib.suppress(GatesError):
        git.blobs(Spawner(), root, [each.oid for each in git.index(Spawner(), root)])
    with contextlib.suppress(GatesError):
        git.blobs(Spawner(), root, [each.oid for each in git.tree(Spawner(), root, git.head(Spawner(), root))])
    with contextlib.suppress(GatesError):
        git.listed(Spawner(), root)


HOSTILE = [
    ("core.fsmonitor", "touch {canary}; true"),
    ("core.hooksPath", "hooks"),
    ("core.pager", "touch {canary}"),
    ("pager.ls-tree", "touch {canary}"),
    ("core.editor", "touch {canary}"),
    ("core.sshCommand", "touch {canary}"),
    ("core.gitProxy", "touch {canary}"),
    ("core.askPass", "touch {canary}"),
    ("core.alternateRefsCommand", "touch {canary}"),
    ("credential.helper", "!touch {canary}"),
    ("alias.ls-tree", "!touch {canary}"),
    ("alias.cat-file", "!touch {canary}"),
    ("diff.external", "touch {canary}"),
    ("diff.evil.command", "touch {canary}"),
    ("diff.evil.textconv", "touch {canary}; cat"),
    ("filter.evil.clean", "touch {canary}; cat"),
    ("filter.evil.smudge", "touch {canary}; cat"),
    ("filter.evil.process", "touch {canary}"),
    ("merge.evil.driver", "touch {canary}"),
    ("gpg.program", "touch {canary}"),
    ("log.showSignature", "true"),
    ("uploadpack.packObjectsHook", "touch {canary}"),
]


def test_the_repositorys_configuration_runs_nothing(repository: Repository) -> None:
    canary = repository.base / "canary"
    repository.write("a.py", "a = 1\n")
    for hook in ("post-index-change", "reference-transaction", "pre-auto-gc", "post-checkout"):
        repository.write(f"hooks/{hook}", f"#!/bin/sh\ntouch {canary}\n").chmod(0o755)
    repository.write(".gitattributes", "*.py diff=evil filter=evil merge=evil\n")
    repository.commit()
    repository.git("branch", "side")
    repository.write("a.py", "a = 2\n")
    repository.git("add", "a.py")
    repository.write("a.py", "a = 3\n")
    for key, value in HOSTILE:
        repository.git("config", key, value.format(canary=canary))
    before = repository.digests()
    everything(repository.root)
    assert repository.digests() == before
    assert not canary.exists()
    with contextlib.suppress(subprocess.CalledProcessError):
        repository.git("status")
    assert canary.exists(), "this configuration is meant to be hostile"


@pytest.mark.parametrize("forgetful", [False, True])
def test_a_missing_object_is_not_fetched_by_a_program_of_the_repositorys(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, forgetful: bool
) -> None:
    canary = repository.base / "canary"
    repository.write("a.py", "a = 1\n")
    repository.commit()
    entry = repository.index()[0]
    (repository.root / ".git" / "objects" / entry.oid[:2] / entry.oid[2:]).unlink()
    program = repository.write("../program", f"#!/bin/sh\ntouch {canary}\n")
    program.chmod(0o755)
    for key, value in (
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("protocol.allow", "always"),
        ("protocol.ext.allow", "always"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", f"ext::{program.resolve()}"),
    ):
        repository.git("config", key, value)
    if forgetful:
        repository.wrap("unset GIT_NO_LAZY_FETCH")
    everything(repository.root)
    with pytest.raises(ToolError, match=r"a partial clone lacks an object|is missing|transport 'ext' not allowed"):
        repository.blobs(entry.oid)
    assert not canary.exists()
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("cat-file", "-p", entry.oid)
    assert canary.exists(), "this configuration is meant to be hostile"


def test_a_bare_repository_among_the_files_is_not_taken_for_one(repository: Repository) -> None:
    canary = repository.base / "canary"
    repository.write("a.py")
    repository.git("init", "-q", "--bare", "evil")
    repository.write(
        "evil/config", f'[core]\nrepositoryFormatVersion = 0\nbare = true\nfsmonitor = "touch {canary}; true"\n'
    )
    repository.commit()
    everything(repository.root / "evil")
    with pytest.raises(ToolError, match="cannot use bare repository"):
        git.index(Spawner(), repository.root / "evil")
    assert not canary.exists()


def test_a_repository_of_another_user_says_how_to_trust_it(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("a.py")
    repository.commit()
    repository.wrap("export GIT_TEST_ASSUME_DIFFERENT_OWNER=1")
    asked = (
        lambda: repository.index(),
        lambda: git.head(Spawner(), repository.root),
        lambda: git.commit(Spawner(), repository.root, "main"),
        lambda: git.merge_base(Spawner(), repository.root, "main"),
        lambda: git.listed(Spawner(), repository.root),
    )
    for each in asked:
        with pytest.raises(ToolError, match="this repository belongs to another user") as caught:
            each()
        trust = f"git config --global --add safe.directory {repository.root}"
        assert caught.value.hint == f"If you trust it, run: {trust}"


def test_outside_of_a_repository(repository: Repository) -> None:
    root = repository.root
    asked = (
        lambda: git.index(Spawner(), root),
        lambda: git.head(Spawner(), root),
        lambda: git.tree(Spawner(), root, ""),
        lambda: git.commit(Spawner(), root, "main"),
        lambda: git.merge_base(Spawner(), root, "main"),
        lambda: git.blobs(Spawner(), root, ["1" * 40]),
    )
    for each in asked:
        with pytest.raises(GatesError, match="there is no git work tree here") as caught:
            each()
        assert caught.value.exit_code == 2


def test_a_damaged_index_is_no_answer(repository: Repository) -> None:
    repository.write("a.py")
    repository.commit()
    (repository.root / ".git" / "index").write_bytes(b"garbage")
    with pytest.raises(ToolError, match="git could not list the index: "):
        repository.index()


def test_no_question_starts_more_than_two_programs(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write("a.py")
    repository.git("init", "-q", "-b", "main", "--object-format=sha256")
    repository.commit()
    count = repository.base / "count"
    repository.wrap(f"echo >> {count}")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    first = repository.index()[0].oid
    monkeypatch.delenv("GIT_INDEX_FILE")
    asked: dict[str, tuple[Callable[[], object], int]] = {
        "index": (lambda: repository.index(), 2),
        "head": (lambda: git.head(Spawner(), repository.root), 1),
        "commit": (lambda: git.commit(Spawner(), repository.root, "main"), 1),
        "unknown": (lambda: git.commit(Spawner(), repository.root, "nope"), 2),
        "merge_base": (lambda: git.merge_base(Spawner(), repository.root, "main"), 1),
        "unrelated": (lambda: git.merge_base(Spawner(), repository.root, "nope"), 2),
        "blobs": (lambda: git.blobs(Spawner(), repository.root, [first] * 9), 1),
    }
    assert len(count.read_text()) == 2
    for name, (ask, most) in asked.items():
        count.write_text("")
        with contextlib.suppress(GatesError):
            ask()
        assert len(count.read_text()) == most, name
