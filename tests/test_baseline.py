"""The file of accepted debt: what it accepts, what it accepts in vain, and that it only shrinks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gates import baseline
from tests.project import Project, Result, outcome, rules

NAME = "gates-baseline.json"
CONFIG = 'preset = "prototype"\n[complexity]\nenabled = true\narguments = 2\n'
SOURCE = "import os\nimport re\n\n\ndef add(a, b, c):\n    return a + b + c\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with three findings, all accepted."""
    project = Project(tmp_path)
    project.write("gates.toml", CONFIG)
    project.write("a.py", SOURCE)
    assert project.gates("baseline", "create").said == f"{NAME}: 3 findings accepted. Commit it.\n"
    return project


def entries(project: Project) -> list[dict[str, Any]]:
    """Return what stands in the file."""
    found: list[dict[str, Any]] = json.loads((project.root / NAME).read_text())["entries"]
    return found


def rewrite(project: Project, *found: dict[str, Any], **top: Any) -> None:
    """Write a file by hand."""
    project.write(NAME, json.dumps({"schema": baseline.SCHEMA, "entries": found} | top))


def check(project: Project, *options: str) -> Result:
    """Check everything, in lines."""
    return project.gates("check", "--output-format", "concise", *options)


def test_what_was_accepted_is_green_and_nothing_is_stale(project: Project) -> None:
    assert check(project, "--locked").said == "passed: 0 open findings, 3 known, 4 of 4 gates passed, 1 file\n"
    report = project.report()
    assert outcome(report, "baseline")["inspected"] == {"files": 1, "entries": 3}
    assert report["summary"]["accepted"] == 3


def test_the_file_is_read_by_people_too(project: Project) -> None:
    lines = (project.root / NAME).read_text().splitlines()
    assert lines[0] == '{"schema": "gates.baseline/1", "entries": ['
    assert lines[1].startswith('  {"rule":"complexity/arguments","path":"a.py","symbol":"a:add","body":"')
    assert lines[1].endswith('","value":3},')
    assert lines[2] == '  {"rule":"lint/F401","path":"a.py","symbol":"a","code":"import os"},'
    assert lines[4] == "]}"
    assert (project.root / NAME).stat().st_mode & 0o777 == 0o644


def test_without_a_file_the_gate_is_no_part_of_the_check(project: Project) -> None:
    (project.root / NAME).unlink()
    assert [each["gate"] for each in project.report()["outcomes"]] == ["complexity", "files", "lint"]


def test_with_paths_the_gate_is_no_part_of_the_check(project: Project) -> None:
    project.write("sub/b.py")
    assert check(project, "sub").said == "passed: 0 open findings, 3 of 3 gates passed, 1 file\n"


@pytest.mark.parametrize("others", [[], ["sub"]])
def test_alone_the_gate_has_nothing_to_say_and_does_not_pass(project: Project, others: list[str]) -> None:
    project.write("sub/b.py")
    result = project.gates("check", "--gate", "baseline", *others)
    assert result.code == 3
    assert "blocked by " in result.said


def test_what_is_gone_is_a_note_and_under_lock_an_error(project: Project) -> None:
    project.write("a.py", SOURCE.replace("import re\n", ""))
    note = f"{NAME}:4:1: note baseline/stale the baseline accepts `lint/F401` of `a` (`import re`), which is gone\n"
    assert check(project).said == f"{note}passed: 1 open finding, 2 known, 4 of 4 gates passed, 1 file\n"
    locked = check(project, "--locked")
    assert (locked.code, locked.said.splitlines()[0]) == (1, note.strip().replace(" note ", " error "))
    assert project.gates("check", env={"CI": "true"}).code == 1
    assert project.gates("check", "--no-locked", env={"CI": "true"}).code == 0
    assert project.gates("baseline", "update").code == 0
    assert check(project, "--locked").said == "passed: 0 open findings, 2 known, 4 of 4 gates passed, 1 file\n"


def test_what_is_better_is_a_note_and_under_lock_a_warning(project: Project) -> None:
    first, *others = entries(project)
    rewrite(project, first | {"value": 99}, *others)
    said = "the baseline accepts `complexity/arguments` of `a:add` at 99, which is at 3 by now"
    assert check(project).said.splitlines()[0].endswith(f" note baseline/loose {said}")
    locked = check(project, "--locked")
    assert locked.said.splitlines()[0].endswith(f" warning baseline/loose {said}")
    assert locked.code == 0
    assert project.gates("baseline", "update").said == f"{NAME}: 0 findings resolved, 1 tightened, 3 findings left.\n"
    assert entries(project) == [first, *others]


