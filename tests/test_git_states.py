"""States of a git repository, ordinary and hostile, and none at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import CLEAN, Project, rules

UNUSED = "import os\n"
FOUND = [("lint/F401", "a.py", 1)]


def test_without_a_repository_hidden_folders_caches_and_environments_are_passed_over(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", UNUSED)
    for folder in (".hidden", "__pycache__", "node_modules", "env/lib/site-packages"):
        project.write(f"{folder}/b.py", UNUSED)
    project.write("venv/pyvenv.cfg", "")
    project.write("venv/b.py", UNUSED)
    assert rules(project.report("lint", "files")) == FOUND


def test_before_the_first_commit(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", UNUSED)
    project.git("init", "-q")
    assert rules(project.report("lint", "files")) == FOUND
    project.git("add", "a.py")
    assert rules(project.report("lint", "files")) == FOUND


def test_ignored_files_are_not_inspected_unless_they_are_tracked(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", UNUSED)
    project.commit()
    project.write(".gitignore", "*.py\n")
    project.write("ignored.py", UNUSED)
    assert rules(project.report("lint", "files")) == FOUND


def test_a_merge_conflict_is_a_finding_and_every_file_is_listed_once(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", "x = 1\n")
    project.commit()
    project.git("checkout", "-q", "-b", "other")
    project.write("a.py", "x = 2\n")
    project.git("commit", "-qam", "two")
    project.git("checkout", "-q", "main")
    project.write("a.py", "x = 3\n")
    project.git("commit", "-qam", "three")
    with pytest.raises(Exception, match="merge"):
        project.git("merge", "-q", "other")
    report = project.report("files")
    assert report["files"] == 1
    assert rules(report) == [("files/merge-conflict", "a.py", 1), ("files/syntax", "a.py", 1)]


def test_a_tracked_file_that_is_deleted_is_no_file_of_the_project(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", UNUSED)
    project.write("gone.py", UNUSED)
    project.write("staged.py", UNUSED)
    project.commit()
    (project.root / "gone.py").unlink()
    project.git("rm", "-q", "staged.py")
    assert rules(project.report("lint", "files")) == FOUND


def test_a_tracked_file_that_became_a_folder(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", UNUSED)
    project.write("b.py")
    project.commit()
    (project.root / "b.py").unlink()
    project.write("b.py/c.py", UNUSED)
    assert rules(project.report("lint", "files")) == [*FOUND, ("lint/F401", "b.py/c.py", 1)]


def test_a_submodule_is_not_entered(tmp_path: Path) -> None:
    inner = Project(_made(tmp_path / "inner"))
    inner.write("b.py", UNUSED)
    inner.commit()
    project = Project(tmp_path)
    project.write("a.py", UNUSED)
    project.commit()
    project.git("submodule", "add", "-q", str(inner.root), "sub.py")
    project.git("commit", "-qam", "submodule")
    assert rules(project.report("lint", "files")) == FOUND


def test_a_nested_repository_is_not_entered(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", UNUSED)
    project.commit()
    nested = Project(_made(project.root / "nested"))
    nested.write("b.py", UNUSED)
    nested.commit()
    assert rules(project.report("lint", "files")) == FOUND


def test_a_linked_worktree(tmp_path: Path) -> None:
    main = Project(_made(tmp_path / "main"))
    main.write("a.py", UNUSED)
    main.commit()
    project = Project(tmp_path)
    main.git("worktree", "add", "-q", "--detach", str(project.root))
    assert rules(project.report("lint", "files")) == FOUND


def test_a_run_from_below_the_root_checks_the_whole_project(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", UNUSED)
    project.write("below/b.py")
    project.commit()
    project.root = project.root / "below"
    assert rules(project.report("lint", "files")) == FOUND


def test_variables_that_git_gives_to_hooks_do_not_move_the_check_elsewhere(tmp_path: Path) -> None:
    other = Project(_made(tmp_path / "other"))
    other.write("b.py")
    other.commit()
    project = Project(tmp_path)
    project.write("a.py", UNUSED)
    project.commit()
    git = other.root / ".git"
    moved = {"GIT_DIR": str(git), "GIT_INDEX_FILE": str(git / "index"), "GIT_WORK_TREE": str(other.root)}
    before = (git / "index").read_bytes()
    assert rules(project.report("lint", "files", env=moved)) == FOUND
    assert (git / "index").read_bytes() == before


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("core.fsmonitor", "touch {canary}; true"),
        ("core.hooksPath", "hooks"),
        ("core.pager", "touch {canary}"),
        ("core.sshCommand", "touch {canary}"),
        ("alias.ls-files", "!touch {canary}"),
        ("diff.external", "touch {canary}"),
        ("diff.evil.textconv", "touch {canary}"),
        ("filter.evil.clean", "touch {canary}; cat"),
        ("filter.evil.process", "touch {canary}"),
    ],
)
def test_the_repositorys_configuration_runs_nothing(tmp_path: Path, key: str, value: str) -> None:
    project = Project(tmp_path)
    canary = tmp_path / "canary"
    project.write("a.py", UNUSED)
    project.write("hooks/post-index-change", f"#!/bin/sh\ntouch {canary}\n").chmod(0o755)
    project.commit()
    project.write(".gitattributes", "*.py diff=evil filter=evil\n")
    project.git("config", key, value.format(canary=canary))
    project.write("a.py", UNUSED)
    assert rules(project.report("lint", "files")) == FOUND
    assert not canary.exists()


def test_a_damaged_repository_is_no_verdict(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", CLEAN)
    project.commit()
    (project.root / ".git" / "index").write_bytes(b"garbage")
    result = project.check()
    assert result.code == 3
    assert result.said.startswith("error: git could not list the files: ")


def test_git_missing_where_there_is_a_repository_is_no_verdict(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", CLEAN)
    project.commit()
    result = project.check(env={"PATH": str(tmp_path)})
    assert (result.code, result.out) == (3, "")
    assert result.said.startswith("error: `git` could not be started: No such file or directory\n")


def test_a_repositorys_own_git_program_is_not_run(tmp_path: Path) -> None:
    project = Project(tmp_path)
    canary = tmp_path / "canary"
    project.write("a.py", UNUSED)
    project.commit()
    project.write("git", f"#!/bin/sh\ntouch {canary}\n").chmod(0o755)
    project.check("lint")
    assert not canary.exists()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
