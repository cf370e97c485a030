"""`gates check --staged`: what the index would commit is judged, whatever the work tree holds, and nothing changes."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.comparisons import POLICY, Change, opened, origins
from tests.examples import examples
from tests.project import AUTHOR, CLEAN, GATES, outcome
from tests.repository import Repository

GOOD, BAD = CLEAN, "import os\n"
ANNOUNCED = "announced"
CONTENTS: Mapping[str, str | None] = {
    "none": None,
    "good": GOOD,
    "other": "x = 1\n",
    "bad": BAD,
    "crlf": GOOD.replace("\n", "\r\n"),
    "broken": "def (\n",
    ANNOUNCED: "",
}
COMBINATIONS = [
    each
    for each in itertools.product(("none", "good", "bad"), ("none", "good", "bad", ANNOUNCED), CONTENTS)
    if set(each) != {"none"} and ANNOUNCED not in each[2] and (each[1] != ANNOUNCED or each[2] != "none")
]
"""What HEAD, the index and the work tree hold of one file."""

FAST = ("--gate", "lint", "--gate", "files")


@pytest.fixture
def change(tmp_path: Path) -> Change:
    project = Change(tmp_path)
    project.git("init", "-q", "-b", "main")
    project.save({"keep.py": GOOD})
    return project


def lay(project: Change, states: Mapping[str, tuple[str, str, str]]) -> None:
    """Make files be in three ways: in HEAD, in the index, in the work tree."""
    project.save({name: content(name, head) for name, (head, _, _) in states.items()})
    for name, (_, index, tree) in states.items():
        project.git("rm", "-q", "--cached", "--ignore-unmatch", name)
        project.lay({name: content(name, index)})
        if index != "none":
            project.git("add", *(["--intent-to-add"] if index == ANNOUNCED else []), name)
        project.lay({name: content(name, tree)})


def content(name: str, kind: str) -> str | None:
    """Return what is bad in a way of its own in each file: what disappears here and appears there was moved."""
    return BAD.replace("os", f"os as in_{name[:-3]}") if kind == "bad" else CONTENTS[kind]


def is_red(state: tuple[str, str, str]) -> bool:
    return state[1] == "bad" and state[0] != "bad"


@pytest.mark.parametrize("state", COMBINATIONS, ids="-".join)
def test_each_combination_of_head_index_and_work_tree(change: Change, state: tuple[str, str, str]) -> None:
    lay(change, {"a.py": state})
    with change.unchanged():
        found = opened(change.staged(*FAST))
    assert found == (["a.py lint/F401 introduced"] if is_red(state) else [])


def test_all_combinations_at_once(change: Change) -> None:
    states = {f"f{number:02}.py": state for number, state in enumerate(COMBINATIONS)}
    lay(change, states)
    with change.unchanged():
        found = opened(change.staged())
    assert found == [f"{name} lint/F401 introduced" for name, state in states.items() if is_red(state)]


CALLED = ("def f(a: int) -> int:\n    return a\n", "def f(a: str) -> str:\n    return a\n", "f = 1\n", None)
CALLS = ("from lib import f\n\nf(1)\n", 'from lib import f\n\nf("")\n', "import os\n", None)
POLICIES = (POLICY, f"{POLICY}[tool.gates.lint]\nselect = ['F', 'D']\n", None)
TREES = st.fixed_dictionaries(
    {"lib.py": st.sampled_from(CALLED), "use.py": st.sampled_from(CALLS), "pkg/other.py": st.sampled_from((BAD, GOOD))}
    | {"pyproject.toml": st.sampled_from(POLICIES)}
)


@settings(examples(4), phases=[Phase.generate])
@given(head=TREES, index=TREES, tree=TREES)
def test_what_is_staged_is_judged_like_the_commit_that_it_becomes(
    tmp_path_factory: pytest.TempPathFactory,
    head: dict[str, str | None],
    index: dict[str, str | None],
    tree: dict[str, str | None],
) -> None:
    change = Change(tmp_path_factory.mktemp("staged"))
    change.git("init", "-q", "-b", "main")
    change.save(head)
    change.lay(index)
    change.git("add", "-A")
    change.lay(tree)
    with change.unchanged():
        staged = change.staged()
    change.git("commit", "-q", "--allow-empty", "-m", "it")
    change.git("reset", "-q", "--hard")
    change.git("clean", "-q", "-f", "-d")
    committed = change.since("HEAD~1")
    for key in ("verdict", "summary", "policy", "outcomes", "groups"):
        assert timeless(staged[key]) == timeless(committed[key])


def timeless(value: object) -> object:
    if isinstance(value, dict):
        return {key: timeless(each) for key, each in value.items() if key not in ("seconds", "rerun")}
    return [timeless(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("staged", "tree", "red"), [(BAD, GOOD, True), (GOOD, BAD, False)])
def test_a_file_that_was_renamed(change: Change, staged: str, tree: str, red: bool) -> None:
    change.save({"old.py": GOOD})
    change.git("mv", "old.py", "new.py")
    change.write("new.py", staged)
    change.git("add", "new.py")
    change.write("new.py", tree)
    with change.unchanged():
        assert opened(change.staged()) == (["new.py lint/F401 introduced"] if red else [])


def test_a_finding_moves_with_a_file_that_was_renamed(change: Change) -> None:
    change.save({"old.py": BAD + GOOD})
    change.git("mv", "old.py", "new.py")
    with change.unchanged():
        report = change.staged()
    assert (opened(report), origins(report), report["verdict"]) == ([], {"inherited": 1}, "passed")


@pytest.mark.parametrize("folder", ["", "below/deep"])
def test_an_untracked_file_that_a_staged_one_imports(change: Change, folder: str) -> None:
    """The forgotten `git add`: here all is well, in the commit it is not."""
    change.root = change.root / folder
    change.save({"pkg/__init__.py": "", "pkg/a.py": GOOD, "pyproject.toml": POLICY})
    change.lay({"pkg/a.py": "from pkg.b import double\n\ndouble(1)\n", "pkg/b.py": GOOD})
    change.git("add", "pkg/a.py")
    with change.unchanged():
        report = change.staged("--gate", "typing", "--gate", "files")
    assert outcome(report, "typing")["verdict"] == "failed"
    assert opened(report) == ["pkg/a.py typing/import-not-found introduced"] or opened(report) == [
        "pkg/a.py typing/attr-defined introduced"
    ]
    change.git("add", "pkg/b.py")
    assert change.staged("--gate", "typing", "--gate", "files")["verdict"] == "passed"


def test_a_staged_deletion_of_what_another_file_imports(change: Change) -> None:
    change.save({"a.py": "from b import double\n\ndouble(1)\n", "b.py": GOOD})
    change.git("rm", "-q", "--cached", "b.py")
    with change.unchanged():
        assert opened(change.staged()) == ["a.py typing/import-not-found introduced"]
    change.git("reset", "-q", "--hard")
    (change.root / "b.py").unlink()
    with change.unchanged():
        assert opened(change.staged()) == []


def test_a_submodule_is_not_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository(tmp_path, monkeypatch)
    other = repository.with_submodule()
    change = Change(tmp_path)
    change.write("sub/b.py", BAD)
    with change.unchanged():
        assert opened(change.staged(*FAST)) == []
    other.save("b.py", BAD)
    change.git("-C", "sub", "checkout", "-q", "-f", "--detach")
    change.git("-C", "sub", "pull", "-q", str(other.root), "main")
    change.write("a.py", BAD)
    change.git("add", "a.py", "sub")
    with change.unchanged():
        assert opened(change.staged(*FAST)) == ["a.py lint/F401 introduced"]


def test_inside_a_submodule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Repository(tmp_path, monkeypatch).with_submodule()
    change = Change(tmp_path)
    change.root = change.root / "sub"
    change.write("b.py", BAD)
    change.git("add", "b.py")
    change.write("b.py", GOOD)
    with change.unchanged():
        assert opened(change.staged(*FAST)) == ["b.py lint/F401 introduced"]


def test_a_linked_worktree_has_an_index_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "main").mkdir()
    main, change = Change(tmp_path / "main"), Change(tmp_path)
    main.git("init", "-q", "-b", "main")
    main.save({"a.py": GOOD, "b.py": GOOD})
    change.root.rmdir()
    main.git("worktree", "add", "-q", "-b", "side", str(change.root))
    change.write("a.py", BAD)
    change.git("add", "a.py")
    change.write("a.py", GOOD)
    main.write("b.py", BAD)
    main.git("add", "b.py")
    with change.unchanged(), main.unchanged():
        assert opened(change.staged(*FAST)) == ["a.py lint/F401 introduced"]
        assert opened(main.staged(*FAST)) == ["b.py lint/F401 introduced"]


@pytest.mark.parametrize(("staged", "tree"), [(BAD, GOOD), (GOOD, BAD), (BAD, BAD), (GOOD, GOOD)])
def test_before_the_first_commit(tmp_path: Path, staged: str, tree: str) -> None:
    change = Change(tmp_path)
    change.git("init", "-q", "-b", "main")
    change.write("a.py", staged)
    change.git("add", "a.py")
    change.lay({"a.py": tree, "untracked.py": BAD})
    with change.unchanged():
        report = change.staged()
    errors = [each for each in opened(report) if "policy/unverified" not in each]
    assert errors == (["a.py lint/F401 introduced"] if staged == BAD else [])
    assert report["exit_code"] == len(errors)


def test_nothing_is_staged_before_the_first_commit(tmp_path: Path) -> None:
    change = Change(tmp_path)
    change.git("init", "-q", "-b", "main")
    change.write("a.py", GOOD)
    with change.unchanged():
        report = change.staged(*FAST)
    assert (report["exit_code"], report["verdict"]) == (3, "broken")
    assert "there is no Python file here" in report["reason"]


@pytest.mark.parametrize("above", [BAD, GOOD])
def test_a_project_in_a_subfolder_of_the_repository(change: Change, above: str) -> None:
    top = change.root
    change.root = top / "services/shop"
    change.save({"gates.toml": 'preset = "internal"\n', "a.py": GOOD})
    change.lay({"a.py": BAD, "../../keep.py": above, "../other.py": BAD})
    change.git("add", "-A", str(top))
    change.lay({"a.py": GOOD})
    with change.unchanged():
        assert opened(change.staged(*FAST)) == ["a.py lint/F401 introduced"]


def test_the_staged_configuration_counts(change: Change) -> None:
    strict = f"{POLICY}[tool.gates.lint]\nselect = ['D']\n"
    change.save({"pyproject.toml": POLICY})
    change.lay({"pyproject.toml": strict, "a.py": GOOD})
    change.git("add", "-A")
    change.lay({"pyproject.toml": POLICY})
    with change.unchanged():
        assert "a.py lint/D100 introduced" in opened(change.staged(*FAST))
    change.git("reset", "-q", "pyproject.toml")
    change.lay({"pyproject.toml": strict})
    with change.unchanged():
        assert opened(change.staged(*FAST)) == []


def test_a_staged_configuration_that_is_wrong(change: Change) -> None:
    change.save({"pyproject.toml": POLICY})
    change.lay({"pyproject.toml": '[tool.gates]\npreset = "unheard-of"\n'})
    change.git("add", "-A")
    change.lay({"pyproject.toml": POLICY})
    with change.unchanged():
        result = change.ran("--staged")
    assert (result.code, result.out) == (2, "")
    assert "preset" in result.said


def test_the_staged_baseline_counts(change: Change) -> None:
    """Only entries that the change adds with a reason count beside a base, so the work tree's may not leak in."""
    change.save({"pyproject.toml": POLICY, "b.py": BAD})
    assert change.gates("baseline", "create").code == 0
    change.save({})
    change.lay({"a.py": "import re\n"})
    change.git("add", "a.py")
    assert change.gates("baseline", "update", "--accept-new", "--reason", "for a while").code == 0
    with change.unchanged():
        assert opened(change.staged(*FAST)) == ["a.py lint/F401 introduced"]
    change.git("add", "-A")
    change.git("restore", "--source=HEAD", "--worktree", "gates-baseline.json")
    with change.unchanged():
        assert opened(change.staged(*FAST)) == []


