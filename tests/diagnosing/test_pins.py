"""Pins that say something else than what is installed: each is found on its line, and mended by the command named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gates import __version__, managed
from gates.diagnosing import Place, place
from gates.diagnosing.pins import examine
from gates.project import installed
from tests.diagnosing.patient import Patient

RUFF, MYPY = installed("ruff"), installed("mypy")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
HOOKS = """\
# what runs before a commit
repos:
- repo: https://example.org/OWNER/quality-gates.git
  rev: v0.0.9  # old
  hooks:
    - id: gates
- repo: 'https://example.org/astral-sh/ruff-pre-commit'
  rev: "v0.9.0"
  hooks: [{id: ruff}]
- repo: https://example.org/pre-commit/mirrors-mypy
  rev: VMYPY
  hooks:
    - id: mypy
      args: [--strict]
"""
WORKFLOW = f"""\
jobs:
  gates:
    steps:
      - uses: actions/checkout@v4
      - name: judge
        uses: OWNER/quality-gates@{COMMIT} # v0.0.9
      - uses: OWNER/quality-gates@main
      - uses: OWNER/quality-gates@{COMMIT}
  again:
    uses: "OWNER/quality-gates/.github/workflows/gates.yml@v{__version__}"
"""
LOCK = '[[package]]\nname = "mypy"\nversion = "1.0.0"\n\n[[package]]\nname = "mypy-extensions"\nversion = "1.0.0"\n'
PROJECT = """\
[project]
name = "shop"
dependencies = ["ruff>=0.1,<0.2; python_version > '3'", "quality-gates"]
optional-dependencies.dev = ["radon>=6"]
[dependency-groups]
lint = ["quality-gates==0.2.0", {include-group = "x"}]
[tool.gates]
preset = "internal"
"""


@pytest.fixture
def project(tmp_path: Path) -> Patient:
    return Patient(tmp_path, ci=True)


def test_what_is_fetched_elsewhere(project: Patient) -> None:
    project.write(".pre-commit-config.yaml", HOOKS.replace("VMYPY", f"v{MYPY}"))
    project.write(".github/workflows/ci.yml", WORKFLOW)
    ours, theirs = ".github/workflows/ci.yml", ".pre-commit-config.yaml"
    assert project.wrong() == (
        1,
        f"✗ pins           {theirs}:4 wants quality-gates 0.0.9, and {__version__} is installed\n"
        f"    run: sed -i '4s/0\\.0\\.9/{__version__}/' {theirs}\n"
        f"! pins           {theirs}:8 wants ruff 0.9.0, and {RUFF} is installed\n"
        f"    run: sed -i '8s/0\\.9\\.0/{RUFF}/' {theirs}\n"
        f"✗ pins           {ours}:6 wants quality-gates 0.0.9, and {__version__} is installed\n"
        f"    do: Write the commit of v{__version__} there, and `v{__version__}` behind it.\n"
        f"! pins           {ours}:7 takes quality-gates from `main`, which moves\n"
        f"    run: sed -i 7s/main/v{__version__}/ {ours}\n",
    )
    project.write(ours, WORKFLOW.replace("v0.0.9", f"v{__version__}"))
    assert project.mended() == (0, "")
    assert (
        HOOKS.replace("v0.0.9", f"v{__version__}").replace("0.9.0", RUFF).replace("VMYPY", f"v{MYPY}")
        == (project.root / theirs).read_text()
    )


def test_what_is_to_be_installed_here(project: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would change our own environment is compared, and not run."""
    project.write("requirements.txt", f"mypy==1.0.0 ; python_version > '3' \\\n    --hash=sha256:0\nruff=={RUFF}\n")
    project.write("requirements/dev.txt", "radon~=5.0 # old\njscpd>=1\n-r other.txt\nruff==0.17.0\n")
    project.write("uv.lock", LOCK)
    project.write("pyproject.toml", PROJECT)
    said = [(each.state, each.said, each.run, each.edit) for each in examine(there(project, monkeypatch))]
    python = f"{sys.executable} -m pip install"
    radon = installed("radon")
    assert said == [
        ("ok", "3 pins agree with what is installed", "", ""),
        (
            "problem",
            f"requirements/dev.txt:1 wants radon ~=5.0, and {radon} is installed; only >=6.0,<6.1 was tested",
            f"sed -i '1s/~=5\\.0/=={radon}/' requirements/dev.txt",
            "",
        ),
        (
            "warning",
            f"requirements/dev.txt:4 wants ruff ==0.17.0, and {RUFF} is installed",
            f"{python} ruff==0.17.0",
            "",
        ),
        (
            "problem",
            f"requirements.txt:1 wants mypy ==1.0.0, and {MYPY} is installed; only >=2.4,<2.5 was tested",
            "",
            f"Write mypy=={MYPY} there, with its hashes.",
        ),
        (
            "problem",
            f"pyproject.toml:3 wants ruff >=0.1,<0.2, and {RUFF} is installed; only >=0.17,<0.18 was tested",
            f"sed -i '3s/>=0\\.1,<0\\.2/=={RUFF}/' pyproject.toml",
            "",
        ),
        (
            "problem",
            f"pyproject.toml:6 wants quality-gates ==0.2.0, and {__version__} is installed",
            f"{python} quality-gates==0.2.0",
            "",
        ),
        (
            "problem",
            f"uv.lock:3 wants mypy 1.0.0, and {MYPY} is installed; only >=2.4,<2.5 was tested",
            f"uv lock --upgrade-package mypy=={MYPY}",
            "",
        ),
    ]


