"""Which files a check is about: of the project, by the policy, and of the paths that were asked for."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from gates import scope
from gates.model import BrokenError, Excluded, GatesError
from gates.scope import Files

TREE = ("a.py", "b.pyi", "c.pyw", "notes.txt", "pkg/__init__.py", "pkg/deep/d.py", "tests/test_a.py")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in TREE:
        write(root, name)
    return root


def write(root: Path, name: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x = 1\n")


def found(root: Path, *listed: str, source: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> Files:
    return scope.find(root, listed or None, source, exclude)


PYTHON = ("a.py", "b.pyi", "pkg/__init__.py", "pkg/deep/d.py", "tests/test_a.py")


def test_without_git_all_python_files_count(root: Path) -> None:
    assert found(root) == Files(paths=PYTHON, excluded=(), links=(), outside=())


@pytest.mark.parametrize("name", [".hidden", "__pycache__", "node_modules", "site-packages", "pkg/.cache"])
def test_without_git_folders_of_others_are_passed_over_and_nothing_beside_them(root: Path, name: str) -> None:
    write(root, f"{name}/e.py")
    write(root, f"{name}/deeper/e.py")
    assert found(root).paths == PYTHON


def test_without_git_an_environment_is_passed_over_whatever_it_is_called(root: Path) -> None:
    write(root, "zoo/pyvenv.cfg")
    write(root, "zoo/lib/e.py")
    write(root, "zoo.py")
    assert found(root).paths == (*PYTHON, "zoo.py")


def test_without_git_a_folder_that_cannot_be_listed_is_no_empty_one(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def refused(path: Path) -> object:
        if Path(path).name == "deep":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(BrokenError) as raised:
        found(root)
    assert raised.value.message == "the folder `deep` cannot be listed: Permission denied"
    assert raised.value.hint == "Make it readable, or remove it."


def test_of_what_git_lists_python_files_count_that_are_there(root: Path) -> None:
    listed = ("a.py", "gone.py", "gone/too.py", "notes.txt", "pkg/deep/d.py", "c.pyw")
    assert found(root, *listed).paths == ("a.py", "pkg/deep/d.py")


def test_a_file_below_what_is_no_folder_any_more_is_not_passed_over(root: Path) -> None:
    assert found(root, "a.py", "b.pyi/inner.py").paths == ("a.py", "b.pyi/inner.py")


def test_without_git_a_link_to_a_folder_is_not_entered(root: Path) -> None:
    (root / "loop").symlink_to(".")
    (root / "loop.py").symlink_to("pkg")
    assert found(root).paths == (*PYTHON[:2], "loop.py", *PYTHON[2:])


def test_files_of_the_policy_that_are_not_there_are_known(root: Path) -> None:
    listed = ("a.py", "away.py", "out/b.py", "out/c.txt", "pkg/deep/d.py", "vendor/e.py")
    files = found(root, *listed, source=("*.py",), exclude=("vendor/**", "away.py"))
    assert (files.paths, files.absent) == (("a.py", "pkg/deep/d.py"), ("out/b.py",))
    (root / "away.py").symlink_to("nowhere.py")
    (root / "vendor" / "e.py").mkdir(parents=True)
    assert found(root, *listed).absent == ("out/b.py",)
    assert scope.find(root, listed, (), (), links=()).absent == ()


def test_a_folder_that_is_called_like_a_file_is_none(root: Path) -> None:
    (root / "folder.py").mkdir()
    assert found(root, "a.py", "folder.py").paths == ("a.py",)


def test_a_pipe_and_a_socket_count_although_git_does_not_list_them(root: Path) -> None:
    os.mkfifo(root / "pipe.py")
    os.mkfifo(root / "pkg" / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(os.path.relpath(root / "pkg" / "deep" / "bound.py"))
        files = found(root, "a/gone.py", "pkg/deep/d.py")
    assert files.paths == ("pipe.py", "pkg/deep/bound.py", "pkg/deep/d.py")


def test_untracked_files_and_folders_beside_the_listed_ones_do_not_count(root: Path) -> None:
    (root / "folder.py").mkdir()
    (root / "link.py").symlink_to("a.py")
    (root / "dangling.py").symlink_to("nothing.py")
    (root / "linked.py").symlink_to("pkg")
    assert found(root, "a.py") == Files(paths=("a.py",), excluded=(), links=(), outside=())


def test_a_link_to_a_file_of_the_check_is_that_file_and_any_other_counts(root: Path) -> None:
    (root / "same.py").symlink_to("pkg/deep/d.py")
    (root / "pkg" / "same.py").symlink_to("deep/d.py")
    (root / "text.py").symlink_to("notes.txt")
    (root / "away.py").symlink_to("/etc/hostname")
    (root / "nowhere.py").symlink_to("nothing.py")
    listed = ("away.py", "nowhere.py", "pkg/deep/d.py", "pkg/same.py", "same.py", "text.py")
    files = found(root, *listed)
    assert files.paths == ("away.py", "nowhere.py", "pkg/deep/d.py", "text.py")
    assert (files.links, files.outside) == (("pkg/same.py", "same.py"), ())
    assert found(root, *listed, source=("same.py",)).paths == ("same.py",)


def test_of_a_state_of_gits_the_disk_is_asked_about_links_alone(root: Path) -> None:
    (root / "link.py").symlink_to("a.py")
    listed = ("a.py", "link.py", "not/written.py")
    os.mkfifo(root / "pipe.py")
    files = scope.find(root, listed, (), (), links={"link.py"})
    assert (files.paths, files.links) == (("a.py", "not/written.py"), ("link.py",))


def test_the_policy_chooses_and_what_it_leaves_out_is_known(root: Path) -> None:
    files = found(root, source=("pkg", "*.py"), exclude=("pkg/deep/**", "tests/**", "never/**"))
    assert files.paths == ("a.py", "pkg/__init__.py")
    assert files.excluded == (Excluded("pkg/deep/**", 1), Excluded("tests/**", 1), Excluded("never/**", 0))
    assert files.outside == ("b.pyi", "pkg/deep/d.py", "tests/test_a.py")


def test_a_file_that_two_patterns_exclude_is_counted_once(root: Path) -> None:
    assert found(root, exclude=("pkg/**", "pkg/deep/**")).excluded == (
        Excluded("pkg/**", 2),
        Excluded("pkg/deep/**", 0),
    )


def test_a_pattern_takes_nothing_back(root: Path) -> None:
    with pytest.raises(GatesError, match=r"`exclude` entry `!a\.py` takes something back") as raised:
        found(root, exclude=("*.py", "!a.py"))
    assert raised.value.hint == "Write narrower patterns instead."


def test_a_source_without_a_file_is_a_mistake_only_where_somebody_minds(root: Path) -> None:
    with pytest.raises(GatesError, match="`source` entry `src` matches no Python file") as raised:
        found(root, source=("pkg", "src"))
    assert raised.value.hint == "Correct or remove the entry."
    assert scope.find(root, None, ("src",), (), strict=False).paths == ()


@pytest.mark.parametrize(
    ("cwd", "asked", "paths"),
    [
        ("", (".",), PYTHON),
        ("", ("pkg",), ("pkg/__init__.py", "pkg/deep/d.py")),
        ("", ("pkg/deep/d.py", "a.py", "a.py"), ("a.py", "pkg/deep/d.py")),
        ("pkg", ("deep",), ("pkg/deep/d.py",)),
        ("pkg", ("..",), PYTHON),
        ("pkg", ("../tests",), ("tests/test_a.py",)),
        ("pkg", ("pkg/deep/d.py",), ("pkg/deep/d.py",)),
        ("pkg", ("tests",), ("tests/test_a.py",)),
    ],
)
def test_paths_mean_what_lies_below_here_or_else_below_the_root(
    root: Path, cwd: str, asked: tuple[str, ...], paths: tuple[str, ...]
) -> None:
    assert scope.narrowed(root, root / cwd, asked, PYTHON) == paths


def test_a_name_that_another_begins_with_is_no_folder_of_it(root: Path) -> None:
    write(root, "pk/e.py")
    assert scope.narrowed(root, root, ("pk",), (*PYTHON, "pk/e.py", "pkg.py")) == ("pk/e.py",)
    write(root, "+odd/e.py")
    assert scope.narrowed(root, root, ("+odd",), ("+odd/e.py", *PYTHON)) == ("+odd/e.py",)


@pytest.mark.parametrize(
    ("asked", "said", "hint"),
    [
        ("nothing.py", "there is no file or directory `nothing.py`", "Name paths of this project."),
        ("..", "`..` lies outside the project", "Name paths of this project."),
        ("/etc", "`/etc` lies outside the project", "Name paths of this project."),
        ("notes.txt", "`notes.txt` holds no Python file that this project inspects", "Look at `source` and"),
    ],
)
def test_a_path_that_means_nothing_is_a_mistake(root: Path, asked: str, said: str, hint: str) -> None:
    with pytest.raises(GatesError) as raised:
        scope.narrowed(root, root, ("a.py", asked), PYTHON)
    assert raised.value.message == said
    assert (raised.value.hint or "").startswith(hint)


def test_a_path_that_is_not_inspected_is_passed_over_where_nobody_minds(root: Path) -> None:
    assert scope.narrowed(root, root, ("a.py", "notes.txt"), PYTHON, strict=False) == ("a.py",)


def test_a_file_of_another_state_can_be_asked_for_although_it_is_not_there(root: Path) -> None:
    assert scope.narrowed(root, root / "pkg", ("new.py", "pkg/new.py"), ("new.py", "pkg/new.py")) == (
        "new.py",
        "pkg/new.py",
    )