def test_a_conflict_in_the_index(change: Change) -> None:
    change.save({"a.py": "x = 1\n"})
    change.git("checkout", "-q", "-b", "side")
    change.save({"a.py": "x = 2\n"})
    change.git("checkout", "-q", "main")
    change.save({"a.py": "x = 3\n"})
    with pytest.raises(subprocess.CalledProcessError):
        change.git("merge", "-q", "side")
    with change.unchanged():
        result = change.ran("--staged")
    assert (result.code, result.out) == (2, "")
    assert "`a.py` is in conflict" in result.said
    assert "Resolve the conflict" in result.said


def test_the_result_of_a_merge_is_compared_with_head(change: Change) -> None:
    change.git("checkout", "-q", "-b", "side")
    change.save({"side.py": BAD})
    change.git("checkout", "-q", "main")
    change.save({"main.py": "import re\n"})
    change.git("merge", "-q", "--no-commit", "side")
    with change.unchanged():
        assert opened(change.staged(*FAST)) == ["side.py lint/F401 introduced"]


@pytest.mark.parametrize("conversion", ["true", "input", "false"])
@pytest.mark.parametrize("attributes", ["", "* text=auto eol=crlf\n"])
def test_line_endings_that_git_converts(change: Change, conversion: str, attributes: str) -> None:
    change.git("config", "core.autocrlf", conversion)
    crlf = (GOOD + "\n\n" + GOOD.replace("double", "twice")).replace("\n", "\r\n")
    change.save({".gitattributes": attributes, "a.py": crlf, "b.py": "import os\r\n\r\nx = 1\r\n"})
    with change.unchanged():
        assert opened(change.staged(*FAST)) == []
    change.write("a.py", "import re\r\n" + crlf)
    change.git("add", "a.py")
    with change.unchanged():
        assert opened(change.staged(*FAST)) == ["a.py lint/F401 introduced"]
        assert opened(change.since("HEAD", *FAST)) == ["a.py lint/F401 introduced"]


