"""`# gates: allow[RULE] reason`: what it silences, what it does not, and that nothing silences in vain."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from gates import asking, engine
from tests.project import Project

CONFIG = """\
[tool.gates]
preset = "production"
[tool.gates.complexity]
arguments = 2
[tool.gates.size]
file-lines = 12
[tool.gates.typing]
enabled = false
why = "It takes a second."
[tool.gates.layers]
enabled = false
why = "One module."
"""
CODE = '''\
"""One function."""


{above}
def add(first: int, second: int, third: int) -> int:{beside}
    """Add."""
    return first + second + third
'''


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project in which functions may have two arguments."""
    found = Project(tmp_path)
    found.write("pyproject.toml", CONFIG)
    return found


def said(project: Project, *, above: str = "", beside: str = "") -> list[str]:
    """Return the rules that are open, with these comments at the function."""
    project.write("sums.py", CODE.format(above=above or "# Adding.", beside=f"  {beside}" if beside else ""))
    lines = project.gates("check", "--output-format", "concise").out.splitlines()
    return [line.split()[2] for line in lines[:-1]]


REASON = "# gates: allow[complexity/arguments] three numbers are what this is about"
SILENT = {
    "beside the function": {"beside": REASON},
    "above the function": {"above": REASON},
    "above its decorator": {"above": f"{REASON}\n@staticmethod"},
    "until a day to come": {"beside": f"{REASON}, expires=2999-12-31"},
}


@pytest.mark.parametrize("name", SILENT)
def test_an_allowance_silences_its_rule(project: Project, name: str) -> None:
    assert said(project, **SILENT[name]) == []


def test_the_report_still_has_it_with_the_reason(project: Project) -> None:
    project.write("sums.py", CODE.format(above=REASON, beside=""))
    (finding,) = project.report("complexity")["outcomes"][0]["findings"]
    assert (finding["status"], finding["reason"]) == ("suppressed", "three numbers are what this is about")


LOUD = {
    "no reason": ("# gates: allow[complexity/arguments]", {"complexity/arguments", "suppressions/no-reason"}),
    "no rule": ("# gates: allow because", {"complexity/arguments", "suppressions/no-code"}),
    "another rule": (
        REASON.replace("arguments", "nesting"),
        {"complexity/arguments", "suppressions/unused"},
    ),
    "a day gone by": (f"{REASON} expires=2020-01-01", {"complexity/arguments", "suppressions/expired"}),
    "no day at all": (f"{REASON} expires=soon", {"complexity/arguments", "suppressions/expired"}),
    "a rule that nothing silences": (
        "# gates: allow[suppressions/no-reason] why not",
        {"complexity/arguments", "suppressions/not-allowed"},
    ),
}


@pytest.mark.parametrize("name", LOUD)
def test_an_allowance_that_does_not_hold_silences_nothing(project: Project, name: str) -> None:
    comment, rules = LOUD[name]
    assert set(said(project, beside=comment)) == rules


def test_what_is_about_the_file_is_allowed_at_its_top(project: Project) -> None:
    lines = "".join(f"NUMBER_{number} = {number}\n" for number in range(12))
    project.write("numbers.py", f'"""Numbers."""\n# gates: allow[size/file-lines] a table\n\n{lines}')
    assert project.gates("check").code == 0


def test_an_allowance_on_another_line_is_unused(project: Project) -> None:
    project.write("sums.py", CODE.format(above="# Adding.", beside="") + f"\n\nX = 1  {REASON}\n")
    result = project.gates("check", "--output-format", "concise")
    assert "suppressions/unused" in result.out
    assert "complexity/arguments" in result.out


def test_a_gate_that_did_not_run_leaves_its_allowances_alone(project: Project) -> None:
    project.write("sums.py", CODE.format(above=REASON, beside=""))
    assert project.gates("check", "--gate", "suppressions").code == 0


def test_an_allowance_that_expires_after_the_base_was_judged_is_of_the_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a base was found to hold is kept, but not beyond the day until which a suppression in it holds."""
    project = Project(tmp_path)
    project.write("gates.toml", "complexity.arguments = 1\n")
    allowance = "# gates: allow[complexity/arguments] until the rewrite, expires=2998-12-31"
    project.write("old.py", f"def old(a, b):  {allowance}\n    ...\n")
    project.commit()
    project.write("new.py")
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("GATES_CACHE", str(project.cache))
    loaded = asking.load()
    request = asking.Request(loaded=loaded, gates=loaded.chosen(("complexity",), base=True), since="HEAD")
    assert [each.status.value for each in engine.check(request).findings()] == ["suppressed"]

    class Later(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Later:
            return cls(2999, 1, 1, tzinfo=tz)

    monkeypatch.setattr(datetime, "datetime", Later)
    (found,) = engine.check(request).findings()
    assert (found.status.value, found.origin.value) == ("accepted", "inherited")
