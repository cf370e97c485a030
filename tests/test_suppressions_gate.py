"""The gate `suppressions`: what it knows from the other gates, from the base and from the calendar."""

from __future__ import annotations

import datetime

import msgspec
import pytest

from gates.checks import suppressions as gate
from gates.config import Policy
from gates.model import Finding, Severity
from gates.project import Results
from tests import change

POLICY = Policy(gate.Options())
ALLOWED = "x = 1  # gates: allow[complexity/cyclomatic, lint/F401] one table\n"
BOTH = frozenset({"complexity", "lint"})


def _said(findings: tuple[Finding, ...]) -> list[tuple[str, str, int]]:
    return [(each.rule.removeprefix("suppressions/"), each.location.path, each.location.line) for each in findings]


@pytest.mark.parametrize(
    ("source", "results", "expected"),
    [
        (ALLOWED, Results(gates=BOTH), ["unused"]),
        (ALLOWED, Results(gates=BOTH, used=frozenset({("a.py", 1)})), []),
        (ALLOWED, Results(gates=BOTH, used=frozenset({("b.py", 1), ("a.py", 2)})), ["unused"]),
        (ALLOWED, Results(gates=frozenset({"lint"})), []),
        (ALLOWED, Results(), []),
        (ALLOWED.replace("table", "table, expires=2020-01-31"), Results(gates=BOTH), ["expired"]),
        (ALLOWED.replace("one table", ""), Results(gates=BOTH), ["no-reason"]),
        (ALLOWED.replace("lint/F401", "tests/deleted"), Results(gates=BOTH | {"tests"}), ["not-allowed"]),
        (ALLOWED.replace("lint/F401", "nope/F401"), Results(gates=BOTH), ["unknown-rule"]),
        (ALLOWED.replace("lint/F401", "lint/"), Results(gates=BOTH), ["unknown-rule"]),
        (ALLOWED.replace("lint/F401", "plugged-in/rule"), Results(gates=BOTH | {"plugged-in"}), ["unused"]),
        ("x = 1  # noqa: F401 - for plugins\n", Results(gates=BOTH), []),
    ],
)
def test_an_allowance_that_silences_nothing(source: str, results: Results, expected: list[str]) -> None:
    project = change.project({"a.py": source}, results=results)
    findings = gate.check(project, POLICY).findings
    assert _said(findings) == [(rule, "a.py", 1) for rule in expected]
    assert all(each.severity is Severity.ERROR for each in findings)


@pytest.mark.parametrize(("today", "expired"), [("2027-01-30", False), ("2027-01-31", False), ("2027-02-01", True)])
def test_the_last_day_is_a_day_on_which_it_holds(today: str, expired: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "_today", lambda: datetime.date.fromisoformat(today))
    project = change.project({"a.py": "x = 1  # nosec B602 - why not, expires=2027-01-31\n"})
    assert _said(gate.check(project, POLICY).findings) == ([("expired", "a.py", 1)] if expired else [])


@pytest.mark.parametrize(
    "day", ["2027-1-31", "20270131", "2027-W05-1", "31.01.2027", "2027-02-29", "never", "٢٠٢٧-٠١-٣١"]
)
def test_what_is_no_date_is_said_to_be_none(day: str) -> None:
    (finding,) = gate.check(change.project({"a.py": f"x = 1  # nosec B602 - so, expires={day}\n"}), POLICY).findings
    assert finding.message == f"`nosec` expires on `{day}`, which is no date of the form 2027-01-31"


NOQA = "import a  # noqa: F401 - for plugins\n"
SKIP = "import pytest\n@pytest.mark.skip(reason='slow')\ndef test_a(): ...\n"


@pytest.mark.parametrize(
    ("before", "now", "added"),
    [
        ({"a.py": NOQA}, {"a.py": f"\n\n{NOQA}"}, []),
        ({"a.py": NOQA}, {"b.py": NOQA}, []),
        ({"a.py": NOQA}, {"a.py": NOQA, "b.py": NOQA}, [("b.py", 1)]),
        ({"a.py": NOQA}, {"a.py": NOQA * 2}, [("a.py", 2)]),
        ({"a.py": NOQA}, {"a.py": NOQA.replace("import a", "import  a").replace("for plugins", "for users")}, []),
        ({"a.py": NOQA}, {"a.py": NOQA.replace("F401", "F401, E501")}, [("a.py", 1)]),
        ({"a.py": NOQA}, {"a.py": NOQA.replace("import a", "import b")}, [("a.py", 1)]),
        ({"a.py": SKIP}, {"b.py": SKIP.replace("slow", "very slow")}, []),
        ({"a.py": SKIP}, {"a.py": SKIP.replace("test_a", "test_b")}, [("a.py", 2)]),
        ({}, {"a.py": "x = 1  # fmt: skip\n"}, []),
        ({"a.py": NOQA}, {"a.py": "def f(:\n"}, []),
        ({"a.py": "def f(:\n"}, {"a.py": NOQA}, [("a.py", 1)]),
    ],
)
def test_what_a_change_adds(before: dict[str, str], now: dict[str, str], added: list[tuple[str, int]]) -> None:
    findings = gate.check(change.project(now, before), POLICY).findings
    assert [(each.location.path, each.location.line) for each in findings] == added
    assert all((each.rule, each.severity) == ("suppressions/added", Severity.NOTE) for each in findings)


def test_a_note_says_what_and_why_and_not_at_any_length() -> None:
    source = f"x = 1  # noqa: E501, F401 - {'so ' * 100}\ny = 1  # type: ignore[misc]\n"
    first, second = (
        each.message
        for each in gate.check(change.project({"a.py": source}, {}), POLICY).findings
        if each.rule == "suppressions/added"
    )
    assert first.startswith("`noqa` of ruff for `E501`, `F401` is new: so so")
    assert len(first) < 180
    assert second == "`type: ignore` of mypy for `misc` is new, without a reason"


def test_budgets_are_those_of_the_project_whatever_was_asked_for() -> None:
    policy = Policy(gate.Options(total=1, limits={"F401": 1, "mypy": 0}))
    project = change.project({"a.py": NOQA, "b.py": NOQA + NOQA, "c.py": ""})
    narrowed = msgspec.structs.replace(project, files=("c.py",))
    for given in (project, narrowed):
        findings = gate.check(given, policy).findings
        assert _said(findings) == [("too-many", "b.py", 1)] * 2
        assert [each.message for each in findings] == [
            "the project has 3 suppressions, limit 1",
            "`F401` has 3 suppressions, limit 1",
        ]
        assert [len(each.related) for each in findings] == [1, 1]


def test_a_budget_of_nothing() -> None:
    policy = Policy(gate.Options(total=0))
    assert _said(gate.check(change.project({"a.py": NOQA}), policy).findings) == [("too-many", "a.py", 1)]
    assert gate.check(change.project({"a.py": "x = 1  # fmt: skip\n"}), policy).findings == ()
