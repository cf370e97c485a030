"""A check is not made again while all that it looked at is as it was; whatever changes, it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from gates import asking, engine, flags, telling
from gates.commands import check
from gates.model import Flag, GatesError
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

    def counted(request: asking.Request) -> engine.Examined:
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
    "last report": lambda desk: next(desk.home.glob("cache/checkouts/*/last-report.json")).unlink(),
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


TYPED = 'preset = "internal"\n[typing]\nstrictness = "strict"\n'
UNTYPED = 'preset = "internal"\n[typing]\nenabled = false\nwhy = "No types."\n'
INHERITED = f"{UNTYPED}[lint]\ninherit = true\n"
LAYERS = UNTYPED + POLICY[POLICY.index("[layers]") :]
SORTED = f'{UNTYPED}[lint]\nselect = ["I"]\n'
MISSING = {"src/app/__init__.py": "import made\n\n__all__ = ['made']\n"}
USED = {"src/app/__init__.py": "import made\n\n\ndef total() -> int:\n    return made.number\n"}
LOW = {"pkg/low.py": "from pkg import made_deep\n\n__all__ = ['made_deep']\n", "pkg/made.py": ""}
SITE = f".venv/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
INSTALLED = {f"{SITE}/made/__init__.py": "number: int = 1\n", f"{SITE}/made/py.typed": ""}
UNNAMED: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "module beside a package": ({"gates.toml": TYPED, **MISSING}, {"src/made.py": ""}),
    "module that hides another": (
        {"gates.toml": TYPED, **USED, **INSTALLED, "made/notes.txt": ""},
        {"made/__init__.py": "number: str = ''\n"},
    ),
    "stubs in a folder that was there": (
        {"gates.toml": TYPED, **USED, **INSTALLED, f"{SITE}/made-stubs/notes.txt": ""},
        {f"{SITE}/made-stubs/__init__.pyi": "number: str\n"},
    ),
    "module where a .pth leads": (
        {"gates.toml": TYPED, **MISSING, f"{SITE}/more.pth": "more\n", f"{SITE}/more/notes.txt": ""},
        {f"{SITE}/more/made/__init__.py": "", f"{SITE}/more/made/py.typed": ""},
    ),
    "module that was no attribute": (
        {"gates.toml": TYPED, "src/app/__init__.py": "from made import deep\n\n__all__ = ['deep']\n", **INSTALLED},
        {f"{SITE}/made/deep.py": ""},
    ),
    "module that was no attribute, ignored": (
        {"gates.toml": TYPED, "src/app/__init__.py": "from app import made\n\n__all__ = ['made']\n"},
        {"src/app/made.py": ""},
    ),
    "py.typed": (
        {"gates.toml": TYPED, **MISSING, f"{SITE}/made/__init__.py": ""},
        {f"{SITE}/made/py.typed": ""},
    ),
    "folder behind a link": (
        {"gates.toml": TYPED, **USED, **INSTALLED, "made": "-> ../made", "../made/notes.txt": ""},
        {"../made/__init__.py": "number: str = ''\n"},
    ),
    "where mypy is told to look": (
        {"gates.toml": f"{TYPED}inherit = true\n", **MISSING, "mypy.ini": "[mypy]\nmypy_path = ../stubs\n"},
        {"../stubs/made.pyi": ""},
    ),
    "first party": (
        {"gates.toml": SORTED, "src/app/__init__.py": "import made.deep\nimport msgspec\n", "src/made/notes.txt": ""},
        {"src/made/deep.py": ""},
    ),
    "ignored folder of a package": (
        {"gates.toml": LAYERS, **LOW, "pkg/made_deep/__init__.py": "", "pkg/made_deep/a/__init__.py": ""},
        {"pkg/made_deep/a/__init__.py": "from pkg import high\n", "pkg/made_deep/__init__.py": "from . import a\n"},
    ),
    "folder that becomes a package": (
        {"gates.toml": LAYERS, **LOW, "pkg/made_deep/a/__init__.py": "from pkg import high\n"},
        {"pkg/made_deep/__init__.py": "from . import a\n"},
    ),
    "where ruff's configuration goes on": (
        {"gates.toml": INHERITED, "ruff.toml": "extend = '../shared'\n", "../shared": "lint.select = ['E']\n"},
        {"../shared": "lint.select = ['D']\n"},
    ),
}


@pytest.mark.parametrize(("there", "change"), UNNAMED.values(), ids=UNNAMED)
def test_what_git_does_not_name_counts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, there: dict[str, str], change: dict[str, str]
) -> None:
    desk.write(".gitignore", f"{FILES['.gitignore']}made*\n")
    _lay(desk, there)
    before = desk.judged()
    _lay(desk, change)
    again = desk.judged()
    assert desk.made == 2
    assert again != before
    monkeypatch.setenv("GATES_CACHE", str(desk.home / "cold"))
    assert again == desk.judged()


def _lay(desk: Desk, files: dict[str, str]) -> None:
    for name, content in files.items():
        if content.startswith("-> "):
            (desk.root / name).symlink_to(content.removeprefix("-> "))
        else:
            desk.write(name, content)


def test_an_interpreter_of_any_place_counts(desk: Desk) -> None:
    (desk.root / ".venv").rename(desk.root.parent / "env")
    desk.lay({"gates.toml": f'{TYPED}python = "../env/bin/python"\n', **MISSING})
    assert desk.judged()[0] == 1
    _lay(desk, {f"../env/{SITE.removeprefix('.venv/')}/made/{name}": "" for name in ("__init__.py", "py.typed")})
    assert desk.judged()[0] == 0


def test_a_first_flag_counts(desk: Desk) -> None:
    desk.lay({".gitignore": f"{FILES['.gitignore']}.gates/\n", "pkg/high.py": "import os\n"})
    (desk.root / ".gates" / "flags").mkdir(parents=True)
    first = desk.judged("--output-format", "json")[1]
    (found,) = re.findall(r"lint-[0-9a-f]{8,12}", first)[:1]
    flags.add(desk.root, Flag(found, "It is needed."))
    assert "It is needed." in desk.judged("--output-format", "json")[1]


def test_a_report_of_another_check_in_its_place_is_not_vouched_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = telling.keep_last

    def overtaken(paths: Sequence[Path], text: str) -> None:
        kept(paths, text)
        for path in paths:
            path.write_text("{}")

    monkeypatch.setattr("gates.checking.keep_last", overtaken)
    desk.judged()
    desk.judged()
    assert desk.made == 2


def test_what_cannot_be_looked_into_is_no_input(desk: Desk) -> None:
    desk.save({"gone/__init__.py": ""})
    (desk.root / "gone" / "__init__.py").unlink()
    (desk.root / "gone").rmdir()
    (desk.root / SITE / "broken.pth").symlink_to("nowhere")
    assert [desk.judged()[0] for _ in range(2)] == [0, 0]
    assert desk.made == 1


def test_a_file_system_of_whole_seconds_cannot_tell_what_changed_during_a_check(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lstat = os.lstat

    def coarse(path: bytes) -> object:
        found = lstat(path)
        return SimpleNamespace(
            st_mtime_ns=found.st_mtime_ns // 10**9 * 10**9,
            st_ctime_ns=found.st_ctime_ns // 10**9 * 10**9,
            st_size=found.st_size,
            st_ino=found.st_ino,
            st_mode=found.st_mode,
        )

    monkeypatch.setattr("gates.remembering.os", SimpleNamespace(**{**vars(os), "lstat": coarse}))
    desk.judged()
    desk.judged()
    assert desk.made == 2


def test_what_nothing_looks_at_changes_nothing(desk: Desk) -> None:
    desk.write("pkg/data/deep/notes.txt")
    desk.judged()
    desk.write("notes.txt", "other\n")
    desk.write("pkg/data/deep/setup.cfg")  # which git ignores
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


def test_an_environment_that_is_active_for_gates_alone_does_not_hide_the_projects(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("gates.toml", POLICY.replace('python = ".venv/bin/python"\n', ""))
    assert desk.judged()[0] == 0
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    assert desk.judged()[0] == 0
    other = desk.home / "other"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(other)], check=True)
    monkeypatch.setenv("VIRTUAL_ENV", str(other))
    code, said = desk.judged()
    assert (code, "import-not-found" in said) == (1, True)
