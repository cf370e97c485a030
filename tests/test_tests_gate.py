"""The gate `tests`: what a change did to the tests of its base."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from gates import registry
from gates.checks import tests as gate
from gates.config import Policy
from gates.facts import FileFacts, Unreadable
from gates.model import Finding
from gates.snapshots import Snapshot
from tests import change

POLICY = Policy(gate.Options())
PATH = "tests/test_cart.py"


def _findings(before: Mapping[str, str] | str, now: Mapping[str, str] | str) -> tuple[Finding, ...]:
    first, second = ({PATH: each} if isinstance(each, str) else each for each in (before, now))
    project = change.project(second, first)
    found = gate.check(project, POLICY)
    assert found.inspected == frozenset(gate.plan(project, POLICY))
    return found.findings


def _said(before: Mapping[str, str] | str, now: Mapping[str, str] | str) -> list[tuple[str, str]]:
    return [(each.rule.removeprefix("tests/"), each.message) for each in _findings(before, now)]


TOTAL = """\
def test_total():
    cart = Cart()
    cart.add(2)
    assert cart.total == 2
    assert cart.items == 1
"""
RENAMED = TOTAL.replace("test_total", "test_sum")
EMPTY = """\
def test_empty():
    cart = Cart()
    assert not cart.items
"""
OTHER = """\
def test_names():
    people = load("people.txt")
    people.sort()
    assert people[0] == "Ann"
"""
SMOKE = "def test_smoke():\n    start()\n"
ADD = "def test_add():\n    assert add(1, 2) == 3\n\n\ndef test_add_none():\n    assert add(0, 0) == 0\n"
PARAMETRIZED = """\
@pytest.mark.parametrize(("one", "other", "total"), {cases})
def test_sums(one, other, total):
    assert add(one, other) == total
"""
METHODS = "class TestCart:\n    def test_total(self):\n        self.assertEqual(f(), 2)\n        self.assertTrue(g())\n"
HELPED = """\
def test_total():
    cart = Cart()
    cart.add(2)
    check(cart)


def check(cart):
    assert cart.total == 2
    assert cart.items == 1