def test_a_count_that_was_made_up_fails_under_lock(project: Project) -> None:
    first, second, third = entries(project)
    rewrite(project, first, second | {"count": 7}, third)
    locked = check(project, "--locked")
    assert locked.code == 1
    assert "(`import os`) 7 times, of which 1 is left" in locked.said
    assert project.gates("baseline", "prune").said == f"{NAME}: 6 findings resolved, 3 findings left.\n"
    assert entries(project) == [first, second, third]


def test_what_gets_worse_is_open_again(project: Project) -> None:
    project.write("a.py", SOURCE.replace("a, b, c)", "a, b, c, d)"))
    assert rules(project.report()) == [("complexity/arguments", "a.py", 5)]


def test_thousands_of_stale_entries_are_told_briefly(project: Project) -> None:
    gone = [{"rule": "lint/F401", "symbol": "a", "code": f"import gone{index}"} for index in range(3000)]
    rewrite(project, *entries(project), *gone)
    said = project.gates("check", "--output-format", "text").said
    assert "… and 2,980 more findings of baseline: gates check --output-format concise\n" in said
    assert said.count("help: Run `gates baseline update`") == 20


def test_no_agent_is_told_to_touch_the_file(project: Project) -> None:
    project.write("a.py", SOURCE.replace("import re\n", "import sys\n"))
    said = project.gates("check", "--locked", "--output-format", "prompt").said
    assert said.startswith("gates: failed. 1 open error from 1 cause in 1 file, 2 known. ")
    assert "For a person: 1 finding about the file of accepted debt, " in said
    assert "gates baseline" not in said
    assert NAME not in said
    assert said.endswith("Re-check: gates check --gate lint -- a.py\n")


def test_an_agent_is_not_told_of_an_error_that_is_none_of_the_code(project: Project) -> None:
    project.write("a.py", SOURCE.replace("import re\n", ""))
    said = project.gates("check", "--locked", "--output-format", "prompt").said
    assert said.startswith("gates: failed. 0 open errors from 0 causes in 0 files, 2 known. ")
    assert "For a person: 1 finding about the file of accepted debt, " in said
    assert "gates baseline" not in said


def test_what_a_change_adds_is_shown_with_its_reason(project: Project) -> None:
    project.commit()
    project.write("a.py", f"import sys\n{SOURCE}")
    assert project.gates("check", "--since", "HEAD").code == 1
    accepted = project.gates("baseline", "update", "--accept-new", "--reason", "until \x1b[2J Monday")
    assert accepted.said == f"{NAME}: 0 findings resolved, 0 tightened, 3 findings left, 1 accepted anew.\n"
    rewrite(project, *entries(project), {"rule": "lint/F401", "symbol": "a", "code": "import quiet"})
    result = check(project, "--since", "HEAD")
    assert result.code == 0
    assert sorted(line.split(" ", 2)[2] for line in result.said.splitlines()[:-1]) == [
        "baseline/added the baseline accepts `lint/F401` of `a` (`import quiet`) since this change, "
        "and gives no reason",
        "baseline/added the baseline accepts `lint/F401` of `a` (`import sys`) since this change, "
        "for this reason: until \\x1b[2J Monday",
        "baseline/stale the baseline accepts `lint/F401` of `a` (`import quiet`), which is gone",
    ]
    assert "\x1b" not in project.gates("baseline", "show").said


def test_a_change_that_makes_the_baseline_is_one_warning(project: Project) -> None:
    (project.root / NAME).rename(project.base / NAME)
    project.commit()
    (project.base / NAME).rename(project.root / NAME)
    result = check(project, "--since", "HEAD")
    said = f"{NAME}:1:1: warning baseline/added the change makes a baseline, which accepts 3 findings"
    assert result.said.splitlines()[0] == said
    assert result.said.count("baseline/") == 1


def test_what_was_stale_in_the_base_does_not_fail_a_change(project: Project) -> None:
    project.write("a.py", SOURCE.replace("import re\n", ""))
    project.commit()
    assert check(project, "--locked").code == 1
    assert check(project, "--locked", "--since", "HEAD").code == 0
    project.write("a.py", SOURCE.replace("import re\n", "").replace("import os\n", ""))
    result = check(project, "--locked", "--since", "HEAD")
    assert result.code == 1
    assert [line.split(" ")[1] for line in result.said.splitlines()[:2]] == ["error", "note"]


