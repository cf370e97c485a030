"""Rows 17 to 27 of the fault matrix: names, and what is no file. Many of them at once, so that each invariant holds."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from gates.text import visible
from tests.faults.invariants import held
from tests.project import CLEAN, Project, unprivileged
from tests.reporters.runner import Runner
from tests.test_bad_names import NAMES

UNUSED = "import os\n"
FAST = ("files", "lint", "size")


@pytest.mark.parametrize("tracked", [False, True])
def test_17_21_each_name_is_one_annotation_at_its_true_path(tmp_path: Path, tracked: bool) -> None:
    project = Project(tmp_path)
    names = [*NAMES, "::stop-commands::x.py", "##[error].py", "%0A,a:b%25.py", "bel\x07.py", os.fsdecode(b"caf\xe9.py")]
    for name in names:
        project.write(name, UNUSED)
    project.write("ok.py")
    if tracked:
        project.commit()
    result = held(project, gates=FAST)
    assert (result.code, result.report["files"]) == (1, len(names) + 1)
    assert sorted(path for _, path in result.rules) == sorted(map(visible, names))
    runner = Runner().read(result.texts["github"])
    assert (len(runner.annotations), runner.dropped) == (10, 0)
    assert runner.annotations[9].data.endswith(
        f"\nand {len(names) - 10} more errors, listed in the log and in the job summary"
    )
    assert not list(tmp_path.rglob("canary*"))


def test_23_more_names_than_a_command_line_holds(tmp_path: Path) -> None:
    project = Project(tmp_path)
    folder = "/".join(["f" * 240] * 14)
    for number in range(700):
        project.write(f"{folder}/{'n' * 200}{number}.py", UNUSED if number % 100 == 0 else CLEAN)
    result = held(project, gates=FAST, within=120)
    assert 700 * (len(folder) + 200) > 2**21
    assert (result.code, result.report["files"], len(result.rules)) == (1, 700, 7)


@pytest.mark.parametrize("tracked", [False, True])
def test_25_what_a_link_leads_to_is_never_read(tmp_path: Path, tracked: bool) -> None:
    project = Project(tmp_path)
    project.write("a.py", UNUSED)
    project.write("sub/b.py", UNUSED)
    project.write("notes.txt", UNUSED)
    (tmp_path / "secret.py").write_text("import the_secret_of_the_house\n")
    targets: dict[str, str | Path] = {
        "dangling": "nowhere.py",
        "out": tmp_path / "secret.py",
        "absolute_out": "/etc/passwd",
        "device": "/dev/zero",
        "text": "notes.txt",
        "git": ".git/config",
        "folder": "sub",
        "itself": "itself.py",
    }
    for name, target in targets.items():
        (project.root / f"{name}.py").symlink_to(target)
    (project.root / "first.py").symlink_to("second.py")
    (project.root / "second.py").symlink_to("a.py")
    (project.root / "loop").symlink_to(".")
    if tracked:
        project.commit()
    result = held(project, gates=FAST)
    assert {path for rule, path in result.rules if rule == "files/not-a-file"} == {f"{each}.py" for each in targets}
    assert [path for rule, path in result.rules if rule == "lint/F401"] == ["a.py", "sub/b.py"]
    assert not [name for name, text in result.texts.items() if "secret_of_the_house" in text or "root:x:" in text]


def test_25_what_lies_in_a_folder_that_became_a_link_is_never_read(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", UNUSED)
    project.write("app/deep/b.py", UNUSED)
    project.commit()
    (project.root / "app").rename(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/deep/b.py").write_text("import the_secret_of_the_house\n")
    (project.root / "app").symlink_to(tmp_path / "elsewhere")
    for arguments in ((), ("--since", "HEAD")):
        result = held(project, *arguments, gates=FAST)
        assert (result.code, ("files/not-a-file", "app/deep/b.py") in result.rules) == (1, True)
        assert not [name for name, text in result.texts.items() if "secret_of_the_house" in text]


@pytest.mark.parametrize("tracked", [False, True])
def test_26_what_is_no_file_is_a_finding_and_nobody_waits_for_it(tmp_path: Path, tracked: bool) -> None:
    project = Project(tmp_path)
    project.write("a.py", UNUSED)
    project.write("pkg/m.py")
    if tracked:
        project.commit()
    for name in ("m.py", "pkg/__init__.py", "typed.pyi"):
        os.mkfifo(project.root / name)
    here = Path.cwd()
    os.chdir(project.root)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.py")
        os.chdir(here)
        (project.root / "d.py").mkdir()
        result = held(project, within=30)
    wrong = {path for rule, path in result.rules if rule == "files/not-a-file"}
    assert (result.code, wrong) == (1, {"m.py", "pkg/__init__.py", "typed.pyi", "s.py"})
    assert ("lint/F401", "a.py") in result.rules
    assert result.reasons == {"typing": "blocked by files/not-a-file in m.py"}


def test_27_what_may_not_be_read_is_no_verdict(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py", UNUSED)
    project.write("locked.py").chmod(0)
    result = held(project, gates=FAST, under=unprivileged())
    assert (result.code, result.rules) == (3, [("lint/F401", "a.py")])
    assert result.reasons["files"].startswith("locked.py may not be read: permission denied")


@pytest.mark.parametrize("committed", [False, True])
def test_45_a_file_that_makes_a_folder_look_like_an_environment_hides_nothing(tmp_path: Path, committed: bool) -> None:
    project = Project(tmp_path)
    project.write("app/a.py", UNUSED)
    if committed:
        project.write("app/pyvenv.cfg", "home = /usr\n")
    project.commit()
    project.write("app/pyvenv.cfg", "home = /usr\n")
    project.write("app/new.py", UNUSED)
    project.write("env/pyvenv.cfg", "home = /usr\n")
    project.write("env/lib/installed.py", UNUSED)
    assert held(project, gates=FAST).rules == [("lint/F401", "app/a.py"), ("lint/F401", "app/new.py")]
    assert held(project, "--since", "HEAD", gates=FAST).rules == [("lint/F401", "app/new.py")]