"""
TWICE = "def test_total():\n    assert f(1) == 1\n    assert f(2) == 2\n"
TWICE_HELPED = "def test_total():\n    check(1)\n    check(2)\n\n\ndef check(number):\n    assert f(number) == number\n"

FINE: dict[str, tuple[Mapping[str, str] | str, Mapping[str, str] | str]] = {
    "nothing": (TOTAL, TOTAL),
    "a new test": (TOTAL, TOTAL + OTHER),
    "more assertions": (TOTAL, TOTAL + "    assert cart\n"),
    "another order": (TOTAL + OTHER, OTHER + TOTAL),
    "moved": ({PATH: TOTAL + OTHER}, {PATH: OTHER, "tests/test_new.py": TOTAL}),
    "moved into a class": (TWICE, "class TestCart:\n    def test_total(self):\n        assert a\n        assert b\n"),
    "the file was renamed": ({PATH: TOTAL + SMOKE}, {"tests/test_new.py": TOTAL + SMOKE}),
    "renamed": (TOTAL, RENAMED),
    "renamed and changed a little": (TOTAL, RENAMED.replace("cart.add(2)", "cart.put(3)")),
    "renamed in the order of another": (TOTAL + EMPTY, EMPTY.replace("empty", "e") + TOTAL.replace("total", "t")),
    "split": (TOTAL, "def test_total_of_two():\n    assert f() == 2\ndef test_total_items():\n    assert g() == 1\n"),
    "split off": (TOTAL, TOTAL.replace("    assert cart.items", "def test_total_items():\n    assert cart.items")),
    "parametrized": (ADD, PARAMETRIZED.format(cases="[(1, 2, 3), (0, 0, 0)]")),
    "parametrized over a name": (ADD, PARAMETRIZED.format(cases="CASES")),
    "one more case in place of a test": (
        PARAMETRIZED.format(cases="[(1, 2, 3)]") + ADD.partition("\n\n\n")[0],
        PARAMETRIZED.format(cases="[(1, 2, 3), (2, 2, 4)]"),
    ),
    "over a name in place of cases": (PARAMETRIZED.format(cases="[1, 2]"), PARAMETRIZED.format(cases="CASES")),
    "into a helper": (TOTAL, HELPED),
    "out of a helper": (HELPED, TOTAL),
    "into a helper that is called twice": (TWICE, TWICE_HELPED),
    "unittest to pytest": (METHODS, "def test_total():\n    assert f() == 2\n    assert g()\n"),
    "no test file": ({"app/cart.py": TOTAL}, {"app/cart.py": "x = 1\n"}),
    "no test": ("def helper():\n    assert x\n", "x = 1\n"),
    "a function inside a test": ("def test_a():\n    def test_b(): assert x\n", "def test_a():\n    assert x\n"),
    "a smoke test that asserts now": (SMOKE, SMOKE + "    assert x\n"),
    "a test that never did anything": ("def test_a(): ...\n", "def test_a():\n    pass\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", FINE)
def test_no_false_alarm(name: str) -> None:
    assert _said(*FINE[name]) == []


def _gone(symbol: str) -> tuple[str, str]:
    return ("deleted", f"`{symbol}` is gone, and no test like it was added")


BAD: dict[str, tuple[Mapping[str, str] | str, Mapping[str, str] | str, list[tuple[str, str]]]] = {
    "deleted": (TOTAL + EMPTY, EMPTY, [_gone("test_total")]),
    "deleted from a class": (METHODS, "class TestCart: ...\n", [_gone("TestCart.test_total")]),
    "commented out": (TOTAL, "# " + TOTAL.replace("\n", "\n# "), [_gone("test_total")]),
    "hidden by its name": (SMOKE, SMOKE.replace("test_smoke", "_test_smoke"), [_gone("test_smoke")]),
    "in place of another": (TOTAL, OTHER, [_gone("test_total")]),
    "one of a name is still there": (
        {PATH: TOTAL + OTHER, "tests/test_b.py": TOTAL},
        {PATH: OTHER, "tests/test_b.py": TOTAL},
        [_gone("test_total")],
    ),
    "one of a name is still there, in a touched file": (
        {PATH: TOTAL + OTHER, "tests/test_b.py": TOTAL},
        {PATH: OTHER, "tests/test_b.py": TOTAL + EMPTY},
        [_gone("test_total")],
    ),
    "one test for two": (ADD, "def test_sums():\n    assert add(2, 2) == 4\n", [_gone("test_add_none")]),
    "one case for two": (ADD, PARAMETRIZED.format(cases="[(1, 2, 3)]"), [_gone("test_add_none")]),
    "a name that only begins so": (SMOKE, "def test_smoked():\n    assert x\n", [_gone("test_smoke")]),
    "a split that asserts less": (TOTAL, "def test_total_a():\n    assert f()\n", [_gone("test_total")]),
    "the file": (
        {PATH: TOTAL + EMPTY + OTHER + SMOKE},
        {},
        [("deleted", f"`{PATH}` is gone with 4 tests: `test_total`, `test_empty`, `test_names` and 1 more")],
    ),
    "the file, but for one test": (
        {PATH: TOTAL + OTHER},
        {"tests/test_new.py": TOTAL},
        [("deleted", f"`{PATH}` is gone with 1 test: `test_names`")],
    ),
    "the file is no test any more": (
        {PATH: OTHER},
        {"app/cart.py": OTHER},
        [("deleted", f"`{PATH}` is gone with 1 test: `test_names`")],
    ),
    "fewer assertions": (
        TOTAL,
        TOTAL.replace("    assert cart.items == 1\n", ""),
        [("weakened", "`test_total` makes 1 assertion, at the base 2")],
    ),
    "no assertion": (
        TOTAL,
        TOTAL.replace("assert ", "print"),
        [("weakened", "`test_total` makes no assertion, at the base 2")],
    ),
    "assert True": (
        TOTAL,
        TOTAL.replace("assert cart.total == 2", "assert True"),
        [("weakened", "`test_total` makes 1 assertion, at the base 2")],
    ),
    "a return before them": (
        TOTAL,
        TOTAL.replace("    cart.add(2)\n", "    return\n"),
        [("weakened", "`test_total` makes no assertion, at the base 2")],
    ),
    "emptied": (
        SMOKE,
        "def test_smoke():\n    pass\n",
        [("weakened", "`test_smoke` does nothing any more, at the base it had 1 line")],
    ),
    "renamed and weaker": (
        TOTAL,
        RENAMED.replace("assert cart.items", "print(cart.items)  #"),
        [("weakened", "`test_sum` makes 1 assertion, at the base 2")],
    ),
    "a weaker helper": (
        HELPED,
        HELPED.replace("    assert cart.items == 1\n", ""),
        [("weakened", "`test_total` makes 1 assertion, at the base 2")],
    ),
    "a call of a helper less": (
        TWICE_HELPED,
        TWICE_HELPED.replace("    check(2)\n", ""),
        [("weakened", "`test_total` makes 1 assertion, at the base 2")],
    ),
    "fewer cases": (
        PARAMETRIZED.format(cases="[1, 2, 3]"),
        PARAMETRIZED.format(cases="[1]"),
        [("weakened", "`test_sums` runs for 1 case, at the base 3")],
    ),
    "a second test of the same name": (
        TOTAL,
        TOTAL + "\n\ndef test_total():\n    assert x\n",
        [("weakened", "`test_total` makes 1 assertion, at the base 2")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_a_change_takes_away_is_found(name: str) -> None:
    before, now, expected = BAD[name]
    assert _said(before, now) == expected


IMPORTS = "import pytest\nimport unittest\n"
MARKED = f"{IMPORTS}@pytest.mark.skip(reason='slow')\n{TOTAL}"


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (IMPORTS + TOTAL, MARKED, ["`pytest.mark.skip` on `test_total` is new"]),
        (MARKED, MARKED.replace("slow", "very slow"), []),
        (MARKED, MARKED.replace("test_total", "test_sum"), []),
        (MARKED, MARKED.replace("mark.skip", "mark.xfail"), ["`pytest.mark.xfail` on `test_total` is new"]),
        (
            MARKED,
            MARKED.replace("@pytest", "@pytest.mark.skip\n@pytest"),
            ["`pytest.mark.skip` on `test_total` is new"],
        ),
        (MARKED + EMPTY, f"{IMPORTS}{TOTAL}@pytest.mark.skip\n{EMPTY}", ["`pytest.mark.skip` on `test_empty` is new"]),
        (IMPORTS, f"{IMPORTS}pytestmark = pytest.mark.skip\n", [f"`pytest.mark.skip` on `{PATH}` is new"]),
        (IMPORTS + SMOKE, f"{IMPORTS}{SMOKE}    pytest.skip('x')\n", ["`pytest.skip` on `test_smoke` is new"]),
        (METHODS, METHODS.replace("g()", "self.skipTest(1)"), ["`skipTest` on `TestCart.test_total` is new"]),
        (f"{TOTAL}x = 1  # noqa\n", f"{TOTAL}y = 1  # noqa\n", []),
    ],
)
def test_new_marks_are_found(before: str, now: str, expected: list[str]) -> None:
    assert [message for rule, message in _said(before, now) if rule == "skipped"] == expected
    assert _said({PATH: before}, {PATH: before}) == []


def test_a_mark_moves_with_its_test() -> None:
    assert _said({PATH: MARKED, "a.py": "x = 1\n"}, {"tests/unit/test_cart.py": MARKED, "a.py": "x = 2\n"}) == []


def test_findings_stand_where_the_test_is_or_was() -> None:
    (weak,) = _findings(OTHER + TOTAL, OTHER + TOTAL.replace("    assert cart.items == 1\n", ""))
    assert (weak.location.path, weak.location.line, weak.location.symbol) == (PATH, 5, "test_cart:test_total")
    (gone,) = _findings(OTHER + TOTAL, OTHER)
    assert (gone.location.path, gone.location.line, gone.location.symbol) == (PATH, 1, "test_cart:test_total")
    (file,) = _findings({PATH: TOTAL}, {})
    assert (file.location.path, file.location.line) == (PATH, 1)


def test_several_tests_in_one_weaker_test_are_one_finding() -> None:
    before = TWICE + TWICE.replace("test_total", "test_other").replace("assert f(2)", "assert 2 and f(2)")
    now = '@pytest.mark.parametrize("n", [1, 2])\ndef test_f(n):\n    assert f(n) == n\n'
    assert _said(before, now) == [("weakened", "`test_f` makes 1 assertion, at the base 2")]


def test_a_file_that_cannot_be_read_now_lost_no_test() -> None:
    project = change.project({PATH: "def f(:\n"}, {PATH: TOTAL})
    found = gate.check(project, POLICY)
    assert (found.findings, found.inspected, [each.path for each in found.unread]) == ((), frozenset(), [PATH])


def test_a_file_that_could_not_be_read_before_had_no_test() -> None:
    project = change.project({PATH: SMOKE}, {PATH: TOTAL})
    assert project.base is not None
    broken = Snapshot("", FileFacts(lines=1, unreadable=Unreadable("syntax", "is not valid")))
    base = msgspec.structs.replace(project.base, before={PATH: broken})
    assert gate.check(msgspec.structs.replace(project, base=base), POLICY).findings == ()


def test_a_file_that_the_policy_leaves_out_now_says_nothing_of_its_tests() -> None:
    project = change.project({PATH: TOTAL, "a.py": "x = 1\n"}, {PATH: TOTAL + OTHER, "a.py": ""})
    narrowed = msgspec.structs.replace(
        project, files=("a.py",), whole=("a.py",), snapshots={"a.py": project.snapshots["a.py"]}
    )
    assert gate.check(narrowed, POLICY).findings == ()


def test_without_a_base_nothing_is_said() -> None:
    project = change.project({PATH: "x = 1\n"})
    assert gate.plan(project, POLICY) == ()
    assert gate.check(project, POLICY).findings == ()


def test_every_rule_is_named() -> None:
    (found,) = (each for each in registry.gates_found() if each.name == "tests")
    assert {each.name for each in found.rules} == {"deleted", "weakened", "skipped"}
    assert found.reads == "change"


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("tests/test_a.py", True),
        ("test_a.py", True),
        ("pkg/a_test.py", True),
        ("pkg/tests.py", True),
        ("tests/unit/helpers.py", True),
        ("src/test/a.py", True),
        ("latest.py", False),
        ("contests/a.py", False),
        ("pkg/attest.py", False),
        ("tests/a.pyi", False),
    ],
)
def test_which_files_hold_tests(path: str, counts: bool) -> None:
    assert bool(_said({path: TOTAL}, {path: ""})) is counts


def test_many_renamed_tests_are_compared_in_time() -> None:
    before = "".join(TOTAL.replace("test_total", f"test_a{number}") for number in range(400))
    assert _said(before, before.replace("test_a", "test_b")) == []