def test_a_rename_is_no_addition(project: Project) -> None:
    body = "".join(f"    c.append([a, b, {index}])\n" for index in range(6))
    project.write("a.py", f"def add(a, b, c):\n{body}    return c\n")
    assert project.gates("baseline", "update").code == 0
    rewrite(project, *[each | {"reason": "r"} for each in entries(project)])
    project.commit()
    project.write("a.py", f"def plus(a, b, c):\n{body}    return c\n")
    assert check(project, "--locked").code == 0
    assert project.gates("baseline", "prune").code == 0
    assert [each["symbol"] for each in entries(project)] == ["a:add"]
    assert project.gates("baseline", "update").code == 0
    assert [(each["symbol"], each["reason"]) for each in entries(project)] == [("a:plus", "r")]
    assert (
        check(project, "--since", "HEAD", "--locked").said
        == "passed: 0 open findings, 1 known, 4 of 4 gates passed, 1 file\n"
    )


def test_create_refuses_where_there_is_one(project: Project) -> None:
    before = (project.root / NAME).read_bytes()
    result = project.gates("baseline", "create")
    assert result.code == 2
    assert result.said == f"error: {NAME} exists already\nLet it shrink: gates baseline update\n"
    assert (project.root / NAME).read_bytes() == before


@pytest.mark.parametrize("verb", ["create", "update", "prune"])
def test_a_gate_that_cannot_decide_changes_nothing(project: Project, verb: str) -> None:
    project.write("gates.toml", f'{CONFIG}[tools]\nruff.version = "0.0.1"\n')
    before = (project.root / NAME).read_bytes()
    if verb == "create":
        (project.root / NAME).unlink()
    result = project.gates("baseline", verb)
    assert result.code == 3
    assert "what is accepted cannot be told: the gate lint came to no verdict" in result.said
    assert (project.root / NAME).exists() is (verb != "create")
    assert verb == "create" or (project.root / NAME).read_bytes() == before


def test_a_file_that_cannot_be_read_is_never_accepted(project: Project) -> None:
    (project.root / NAME).unlink()
    project.write("b.py", "def f(:\n")
    result = project.gates("baseline", "create")
    assert result.said == f"{NAME}: 3 findings accepted. Commit it.\n1 finding still open: gates check\n"
    again = project.gates("baseline", "update", "--accept-new", "--reason", "r")
    assert again.said.splitlines()[1:] == ["1 finding still open: gates check"]
    assert [each["rule"] for each in entries(project)] == ["complexity/arguments", "lint/F401", "lint/F401"]


@pytest.mark.parametrize("options", [["--accept-new"], ["--reason", "r"], ["--accept-new", "--reason", "  "]])
def test_one_option_alone_accepts_nothing(project: Project, options: list[str]) -> None:
    before = (project.root / NAME).read_bytes()
    project.write("a.py", f"import sys\n{SOURCE}")
    assert project.gates("baseline", "update", *options).code == 2
    assert project.gates("baseline", "update").said.endswith("1 finding still open: gates check\n")
    assert (project.root / NAME).read_bytes() == before


def test_new_debt_joins_what_is_accepted(project: Project) -> None:
    project.write("a.py", SOURCE.replace("a, b, c)", "a, b, c, d)") + "\n\ndef f():\n    import sys\n")
    accepted = project.gates("baseline", "update", "--accept-new", "--reason", "r")
    assert accepted.said == f"{NAME}: 0 findings resolved, 0 tightened, 3 findings left, 2 accepted anew.\n"
    found = [(each["symbol"], each.get("value"), each.get("reason")) for each in entries(project)]
    assert found == [("a:add", 4, "r"), ("a", None, None), ("a", None, None), ("a:f", None, "r")]
    assert check(project, "--locked").code == 0
    once = (project.root / NAME).read_bytes()
    assert project.gates("baseline", "update").code == 0
    assert (project.root / NAME).read_bytes() == once


