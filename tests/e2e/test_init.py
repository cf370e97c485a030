"""`gates init`: what is proposed for which project, what is written, and that the gate is then green and useful."""

from __future__ import annotations

import re
from pathlib import Path

import pexpect
import pytest

from gates.facts.analyse import analyse
from gates.model import GatesError
from gates.proposing.layering import layering, layers
from gates.proposing.proposal import Proposal
from gates.proposing.shape import look
from gates.proposing.spread import spreads
from gates.proposing.writing import Writing, write
from gates.proposing.written import configured
from tests.oracle.corpora import unpacked
from tests.project import CLEAN, GATES, Project, unprivileged

PAGE = Path(__file__).parent.parent.parent / "docs" / "init.md"
LONG = "def pick(number: int) -> int:\n" + "".join(
    f"    if number == {each}:\n        return {each * 7}\n" for each in range(16)
)
SHOP = {
    "src/shop/__init__.py": "",
    "src/shop/web.py": "from shop.service import order\n\n\ndef show() -> int:\n    return order()\n",
    "src/shop/service.py": "from shop.store import pick\n\n\ndef order() -> int:\n    return pick(1)\n",
    "src/shop/store.py": f"{LONG}    return 0\n",
    "tests/test_shop.py": "from shop.service import order\n\n\ndef test_order():\n    assert order() == 7\n",
    "pyproject.toml": '[project]\r\nname = "shop"  # the shop\r\nversion = "1"',
}
SAID = """\
found     5 files, 4 functions; src/shop; 1 file of tests (tests/**)
preset    legacy: no other holds today, with 1 value above the limits of internal; production's limits for what is new \
or touched, 2 findings accepted
typing    standard: 3 functions, too few to tell
layers    proposed: as the imports are today: shop (3 layers)
limits    those of legacy: fewer than 100 functions tell nothing about limits

write gates-baseline.json: 2 findings accepted (complexity 2)

write .gitattributes: how git merges the baseline
  --- /dev/null
  +++ .gitattributes
  @@ -0,0 +1 @@
  +gates-baseline.json merge=gates-baseline

change pyproject.toml: the rules, every one of them
  --- pyproject.toml
  +++ pyproject.toml
  @@ -1,3 +1,30 @@
   [project]
   name = "shop"  # the shop
   version = "1"
"""
WRITTEN = """\

[tool.gates]
preset = "legacy"

[tool.gates.typing]
strictness = "standard"

[tool.gates.layers]
packages = ["shop"]

[[tool.gates.layers.contracts]]
id = "shop"
type = "layers"
layers = [
    "shop.web",
    "shop.service",
    "shop.store",
]
why = "Proposed by `gates init`: every import pointed down when it ran. Write here what the order is for."

[[tool.gates.overrides]]
paths = ["tests/**"]
why = "Tests are lists of cases: they assert, hold made-up secrets, and grow by one more case."
lint.ignore = ["S"]
size.class-lines = "off"
size.file-lines = "off"
size.functions-per-module = "off"
"""
ADDED = "".join(f"  +{line}\n" for line in WRITTEN.splitlines())
DONE = """\

Written.
In each clone, once: git config merge.gates-baseline.driver "gates baseline merge %O %A %B"
Commit what was written, and run: gates check
"""
CONFIGURED = """\
[tool.gates] in pyproject.toml configures this project already: preset legacy, and gates-baseline.json accepts 2 \
findings.
To start over, remove [tool.gates] in pyproject.toml and gates-baseline.json, and run gates init.

Nothing to do.
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return an empty project."""
    return Project(tmp_path)


def filled(project: Project, files: dict[str, str]) -> None:
    for name, content in files.items():
        project.write(name, content)


def concise(project: Project, *arguments: str) -> tuple[int, list[str]]:
    """Return the exit code of a check, and its findings."""
    done = project.gates("check", "--output-format", "concise", *arguments)
    return done.code, done.said.splitlines()[:-1]


