"""A commit that only edits files is judged by these files alone, and comes to what a look at all of them comes to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates import asking, engine, narrowing
from gates.facts.analyse import analyse
from gates.model import Finding, GatesError, Report, Status
from tests.comparisons import POLICY, Change
from tests.examples import examples
from tests.project import CLEAN

NEST = "def deep(a):\n" + "".join(f"{'    ' * n}if a > {n}:\n" for n in range(1, 12)) + f"{'    ' * 12}return a\n"
PARTS = (
    "import os\n",
    "import os as other\n",
    "def kept():\n    return 1\n",
    "def named(a):\n    return [x for x in a]\n",
    "def renamed(a):\n    return [x for x in a]\n",
    NEST,
    NEST.replace("deep", "deeper"),
    NEST.replace(" 11:", " 11 and a:"),
    "x = 1  # noqa\n",
    "y = 2  # gates: allow[lint/E501] a reason\n",
    "def test_it():\n    assert kept()\n    assert kept() == 1\n",
    "def test_it():\n    assert kept()\n",
    "# only words\n",
    "\n\n",
)
FILES = ("pkg/a.py", "pkg/b.py", "test_c.py")
CONTENTS = st.lists(st.sampled_from(PARTS), max_size=5).map("".join)
analyse(b"")  # sets the limit of recursion, which hypothesis wants to find as it leaves it
READS = ("file", "results", "change")


@pytest.fixture
def change(tmp_path: Path) -> Change:
    project = Change(tmp_path)
    project.git("init", "-q", "-b", "main")
    project.save({"gates.toml": POLICY.replace("[tool.gates]\n", ""), "pkg/__init__.py": "", "keep.py": CLEAN})
    return project


def judged(change: Change, monkeypatch: pytest.MonkeyPatch, since: str = "") -> Report:
    """Return what is said of the index, in this process; compared with a ref, all files are looked at."""
    monkeypatch.chdir(change.root)
    monkeypatch.setenv("GATES_CACHE", str(change.home / "cache"))
    request = asking.Request(loaded=asking.load(), staged=True, since=since, reads=READS, jobs=2)
    return engine.check(request)


def said(report: Report, paths: frozenset[str]) -> list[tuple[Any, ...]]:
    """Return what a report says of some files, and all that is open."""
    found = (each for outcome in report.outcomes for each in outcome.findings)
    return sorted(_said(each) for each in found if each.location.path in paths or each.status is Status.OPEN)


def _said(each: Finding) -> tuple[Any, ...]:
    place = each.location
    return (place.path, place.line, place.column, each.rule, each.message, each.status, each.origin, place.symbol)


@examples(15)
@given(
    before=st.fixed_dictionaries(dict.fromkeys(FILES, CONTENTS)),
    now=st.dictionaries(st.sampled_from(FILES), CONTENTS, min_size=1),
)
def test_what_is_said_is_what_a_look_at_all_files_says(
    before: Mapping[str, str], now: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = Change(tmp_path_factory.mktemp("p"))
    project.git("init", "-q", "-b", "main")
    project.save({"gates.toml": 'preset = "internal"\n', "pkg/__init__.py": "", **before})
    project.lay(now)
    project.git("add", "-A")
    with pytest.MonkeyPatch.context() as patch:
        narrow, whole = judged(project, patch), judged(project, patch, "HEAD")
    edited = frozenset(path for path in now if now[path] != before[path])
    assert said(narrow, edited) == said(whole, edited)
    assert narrow.exit_code == whole.exit_code
    assert narrow.files == (len(edited) or len(before) + 1)


@pytest.mark.parametrize(
    ("files", "staged"),
    [
        ({"new.py": CLEAN}, True),
        ({"keep.py": None}, True),
        ({"gates.toml": 'preset = "production"\n', "keep.py": "x = 1\n"}, True),
        ({"gates.toml": 'preset = "production"\n'}, False),
        ({"keep.py": "x = 2\n"}, False),
    ],
    ids=["added", "removed", "policy", "policy in the work tree", "partly staged"],
)
def test_more_than_an_edit_is_a_look_at_all_files(
    change: Change, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str | None], staged: bool
) -> None:
    change.lay({"keep.py": f"{CLEAN}x = 1\n"})
    change.git("add", "-A")
    change.lay(files)
    if staged:
        change.git("add", "-A")
    assert judged(change, monkeypatch).files == len(change.git("ls-files", "*.py").split())


def test_what_lies_around_an_edited_file_is_what_is_tracked(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a folder is a package (INP001), and what is of the project (I001), depends on the names around a file."""
    change.save(
        {
            "gates.toml": 'preset = "internal"\n[lint]\nselect = ["INP", "I"]\n',
            "loose/a.py": '"""A."""\n',
            "pkg/b.py": "import os\n\nimport pkg\nimport stray\n\n__all__ = ['os', 'pkg', 'stray']\n",
        }
    )
    change.lay({"loose/a.py": '"""B."""\n', "loose/__init__.py": "", "stray.py": ""})
    change.lay({"pkg/b.py": "import os\n\nimport stray\n\nimport pkg\n\n__all__ = ['os', 'pkg', 'stray']\n"})
    change.git("add", "loose/a.py", "pkg/b.py")
    narrow = judged(change, monkeypatch)
    assert narrow.files == len(["loose/a.py", "pkg/b.py"])
    assert said(narrow, frozenset(["loose/a.py", "pkg/b.py"])) == said(
        judged(change, monkeypatch, "HEAD"), frozenset(["loose/a.py", "pkg/b.py"])
    )


