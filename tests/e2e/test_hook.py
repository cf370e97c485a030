"""`gates hook` as hooks of git and of hook managers run it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.hooks import BAD, ODD_NAMES, POLICY, Hooked
from tests.project import CLEAN, GATES, Result

ZERO = "0" * 40
CALLS = "from b import double\n\ndouble(1)\n"


@pytest.fixture
def project(tmp_path: Path) -> Hooked:
    project = Hooked(tmp_path)
    project.with_script("pre-commit", "exec gates hook")
    return project


def test_a_commit_with_a_violation_is_refused_and_the_fixed_one_passes(project: Hooked) -> None:
    project.write("b.py", BAD)
    project.git("add", "b.py")
    refused = project.tried_commit()
    assert (refused.code, project.commits()) == (1, 1)
    assert "b.py:1:8  error  lint/F401" in refused.said
    project.write("b.py", CLEAN)
    project.git("add", "b.py")
    passed = project.tried_commit()
    assert (passed.code, project.commits()) == (0, 2)
    assert passed.said.startswith("gates: commit: passed: 6 gates, 2 files, ")
    assert passed.said.endswith(" s; at the push: duplication, typing\n")
    assert passed.said.count("\n") == 1


def test_the_findings_of_a_refused_commit_can_be_explained(project: Hooked) -> None:
    project.write("b.py", BAD)
    project.git("add", "b.py")
    known = project.tried_commit().said.partition("gates explain ")[2].partition(" ")[0]
    assert "`os` imported but unused" in project.gates("explain", known).said


def test_after_a_commit_that_passed_no_older_report_is_the_last(project: Hooked) -> None:
    project.write("b.py", BAD)
    project.git("add", "b.py")
    assert project.tried_commit().code == 1
    assert "F401" in project.gates("report", "convert", "--to", "concise").said
    project.write("b.py", CLEAN)
    project.git("add", "b.py")
    assert project.tried_commit().code == 0
    assert "F401" not in project.gates("report", "convert", "--to", "concise").said


def test_what_was_there_before_refuses_no_commit(project: Hooked) -> None:
    project.save({"old.py": BAD})
    project.write("b.py", CLEAN)
    project.git("add", "b.py")
    assert project.tried_commit().code == 0
    assert project.tried_commit("--allow-empty").code == 0
    assert project.tried_commit("--amend", "--allow-empty").code == 0


@pytest.mark.parametrize(("staged", "tree", "code"), [(BAD, CLEAN, 1), (CLEAN, BAD, 0)])
@pytest.mark.parametrize("named", [False, True])
def test_a_partly_staged_file_is_judged_as_it_is_staged(
    project: Hooked, staged: str, tree: str, code: int, named: bool
) -> None:
    project.with_script("pre-commit", "exec gates hook --gate lint -- b.py" if named else "exec gates hook")
    project.write("b.py", staged)
    project.git("add", "b.py")
    project.write("b.py", tree)
    assert project.tried_commit().code == code
    assert (project.root / "b.py").read_text() == tree


def test_a_staged_file_that_is_not_in_the_work_tree(project: Hooked) -> None:
    project.write("b.py", BAD)
    project.git("add", "b.py")
    (project.root / "b.py").unlink()
    assert "lint/F401" in project.gates("hook", "--gate", "lint", "--", "b.py").said
    assert project.tried_commit().code == 1


@pytest.mark.parametrize(("arguments", "code"), [(("-a",), 1), (("a.py",), 1), (("b.py",), 0), ((), 0)])
def test_an_index_that_git_makes_for_one_commit(project: Hooked, arguments: tuple[str, ...], code: int) -> None:
    project.save({"b.py": CLEAN})
    project.write("a.py", BAD)
    project.write("b.py", f"{CLEAN}\n")
    project.git("add", "b.py")
    assert project.tried_commit(*arguments).code == code


@pytest.mark.parametrize("files", [("b.py", "a.py"), ()])
def test_without_anything_staged_all_is_judged_by_every_gate(project: Hooked, files: tuple[str, ...]) -> None:
    project.save({"b.py": BAD, "c.py": 'import a\n\na.double("")\n'})
    result = project.gates("hook", "--", *files)
    assert result.code == 1
    assert "b.py:1:8  error  lint/F401" in result.said
    assert ("c.py:3:10  error  typing/arg-type" in result.said) is (not files)
    project.save({"b.py": CLEAN, "c.py": CLEAN})
    passed = project.gates("hook", "--", *files)
    assert (passed.code, "whole project: nothing is staged: passed: " in passed.said) == (0, True)


@pytest.mark.parametrize("gate", ["policy", "tests"])
def test_a_gate_that_compares_says_that_there_is_nothing_to_compare_with(project: Hooked, gate: str) -> None:
    result = project.gates("hook", "--gate", gate, "--")
    assert (result.code, f"{gate} found nothing to compare with" in result.said) == (0, True)


def test_a_gate_that_does_not_exist(project: Hooked) -> None:
    result = project.gates("hook", "--gate", "complexities")
    assert (result.code, "there is no gate `complexities`" in result.said) == (2, True)


def test_a_conflict_is_no_pass(project: Hooked) -> None:
    project.git("checkout", "-q", "-b", "other")
    project.save({"a.py": "x = 1\n"})
    project.git("checkout", "-q", "main")
    project.save({"a.py": "x = 2\n"})
    assert project.tried("merge", "-q", "other").code == 1
    assert project.gates("hook").code == 2


def test_files_that_the_project_does_not_inspect(project: Hooked) -> None:
    project.save({"pyproject.toml": f'{POLICY}exclude = ["gen/**"]\n'})
    for name in ("gen/x.py", "notes.txt"):
        project.write(name, BAD)
        project.git("add", name)
    result = project.gates("hook", "--gate", "lint", "--", "gen/x.py", "notes.txt")
    assert (result.code, result.said) == (0, "gates: commit: 2 files, none inspected by this project\n")
    project.write("b.py", BAD)
    project.git("add", "b.py")
    result = project.gates("hook", "--gate", "lint", "--", "gen/x.py", "b.py", "notes.txt")
    assert (result.code, "b.py:1:8" in result.said, "gen/x.py" in result.said) == (1, True, False)


def test_a_file_that_is_nowhere_is_a_mistake(project: Hooked) -> None:
    assert project.gates("hook", "--gate", "lint", "--", "no.py").code == 2


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_change_nothing(project: Hooked, name: str) -> None:
    project.write(name, BAD)
    project.git("add", "--", name)
    result = project.gates("hook", "--gate", "lint", "--", name)
    assert result.code == (1 if name.endswith(".py") else 0)
    assert ("lint/F401" in result.said) is name.endswith(".py")
    assert not (project.root / "x").exists()
    if name.startswith("-"):
        without = project.gates("hook", "--gate", "lint", name)
        assert (without.code, "put `--` before the files" in without.said) == (2, True)


def test_a_commit_that_only_deletes_and_breaks_an_importer(project: Hooked) -> None:
    project.save({"b.py": CLEAN, "c.py": CALLS})
    project.with_script("pre-commit", "exec gates hook --gate typing")
    project.git("rm", "-q", "b.py")
    result = project.tried_commit()
    assert (result.code, "c.py:1:1  error  typing/import-not-found" in result.said) == (1, True)


def test_a_commit_is_judged_by_the_gates_that_look_at_one_file(project: Hooked) -> None:
    project.save({"b.py": CLEAN, "c.py": CALLS})
    project.git("rm", "-q", "b.py")
    assert project.gates("hook").code == 0
    assert project.gates("hook", "--all").code == 1


def test_no_gate_that_is_on_looks_at_one_file(project: Hooked) -> None:
    fast = ("complexity", "files", "lint", "policy", "size", "suppressions", "tests")
    off = "".join(f'[tool.gates.{name}]\nenabled = false\nwhy = "Not here."\n' for name in fast)
    project.save({"pyproject.toml": POLICY + off})
    project.write("b.py", BAD)
    project.git("add", "b.py")
    result = project.gates("hook")
    assert (result.code, "no gate that is on looks at one file at a time" in result.said) == (0, True)


def test_a_project_without_python_cannot_be_judged(project: Hooked) -> None:
    project.save({"a.py": None})
    project.write("notes.txt", "x\n")
    project.git("add", "notes.txt")
    refused = project.tried_commit()
    assert (refused.code, "there is no Python file here" in refused.said) == (1, True)
    assert project.gates("hook").code == 3


def test_what_is_added_to_a_gate_that_the_commit_turns_off(project: Hooked) -> None:
    off = '[tool.gates.lint]\nenabled = false\nwhy = "Not here."\n'
    project.write("pyproject.toml", POLICY + off)
    project.write("b.py", BAD)
    project.git("add", "-A")
    refused = project.tried_commit()
    assert (refused.code, "lint/F401" in refused.said) == (1, True)


class TestPush:
    def test_what_a_manager_says_is_pushed(self, project: Hooked) -> None:
        base = project.git("rev-parse", "HEAD").strip()
        project.save({"b.py": BAD})
        env = {"PRE_COMMIT_FROM_REF": base, "PRE_COMMIT_TO_REF": "HEAD"}
        result = project.gates("hook", "--", env=env)
        assert (result.code, "b.py:1:8  error  lint/F401" in result.said) == (1, True)
        assert "✓ typing" in result.said
        project.save({"b.py": CLEAN})
        assert "gates: push: passed" in project.gates("hook", "--", env=env).said

    @pytest.mark.parametrize(("pushed", "tree", "code"), [(BAD, CLEAN, 1), (CLEAN, BAD, 0)])
    @pytest.mark.parametrize("staged", [False, True])
    def test_the_commit_is_judged_and_not_what_was_not_committed(
        self, project: Hooked, pushed: str, tree: str, code: int, staged: bool
    ) -> None:
        project.save({"b.py": pushed})
        project.write("b.py", tree)
        if staged:
            project.git("add", "b.py")
        with project.unchanged():
            assert project.gates("hook", "--since", "HEAD~1").code == code

    def test_another_commit_than_the_one_that_is_checked_out(self, project: Hooked) -> None:
        project.git("checkout", "-q", "-b", "other")
        project.save({"b.py": BAD})
        project.git("checkout", "-q", "main")
        env = {"PRE_COMMIT_FROM_REF": "main", "PRE_COMMIT_TO_REF": "other"}
        result = project.gates("hook", "--", env=env)
        assert (result.code, "b.py:1:8  error  lint/F401" in result.said) == (1, True)
        back = {"PRE_COMMIT_FROM_REF": "other", "PRE_COMMIT_TO_REF": "main"}
        project.git("checkout", "-q", "other")
        assert project.gates("hook", "--", env=back).code == 0

    def test_a_commit_that_nobody_knows(self, project: Hooked) -> None:
        env = {"PRE_COMMIT_FROM_REF": "HEAD", "PRE_COMMIT_TO_REF": "f" * 40}
        assert project.gates("hook", "--", env=env).code == 2

    def test_a_whole_history(self, project: Hooked) -> None:
        env = {"PRE_COMMIT_REMOTE_BRANCH": "refs/heads/main", "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/main"}
        project.write("a.py", BAD)
        assert "gates: push: passed: 6 gates" in project.gates("hook", "--", env=env).said
        project.save({"b.py": BAD})
        assert project.gates("hook", "--", env=env).code == 1


class TestPlainPush:
    @pytest.fixture
    def pushing(self, project: Hooked) -> Hooked:
        project.git("init", "-q", "--bare", str(project.base / "remote"))
        project.git("remote", "add", "origin", str(project.base / "remote"))
        project.git("push", "-q", "origin", "main")
        project.with_script("pre-push", 'exec gates hook --push "$1"')
        return project

    @staticmethod
    def push(project: Hooked, *arguments: str) -> Result:
        return project.tried("push", "-q", "origin", *arguments)

    def test_a_push_is_judged_from_where_the_remote_is(self, pushing: Hooked) -> None:
        pushing.save({"b.py": CLEAN})
        pushing.save({"c.py": BAD})
        refused = self.push(pushing, "main")
        assert (refused.code, "c.py:1:8  error  lint/F401" in refused.said) == (1, True)
        pushing.save({"c.py": CLEAN})
        passed = self.push(pushing, "main")
        assert (passed.code, "gates: push of " in passed.said) == (0, True)
        assert self.push(pushing, "main").said == ""

    def test_a_new_branch_is_judged_from_where_it_left_the_remote(self, pushing: Hooked) -> None:
        pushing.save({"old.py": BAD})
        pushing.git("push", "-q", "origin", "main")
        pushing.git("checkout", "-q", "-b", "work")
        pushing.save({"b.py": CLEAN})
        assert self.push(pushing, "work").code == 0
        pushing.save({"c.py": BAD})
        assert self.push(pushing, "work", "work:again").code == 1

    def test_several_refs_none_of_them_checked_out(self, pushing: Hooked) -> None:
        for name, content in (("good", CLEAN), ("bad", BAD)):
            pushing.git("checkout", "-q", "-b", name, "main")
            pushing.save({f"{name}.py": content})
        pushing.git("checkout", "-q", "main")
        assert self.push(pushing, "good").code == 0
        refused = self.push(pushing, "good", "bad", "main")
        assert (refused.code, refused.said.count("lint/F401  ")) == (1, 1)

    def test_rewritten_history(self, pushing: Hooked) -> None:
        pushing.save({"b.py": CLEAN})
        pushing.git("push", "-q", "origin", "main")
        pushing.git("commit", "-q", "--amend", "-m", "other")
        assert self.push(pushing, "--force", "main").code == 0
        assert self.push(pushing, "--force", "HEAD~1:main").said == ""

    def test_what_brings_nothing(self, pushing: Hooked) -> None:
        pushing.git("tag", "-m", "one", "v1")
        pushing.git("branch", "gone")
        pushing.git("push", "-q", "origin", "gone")
        assert self.push(pushing, "v1").said == ""
        assert self.push(pushing, ":gone").said == ""

    def test_another_repository_gets_everything(self, pushing: Hooked) -> None:
        pushing.save({"b.py": BAD})
        pushing.git("push", "-q", "origin", "main")
        pushing.git("init", "-q", "--bare", str(pushing.base / "second"))
        pushing.git("remote", "add", "second", str(pushing.base / "second"))
        assert pushing.tried("push", "-q", "second", "main").code == 1

    @pytest.mark.parametrize("said", [b"main\n", b"\xff \xff \xff \xff\n", f"a b c {ZERO}\n".encode()])
    def test_lines_that_git_does_not_write(self, pushing: Hooked, said: bytes) -> None:
        argv = [GATES, "hook", "--push", "origin"]
        done = subprocess.run(
            argv, cwd=pushing.root, env=pushing.environment(), input=said, capture_output=True, check=False
        )
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr
