"""The gate over the policy: what its page cannot show."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.config import Loosened
from gates.model import Severity
from gates.project import Base
from tests.changes import found, inspected


@pytest.mark.parametrize(("ci", "severity"), [(False, Severity.WARNING), (True, Severity.ERROR)])
def test_a_policy_that_cannot_be_verified_fails_only_in_ci(ci: bool, severity: Severity, tmp_path: Path) -> None:
    inspection = inspected("policy", tmp_path, Base(commit="", unverified="the history is cut off", ci=ci))
    assert [(each.rule, each.severity) for each in inspection.findings] == [("policy/unverified", severity)]


def test_it_needs_a_base(tmp_path: Path) -> None:
    assert inspected("policy", tmp_path, None).broken == "there is no base to compare with"


def test_a_finding_stays_the_same_when_lines_move(tmp_path: Path) -> None:
    before = {"pyproject.toml": "[tool.gates.size]\nfile-lines = 10\n"}
    after = "[tool.gates.size]\nfile-lines = 20\n"
    (first,) = found("policy", before, {"pyproject.toml": after}, tmp_path / "a")
    (second,) = found("policy", before, {"pyproject.toml": f"\n\n{after}"}, tmp_path / "b")
    (other,) = found("policy", before, {"pyproject.toml": after.replace("20", "30")}, tmp_path / "c")
    assert (first.location.line, second.location.line) == (2, 4)
    assert first.identity == second.identity != other.identity


def test_long_values_are_cut_in_the_message_and_not_in_the_identity(tmp_path: Path) -> None:
    each = Loosened("lint.ignore", "[]", "x" * 500, "gates.toml")
    (finding,) = inspected("policy", tmp_path, Base(commit="", loosened=(each,))).findings
    assert len(finding.message) < 250
    assert each.after in finding.identity


@pytest.mark.parametrize(
    ("ordered", "held", "said"),
    [
        (True, True, "`a.b` was 1 and is 2: the stricter value holds for this change"),
        (True, False, "`a.b` was 1 and is 2, which is less strict"),
        (False, True, "`a.b` was 1 and is 2: neither is the stricter, and both hold for this change"),
        (False, False, "`a.b` was 1 and is 2: neither is the stricter, and the new one holds"),
    ],
)
def test_a_finding_says_what_holds(ordered: bool, held: bool, said: str, tmp_path: Path) -> None:
    each = Loosened("a.b", "1", "2", "gates.toml", ordered=ordered, held=held)
    (finding,) = inspected("policy", tmp_path, Base(commit="", loosened=(each,))).findings
    assert finding.message == said
    assert finding.severity is (Severity.ERROR if ordered else Severity.WARNING)


GUARDS = [
    ".github/workflows/a/b.yml",
    ".github/CODEOWNERS",
    "action.yaml",
    "lefthook.yml",
    ".claude/settings.local.json",
    "hooks/hooks.json",
    ".husky/pre-commit",
    "sub/.gitattributes",
]


@pytest.mark.parametrize("path", GUARDS)
def test_guards(path: str, tmp_path: Path) -> None:
    (finding,) = inspected("policy", tmp_path, Base(commit="", touched={path: "removed"})).findings
    assert (finding.rule, finding.location.path) == ("policy/guard-changed", path)


@pytest.mark.parametrize("path", ["app/hooks/a.py", ".github/dependabot.yml", ".claude/notes.md", "action.py"])
def test_others(path: str, tmp_path: Path) -> None:
    assert inspected("policy", tmp_path, Base(commit="", touched={path: "changed"})).findings == ()