def test_from_nothing_to_green_and_then_only_what_is_new(project: Project) -> None:
    filled(project, SHOP)
    project.commit()
    assert_shown(project)
    made = project.gates("init", "--yes")
    assert (made.code, made.out) == (0, SAID + ADDED + DONE)
    file = (project.root / "pyproject.toml").read_bytes().decode()
    assert file == SHOP["pyproject.toml"] + "\r\n" + WRITTEN.replace("\n", "\r\n")
    project.commit()
    with project.unchanged():
        assert project.gates("init", "--yes").out == CONFIGURED
        assert concise(project) == (0, [])
    assert_only_what_is_new(project)


def assert_shown(project: Project) -> None:
    """Hold that everything is shown and nothing written when that was asked for, or nobody can be asked."""
    with project.unchanged():
        dry = project.gates("init", "--dry-run")
        alone = project.gates("init")
    assert (dry.code, dry.out) == (0, f"{SAID}{ADDED}\nNothing was written.\n")
    advice = "error: nothing was written: there is nobody to ask\nTo write this, run: gates init --yes\n"
    assert (alone.code, alone.out, alone.err) == (2, f"{SAID}{ADDED}\n", advice)


def assert_only_what_is_new(project: Project) -> None:
    """Hold that of a change only what it made worse or brought is open, beside the baseline and beside the base."""
    project.write("src/shop/store.py", f"from shop import web\n\n{LONG}    return web.show()\n")
    project.write("src/shop/new.py", "import os\n")
    found = {
        "src/shop/store.py:3:1: error complexity/cognitive",
        "src/shop/store.py:3:1: error complexity/cyclomatic",
        "src/shop/store.py:1:1: error layers/shop",
        "src/shop/new.py:1:8: error lint/F401",
    }
    for arguments in ((), ("--since", "HEAD")):
        code, lines = concise(project, *arguments)
        assert (code, {line.partition(" `")[0] for line in lines}, len(lines)) == (1, found, len(found))


GREEN = {
    "scripts": ({"a.py": CLEAN, "b.py": "import a\n\nprint(a.double(2))\n"}, "internal"),
    "namespace": ({"src/ns/pkg/__init__.py": "", "src/ns/pkg/a.py": "def f(x):\n    return eval(x)\n"}, "internal"),
    "unreadable": (
        {
            "a.py": CLEAN,
            "!b [x].py": "x = (\n",
            "old/p.py": 'print "x"\n',
            "c.py": "<<<<<<< a\n",
            "my-shop/__init__.py": "",
        },
        "internal",
    ),
    "mypy that cannot be used": (
        {"setup.cfg": "[mypy]\nplugins = no.such\n", "x/__init__.py": "", "x/a.py": f"{LONG}    return ''\n"},
        "legacy",
    ),
    "two packages": (
        {
            "core/src/core/__init__.py": "",
            "core/src/core/a.py": CLEAN,
            "api/src/api/__init__.py": "from core.a import double\n",
            "api/tests/conftest.py": "",
            "core/tests/conftest.py": "",
        },
        "legacy",
    ),
}


@pytest.mark.parametrize("name", GREEN)
def test_the_check_is_green_afterwards(project: Project, name: str) -> None:
    files, preset = GREEN[name]
    filled(project, files)
    made = project.gates("init", "--yes")
    assert (made.code, f"preset    {preset}: " in made.said) == (0, True), made
    assert concise(project, "--locked") == (0, [])