LINT = 'preset = "internal"\n[lint]\nselect = ["I", "INP"]\n'
APART = "import os\n\nimport {}\n\nimport keep\n\n__all__ = ['keep']\n"
TOGETHER = "import os\n\nimport keep\nimport {}\n\n__all__ = ['keep']\n"
"""The one is sorted when a module is none of the project's own, the other when it is."""


@pytest.mark.parametrize(
    ("module", "ignored"),
    [("src/stray.py", ""), ("pkg/stray.py", ""), ("stray.py", "stray.py"), ("src/stray.py", "stray.py")],
)
def test_which_modules_are_of_the_project_is_told_alike(
    change: Change, monkeypatch: pytest.MonkeyPatch, module: str, ignored: str
) -> None:
    """What nobody has staged is no module of the project, at any depth; what is generated is one in every state."""
    name = module.removesuffix(".py").removeprefix("src/").replace("/", ".")
    files = {"src/own.py": "", ".gitignore": ignored, "app/a.py": "", "app/b.py": "", "app/__init__.py": ""}
    change.save({"gates.toml": LINT, **files})
    change.lay({module: "", "app/a.py": APART.format(name), "app/b.py": TOGETHER.format(name)})
    change.git("add", "app")
    edited = frozenset(["app/a.py", "app/b.py"])
    narrow, whole = judged(change, monkeypatch), judged(change, monkeypatch, "HEAD")
    assert said(narrow, edited) == said(whole, edited)
    assert [each.location.path for each in narrow.open()] == (["app/a.py"] if ignored else ["app/b.py"])
    assert narrow.files == len(edited)


