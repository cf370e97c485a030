"""`gates check --since REF`: a change answers for what it did, wherever that shows, and for nothing else."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.comparisons import POLICY, Change, opened, origins, reasons
from tests.project import CLEAN, Project, outcome

RULES = f"""{POLICY}[tool.gates.complexity]
cyclomatic = 4
[tool.gates.size]
function-lines = 20
[tool.gates.duplication]
max-percent = 2.0
min-tokens = 30
[tool.gates.layers]
packages = ["pkg"]
[[tool.gates.layers.contracts]]
id = "down"
type = "layers"
layers = ["pkg.web", "pkg.store"]
why = "The web knows the store."
"""

COPIED = """
def {name}(numbers: list[int], factor: int) -> dict[str, int]:
    total = sum(numbers) * factor
    largest = max(numbers, default=0) + factor
    smallest = min(numbers, default=0) - factor
    middle = sorted(numbers)[len(numbers) // 2] if numbers else factor
    return {{"total": total, "largest": largest, "smallest": smallest, "middle": middle}}
"""


def tangled(name: str, branches: int = 5) -> str:
    """Return a function with so many branches."""
    lines = (f"    if a == {number}:\n        return {number + 1}\n" for number in range(branches))
    return f"def {name}(a: int) -> int:\n{''.join(lines)}    return a\n"


LONG = "def long(a: int) -> int:\n" + "".join(f"    a += {number}\n" for number in range(25)) + "    return a\n"
DEBT: Mapping[str, str | bytes | None] = {
    "pyproject.toml": RULES,
    "pkg/__init__.py": "",
    "pkg/web.py": "x = 1\n",
    "pkg/store.py": "from pkg.web import x\n\ny = x\n",
    "pkg/tangled.py": tangled("tangled"),
    "pkg/one.py": COPIED.format(name="one"),
    "pkg/two.py": COPIED.format(name="two"),
    "pkg/long.py": LONG,
    "pkg/typed.py": 'a: int = ""\n',
    "pkg/unused.py": "import os\n",
}
"""What is wrong in every way: a finding of each gate, or two."""

FAST = ("--gate", "lint", "--gate", "files", "--gate", "complexity")


@pytest.fixture
def debt(tmp_path: Path) -> Change:
    """A project full of debt, on a branch that has not changed anything yet."""
    project = Change(tmp_path)
    project.git("init", "-q", "-b", "main")
    project.save(DEBT)
    project.git("checkout", "-q", "-b", "work")
    return project


def test_a_branch_that_adds_nothing_bad_is_green_over_a_base_full_of_debt(debt: Change) -> None:
    assert debt.gates("check", timeout=120).code == 1
    debt.save(
        {"pkg/fresh.py": CLEAN, "pkg/one.py": "# A remark.\n" + COPIED.format(name="one"), "pkg/web.py": "x = 2\n"}
    )
    with debt.unchanged():
        report = debt.since("main")
    assert (opened(report), report["exit_code"], reasons(report)) == ([], 0, {})
    assert origins(report).keys() == {"inherited"}
    found = {each["gate"]: Counter(finding["rule"] for finding in each["findings"]) for each in report["outcomes"]}
    assert {gate: dict(each) for gate, each in found.items() if each} == {
        "complexity": {"complexity/cyclomatic": 1},
        "duplication": {"duplication/clone": 1, "duplication/percent": 1},
        "layers": {"layers/down": 1},
        "lint": {"lint/F401": 1},
        "size": {"size/function-lines": 1},
        "typing": {"typing/assignment": 1},
    }
    assert report["scope"]["kind"] == "since"


def test_nothing_changed_at_all(debt: Change) -> None:
    with debt.unchanged():
        report = debt.since("main")
    assert (opened(report), report["exit_code"]) == ([], 0)
    assert debt.since("HEAD")["exit_code"] == 0


def test_each_gate_finds_what_a_change_adds(debt: Change) -> None:
    debt.save(
        {
            "pkg/tangled_too.py": tangled("tangled_too", 6),
            "pkg/three.py": COPIED.format(name="three"),
            "pkg/long_too.py": LONG.replace("+=", "-="),
            "pkg/typed_too.py": "b: str = 1\n",
            "pkg/unused_too.py": "import re\n",
            "pkg/store.py": "from pkg.between import z\nfrom pkg.web import x\n\ny = x + z\n",
            "pkg/between.py": "from pkg.web import x\n\nz = x\n",
        }
    )
    report = debt.since("main")
    assert {each.split()[1] for each in opened(report)} == {
        "complexity/cyclomatic",
        "duplication/clone",
        "layers/down",
        "lint/F401",
        "size/function-lines",
        "typing/assignment",
    }
    assert origins(report)["inherited"] >= 7


def test_a_changed_signature_breaks_its_caller_in_an_untouched_file(debt: Change) -> None:
    debt.git("checkout", "-q", "main")
    debt.save({"pkg/lib.py": "def f(a: int) -> int:\n    return a\n", "pkg/user.py": "from pkg.lib import f\n\nf(1)\n"})
    debt.git("checkout", "-q", "-B", "work")
    debt.save({"pkg/lib.py": "def f(a: str) -> str:\n    return a\n"})
    report = debt.since("main")
    assert opened(report) == ["pkg/user.py typing/arg-type introduced"]
    assert debt.since("main", "--gate", "typing")["verdict"] == "failed"


def test_an_import_breaks_a_contract_through_an_untouched_file(debt: Change) -> None:
    debt.git("checkout", "-q", "main")
    debt.save({"pkg/store.py": "from pkg.middle import z\n\ny = z\n", "pkg/middle.py": "z = 1\n"})
    debt.git("checkout", "-q", "-B", "work")
    debt.save({"pkg/middle.py": "from pkg.web import x\n\nz = x\n"})
    found = opened(debt.since("main"))
    assert [each.split()[1:] for each in found] == [["layers/down", "introduced"]]


@pytest.mark.parametrize("name", ["pkg/moved.py", "pkg/below/__init__.py", "elsewhere/deep/moved.py"])
@pytest.mark.parametrize("old", ["pkg/tangled.py", "pkg/long.py", "pkg/typed.py", "pkg/unused.py", "pkg/two.py"])
def test_a_file_that_was_moved_takes_its_debt_along(debt: Change, old: str, name: str) -> None:
    debt.save({old: None, name: DEBT[old]})
    report = debt.since("main")
    assert (opened(report), report["exit_code"]) == ([], 0)


def test_deleted_code_counts_as_resolved(debt: Change) -> None:
    debt.save(dict.fromkeys(("pkg/tangled.py", "pkg/long.py", "pkg/typed.py", "pkg/unused.py", "pkg/two.py")))
    report = debt.since("main")
    assert (opened(report), report["exit_code"]) == ([], 0)
    assert report["summary"]["resolved"] == 6


def test_nothing_in_a_file_that_cannot_be_read_is_resolved(debt: Change) -> None:
    debt.save({"pkg/tangled.py": "def (\n", "pkg/unused.py": "def (\n"})
    report = debt.since("main", *FAST, "--gate", "complexity")
    assert opened(report) == ["pkg/tangled.py files/syntax introduced", "pkg/unused.py files/syntax introduced"]
    assert report["summary"]["resolved"] == 0


def test_a_change_that_brings_the_first_rules_is_no_error_in_ci(tmp_path: Path) -> None:
    change = Change(tmp_path)
    change.git("init", "-q", "-b", "main")
    change.save({"a.py": CLEAN})
    change.save({"pyproject.toml": RULES.partition("[tool.gates.layers]")[0]})
    report = change.since("HEAD~1", "--gate", "policy", env={"CI": "1"})
    ((finding,),) = (outcome["findings"] for outcome in report["outcomes"])
    assert (finding["rule"], finding["severity"], report["exit_code"]) == ("policy/unverified", "warning", 0)
    assert finding["help"].startswith("The change brings the first rules")


def test_what_came_with_main_is_not_blamed_on_the_branch(debt: Change) -> None:
    debt.save({"pkg/fresh.py": CLEAN})
    debt.git("checkout", "-q", "main")
    debt.save({"pkg/drift.py": "import re\n"})
    debt.git("checkout", "-q", "work")
    debt.git("merge", "-q", "-m", "merge", "main")
    assert opened(debt.since("main", *FAST)) == []
    debt.save({"pkg/fresh.py": "import json\n" + CLEAN})
    assert opened(debt.since("main", *FAST)) == ["pkg/fresh.py lint/F401 introduced"]
    assert len(opened(debt.since("main~1", *FAST))) == 2


def test_the_base_is_where_the_branch_left_not_where_main_is_by_now(debt: Change) -> None:
    debt.save({"pkg/fresh.py": CLEAN})
    left = debt.git("rev-parse", "main").strip()
    debt.git("checkout", "-q", "main")
    debt.save({"pkg/unused.py": "x = 1\n", "pkg/tangled.py": CLEAN, "pkg/drift.py": "import re\n"})
    debt.git("checkout", "-q", "work")
    report = debt.since("main", *FAST)
    assert (opened(report), report["exit_code"]) == ([], 0)
    assert report["scope"]["base"] == left


@pytest.mark.parametrize("ref", ["main", "refs/heads/main", "v1", "HEAD~1", "main^{commit}", "@{-1}", "id", "short"])
def test_every_way_to_name_a_commit(debt: Change, ref: str) -> None:
    debt.git("tag", "-m", "one", "v1")
    commit = debt.git("rev-parse", "HEAD").strip()
    debt.save({"pkg/fresh.py": "import re\n"})
    name = {"id": commit, "short": commit[:9]}.get(ref, ref)
    assert opened(debt.since(name, *FAST)) == ["pkg/fresh.py lint/F401 introduced"]


def refused(change: Change, ref: str) -> str:
    """Return what is said when a ref cannot be compared with."""
    with change.unchanged():
        result = change.ran("--since", ref)
    assert (result.code, result.out) == (2, ""), result
    return result.said


@pytest.mark.parametrize(
    "ref", ["nowhere", "origin/nowhere", "deadbeef" * 5, "-x", "^main", "a\nb", ":/all", "main:pkg"]
)
def test_a_ref_that_is_not_there(debt: Change, ref: str) -> None:
    said = refused(debt, ref)
    assert said.startswith("error: ")
    assert said.count("\n") >= 2, said


def test_a_branch_that_only_the_remote_has(debt: Change) -> None:
    debt.git("update-ref", "refs/remotes/origin/release", "HEAD")
    assert "Did you mean `origin/release`?" in refused(debt, "release")


def test_histories_that_have_nothing_in_common(debt: Change) -> None:
    debt.git("checkout", "-q", "--orphan", "island")
    debt.save({}, "an island")
    assert "have no common ancestor" in refused(debt, "main")


def test_before_the_first_commit(tmp_path: Path) -> None:
    change = Change(tmp_path)
    change.git("init", "-q", "-b", "main")
    change.write("a.py")
    assert "nothing is committed yet" in refused(change, "HEAD")


def test_without_a_repository(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.py")
    result = project.gates("check", "--since", "main")
    assert (result.code, result.out) == (2, "")
    assert "there is no git work tree here" in result.said


def test_a_shallow_clone_says_what_to_fetch(debt: Change, tmp_path: Path) -> None:
    debt.save({"pkg/fresh.py": "import re\n"})
    debt.git("checkout", "-q", "main")
    debt.save({"pkg/drift.py": CLEAN})
    (tmp_path / "shallow").mkdir()
    shallow = Change(tmp_path / "shallow")
    shallow.git("clone", "-q", "--depth", "1", "--no-single-branch", "-b", "work", f"file://{debt.root}", ".")
    assert "git fetch --unshallow" in refused(shallow, "origin/main")
    assert "git fetch --unshallow" in refused(shallow, "HEAD~1")
    shallow.git("fetch", "-q", "--unshallow")
    assert opened(shallow.since("origin/main", *FAST)) == ["pkg/fresh.py lint/F401 introduced"]


def test_a_base_with_a_file_that_does_not_parse(tmp_path: Path) -> None:
    change = Change(tmp_path)
    change.git("init", "-q", "-b", "main")
    change.save({"pyproject.toml": POLICY, "broken.py": "def (\n", "a.py": CLEAN})
    change.save({"b.py": CLEAN})
    report = change.since("HEAD~1")
    assert (opened(report), report["exit_code"]) == ([], 0)
    change.save({"b.py": "import os\n"})
    assert opened(change.since("HEAD~2")) == ["b.py lint/F401 introduced"]
    change.save({"broken.py": CLEAN})
    assert change.since("HEAD~1")["exit_code"] == 0


def test_a_file_that_no_longer_parses(debt: Change) -> None:
    debt.save({"pkg/two.py": "def (\n"})
    assert "pkg/two.py files/syntax introduced" in opened(debt.since("main"))


def test_a_base_without_a_python_file(tmp_path: Path) -> None:
    change = Change(tmp_path)
    change.git("init", "-q", "-b", "main")
    change.save({"pyproject.toml": POLICY, "README.md": "Nothing yet.\n"})
    change.save({"a.py": CLEAN})
    assert change.since("HEAD~1")["exit_code"] == 0
    change.save({"a.py": "import os\n"})
    assert opened(change.since("HEAD~2")) == ["a.py lint/F401 introduced"]


def test_all_python_was_deleted(debt: Change) -> None:
    debt.git("rm", "-q", "-r", "pkg")
    debt.save({})
    report = debt.since("main")
    assert (report["exit_code"], report["verdict"]) == (3, "broken")


def test_a_gate_that_could_not_decide_about_the_base(tmp_path: Path) -> None:
    """The contract names a package that the base does not have."""
    change = Change(tmp_path)
    change.git("init", "-q", "-b", "main")
    change.save({"pyproject.toml": RULES, "a.py": CLEAN})
    files = {name: DEBT[name] for name in ("pkg/__init__.py", "pkg/web.py", "pkg/store.py")}
    change.save({**files, "pkg/store.py": "y = 1\n"})
    report = change.since("HEAD~1")
    assert (opened(report), report["exit_code"]) == ([], 0)
    change.save(files)
    report = change.since("HEAD~2")
    assert opened(report) == ["pkg/store.py layers/down unknown"]
    assert reasons(report)["layers"].startswith("the base could not be judged")


def test_only_what_lies_below_the_paths(debt: Change) -> None:
    debt.save({"pkg/fresh.py": "import re\n", "other/fresh.py": "import json\n"})
    assert opened(debt.since("main", *FAST, "other")) == ["other/fresh.py lint/F401 introduced"]
    report = debt.since("main", *FAST, "pkg/one.py")
    assert (opened(report), report["exit_code"], report["summary"]["resolved"]) == ([], 0, 0)
    result = debt.ran("--since", "main", "nowhere")
    assert (result.code, result.out) == (2, "")


def test_one_gate(debt: Change) -> None:
    debt.save({"pkg/fresh.py": "import re\n\na: int = ''\n"})
    report = debt.since("main", "--gate", "lint", "--gate", "files")
    assert opened(report) == ["pkg/fresh.py lint/F401 introduced"]
    assert [each["gate"] for each in report["outcomes"]] == ["files", "lint"]


@pytest.mark.parametrize("how", ["untracked", "unstaged", "staged", "announced"])
def test_what_is_not_committed_counts(debt: Change, how: str) -> None:
    debt.lay({"pkg/fresh.py": "import re\n"} if how != "unstaged" else {"pkg/web.py": "import re\n\nx = 1\n"})
    if how in ("staged", "announced"):
        debt.git("add", *(["-N"] if how == "announced" else []), "pkg/fresh.py")
    name = "pkg/web.py" if how == "unstaged" else "pkg/fresh.py"
    with debt.unchanged():
        assert opened(debt.since("main", *FAST)) == [f"{name} lint/F401 introduced"]


def test_an_accepted_function_that_got_worse_or_better(debt: Change) -> None:
    debt.save({"pkg/tangled.py": tangled("tangled", 6)})
    assert opened(debt.since("main", *FAST)) == ["pkg/tangled.py complexity/cyclomatic worsened"]
    debt.save({"pkg/tangled.py": tangled("tangled", 4)})
    report = debt.since("main", *FAST)
    assert (opened(report), report["exit_code"]) == ([], 0)


@pytest.mark.parametrize("name", ["pkg/copy.py", "elsewhere/tangled.py", "pkg/tangled.py"])
@pytest.mark.parametrize("function", ["tangled", "another"])
def test_the_copy_of_a_function_is_introduced_not_the_original(debt: Change, name: str, function: str) -> None:
    before = DEBT.get(name, "")
    assert isinstance(before, str)
    if function == "tangled" and before:
        return
    debt.save({name: tangled(function) + "\n" + before})
    report = debt.since("main", *FAST)
    assert opened(report) == [f"{name} complexity/cyclomatic introduced"]
    symbols = [
        each["location"]["symbol"] for each in outcome(report, "complexity")["findings"] if each["status"] == "open"
    ]
    assert [each.partition(":")[2] for each in symbols] == [function]


def test_the_copy_of_a_line_is_introduced(debt: Change) -> None:
    debt.save({"pkg/another.py": "import os\n"})
    assert opened(debt.since("main", *FAST)) == ["pkg/another.py lint/F401 introduced"]


def test_deleting_clean_code_may_raise_the_share_of_copies(debt: Change) -> None:
    debt.git("checkout", "-q", "main")
    clean = "".join(
        f"def f{number}(a: int) -> int:\n    return a * {number} - {number + 1}\n\n\n" for number in range(40)
    )
    debt.save({"pkg/much.py": clean})
    debt.git("checkout", "-q", "-B", "work")
    debt.save({"pkg/much.py": None})
    report = debt.since("main", "--gate", "duplication", "--gate", "files")
    percent = next(each for each in outcome(report, "duplication")["findings"] if each["rule"] == "duplication/percent")
    assert percent["measure"]["value"] > 10
    assert (opened(report), report["exit_code"]) == ([], 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import os\n", "import re\n"),
        ("import os\nimport sys\n", "import sys\nimport re\n"),
        ("def f(a: int) -> None:\n    a == 1\n", "def f(a: int) -> None:\n    a == 2\n"),
        (
            "def f(a: int) -> None:\n    a == 1\n    b = 1\n    print(a)\n",
            "def f(a: int) -> None:\n    a == 1\n    print(a)\n    c = 3\n",
        ),
        (
            "def f() -> None:\n    try:\n        print()\n    except:\n        raise\n",
            "def g() -> None:\n    try:\n        print()\n    except:\n        raise\n    assert (1, 2)\n",
        ),
        ("def f(a: int = undefined) -> int:\n    return a\n", "def f(a: int) -> int:\n    return a + undefined\n"),
    ],
)
def test_another_violation_in_the_place_of_one_is_one(debt: Change, before: str, after: str) -> None:
    debt.git("checkout", "-q", "main")
    select = '[tool.gates.lint]\nselect = ["F", "E7", "B"]\n'
    debt.save({"pyproject.toml": RULES + select, "pkg/swapped.py": before})
    debt.git("checkout", "-q", "-B", "work")
    debt.save({"pkg/swapped.py": after})
    found = opened(debt.since("main", "--gate", "lint", "--gate", "files"))
    assert len(found) == 1, found
    assert found[0].endswith("introduced")


def test_an_edit_of_a_flagged_line_makes_it_the_editors(debt: Change) -> None:
    debt.git("checkout", "-q", "main")
    debt.save({"pkg/flagged.py": "def f(a: int) -> None:\n    a == compute(a, 1)\n"})
    debt.git("checkout", "-q", "-B", "work")
    debt.save({"pkg/flagged.py": "def f(a: int) -> None:\n    a == compute(a, 1, 2)\n"})
    found = opened(debt.since("main", "--gate", "lint", "--gate", "files"))
    assert found == ["pkg/flagged.py lint/B015 introduced", "pkg/flagged.py lint/F821 introduced"]


def test_a_base_in_the_middle_of_a_merge(debt: Change) -> None:
    debt.git("checkout", "-q", "-b", "other", "main")
    debt.save({"pkg/web.py": "x = 2\n"})
    debt.git("checkout", "-q", "work")
    debt.save({"pkg/web.py": "x = 3\n"})
    with pytest.raises(subprocess.CalledProcessError):
        debt.git("merge", "-q", "other")
    with debt.unchanged():
        found = opened(debt.since("main", *FAST))
    assert found == ["pkg/web.py files/merge-conflict introduced", "pkg/web.py files/syntax introduced"]


def test_from_a_folder_of_the_project_and_in_a_folder_of_the_repository(tmp_path: Path) -> None:
    change = Change(tmp_path)
    change.git("init", "-q", "-b", "main")
    top = change.root
    change.root = top / "services/shop"
    change.save({"gates.toml": 'preset = "internal"\n', "pkg/a.py": "import os\n", "../other/b.py": "import os\n"})
    change.save({"pkg/c.py": "import re\n", "../other/d.py": "import re\n"})
    assert opened(change.since("HEAD~1", *FAST)) == ["pkg/c.py lint/F401 introduced"]
    change.root = change.root / "pkg"
    assert opened(change.since("HEAD~1", *FAST)) == ["pkg/c.py lint/F401 introduced"]
    assert opened(change.since("HEAD~1", *FAST, "a.py")) == []