REFUSED = {
    "nothing": ({}, "error: there is no Python file in "),
    "Python 2": ({"a.py": 'print "x"\n'}, "error: the only Python file cannot be judged: a.py is not valid Python: "),
    "no TOML": ({"a.py": CLEAN, "pyproject.toml": "[tool\n"}, "error: pyproject.toml:1:6: Expected ']'"),
    "wrong rules": ({"a.py": CLEAN, "gates.toml": "x = 1\n"}, "error: gates.toml:1: unknown key `x`"),
    "a baseline": ({"a.py": CLEAN, "gates-baseline.json": "{}"}, "error: gates-baseline.json is there already"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_set_up_is_said(project: Project, name: str) -> None:
    files, message = REFUSED[name]
    filled(project, files)
    before = project.digests()
    result = project.gates("init", "--yes")
    assert (result.code, result.err[: len(message)], result.out) == (2, message, "")
    assert project.digests() == before


def test_a_folder_that_cannot_be_written(project: Project) -> None:
    project.write("a.py")
    project.root.chmod(0o555)
    result = project.gates("init", "--yes", under=unprivileged())
    project.root.chmod(0o755)
    assert (result.code, "cannot be written\nMake it writable, or look with --dry-run." in result.err) == (2, True)


class TestAround:
    """What runs the gates, in a project that is configured."""

    @pytest.fixture
    def project(self, tmp_path: Path) -> Project:
        found = Project(tmp_path)
        filled(found, {"a.py": CLEAN, "gates.toml": 'preset = "prototype"\n'})
        found.git("init", "-q", "-b", "trunk")
        return found

    def test_git_and_github(self, project: Project) -> None:
        made = project.gates("init", "--yes", "--hooks", "git", "--workflow", "github")
        assert made.code == 0, made
        assert made.out.endswith(
            "\n\nwrite .git/hooks/pre-commit: runs `gates hook`\n"
            "write .git/hooks/pre-push: runs `gates hook --push REMOTE`\n\nWritten.\n"
            "Put into .github/workflows/quality-gates.yml where quality-gates lives, and a commit of it.\n"
            "There, install what the project imports into .venv: else its types are others than here.\n"
        )
        text = (PAGE.parent.parent / "examples" / "ci" / "github.yml").read_text("utf-8")
        workflow = project.root / ".github" / "workflows" / "quality-gates.yml"
        assert workflow.read_text("utf-8") == text.replace("branches: [main]", 'branches: ["trunk"]')
        assert (project.root / ".git" / "hooks" / "pre-commit").stat().st_mode & 0o111
        again = project.gates("init", "--yes", "--hooks", "git", "--workflow", "github")
        assert again.out.endswith(
            "\nNothing to do.\n.github/workflows/quality-gates.yml is there already, and stays as it is.\n"
        )

    def test_a_configuration_of_pre_commit_is_never_rewritten(self, project: Project) -> None:
        project.gates("init", "--yes", "--hooks", "pre-commit")
        path = project.root / ".pre-commit-config.yaml"
        first = path.read_text()
        known = project.gates("init", "--yes", "--hooks", "pre-commit")
        assert "\n.pre-commit-config.yaml names our hooks already, and stays as it is.\nRun: pre-commit" in known.out
        path.write_text("repos: []  # mine\n")
        again = project.gates("init", "--yes", "--hooks", "pre-commit")
        assert path.read_text() == "repos: []  # mine\n"
        assert f"Nothing to do.\nAdd to .pre-commit-config.yaml:\n{first}Run: pre-commit install" in again.out
        refused = project.gates("init", "--yes", "--hooks", "git")
        assert (refused.code, "are managed by pre-commit or prek" in refused.err) == (2, True)

    def test_gitlab(self, project: Project) -> None:
        project.write(".gitlab-ci.yml", "stages: [test]\n")
        made = project.gates("init", "--yes", "--workflow", "gitlab")
        assert "Add to .gitlab-ci.yml:\ninclude:\n  - local: ci/gitlab.yml\nThere, install what" in made.out
        ours = PAGE.parent.parent / "examples" / "ci"
        for name in ("gitlab.yml", "gates.sh"):
            assert (project.root / "ci" / name).read_bytes() == (ours / name).read_bytes()

    def test_a_person_is_asked(self, project: Project) -> None:
        asked = pexpect.spawn(
            GATES, ["init"], cwd=project.root, env=project.environment(), timeout=30, encoding="utf-8"
        )
        for question, answer in (("Hooks.*: ", ""), ("Workflow.*: ", "github"), (r"Write this\? \[Y/n\]: ", "n")):
            asked.expect(question)
            asked.sendline(answer)
        asked.expect("Nothing was written.")
        asked.expect(pexpect.EOF)
        assert not (project.root / ".github").exists()


BEFORE = {
    "comments": b"# a\n[tool.x]\ny = 1 # b\n",
    "no line end": b"[tool.x]\ny = 1",
    "CRLF": b"[tool.x]\r\ny = 1\r\n",
    "nothing": b"",
    "no tool": b"[project]\nname = 'x'\n\n\n",
}


@pytest.mark.parametrize("name", BEFORE)
def test_every_byte_of_the_project_file_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(BEFORE[name])
    file, content = configured(tmp_path, Proposal(preset="internal"))
    end = b"\r\n" if name == "CRLF" else b"\n"
    rest = content.removeprefix(BEFORE[name]).strip()
    assert (file, content.startswith(BEFORE[name]), rest) == (
        "pyproject.toml",
        True,
        b"[tool.gates]" + end + b'preset = "internal"',
    )


@pytest.mark.parametrize("before", [None, b"tool = {x = 1}\n"])
def test_where_no_table_can_be_added_there_is_a_file_of_its_own(tmp_path: Path, before: bytes | None) -> None:
    if before is not None:
        (tmp_path / "pyproject.toml").write_bytes(before)
    assert configured(tmp_path, Proposal(preset="internal")) == ("gates.toml", b'preset = "internal"\n')


def test_all_files_are_written_or_none(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "old").chmod(0o640)
    names = ("old", "new/deep/file", "old/file")
    with pytest.raises(GatesError, match=r"cannot be written: .*; everything else is as it was$"):
        write([Writing(path=tmp_path / name, content=b"x", why="") for name in names])
    assert [path.name for path in tmp_path.rglob("*")] == ["old"]
    assert ((tmp_path / "old").read_bytes(), (tmp_path / "old").stat().st_mode & 0o777) == (b"old", 0o640)


def test_a_limit_lies_where_nearly_all_are_between_half_of_the_preset_and_the_preset() -> None:
    simple, hard = analyse(CLEAN.encode()), analyse(f"{LONG}    return 0\n".encode())
    medium = analyse(b"def f(a, b, c, d):\n    return a and b and c and d and a and b\n")
    files = [*[simple] * 60, *[medium] * 120, hard]
    found = {each.option: each for each in spreads(files, "legacy", accepts=True)}
    assert {name: (each.nearly_all, each.worst, each.proposed) for name, each in found.items()} == {
        "cyclomatic": (6, 17, 6),
        "cognitive": (1, 16, 8),
        "nesting": (0, 1, 2),
        "arguments": (4, 4, 4),
        "function-lines": (2, 34, 30),
        "file-lines": (2, 34, 250),
        "functions-per-module": (1, 1, 20),
    }
    few = spreads(files[60:120], "legacy", accepts=True)
    assert all(each.proposed == each.limit for each in few)


def test_circles_share_a_layer() -> None:
    graph = {"a": "b", "b": "cd", "c": "e", "d": "ce", "e": "d", "f": ""}
    assert layers({node: frozenset(targets) for node, targets in graph.items()}) == (
        ("a",),
        ("b",),
        ("c", "d", "e", "f"),
    )


def test_no_layers_where_most_modules_import_each_other(tmp_path: Path) -> None:
    sources = {"__init__": "from . import a\n", "a": "from .b import x\n", "b": "from . import y\n", "c": ""}
    facts = {f"p/{name}.py": analyse(text.encode()) for name, text in sources.items()}
    assert layering(look(tmp_path, facts)).reasons == ("2 of the 3 modules of p import each other in circles",)


@pytest.mark.oracle
def test_httpx_as_the_page_shows_it(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.root.rmdir()
    unpacked("httpx", tmp_path).rename(project.root)
    project.commit()
    made = project.gates("init", "--yes", timeout=120)
    shown = re.findall(r"^```console\n\$ gates init --yes\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    assert [steady(each) for each in shown] == [steady(made.out)]
    assert concise(project, "--locked") == (0, [])


def steady(said: str) -> str:
    """Return what was said without what depends on the Python that gates runs on, and its packages."""
    return re.sub(r"[\d,]+(?= findings? accepted| imports?\b)|(?<=typing )\d+", "N", said)
