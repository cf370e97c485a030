"""Rows 29 to 40 of the fault matrix that no other test holds: states of a repository that git itself makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.invariants import held
from tests.project import Project, unprivileged

UNUSED = "import os\n"
FAST = ("files", "lint")


@pytest.mark.parametrize("arguments", [(), ("--since", "HEAD"), ("--staged",)])
def test_37_a_lock_on_the_index_and_a_repository_that_cannot_be_written_change_nothing(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    project = Project(tmp_path)
    project.write("a.py", UNUSED)
    project.commit()
    project.write("b.py", UNUSED)
    project.git("add", "b.py")
    for name in ("index.lock", "HEAD.lock", "config.lock"):
        (project.root / ".git" / name).touch()
    for folder in (project.root / ".git", project.root / ".git/objects"):
        folder.chmod(0o555)
    result = held(project, *arguments, gates=FAST, under=unprivileged())
    found = [("lint/F401", "b.py")] if arguments else [("lint/F401", "a.py"), ("lint/F401", "b.py")]
    assert (result.code, result.rules) == (1, found)


def test_38_what_git_did_not_check_out_is_not_deleted_and_what_is_another_repository_is_not_entered(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)
    for name in ("in/a.py", "out/b.py", "pointer.py"):
        project.write(name, UNUSED)
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9\n"
    project.write("pointer.py", pointer)
    project.write(".gitattributes", "pointer.py filter=lfs diff=lfs merge=lfs\n")
    project.commit()
    project.git("sparse-checkout", "set", "in")
    project.write("nested/c.py", UNUSED)
    project.git("-C", "nested", "init", "-q")
    assert not (project.root / "out").exists()
    result = held(project, gates=FAST)
    assert sorted(result.rules) == [("files/syntax", "pointer.py"), ("lint/F401", "in/a.py")]
    for arguments in (("--since", "HEAD"), ("--staged",)):
        result = held(project, *arguments, gates=FAST)
        assert (result.code, result.rules) == (0, [])
