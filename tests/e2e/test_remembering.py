"""A check is not made again while all that it looked at is as it was; whatever changes, it is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gates import engine
from gates.commands import check
from gates.model import GatesError
from tests.comparisons import Change

POLICY = """\
preset = "internal"
exclude = ["left_out.py"]
[typing]
strictness = "strict"
python = ".venv/bin/python"
[layers]
packages = ["pkg"]
[[layers.contracts]]
id = "down"
type = "forbidden"
source-modules = ["pkg.low"]
forbidden-modules = ["pkg.high"]
why = "Low knows nothing of high."
"""
FILES = {
    "gates.toml": POLICY,
    ".gitignore": ".venv/\npkg/made.py\nsetup.cfg\n",
    "left_out.py": "number: int = 1\n",
    "pkg/__init__.py": "",
    "pkg/low.py": "import installed\nimport left_out\n\nfrom pkg import made\n\n\ndef total() -> int:\n"
    "    return installed.number + left_out.number + made.number\n",
    "pkg/made.py": "number: int = 1\n",
    "pkg/high.py": "from pkg import low\n\n__all__ = ['low']\n",
    "notes.txt": "x\n",
}


class Desk(Change):
    """A project with an environment of its own, and a count of the checks that were really made."""

    made = 0

    def judged(self, *arguments: str) -> tuple[int, str]:
        """Check in this process; return the exit code and what was told."""
        code = check.command.main(["--output-format", "concise", *arguments], standalone_mode=False)
        return code, self.told()

    told: Callable[[], str]

    def installed(self, text: str) -> None:
        """Write a module of the project's environment in place."""
        (packages,) = self.root.glob(".venv/lib/python*/site-packages")
        package = packages / "installed"
        package.mkdir(parents=True, exist_ok=True)
        (package / "py.typed").touch()
        (package / "__init__.py").write_text(text)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    project = Desk(tmp_path)
    project.git("init", "-q", "-b", "main")
    project.told = lambda: capsys.readouterr().out
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(project.root / ".venv")], check=True)
    project.installed("number: int = 1\n")
    project.save(FILES)
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("GATES_CACHE", str(project.home / "cache"))
    monkeypatch.delenv("CI", raising=False)
    examined = engine.examined

    def counted(request: engine.Request) -> engine.Examined:
        project.made += 1
        return examined(request)

    monkeypatch.setattr(engine, "examined", counted)
    yield project


def test_it_is_made_once(desk: Desk) -> None:
    first = desk.judged()
    assert first[0] == 0, first
    assert [desk.judged(), desk.judged()] == [first, first]
    assert desk.made == 1


def same_size_and_time(desk: Desk) -> None:
    path = desk.root / "pkg" / "low.py"
    before = path.stat()
    path.write_text(path.read_text().replace("-> int", "-> str"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES: dict[str, Callable[[Desk], object]] = {
    "edited": lambda desk: desk.write("pkg/low.py", "x: str = 1\n"),
    "edited, same size and time": same_size_and_time,
    "added": lambda desk: desk.write("pkg/new.py", "x: str = 1\n"),
    "removed": lambda desk: (desk.root / "pkg/low.py").unlink(),
    "left out, but imported": lambda desk: desk.write("left_out.py", "number: str = ''\n"),
    "ignored, but imported": lambda desk: desk.write("pkg/made.py", "number: str = ''\n"),
    "package edited in place": lambda desk: desk.installed("number: str = ''\n"),
    "policy": lambda desk: desk.write("gates.toml", POLICY.replace("internal", "production")),
    "baseline": lambda desk: desk.write("gates-baseline.json", "[]"),
    "configuration of a tool": lambda desk: desk.write("mypy.ini", "[mypy]\n"),
    "ignored configuration of a tool": lambda desk: desk.write("setup.cfg", "[mypy]\n"),
    "last report": lambda desk: (desk.home / "cache" / "last-report.json").unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_it_is_made_again(desk: Desk, change: Callable[[Desk], object]) -> None:
    desk.judged()
    change(desk)
    again = _outcome(desk)
    assert desk.made == 2
    cold = desk.home / "cold"
    os.environ["GATES_CACHE"] = str(cold)
    assert again == _outcome(desk)


def _outcome(desk: Desk) -> tuple[object, str]:
    try:
        return desk.judged()
    except GatesError as error:
        return error.exit_code, error.message


def test_what_nothing_looks_at_changes_nothing(desk: Desk) -> None:
    desk.judged()
    desk.write("notes.txt", "other\n")
    desk.judged()
    assert desk.made == 1


def test_another_question_has_another_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.judged()
    desk.judged("--gate", "lint")
    desk.judged("pkg/low.py")
    monkeypatch.setenv("COLUMNS", "60")
    desk.judged()
    monkeypatch.setenv("CI", "1")
    desk.judged()
    assert desk.made == 5


def test_an_edit_in_the_same_moment_is_seen(desk: Desk) -> None:
    for number in range(4):
        desk.write("pkg/high.py", f"from pkg import low\n\n__all__ = ['low']\nx = {number}\n")
        desk.judged()
    assert desk.made == 4


def test_what_could_not_be_decided_is_tried_again(desk: Desk) -> None:
    desk.write("pkg/low.py", "def (\n")
    codes = [desk.judged("--gate", "layers")[0] for _ in range(2)]
    assert codes == [3, 3]
    assert desk.made == 2


def test_a_record_of_another_version_or_damaged_is_none(desk: Desk) -> None:
    desk.judged()
    store = desk.home / "cache" / "facts.sqlite"
    content = bytearray(store.read_bytes())
    for at in range(200, len(content), 37):
        content[at] ^= 1
    store.write_bytes(content)
    assert desk.judged()[0] == 0
    assert desk.made == 2
