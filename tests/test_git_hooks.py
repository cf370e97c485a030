"""What the index is while a hook runs."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gates.model import GatesError
from tests.project import AUTHOR, CLEAN
from tests.repository import Repository

SEEN = """#!{python}
import pathlib, sys
from gates import git
from gates.process import Spawner
spawner, root = Spawner(), pathlib.Path({root!r})
entries = git.index(spawner, root)
contents = git.blobs(spawner, root, [each.oid for each in entries])
sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
pathlib.Path({out!r}).write_text(repr({{each.path: contents[each.oid] for each in entries}}))
"""


def commit_with_hook(repository: Repository, root: Path, *arguments: str, stdin: str = "") -> dict[str, bytes]:
    """Commit while a pre-commit hook records what it sees in the index; return that."""
    hooks, out = repository.base / "hooks", repository.base / "seen"
    hooks.mkdir(exist_ok=True)
    hook = hooks / "pre-commit"
    hook.write_text(SEEN.format(python=sys.executable, root=str(root), out=str(out)))
    hook.chmod(0o755)
    argv = ["git", *AUTHOR, "-c", f"core.hooksPath={hooks}", "commit", "-q", "-m", "hook", *arguments]
    env = {"PATH": os.environ["PATH"], "HOME": str(repository.home), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(argv, cwd=repository.root, env=env, input=stdin.encode(), capture_output=True, check=True)
    seen: dict[str, bytes] = ast.literal_eval(out.read_text())
    return seen


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize(
    ("arguments", "stdin", "a", "b"),
    [
        ((), "", b"a = 2\n", b"b = 1\n"),
        (("-a",), "", b"a = 3\n", b"b = 2\n"),
        (("sub/b.py",), "", b"a = 1\n", b"b = 2\n"),
        (("-i", "sub/b.py"), "", b"a = 2\n", b"b = 2\n"),
        (("-p",), "n\ny\n", b"a = 2\n", b"b = 2\n"),
        (("--amend",), "", b"a = 2\n", b"b = 1\n"),
    ],
)
def test_a_hook_sees_what_is_going_to_be_committed(
    repository: Repository, arguments: tuple[str, ...], stdin: str, a: bytes, b: bytes, linked: bool
) -> None:
    main = repository.other("main") if linked else repository
    main.write("a.py", "a = 1\n")
    main.write("sub/b.py", "b = 1\n")
    main.commit()
    if linked:
        main.git("worktree", "add", "-q", "-b", "work", str(repository.root))
    repository.write("a.py", "a = 2\n")
    repository.git("add", "a.py")
    repository.write("a.py", "a = 3\n")
    repository.write("sub/b.py", "b = 2\n")
    seen = commit_with_hook(repository, repository.root, *arguments, stdin=stdin)
    assert seen == {"a.py": a, "sub/b.py": b} == repository.committed()


def test_a_hook_of_a_repository_that_the_project_is_a_folder_of(repository: Repository) -> None:
    repository.write("a.py", "a = 1\n")
    repository.write("sub/b.py", "b = 1\n")
    repository.commit()
    repository.write("sub/b.py", "b = 2\n")
    assert commit_with_hook(repository, repository.root / "sub", "-a") == {"b.py": b"b = 2\n"}
    repository.write("sub/b.py", "b = 3\n")
    assert commit_with_hook(repository, repository.root / "sub", "sub/b.py") == {"b.py": b"b = 3\n"}


def test_a_hook_of_another_repository_does_not_move_the_index(repository: Repository) -> None:
    repository.with_submodule()
    repository.write("a.py", "a = 2\n")
    assert commit_with_hook(repository, repository.root / "sub", "-a") == {"b.py": b"b = 1\n"}
    inner = repository.other("inner")
    inner.root = repository.root / "sub"
    inner.write("b.py", "b = 2\n")
    assert commit_with_hook(inner, repository.root, "-a") == repository.indexed()


@pytest.mark.parametrize("named", ["/dev/null", "/etc/passwd", "a.py", ".git/refs/heads/main", "../x", ".git/../index"])
def test_only_an_index_beside_the_repositorys_own_counts(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    repository.write("a.py")
    repository.commit()
    monkeypatch.setenv("GIT_INDEX_FILE", named)
    with repository.unchanged():
        assert repository.indexed() == {"a.py": CLEAN.encode()}


@pytest.mark.parametrize("format_", ["sha1", "sha256"])
def test_an_index_that_is_named_but_gone_is_an_error(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    repository.git("init", "-q", "-b", "main", f"--object-format={format_}")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    assert repository.indexed() == {}
    repository.write("a.py")
    repository.commit()
    assert repository.indexed() == {"a.py": CLEAN.encode()}
    monkeypatch.setenv("GIT_INDEX_FILE", str(repository.root / ".git" / "index.lock"))
    with pytest.raises(GatesError, match="the index that GIT_INDEX_FILE names does not exist"):
        repository.index()