def test_one_more_of_what_is_accepted_is_counted(project: Project) -> None:
    project.write("a.py", "print(lost)\n")
    assert project.gates("baseline", "update", "--accept-new", "--reason", "one").code == 0
    project.write("a.py", "print(lost)\nprint(lost)\n")
    assert check(project).code == 1
    assert project.gates("baseline", "update", "--accept-new", "--reason", "two").code == 0
    assert [(each["code"], each["count"]) for each in entries(project)] == [("print(lost)", 2)]
    assert check(project, "--locked").code == 0


def test_entries_of_a_gate_that_did_not_run_stay(project: Project) -> None:
    before = (project.root / NAME).read_bytes()
    project.write("gates.toml", f'{CONFIG.replace("enabled = true", "enabled = false")}why = "for now"\n')
    for verb in ("prune", "update"):
        assert project.gates("baseline", verb).code == 0
        assert (project.root / NAME).read_bytes() == before
    assert check(project, "--locked").code == 0
    assert outcome(project.report(), "baseline")["inspected"]["entries"] == 2
    assert "accepted 3, today the gate complexity did not run" in project.gates("baseline", "explain", "arguments").said


def test_explain_says_what_is_left(project: Project) -> None:
    first, *others = entries(project)
    extra = {"reason": "until Monday", "date": "2026-01-05"}
    rewrite(project, first | {"value": 5}, others[0] | extra, others[1] | {"code": "import sys"})
    assert project.gates("baseline", "explain", "a.py").said.splitlines() == [
        "complexity/arguments  a.py  a:add",
        "  accepted 5, today 3",
        "lint/F401  a.py  a  import os",
        "  accepted 1, today 1",
        "  since 2026-01-05: until Monday",
        "lint/F401  a.py  a  import sys",
        "  accepted 1, today gone: `gates baseline update` takes the entry out",
    ]
    assert project.gates("baseline", "explain", "nothing").code == 2


def test_show_counts_by_rule_and_tells_what_came_later(project: Project) -> None:
    first, second, third = entries(project)
    near = {"rule": "size/function-lines", "symbol": "a:add", "body": "00", "value": 9, "latent": True}
    rewrite(project, first, second | {"count": 2}, third | {"reason": "why", "date": "2026-01-05"}, near)
    assert project.gates("baseline", "show").said.splitlines() == [
        "4 findings accepted, 1 near one remembered (no debt)",
        "      3  lint/F401",
        "      1  complexity/arguments",
        "",
        "accepted later:",
        "  2026-01-05  lint/F401  a.py  a  import re: why",
    ]


SIZES = f"{CONFIG}[size]\nenabled = true\nfunction-lines = 5\n"
LONG = "def long(n):\n    return [\n" + "".join(f"        n + {index},\n" for index in range(20)) + "    ]\n"
NEAR = "def near(n):\n    n = int(n)\n    return [n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7, n + 8]\n"
WIDE = (
    "def near(n):\n    n = int(n)\n    return [\n"
    + "".join(f"        n + {index},\n" for index in range(9))
    + "    ]\n"
)


@pytest.fixture
def nearly(tmp_path: Path) -> Project:
    """A project with a function that is too long, and one that is as long but for the way in which it is written."""
    project = Project(tmp_path)
    project.write("gates.toml", SIZES)
    project.write("a.py", f"{LONG}\n\n{NEAR.replace('[n, ', '[n + 0, ')}")
    assert project.gates("baseline", "create").said == f"{NAME}: 1 finding accepted. Commit it.\n"
    assert [each["symbol"] for each in entries(project) if each.get("latent")] == ["a:near"]
    return project


def test_what_is_near_a_limit_is_kept_by_an_update(nearly: Project) -> None:
    before = (nearly.root / NAME).read_bytes()
    assert nearly.gates("baseline", "update").code == 0
    assert (nearly.root / NAME).read_bytes() == before


def test_what_is_near_a_limit_may_be_formatted(nearly: Project) -> None:
    nearly.write("a.py", f"{LONG}\n\n{WIDE}")
    assert check(nearly, "--locked").said == "passed: 0 open findings, 2 known, 5 of 5 gates passed, 1 file\n"


def test_what_was_near_a_limit_is_never_stale_and_is_dropped(nearly: Project) -> None:
    nearly.write("a.py", LONG)
    assert check(nearly, "--locked").said == "passed: 0 open findings, 1 known, 5 of 5 gates passed, 1 file\n"
    assert nearly.gates("baseline", "update").said == f"{NAME}: 0 findings resolved, 0 tightened, 1 finding left.\n"
    assert [each["symbol"] for each in entries(nearly)] == ["a:long"]