def test_only_the_line_endings_changed(change: Change) -> None:
    debt = "import os\n\n\ndef f(a):\n    try:\n        return a\n    except:\n        raise ValueError\n"
    change.save({"a.py": debt})
    change.write("a.py", debt.replace("\n", "\r\n"))
    change.git("add", "a.py")
    with change.unchanged():
        assert opened(change.staged(*FAST)) == []


def test_a_link_and_an_executable(change: Change) -> None:
    change.save({"a.py": GOOD, "pkg/b.py": BAD})
    (change.root / "a.py").chmod(0o755)
    (change.root / "link.py").symlink_to("pkg/b.py")
    change.git("add", "-A")
    (change.root / "link.py").unlink()
    with change.unchanged():
        assert opened(change.staged(*FAST)) == []


def test_a_name_that_is_not_utf_8(change: Change) -> None:
    change.lay({"latin-\udce9.py": BAD})
    change.git("add", "-A")
    change.lay({"latin-\udce9.py": GOOD})
    with change.unchanged():
        found = opened(change.staged(*FAST))
    assert [each for each in found if "lint/F401" in each] != []


def commit(change: Change, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run `git commit` with a hook that asks gates."""
    hooks = change.base / "hooks"
    hooks.mkdir(exist_ok=True)
    gates = "check --staged --output-format concise --gate lint --gate files"
    (hooks / "pre-commit").write_text(f"#!/bin/sh\nexec {GATES} {gates}\n")
    (hooks / "pre-commit").chmod(0o755)
    argv = ["git", *AUTHOR, "-c", f"core.hooksPath={hooks}", "commit", "-q", "-m", "it", *arguments]
    env = change.environment({"GIT_CONFIG_NOSYSTEM": "1"})
    return subprocess.run(argv, cwd=change.root, env=env, capture_output=True, check=False)


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("folder", ["", "services/shop"])
@pytest.mark.parametrize(
    ("arguments", "red"),
    [
        ((), ["a.py"]),
        (("-a",), ["b.py"]),
        (("b.py",), ["b.py"]),
        (("-i", "b.py"), ["a.py", "b.py"]),
        (("c.py",), []),
        (("--amend",), ["a.py"]),
    ],
)
def test_in_the_hook_of_a_commit(
    tmp_path: Path, linked: bool, folder: str, arguments: tuple[str, ...], red: list[str]
) -> None:
    """`a.py` is bad only in the index, `b.py` only in the work tree, `c.py` is bad nowhere."""
    change = Change(tmp_path)
    change.git("init", "-q", "-b", "main")
    if linked:
        change.save({})
        change.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"))
        change.root = tmp_path / "linked"
    change.root = change.root / folder
    change.save({"pyproject.toml": POLICY, **dict.fromkeys(("a.py", "b.py", "c.py"), GOOD)})
    change.write("a.py", BAD)
    change.git("add", "a.py")
    change.lay({"a.py": GOOD, "b.py": BAD, "c.py": "x = 1\n", "untracked.py": BAD})
    before = change.git("rev-parse", "HEAD")
    done = commit(change, *arguments)
    said = done.stdout + done.stderr
    assert (done.returncode, change.git("rev-parse", "HEAD") == before) == ((1, True) if red else (0, False)), said
    assert [each for each in ("a.py", "b.py", "c.py", "untracked.py") if f"{each}:1:8".encode() in said] == red
    status = change.git("status", "--porcelain")
    assert [line[:2] for line in status.splitlines() if line.endswith("a.py")] == ["MM"]
    assert (change.root / "b.py").read_text() == BAD
