"""`gates install git` and `gates uninstall git`: what is written, what is kept, and what the hooks then do."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates import installing
from gates.installing import Hook
from tests.hooks import BAD, Hooked
from tests.project import CLEAN, Result

MINE = "#!/bin/sh\necho mine $# >> ran\ncat >> ran\n"


@pytest.fixture
def project(tmp_path: Path) -> Hooked:
    return Hooked(tmp_path)


def hooks(project: Hooked, folder: str = ".git/hooks") -> dict[str, tuple[int, bytes]]:
    """Return mode and content of the hooks that are in force."""
    found = (each for each in sorted((project.root / folder).glob("*")) if each.suffix != ".sample")
    return {each.name: (each.stat().st_mode, each.read_bytes()) for each in found}


def mine(project: Hooked, name: str = "pre-commit", content: str = MINE, folder: str = ".git/hooks") -> Path:
    path = project.write(f"{folder}/{name}", content)
    path.chmod(0o750)
    return path


def installed(project: Hooked) -> Result:
    result = project.gates("install", "git")
    assert result.code == 0, result
    return result


def test_a_commit_and_a_push_are_judged(project: Hooked) -> None:
    installed(project)
    project.git("init", "-q", "--bare", str(project.base / "remote"))
    project.git("remote", "add", "origin", str(project.base / "remote"))
    project.write("b.py", BAD)
    project.git("add", "b.py")
    refused = project.tried_commit()
    assert (refused.code, "b.py:1:8  error  lint/F401" in refused.said) == (1, True)
    project.git("commit", "-q", "-m", "past the hook")
    assert project.tried("push", "-q", "origin", "main").code == 1
    project.save({"b.py": CLEAN})
    passed = project.tried("push", "-q", "origin", "main")
    assert (passed.code, "gates: push of " in passed.said) == (0, True)


@pytest.mark.parametrize(("arguments", "code"), [(("-a",), 1), (("a.py",), 1), (("b.py",), 0), ((), 0)])
@pytest.mark.parametrize("linked", [False, True])
def test_the_index_that_git_makes_for_one_commit(
    project: Hooked, arguments: tuple[str, ...], code: int, linked: bool
) -> None:
    project.save({"b.py": CLEAN})
    installed(project)
    if linked:
        project.git("worktree", "add", "-q", "-b", "side", str(project.base / "side"))
        project.root = project.base / "side"
    project.write("a.py", BAD)
    project.write("b.py", f"{CLEAN}\n")
    project.git("add", "b.py")
    assert project.tried_commit(*arguments).code == code


def test_twice_is_once_and_uninstalling_puts_back_what_was_there(project: Hooked) -> None:
    mine(project)
    before = hooks(project)
    installed(project)
    once = hooks(project)
    assert once.keys() == {"pre-commit", "pre-commit.before-gates", "pre-push"}
    assert installed(project).said == "git is installed already: nothing to change\n"
    assert hooks(project) == once
    assert project.gates("uninstall", "git").code == 0
    assert hooks(project) == before
    assert project.gates("uninstall", "git").said == "git is not installed here: nothing to change\n"


def test_what_is_installed_can_be_asked(project: Hooked) -> None:
    ask = installing.target("git").hooks
    mine(project)
    assert (ask(project.root), ask(project.base)) == ([], ())
    installed(project)
    folder = project.root / ".git/hooks"
    assert ask(project.root) == [
        Hook(target="git", kind="commit", path=folder / "pre-commit", command=(str(folder / "pre-commit"),)),
        Hook(target="git", kind="push", path=folder / "pre-push", command=(str(folder / "pre-push"),)),
    ]


def test_a_dry_run_says_the_same_and_changes_nothing(project: Hooked) -> None:
    mine(project)
    before = hooks(project)
    dry = project.gates("install", "git", "--dry-run")
    assert hooks(project) == before
    assert installed(project).out == dry.out
    once = hooks(project)
    dry = project.gates("uninstall", "git", "--dry-run")
    assert hooks(project) == once
    assert project.gates("uninstall", "git").out == dry.out


def test_it_says_what_it_changes(project: Hooked) -> None:
    mine(project)
    assert installed(project).out.splitlines() == [
        "move .git/hooks/pre-commit to .git/hooks/pre-commit.before-gates: it runs first",
        "write .git/hooks/pre-commit: runs `gates hook`",
        "write .git/hooks/pre-push: runs `gates hook --push REMOTE`",
    ]


def test_the_hook_that_was_there_runs_first_and_may_refuse(project: Hooked) -> None:
    mine(project)
    mine(project, "pre-push")
    installed(project)
    project.git("init", "-q", "--bare", str(project.base / "remote"))
    project.write("b.py", CLEAN)
    project.git("add", "b.py")
    assert project.tried_commit().code == 0
    assert project.tried("push", "-q", str(project.base / "remote"), "main").code == 0
    ran = (project.root / "ran").read_text()
    assert ran.startswith("mine 0\nmine 2\nrefs/heads/main ")
    assert ran.count("\n") == 3
    mine(project, "pre-commit.before-gates", "#!/bin/sh\nexit 7\n")
    refused = project.tried_commit("--allow-empty")
    assert (refused.code, "gates: commit" in refused.said) == (1, False)


def test_a_hook_that_git_would_not_run_is_kept_and_not_run(project: Hooked) -> None:
    mine(project, content="#!/bin/sh\nexit 7\n").chmod(0o640)
    before = hooks(project)
    installed(project)
    assert project.tried_commit("--allow-empty").code == 0
    project.gates("uninstall", "git")
    assert hooks(project) == before


def test_what_was_interrupted_goes_on(project: Hooked) -> None:
    path = mine(project)
    before = hooks(project)
    path.rename(path.with_name("pre-commit.before-gates"))
    installed(project)
    assert len(hooks(project)) == 3
    project.gates("uninstall", "git")
    assert hooks(project) == before


def test_two_hooks_that_were_there_are_not_merged(project: Hooked) -> None:
    mine(project)
    mine(project, "pre-commit.before-gates")
    before = hooks(project)
    result = project.gates("install", "git")
    assert (result.code, "Merge them into one of them first." in result.said) == (2, True)
    assert hooks(project) == before


def test_without_gates_nothing_passes_in_silence(project: Hooked) -> None:
    installed(project)
    hook = project.root / ".git/hooks/pre-commit"
    wanted = next(each for each in hook.read_text().splitlines() if each.startswith("wanted="))
    hook.write_text(hook.read_text().replace(wanted, "wanted=/nowhere/gates"))
    assert project.tried_commit("--allow-empty").code == 0, "the one in PATH is taken"
    refused = project.tried_commit("--allow-empty", env={"PATH": "/usr/bin:/bin"})
    assert (refused.code, project.commits()) == (1, 2)
    assert refused.err.splitlines() == [
        "gates is neither /nowhere/gates nor in PATH: nothing was judged, so this is stopped.",
        "Install it and run `gates install git` again, or remove .git/hooks/pre-commit.",
    ]


def test_gates_is_found_without_a_path(project: Hooked) -> None:
    installed(project)
    project.write("b.py", BAD)
    project.git("add", "b.py")
    refused = project.tried_commit(env={"PATH": "/usr/bin:/bin"})
    assert (refused.code, "lint/F401" in refused.said) == (1, True)


def test_a_project_below_the_top_of_the_repository(project: Hooked) -> None:
    top = project.root
    project.root = top / "-services/the 'shop'"
    project.save({"gates.toml": 'preset = "internal"\n', "a.py": CLEAN})
    installed(project)
    project.write("b.py", BAD)
    (top / "above.py").write_text(BAD)
    project.git("add", "-A", str(top))
    project.root = top
    refused = project.tried_commit()
    assert (refused.code, "b.py:1:8" in refused.said, "above.py" in refused.said) == (1, True, False)


class TestHooksPath:
    @pytest.mark.parametrize("name", [".githooks", "my hooks"])
    def test_a_folder_of_the_repository(self, project: Hooked, name: str) -> None:
        project.tried("config", "core.hooksPath", name)
        mine(project, folder=name)
        before = hooks(project, name)
        installed(project)
        assert hooks(project) == {}
        project.write("b.py", BAD)
        project.git("add", "b.py")
        assert project.tried_commit().code == 1
        assert (project.root / "ran").read_text() == "mine 0\n"
        project.gates("uninstall", "git")
        assert hooks(project, name) == before

    def test_a_folder_of_all_repositories(self, project: Hooked) -> None:
        project.tried("config", "--global", "core.hooksPath", "~/hooks")
        result = project.gates("install", "git")
        assert (result.code, "which is not part of this repository" in result.said) == (2, True)
        assert hooks(project) == {}

    def test_no_hooks_at_all(self, project: Hooked) -> None:
        project.tried("config", "core.hooksPath", "/dev/null")
        assert project.gates("install", "git").code == 2


@pytest.mark.parametrize(
    ("file", "content", "manager"),
    [
        (".pre-commit-config.yaml", "repos: []\n", "pre-commit or prek"),
        ("prek.toml", "", "pre-commit or prek"),
        (".git/hooks/pre-push", "#!/bin/sh\n# File generated by prek: https://x\n", "pre-commit or prek"),
        (".git/hooks/pre-commit", "#!/bin/sh\n# File generated by pre-commit: https://x\n", "pre-commit or prek"),
        ("lefthook.yml", "", "lefthook"),
        (".git/hooks/pre-commit", 'call_lefthook run "pre-commit" "$@"\n', "lefthook"),
        (".husky/pre-commit", "npm test\n", "husky"),
    ],
)
def test_somebody_else_manages_the_hooks(project: Hooked, file: str, content: str, manager: str) -> None:
    project.write(file, content)
    before = hooks(project)
    result = project.gates("install", "git")
    assert (result.code, f"are managed by {manager}\n" in result.said) == (2, True)
    assert "Add" in result.said
    assert hooks(project) == before


@pytest.mark.parametrize("file", [".pre-commit-config.yaml", "prek.toml"])
def test_the_lines_for_a_manager_are_shown_and_once_added_nothing_is_missing(project: Hooked, file: str) -> None:
    project.write(file, "")
    refused = project.gates("install", "git")
    first, then, *lines, last = refused.err.splitlines()
    assert refused.code == 2
    assert (first, then) == ("error: the hooks of this repository are managed by pre-commit or prek", f"Add to {file}:")
    assert last == "Then run: pre-commit install   (or prek install)"
    project.write(file, "\n".join([*lines, ""]))
    before = hooks(project)
    said = installed(project)
    assert said.out == "git is installed already: nothing to change\n"
    note = f"note: {file} names our hooks already; git runs them after `pre-commit install` or `prek install`\n"
    assert (said.err, hooks(project)) == (note, before)


def test_there_is_no_repository(tmp_path: Path) -> None:
    project = Hooked(tmp_path)
    project.root = tmp_path / "elsewhere"
    project.root.mkdir()
    for verb in ("install", "uninstall"):
        assert "there is no git work tree here" in project.gates(verb, "git").said


def test_a_program_that_there_is_no_module_for(project: Hooked) -> None:
    result = project.gates("install", "svn")
    assert (result.code, "'svn' is not one of 'claude-code', 'cline'," in result.said) == (2, True)
