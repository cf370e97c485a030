"""Ways to a green that is not deserved, each found by somebody who looked for one. None of them passes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.project import GATES, Project, rules

UNUSED = "import os\n"
WORK = "def work(n):\n" + "".join(f"    value_{i} = [n + {i}, n - {i}, n * {i}]\n" for i in range(20))
SHOP = {"shop/__init__.py": "", "shop/web.py": "x = 1\n", "shop/store.py": "from shop.web import x\n"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.parametrize("setting", ["fix = true", "fix-only = true", 'extension = { py = "markdown" }'])
def test_an_inherited_configuration_neither_changes_files_nor_hides_them(setting: str, project: Project) -> None:
    project.write("pyproject.toml", f"[tool.gates.lint]\ninherit = true\n[tool.ruff]\n{setting}\n")
    path = project.write("a.py", UNUSED)
    assert ("lint/F401", "a.py", 1) in rules(project.report("lint"))
    assert path.read_text() == UNUSED


def test_a_comment_in_a_folder_does_not_make_it_a_project(project: Project) -> None:
    project.write("pyproject.toml", "[tool]\ngates.size.file-lines = 1\n")
    project.write("sub/pyproject.toml", "# see [tool.gates] above\n[project]\nname = 'sub'\n")
    project.write("sub/a.py", "a = 1\nb = 2\n")
    argv = [GATES, "check", "--gate", "size", "--output-format", "concise"]
    done = subprocess.run(argv, cwd=project.root / "sub", env=project.environment(), capture_output=True, text=True)
    assert "sub/a.py:1:1: error size/file-lines" in done.stdout


@pytest.mark.parametrize("init", [[], ["pkg/ns/__init__.py"]])
def test_a_stricter_override_holds_in_namespace_packages(init: list[str], project: Project) -> None:
    project.write(
        "gates.toml",
        '[typing]\nstrictness = "basic"\n'
        '[[overrides]]\npaths = ["pkg/ns/**"]\nwhy = "w"\ntyping.strictness = "strict"\n',
    )
    for name in ["pkg/__init__.py", *init]:
        project.write(name, "")
    project.write("pkg/ns/mod.py", "def f(a, b):\n    return a\n")
    assert rules(project.report("typing")) == [("typing/no-untyped-def", "pkg/ns/mod.py", 1)]


@pytest.mark.parametrize("setting", ['ignore = ["E902,F401"]', "select = []", 'select = ["E", "f"]'])
def test_odd_codes_are_mistakes(setting: str, project: Project) -> None:
    project.write("gates.toml", f"[lint]\n{setting}\n")
    project.write("a.py", UNUSED)
    assert project.check("lint").code == 2


OPTIONS = [
    "untyped_calls_exclude=foo.bar, ignore-errors",
    "disallow-untyped-defs=0",
    "disallow_incomplete_defs = off",
    "implicit-optional",
    "no-strict-equality",
    'disable-error-code="assignment,misc"',
]


@pytest.mark.parametrize("options", OPTIONS)
def test_every_comment_that_loosens_mypy_is_seen(options: str, project: Project) -> None:
    project.write("gates.toml", "[suppressions]\n")
    project.write("a.py", f"# mypy: {options}\n")
    assert ("suppressions/no-reason", "a.py", 1) in rules(project.report("suppressions"))


@pytest.mark.parametrize("space", ["\u00a0", "\u3000", ""])
@pytest.mark.parametrize("directive", ["noqa", "type: ignore"])
def test_odd_spaces_hide_no_suppression(space: str, directive: str, project: Project) -> None:
    project.write("gates.toml", "[suppressions]\n")
    project.write("a.py", f"import os  #{space}{directive}\n")
    assert ("suppressions/no-code", "a.py", 1) in rules(project.report("suppressions"))


@pytest.mark.parametrize("place", ['"""{}"""', "# see {}"])
def test_a_hidden_directive_of_jscpd_is_a_suppression_without_reason(place: str, project: Project) -> None:
    project.write("gates.toml", "[duplication]\nmax-percent = 0\n[suppressions]\n")
    for name in ("a.py", "b.py"):
        project.write(name, f"name = '{name}'\n" + place.format("jscpd:ignore" + "-start") + "\n" + WORK)
    assert {rule for rule, _, _ in rules(project.report("suppressions", "duplication"))} == {"suppressions/no-reason"}


def test_a_changed_inherited_configuration_is_not_answered_from_the_cache(project: Project) -> None:
    project.write("gates.toml", "[typing]\ninherit = true\n")
    project.write("a.py", "from typing import cast\nx = 1\ny = cast(int, x)\n")
    project.write("mypy.ini", "[mypy]\nwarn_redundant_casts = False\n")
    assert project.check("typing").code == 0
    project.write("mypy.ini", "[mypy]\nwarn_redundant_casts = True\n")
    assert project.check("typing").code == 1


def test_a_file_that_changes_during_the_check_is_no_verdict(project: Project) -> None:
    project.write("a.py", 'x: int = "a"\n')
    script = project.write(
        "py.sh", f'#!/bin/sh\necho "import os" > a.py\nexec {Path(GATES).with_name("python")} "$@"\n'
    )
    script.chmod(0o755)
    project.write("gates.toml", '[typing]\npython = "py.sh"\n')
    result = project.check("typing", "lint")
    assert result.code == 3
    assert "files changed while they were checked: a.py; check again" in result.out


def test_a_clone_fails_from_either_side(project: Project) -> None:
    project.write("gates.toml", "[duplication]\nmax-percent = 0\n")
    project.write("a.py", WORK)
    project.write("b.py", WORK)
    for name in ("a.py", "b.py"):
        assert project.gates("check", "--gate", "duplication", name).code == 1


def test_a_limit_of_the_project_fails_whatever_path_is_asked_for(project: Project) -> None:
    project.write("gates.toml", "[typing]\ntyped-functions = 100\n")
    project.write("a.py", "def f(x):\n    return x\n\n\ndef g(x):\n    return x\n")
    project.write("b.py", "def h(x):\n    return x\n")
    assert project.gates("check", "--gate", "typing", "b.py").code == 1


EMPTY = [
    'type = "layers"\nlayers = []',
    'type = "layers"\nlayers = ["shop.web"]',
    'type = "independence"\nmodules = ["shop.web"]',
    'type = "independence"\nmodules = ["shop.plugins.*"]',
    'type = "forbidden"\nsource-modules = ["shop.storeroom.*"]\nforbidden-modules = ["shop.web"]',
    'type = "forbidden"\nsource-modules = []\nforbidden-modules = ["shop.web"]',
    'type = "protected"\nprotected-modules = ["shop.wbe.*"]\nallowed-importers = ["shop.store"]',
]


@pytest.mark.parametrize("contract", EMPTY)
def test_a_contract_about_nothing_is_a_mistake(contract: str, project: Project) -> None:
    project.write(
        "gates.toml", f'[layers]\npackages = ["shop"]\n[[layers.contracts]]\nid = "c"\nwhy = "w"\n{contract}\n'
    )
    for name, content in SHOP.items():
        project.write(name, content)
    result = project.check("layers")
    assert (result.code, result.out) == (2, "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('exclude = ["gen/**", "!gen/keep.py"]\n', "takes something back"),
        ('exclude = ["[z-a]"]\n', "is no path pattern"),
        ('[[overrides]]\npaths = ["scr/**"]\nwhy = "w"\nsize.file-lines = 1\n', "this override matches no file"),
        ("[duplication]\nmin-tokens = 100000\n", "<= 1000"),
        ("[complexity]\nmaintainability = inf\n", "<= 100"),
        ("[tool.gates]\n", "stands in gates.toml"),
    ],
)
def test_rules_that_would_not_hold_are_mistakes(text: str, said: str, project: Project) -> None:
    project.write("gates.toml", text)
    project.write("gen/keep.py", UNUSED)
    result = project.check()
    assert (result.code, result.out) == (2, "")
    assert said in result.said


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", '[tool.mypy]\njunit_xml = "j.xml"\n'),
        ("pyproject.toml", '[tool]\nmypy.junit_xml = "j.xml"\n'),
        ("pyproject.toml", '[tool.mypy]\n"junit\\u005fxml" = "j.xml"\n'),
        ("mypy.ini", "[mypy]\njunit_xml: j.xml\n"),
        ("setup.cfg", "[mypy]\nJUnit_XML = j.xml\n"),
    ],
)
def test_mypy_writes_no_reports_into_the_checkout(project: Project, file: str, text: str) -> None:
    project.write("gates.toml", "[typing]\ninherit = true\n")
    project.write(file, text)
    project.write("a.py", "x = 1\n")
    assert "sets `junit_xml` for mypy" in project.check("typing").said
    assert not (project.root / "j.xml").exists()


def test_a_gate_that_is_turned_off_is_named_in_every_report(project: Project) -> None:
    project.write("gates.toml", '[size]\nenabled = false\nwhy = "generated"\n')
    project.write("a.py", "x = 1\n")
    assert project.report("lint")["policy"]["off"] == [{"gate": "size", "why": "generated"}]
    assert "turned off: size: generated\n" in project.gates("check", "--gate", "lint").out


def test_a_large_file_does_not_make_an_error_slow(project: Project) -> None:
    tables = "".join(f"[[tool.poetry.package{i % 50}]]\nname = 'x'\nextras = []\n" for i in range(3000))
    project.write("pyproject.toml", f"[tool.gates]\n{tables}[tool.gates.lint]\na = 1\n")
    project.write("a.py", "x = 1\n")
    result = project.gates("check", timeout=20)
    assert result.code == 2
    assert "pyproject.toml:9003: unknown key `lint.a`" in result.said


def test_a_virtual_environment_in_a_repository_is_not_judged(project: Project) -> None:
    project.write("a.py", "x = 1\n")
    project.write("env/pyvenv.cfg", "home = x\n")
    project.write("env/lib/b.py", UNUSED)
    project.git("init", "-q")
    assert project.report("lint")["files"] == 1
