"""The invariants are none that cannot break."""

from __future__ import annotations

import copy
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.faults.invariants import Held, assert_attested, assert_formats, held, read_only, survivors
from tests.project import Project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    found = Project(tmp_path_factory.mktemp("held"))
    found.write("a.py")
    found.commit()
    return found


@pytest.fixture(scope="module")
def clean(project: Project) -> Held:
    return held(project, gates=("files", "lint", "size", "complexity"))


def test_a_clean_project_keeps_them(clean: Held) -> None:
    assert (clean.code, clean.rules, clean.reasons) == (0, [], {})


def _unread(report: dict[str, Any]) -> None:
    report["outcomes"][0]["inspected"]["files"] = 0


def _excused(report: dict[str, Any]) -> None:
    _unread(report)
    report["outcomes"][0]["unread"] = [{"path": "a.py", "reason": "is not valid Python: invalid syntax"}]


def _nothing(report: dict[str, Any]) -> None:
    report["outcomes"] = []


def _undecided(report: dict[str, Any]) -> None:
    report["outcomes"][0] |= {"verdict": "broken", "reason": "crashed"}


@pytest.mark.parametrize("forge", [_unread, _excused, _nothing, _undecided])
def test_a_green_that_is_not_earned(clean: Held, forge: Callable[[Mapping[str, Any]], None]) -> None:
    report = copy.deepcopy(dict(clean.report))
    assert_attested(report, 0)
    forge(report)
    with pytest.raises(AssertionError):
        assert_attested(report, 0)


def test_formats_that_disagree(project: Project, clean: Held, tmp_path: Path) -> None:
    other = Project(tmp_path)
    other.write("a.py", "import os\n")
    dirty = held(other, gates=("files", "lint", "size", "complexity"))
    for name in ("sarif", "junit", "gitlab", "github", "markdown", "html", "text", "concise", "jsonl", "rdjson"):
        with pytest.raises(AssertionError):
            assert_formats({**dirty.texts, name: clean.texts[name]})


def test_a_process_that_stays(project: Project) -> None:
    for session, env in ((True, None), (False, project.environment())):
        argv = [sys.executable, "-c", "print(flush=True); import time; time.sleep(60)"]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, start_new_session=session, env=env) as left:
            assert left.stdout is not None
            left.stdout.readline()
            assert len(survivors(project, left.pid, 0.1)) == 1
            os.kill(left.pid, signal.SIGKILL)
    assert survivors(project, left.pid) == []


def test_a_file_that_changes(project: Project) -> None:
    with pytest.raises(AssertionError), read_only(project):
        project.write("b.py")
    (project.root / "b.py").unlink()
    with pytest.raises(AssertionError), read_only(project):
        project.git("update-index", "--chmod=+x", "a.py")
    project.git("reset", "-q")