def test_a_folder_is_a_package_by_a_generated_file_too(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    change.save({"gates.toml": LINT, ".gitignore": "app/__init__.py\n", "app/a.py": CLEAN})
    change.lay({"app/a.py": f"{CLEAN}x = 1\n"})
    change.git("add", "-A")
    assert [each.rule for each in judged(change, monkeypatch).findings()] == ["lint/INP001"]
    change.lay({"app/__init__.py": ""})
    narrow = judged(change, monkeypatch)
    assert (narrow.files, narrow.findings()) == (1, judged(change, monkeypatch, "HEAD").findings()) == (1, ())


SKIPPED = "import pytest\n\n\n@pytest.mark.skip(reason='later')\ndef test_it():\n    assert pytest\n"


def test_a_mark_that_only_an_untouched_test_has_covers_no_other(
    change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To make a file executable is to change none of its tests."""
    change.save({"test_a.py": SKIPPED, "test_b.py": SKIPPED.replace("@pytest.mark.skip(reason='later')\n", "")})
    change.lay({"test_b.py": SKIPPED})
    os.chmod(change.root / "test_a.py", 0o755)
    change.git("add", "-A")
    narrow = judged(change, monkeypatch)
    assert (narrow.files, [each.rule for each in narrow.open()]) == (2, ["tests/skipped"])


def test_a_test_may_move_out_of_a_file_that_is_not_inspected(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    change.save(
        {"gates.toml": 'preset = "internal"\nexclude = ["old/**"]\n', "old/test_a.py": SKIPPED, "test_b.py": ""}
    )
    change.lay({"old/test_a.py": "", "test_b.py": SKIPPED})
    change.git("add", "-A")
    narrow = judged(change, monkeypatch)
    assert (narrow.files, narrow.exit_code) == (1, 0)


def test_a_commit_of_files_that_are_not_inspected_is_judged_as_any_other(
    change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = 'preset = "internal"\nexclude = ["old/**"]\n'
    change.save({"gates.toml": policy, "old/a.py": CLEAN, ".github/workflows/ci.yml": "on: push\n"})
    change.lay({"old/a.py": "x = 1\n", ".github/workflows/ci.yml": "on: []\n"})
    change.git("add", "-A")
    report = judged(change, monkeypatch)
    assert (report.exit_code, [each.rule for each in report.open()]) == (0, ["policy/guard-changed"])


@pytest.mark.parametrize("staged", ["a.py", "."])
def test_a_policy_behind_a_link_is_none_that_was_committed(
    change: Change, monkeypatch: pytest.MonkeyPatch, staged: str
) -> None:
    """What a link points at is no configuration to git, and may be altered without a trace."""
    change.lay({"gates.toml": None, "rules": 'preset = "internal"\n', "a.py": CLEAN})
    os.symlink("rules", change.root / "gates.toml")
    change.save({})
    change.lay({"rules": 'preset = "internal"\n[lint]\nselect = ["E9"]\n', "a.py": f"import os\n\n{CLEAN}"})
    change.git("add", staged)
    with pytest.raises(GatesError, match=r"gates\.toml is a link, and those of a commit are not followed"):
        judged(change, monkeypatch)


def test_rules_that_are_read_from_another_file_are_asked_of_all_files(
    change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    change.save(
        {
            "gates.toml": 'preset = "internal"\n[lint]\ninherit = true\n',
            "ruff.toml": 'extend = "conf/rules"\n',
            "conf/rules": 'lint.select = ["F"]\n',
        }
    )
    change.lay({"conf/rules": 'lint.select = ["E9"]\n', "keep.py": f"import os\n\n{CLEAN}", "new.py": ""})
    change.git("add", "keep.py")
    broken = judged(change, monkeypatch)
    assert (broken.exit_code, broken.exit_code) == (3, judged(change, monkeypatch, "HEAD").exit_code)


def test_other_files_are_read_once_for_both_states(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    budget = "[suppressions]\nlimits = { F401 = 1 }\n"
    allowed = "import os  # noqa: F401 - a reason\nimport re  # noqa: F401 - a reason\n"
    change.save({"gates.toml": f'preset = "internal"\n{budget}', "pkg/a.py": allowed, "b.py": ""})
    change.lay({"b.py": allowed, "pkg/a.py": ""})
    change.git("add", "b.py")
    narrow = judged(change, monkeypatch)
    rules = {each.rule for each in narrow.open()}
    assert rules == {"suppressions/too-many", "suppressions/added"}
    assert (narrow.files, narrow.seconds < 3) == (1, True)


def test_a_budget_that_the_commit_exceeds_is_told_wherever_the_last_one_stands(
    change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = "import os  # noqa: F401 - a reason\n"
    policy = 'preset = "internal"\n[suppressions]\nlimits = { F401 = 1 }\n'
    change.save({"gates.toml": policy, "a.py": "", "z.py": allowed})
    change.lay({"a.py": allowed})
    change.git("add", "-A")
    narrow = judged(change, monkeypatch)
    assert (narrow.files, narrow.exit_code) == (1, 1)
    assert said(narrow, frozenset(["a.py"])) == said(judged(change, monkeypatch, "HEAD"), frozenset(["a.py"]))


@pytest.mark.parametrize("name", ["a.py", "lib/a.py"], ids=["beside", "in another folder"])
def test_what_is_remembered_of_other_files_is_of_what_they_hold(
    change: Change, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    allowed = "import os  # noqa: F401 - a reason\n\n\ndef kept():\n    return 1\n"
    change.save({"gates.toml": 'preset = "internal"\n[suppressions]\nlimits = { F401 = 0 }\n', name: allowed})
    change.lay({"keep.py": f"{CLEAN}x = 1\n", name: f"{allowed}\n\nother = 1\n"})
    change.git("add", "keep.py")
    assert judged(change, monkeypatch).files == 1
    change.git("checkout", name)
    made = []
    for cache in (change.home / "cache", change.home / "fresh"):
        assert change.gates("baseline", "create", env={"GATES_CACHE": str(cache)}).code == 0
        made.append((change.root / "gates-baseline.json").read_bytes())
        (change.root / "gates-baseline.json").unlink()
    assert made[0] == made[1]


def test_a_guard_that_is_no_python_file_is_seen(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    change.save({".github/workflows/ci.yml": "on: push\n"})
    change.lay({".github/workflows/ci.yml": "on: []\n", "keep.py": f"{CLEAN}x = 1\n"})
    change.git("add", "-A")
    narrow = judged(change, monkeypatch)
    assert narrow.files == 1
    assert [each.rule for each in narrow.open()] == ["policy/guard-changed"]


def test_an_entry_of_the_baseline_in_the_same_commit_counts(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    assert change.gates("baseline", "create").code == 0
    change.save({})
    change.lay({"keep.py": f"import os\n\n{CLEAN}"})
    change.git("add", "-A")
    assert judged(change, monkeypatch).exit_code == 1
    assert change.gates("baseline", "update", "--accept-new", "--reason", "it is used by name").code == 0
    change.git("add", "-A")
    narrow = judged(change, monkeypatch)
    assert (narrow.files, narrow.exit_code) == (1, 0)


def test_a_name_that_no_tool_reads_is_no_reason_to_refuse_a_commit(
    change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    change.git("config", "core.protectNTFS", "false")
    change.save({"git~1": "on some systems this is .git"})
    change.lay({"keep.py": f"import os\n\n{CLEAN}"})
    change.git("add", "-A")
    assert [each.rule for each in judged(change, monkeypatch).open()] == ["lint/F401"]


def test_a_file_that_is_no_baseline_is_a_mistake_of_every_commit(
    change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    change.save({"gates-baseline.json": "{"})
    change.lay({"keep.py": f"{CLEAN}x = 1\n"})
    change.git("add", "-A")
    with pytest.raises(GatesError, match="is no baseline"):
        judged(change, monkeypatch)


def test_nothing_is_written_through_the_links(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    change.lay({"pkg/__init__.py": "x = 1\n"})
    change.git("add", "-A")
    before = {each: os.stat(each).st_mtime_ns for each in change.root.rglob("*") if ".git" not in each.parts}
    judged(change, monkeypatch)
    assert before == {each: os.stat(each).st_mtime_ns for each in change.root.rglob("*") if ".git" not in each.parts}


def test_a_commit_that_passes_asks_for_the_facts_of_no_other_file(
    change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object) -> None:
        raise AssertionError("the facts of all files were asked for")

    monkeypatch.setattr(narrowing, "_others", asked)
    change.lay({"keep.py": f"{CLEAN}x = 1\n"})
    change.git("add", "-A")
    assert judged(change, monkeypatch).exit_code == 0