def test_a_commit_is_what_the_comment_behind_it_says(project: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen = HOOKS.replace("v0.0.9  # old", f"{COMMIT}  # frozen: v0.0.9").replace('"v0.9.0"', COMMIT)
    project.write(".pre-commit-config.yaml", frozen.replace("VMYPY", f"v{MYPY}"))
    said = [(each.state, each.edit) for each in examine(there(project, monkeypatch))]
    told = f"Write the commit of v{__version__} there, and `v{__version__}` behind it."
    assert said == [("ok", ""), ("problem", told)]


def there(project: Patient, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(project.root)
    return place({"PATH": project.path})


@pytest.mark.parametrize("text", ["", "repos:", "- - -: [", "repo\0s: {", "id: x\nstages: y\n", "\tid:\n rev: 1"])
def test_what_is_no_configuration_asks_for_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / ".pre-commit-config.yaml").write_text(text)
    found = managed.configuration(tmp_path)
    assert found is not None
    assert (found.ours(), found.types) == ((), ("pre-commit",))


def test_what_people_write(tmp_path: Path) -> None:
    (tmp_path / ".pre-commit-config.yaml").write_text(
        "default_install_hook_types:\n- pre-commit  # first\n- 'pre-push'\nrepos:\n# a comment: x\n- repo: local\n"
        "  hooks:\n  - id: mine\n    entry: .venv/bin/gates check\n    stages:\n    - commit\n    - pre-push\n"
        '  - id: "gates-lint"\n    stages: [ push ]\n'
    )
    found = managed.configuration(tmp_path)
    assert found is not None
    assert found.types == ("pre-commit", "pre-push")
    assert [(each.id, each.stages) for each in found.ours()] == [
        ("mine", ("commit", "pre-push")),
        ("gates-lint", ("push",)),
    ]


def test_prek_reads_toml_too(tmp_path: Path) -> None:
    path = tmp_path / "prek.toml"
    path.write_text(
        'default_install_hook_types = ["pre-push"]\n[[repos]]\nrepo = "https://example.org/quality-gates"\n'
        'rev = "v0.0.9"\nhooks = [{ id = "gates" }]\n'
    )
    source = managed.Source("https://example.org/quality-gates", 4, (managed.Asked("gates"),), "v0.0.9")
    assert managed.configuration(tmp_path) == managed.Configuration(path, (source,), ("pre-push",))
    path.write_text("repos = 1\n")
    assert managed.configuration(tmp_path) is None
