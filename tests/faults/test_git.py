"""Rows 29 to 40 of the fault matrix that no other test holds: states of a repository that git itself makes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.faults.invariants import held
from tests.project import Project, outcome, rules, unprivileged

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
    assert left_out(result.report, "files") == [("out/b.py", "is not checked out (git sparse-checkout)")]
    for arguments in (("--since", "HEAD"), ("--staged",)):
        result = held(project, *arguments, gates=FAST)
        assert (result.code, result.rules) == (0, [])


def left_out(report: Mapping[str, Any], gate: str) -> list[tuple[str, str]]:
    return [(each["path"], each["reason"]) for each in outcome(report, gate)["unread"]]


POLICY = """preset = "prototype"
[tests]
[policy]
[[overrides]]
paths = ["out/**"]
why = "w"
lint.ignore = ["E9"]
"""
SPARSE = ["out/b.py", "out/test_b.py"]


@pytest.fixture
def sparse(tmp_path: Path) -> Project:
    """A project with accepted debt in two folders, of which one is checked out; one file beside them was deleted."""
    project = Project(tmp_path)
    project.write("gates.toml", POLICY)
    for name in ("in/a.py", "out/b.py"):
        project.write(name, UNUSED)
    project.write("out/test_b.py", "from out.b import os\n\n\ndef test_b() -> None:\n    assert os\n")
    project.commit()
    assert project.gates("baseline", "create").code == 0
    project.write("gone.py", "")
    project.commit()
    project.git("sparse-checkout", "set", "in")
    (project.root / "gone.py").unlink()
    return project


def test_38_what_git_did_not_check_out_is_named_and_neither_resolved_nor_removed(sparse: Project) -> None:
    said = sparse.gates("check", "--locked", "--since", "HEAD")
    assert (said.code, "resolved" in said.out) == (0, False), said
    assert "    not inspected: out/b.py is not checked out (git sparse-checkout) (and 1 more)\n" in said.out
    report = sparse.report()
    assert rules(report) == []
    assert [path for path, _ in left_out(report, "files")] == SPARSE
    assert left_out(report, "lint") == []
    assert [path for path, _ in left_out(sparse.report("lint"), "lint")] == SPARSE
    left = "not inspected: out/b.py is not checked out (git sparse-checkout) (and 1 more)\n"
    assert left in sparse.gates("check", "--output-format", "concise").out
    assert left.capitalize() in sparse.gates("check", "--output-format", "prompt").out
    assert sparse.gates("check", "--staged", "--output-format", "concise").said.endswith(" 4 files\n")


def test_38_debt_in_what_git_did_not_check_out_stays_accepted(sparse: Project) -> None:
    accepted = (sparse.root / "gates-baseline.json").read_bytes()
    for verb in ("update", "prune"):
        assert "0 findings resolved" in sparse.gates("baseline", verb).said
        assert (sparse.root / "gates-baseline.json").read_bytes() == accepted
    assert "today unknown: its file cannot be read here" in sparse.gates("baseline", "explain", "out").said


def test_46_debt_in_a_file_that_cannot_be_read_is_not_resolved(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("gates.toml", 'preset = "prototype"\n')
    project.write("a.py", UNUSED)
    assert project.gates("baseline", "create").code == 0
    accepted = (project.root / "gates-baseline.json").read_bytes()
    project.write("a.py", UNUSED + "def f(:\n")
    assert "0 findings resolved, 0 tightened, 1 finding left." in project.gates("baseline", "update").said
    assert (project.root / "gates-baseline.json").read_bytes() == accepted
