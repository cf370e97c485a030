"""`gates doctor` in real projects: what it finds, that what it says mends it, and that it changes nothing itself."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from gates import __version__, diagnosing
from tests.diagnosing.patient import Patient
from tests.project import CLEAN, unprivileged

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "doctor.md").read_text()
MANAGED = """\
repos:
  - repo: https://example.org/quality-gates
    rev: v{version}
    hooks: [{{id: other}}]
  - repo: local
    hooks:
      - id: gates   # all of them
        name: gates
        entry: gates hook
        language: system
"""


@pytest.fixture
def project(tmp_path: Path) -> Patient:
    return Patient(tmp_path)


@pytest.fixture
def bare(tmp_path: Path) -> Patient:
    return Patient(tmp_path, bare=True)


@pytest.fixture
def in_ci(tmp_path: Path) -> Patient:
    return Patient(tmp_path, ci=True)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def neutral(said: str) -> str:
    """Return what is said without versions and sizes."""
    said = re.sub(r"\d+ files, [\d.]+ MiB", "N files, N MiB", said)
    return re.sub(r"(?<=[a-z] )\d+(\.\d+)+", "N", said)


def test_nothing_is_wrong_and_nothing_is_changed(project: Patient) -> None:
    project.write(".gates/flags/complexity-7f3a91c2.json", "{}")
    project.save({})
    project.gates("check")
    before = files(project.cache), files(project.home)
    result = project.doctor()
    assert (files(project.cache), files(project.home)) == before
    assert (result.code, neutral(project.plain(result.said))) == (
        0,
        "✓ cache          BASE/cache: N files, N MiB\n"
        "✓ configuration  pyproject.toml: preset internal, 1 file is inspected\n"
        "✓ environment    quality-gates N on Python N in VENV\n"
        "✓ environment    types are looked up in VENV, Python N\n"
        "✓ environment    git N\n"
        "✓ hooks          .git/hooks/pre-commit refuses a planted error\n"
        "✓ hooks          .git/hooks/pre-push refuses a planted error\n"
        "✓ pins           nothing here pins quality-gates or its tools\n"
        "✓ tools          complexipy N, import-linter N, jscpd N, mypy N, radon N, ruff N: tested versions, and they "
        "start\n\n"
        "0 problems, 0 warnings, 9 in order\n",
    )
    assert list(project.scratch.iterdir()) == []


def test_the_page_names_every_subject() -> None:
    assert tuple(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == diagnosing.subjects()


def test_the_page_shows_what_is_said(project: Patient) -> None:
    found = re.search(r"^```console\n\$ gates doctor\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    (project.root / ".git/hooks/pre-commit").chmod(0o644)
    project.write("requirements-dev.txt", "pytest\nruff==0.9.0\n")
    project.gates("check")
    said = neutral(project.plain(project.doctor().said))
    assert said == neutral(
        found[1].replace("/home/ada/shop/.venv", "VENV").replace("/home/ada/.cache/gates", "BASE/cache")
    )
    assert project.mended() == (0, "")


def test_hooks_that_do_not_refuse(project: Patient) -> None:
    hooks = project.root / ".git" / "hooks"
    kept = project.write(".git/hooks/pre-commit.before-gates", "#!/bin/sh\nexit 0\n")
    kept.chmod(0o644)
    hook = hooks / "pre-commit"
    hook.write_text(hook.read_text().replace("kept=$0", "exit 0\nkept=$0"))
    (hooks / "pre-push").unlink()
    assert project.wrong() == (
        1,
        "✗ hooks          .git/hooks/pre-commit lets a planted error pass\n"
        "    run: gates install git\n"
        "! hooks          .git/hooks/pre-commit.before-gates was there first and is not run: it is not executable\n"
        "    run: chmod +x .git/hooks/pre-commit.before-gates\n"
        "✗ hooks          git has no hook `pre-push` of ours in .git/hooks\n"
        "    run: gates install git\n",
    )
    assert project.mended() == (0, "")


def test_commands_are_for_the_directory_that_one_is_in(project: Patient) -> None:
    (project.root / ".git/hooks/pre-push").chmod(0o644)
    project.save({"sub folder/b.py": CLEAN})
    top, project.root = project.root, project.root / "sub folder"
    done = project.gates("doctor", env={"PATH": project.path})
    command = "chmod +x ../.git/hooks/pre-push"
    assert (
        f"✗ hooks          ../.git/hooks/pre-push is not executable, so git passes it over\n    run: {command}\n"
        in done.out
    )
    subprocess.run(["bash", "-c", command], cwd=project.root, check=True)
    project.root = top
    assert project.wrong() == (0, "")


def test_hooks_that_git_passes_by(project: Patient) -> None:
    project.git("config", "core.hooksPath", "gone")
    assert project.wrong() == (
        1,
        "✗ hooks          `core.hooksPath` is gone, so git runs none of the hooks in .git/hooks\n"
        "    run: git config --local --unset-all core.hooksPath\n",
    )
    assert project.mended() == (0, "")
    (project.home / ".gitconfig").write_text("[core]\n\thooksPath = /elsewhere\n")
    code, said = project.wrong()
    assert (code, said) == (
        1,
        "✗ hooks          `core.hooksPath` is /elsewhere, so git runs none of the hooks in .git/hooks\n"
        "    run: git config core.hooksPath BASE/project/.git/hooks\n",
    )
    assert project.mended() == (0, "")


def test_a_hook_whose_gates_is_gone(project: Patient) -> None:
    hook = project.root / ".git/hooks/pre-commit"
    hook.write_text(re.sub(r"(?m)^wanted=.*", "wanted=/gone/gates", hook.read_text()))
    assert project.wrong() == (0, "")
    project.hide("git", "sh", "cat", "bash")
    code, said = project.wrong()
    assert (code, said) == (
        1,
        "! environment    no `gates` in PATH, where hooks that name no folder look for it\n"
        "    run: export PATH=VENV/bin:$PATH\n"
        "✗ hooks          .git/hooks/pre-commit judges nothing: gates is neither /gone/gates nor in PATH: nothing was "
        "judged, so this is stopped.\n"
        "    run: gates install git\n",
    )
    assert project.mended() == (0, "")


def test_no_hooks_at_all(bare: Patient) -> None:
    assert bare.wrong() == (
        0,
        "! hooks          no commit and no push is judged before it happens\n    run: gates install git\n",
    )
    bare.extra = {"CI": "true"}
    assert bare.wrong() == (0, "")
    bare.extra = {}
    bare.git("config", "core.hooksPath", "/elsewhere")
    assert bare.wrong() == (
        0,
        "! hooks          `core.hooksPath` is /elsewhere, outside of this repository, and runs no hook of ours\n"
        "    run: git config core.hooksPath BASE/project/.git/hooks && gates install git\n",
    )
    assert bare.mended() == (0, "")


@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
def test_hooks_of_a_manager(bare: Patient, manager: str) -> None:
    bare.write(".pre-commit-config.yaml", MANAGED.format(version=__version__))
    if manager == "prek":
        bare.hide("git", "sh", "cat", "bash", "sed", "chmod", "dirname")
        for name in ("gates", "prek"):
            (bare.base / "bin" / name).symlink_to(Path(sys.executable).with_name(name))
    missing = ".pre-commit-config.yaml asks for the hook"
    assert bare.wrong() == (
        1,
        f"✗ hooks          {missing} `pre-commit`, which is not installed\n"
        f"    run: {manager} install --hook-type pre-commit\n"
        f"✗ hooks          {missing} `pre-push`, which is not installed\n"
        f"    run: {manager} install --hook-type pre-push\n"
        f"! hooks          a plain `{manager} install` leaves out the hook `pre-push`\n"
        "    run: sed -i '1i default_install_hook_types: [pre-commit, pre-push]' .pre-commit-config.yaml\n",
    )
    assert bare.mended() == (0, "")
    hook = bare.root / ".git/hooks/pre-commit"
    hook.chmod(0o644)
    push = bare.root / ".git/hooks/pre-push"
    push.write_text(push.read_text().replace("HERE=", "exit 0\nHERE=", 1))
    assert bare.wrong() == (
        1,
        "✗ hooks          .git/hooks/pre-commit is not executable, so git passes it over\n"
        "    run: chmod +x .git/hooks/pre-commit\n"
        "✗ hooks          .git/hooks/pre-push lets a planted error pass\n"
        f"    run: {manager} install --hook-type pre-push --overwrite\n",
    )
    assert bare.mended() == (0, "")


def test_a_manager_that_does_not_run_us(bare: Patient) -> None:
    bare.write(".pre-commit-config.yaml", "repos:\n  - repo: local\n    hooks:\n      - id: mine\n")
    assert bare.wrong()[1].splitlines()[:2] == [
        "! hooks          .pre-commit-config.yaml names no hook of ours",
        "    do: Add to .pre-commit-config.yaml the lines that `gates install git` shows.",
    ]
    (bare.root / ".pre-commit-config.yaml").unlink()
    bare.write("lefthook.yml", "pre-commit:\n  commands: {}\n")
    assert (
        bare.wrong()[1].splitlines()[0]
        == "! hooks          the hooks are managed by lefthook, and none of them runs us"
    )
    bare.write("lefthook.yml", "pre-commit:\n  commands:\n    gates:\n      run: gates hook\n")
    assert bare.wrong() == (0, "")


def test_what_belongs_to_the_rules_is_versioned(in_ci: Patient) -> None:
    in_ci.save({".gitignore": "*.json\n"})
    in_ci.write("gates-baseline.json", "{}")
    in_ci.write(".gates/flags/complexity-7f3a91c2.json", "{}")
    assert in_ci.wrong() == (
        1,
        "✗ configuration  gates-baseline.json accepts debt here and nowhere else: git ignores it\n"
        "    run: git add -f gates-baseline.json\n"
        "! configuration  two branches that change gates-baseline.json are merged line by line\n"
        "    run: echo 'gates-baseline.json merge=gates-baseline' >> .gitattributes\n"
        "! configuration  this clone does not know the merge driver `gates-baseline`\n"
        '    run: git config merge.gates-baseline.driver "gates baseline merge %O %A %B"\n'
        "! configuration  .gates/flags/complexity-7f3a91c2.json is what somebody recorded for others, and git ignores "
        "it\n"
        "    run: git add -f .gates\n",
    )
    assert in_ci.mended() == (0, "")


def test_a_wrong_configuration_is_one_problem(project: Patient) -> None:
    project.write("pyproject.toml", '[tool.gates]\npresets = "internal"\n')
    result = project.doctor()
    assert result.code == 1
    assert result.said.count("✗") == 1
    assert "✗ configuration  pyproject.toml:2: unknown key `presets`\n    do: Did you mean `preset`?\n" in result.said
    assert ".git/hooks/pre-push refuses a planted error" in result.said
    project.write("pyproject.toml", '[tool.gates]\nsource = ["gone"]\n')
    code, said = project.wrong()
    assert (code, said.count("✗"), "gone" in said) == (1, 1, True)


def test_a_project_without_rules(in_ci: Patient) -> None:
    (in_ci.root / "pyproject.toml").unlink()
    assert in_ci.wrong() == (
        0,
        "! configuration  nothing is configured, so agents are not judged; preset internal, 1 file is inspected\n"
        "    run: printf '\\n[tool.gates]\\npreset = \"internal\"\\n' >> pyproject.toml\n",
    )
    assert in_ci.mended() == (0, "")


def test_without_git(tmp_path: Path) -> None:
    project = Patient(tmp_path)
    project.hide("sh", "bash")
    result = project.gates("doctor", env={"PATH": project.path})
    assert result.code == 1
    assert "✗ environment    git is not in PATH, or does not answer\n" in result.said


def test_a_cache_that_keeps_nothing(in_ci: Patient) -> None:
    in_ci.cache = in_ci.root / "sub folder" / "cache"
    in_ci.cache.mkdir(parents=True)
    (in_ci.cache / "facts.sqlite").write_text("damaged " * 1000)
    in_ci.git("add", "-f", "sub folder/cache")
    old = in_ci.write("sub folder/cache/.last-report.json.x")
    in_ci.gates("doctor")
    subprocess.run(["touch", "-d", "2 hours ago", str(old)], check=True)
    assert in_ci.wrong() == (
        1,
        "✗ cache          git tracks the cache sub folder/cache\n"
        "    run: git rm -r -q --cached 'sub folder/cache'\n"
        "✗ cache          git does not ignore the cache sub folder/cache\n"
        "    run: echo '/sub folder/cache/' >> .gitignore\n"
        "✗ cache          sub folder/cache/facts.sqlite cannot be read: file is not a database\n"
        "    run: gates cache clean\n",
    )
    assert in_ci.mended() == (0, "")
    in_ci.gates("check")
    old = in_ci.write("sub folder/cache/.last-report.json.x")
    subprocess.run(["touch", "-d", "2 hours ago", str(old)], check=True)
    assert in_ci.wrong() == (
        0,
        "! cache          1 file was left by checks that were killed\n"
        "    run: rm 'sub folder/cache/.last-report.json.x'\n",
    )
    assert in_ci.mended() == (0, "")


def test_a_cache_that_cannot_be_written(in_ci: Patient) -> None:
    in_ci.cache.chmod(0o500)
    done = in_ci.gates("doctor", env={"PATH": in_ci.path, **in_ci.extra}, under=unprivileged())
    said = in_ci.plain(done.said)
    assert (done.code, said.partition("✓")[0]) == (
        1,
        "✗ cache          nothing can be kept in BASE/cache\n    run: chmod u+rwx BASE/cache\n",
    )
    in_ci.commands = [f"chmod u+rwx {in_ci.cache}"]
    assert in_ci.mended() == (0, "")


def test_what_a_repository_calls_its_things_is_no_command(in_ci: Patient) -> None:
    evil = "$(touch x)'`touch x`;touch x"
    in_ci.write("pyproject.toml", f'[tool.gates]\nbaseline = "{evil}"\ntools.ruff.version = "{evil}"\n')
    in_ci.write(evil, "{}")
    in_ci.write("requirements.txt", f"ruff==0.1.0 # {evil}\n")
    assert in_ci.wrong()[0] == 1
    in_ci.commands = [line for line in in_ci.commands if "pip install" not in line]
    assert len(in_ci.commands) == 4
    subprocess.run(["bash", "-c", "\n".join(in_ci.commands)], cwd=in_ci.root, env=in_ci.environment(), check=True)
    assert not (in_ci.root / "x").exists()


def test_a_reader_who_leaves_early(in_ci: Patient) -> None:
    line = 'gates doctor | head -1; exit "${PIPESTATUS[0]}"'
    env = in_ci.environment({"PATH": in_ci.path, **in_ci.extra})
    done = subprocess.run(["bash", "-c", line], cwd=in_ci.root, env=env, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_poisoned_entry(in_ci: Patient) -> None:
    in_ci.gates("check")
    with contextlib.closing(sqlite3.connect(in_ci.cache / "facts.sqlite")) as connection, connection:
        number = connection.execute("UPDATE blobs SET value = x'00' WHERE key NOT LIKE 'own:%'").rowcount
        assert number > 1
    assert in_ci.wrong() == (
        1,
        f"✗ cache          BASE/cache/facts.sqlite has {number} entries with a wrong checksum\n"
        "    run: gates cache clean\n",
    )
    assert in_ci.mended() == (0, "")
