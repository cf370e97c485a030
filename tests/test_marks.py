"""Marks that skip tests or expect them to fail, as the syntax tree shows them."""

from __future__ import annotations

import pytest

from gates.facts.analyse import analyse
from gates.suppressions import Suppression


def _marks(source: str) -> tuple[Suppression, ...]:
    facts = analyse(source.encode())
    assert facts.unreadable is None, facts.unreadable
    return facts.suppressions


TYPES = "from typing import TYPE_CHECKING\n"

MARKS: dict[str, list[tuple[str, str, str, int]]] = {
    "import pytest\n@pytest.mark.skip(reason='slow')\ndef test_a(): ...": [("pytest.mark.skip", "slow", "test_a", 2)],
    "import pytest\n@pytest.mark.skip\ndef test_a(): ...": [("pytest.mark.skip", "", "test_a", 2)],
    "import pytest\n@pytest.mark.skip('slow')\ndef test_a(): ...": [("pytest.mark.skip", "slow", "test_a", 2)],
    "import pytest as pt\n@pt.mark.xfail(strict=True)\ndef test_a(): ...": [("pytest.mark.xfail", "", "test_a", 2)],
    "from pytest import mark\n@mark.skipif(X, reason=WHY)\ndef test_a(): ...": [
        ("pytest.mark.skipif", "WHY", "test_a", 2)
    ],
    "import pytest\n@pytest.mark.skipif('sys.platform == 1')\ndef test_a(): ...": [
        ("pytest.mark.skipif", "", "test_a", 2)
    ],
    "import pytest\npytestmark = pytest.mark.skip(reason=f'no {x} here')": [("pytest.mark.skip", "no here", "", 2)],
    "import pytest\npytestmark = [pytest.mark.slow, pytest.mark.xfail]": [("pytest.mark.xfail", "", "", 2)],
    "import pytest\nclass TestA:\n    pytestmark = pytest.mark.skip": [("pytest.mark.skip", "", "TestA", 3)],
    "import pytest\n@pytest.mark.skip\nclass TestA:\n    def test_a(self): ...": [("pytest.mark.skip", "", "TestA", 2)],
    "import pytest\n@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.xfail)])\ndef test_a(x): ...": [
        ("pytest.mark.xfail", "", "test_a", 2)
    ],
    "import pytest\ndef test_a():\n    pytest.skip('slow')": [("pytest.skip", "slow", "test_a", 3)],
    "import pytest\npytest.skip('slow', allow_module_level=True)": [("pytest.skip", "slow", "", 2)],
    "import pytest\nnp = pytest.importorskip('numpy')": [("pytest.importorskip", "numpy", "", 2)],
    "from pytest import skip\ndef test_a():\n    if x: skip()": [("pytest.skip", "", "test_a", 3)],
    "from pytest import xfail as fails\ndef test_a(): fails('bug')": [("pytest.xfail", "bug", "test_a", 2)],
    "import unittest\n@unittest.skipIf(X, 'slow')\nclass A: ...": [("unittest.skipIf", "slow", "A", 2)],
    "from unittest import expectedFailure\nclass A:\n    @expectedFailure\n    def test_a(self): ...": [
        ("unittest.expectedFailure", "", "A.test_a", 3)
    ],
    "from unittest import skip as no\n@no('slow')\ndef test_a(): ...": [("unittest.skip", "slow", "test_a", 2)],
    "class A:\n    def test_a(self): self.skipTest('slow')": [("skipTest", "slow", "A.test_a", 2)],
    "import unittest\nraise unittest.SkipTest('slow')": [("unittest.SkipTest", "slow", "", 2)],
    "import unittest\nraise unittest.SkipTest": [("unittest.SkipTest", "", "", 2)],
    "from unittest import SkipTest\nraise SkipTest": [("unittest.SkipTest", "", "", 2)],
    "import unittest\ntry: f()\nexcept unittest.SkipTest: pass": [],
    "import pytest\nf(pytest.skip)": [],
    "import mine as pytest\n@pytest.mark.skip\ndef test_a(): ...": [],
    "@pytest.mark.skip\ndef test_a(): ...": [],
    "text = '@pytest.mark.skip'": [],
    "queue.skip('one'); reader.xfail()": [],
    "import typing\n@typing.no_type_check\ndef f(a: int): ...": [("typing.no_type_check", "", "f", 2)],
    "from typing_extensions import no_type_check\n@no_type_check  # old code\nclass A: ...": [
        ("typing.no_type_check", "old code", "A", 2)
    ],
    "import typing\nassert not typing.TYPE_CHECKING\nx: int = 'one'": [
        ("assert not typing.TYPE_CHECKING", "", "", 2),
    ],
    f"{TYPES}if not TYPE_CHECKING:  # mypy cannot see it\n    x: int = 'one'": [
        ("if not TYPE_CHECKING", "mypy cannot see it", "", 2)
    ],
    "from typing import TYPE_CHECKING as T, TYPE_CHECKING\ndef f():\n    if x and not TYPE_CHECKING: y()": [
        ("if x and (not TYPE_CHECKING)", "", "f", 3)
    ],
    f"{TYPES}def f():\n    if TYPE_CHECKING and MYPY: ...\n    else:\n        class A: ...": [
        ("else of if TYPE_CHECKING and MYPY", "", "f", 3)
    ],
    f"{TYPES}if TYPE_CHECKING:\n    from a import B\nelse:\n    B = object": [],
    "import sys\nassert sys.version_info < (3,), 'old'\nx: int = 'one'": [
        ("assert sys.version_info < (3,)", "", "", 2)
    ],
    "import sys\nassert sys.version_info[0] == 2\nassert sys.version_info[:2] >= (3, 11)": [
        ("assert sys.version_info[0] == 2", "", "", 2)
    ],
    "import sys\nassert sys.platform == 'no such platform'  # of a museum": [
        ("assert sys.platform == 'no such platform'", "of a museum", "", 2)
    ],
    "import sys\nassert sys.platform.startswith('nothing')": [("assert sys.platform.startswith('nothing')", "", "", 2)],
    "import sys\nassert sys.platform != 'no such platform'; assert sys.maxsize > 1; assert sys.platform < x": [],
    "import sys\nsys.exit()  # pyright: strict\nx: int = 'one'": [("sys.exit()", "", "", 2)],
    "import sys\nsys.exit()\nx: int = 'one'": [("sys.exit()", "", "", 2)],
    "x = 1\nexit(1)  # not ready\ny: int = 'one'": [("exit()", "not ready", "", 2)],
    "raise SystemExit\nx: int = 'one'": [("raise", "", "", 1)],
    "import sys\nx = 1\nsys.exit()": [],
    "import sys\ndef f():\n    sys.exit()\n    x: int = 'one'": [],
    f"{TYPES}def f():\n    if TYPE_CHECKING:\n        return\n    x: int = 'one'": [("if TYPE_CHECKING", "", "f", 3)],
    f"{TYPES}if TYPE_CHECKING:\n    raise SystemExit  # why\nx: int = 'one'": [("if TYPE_CHECKING", "", "", 2)],
    f"{TYPES}import sys\nif TYPE_CHECKING:  # a script\n    sys.exit()\nx: int = 'one'": [
        ("if TYPE_CHECKING", "a script", "", 3)
    ],
    f"{TYPES}for x in y:\n    if TYPE_CHECKING:\n        assert False\n    z: int = 'one'": [
        ("if TYPE_CHECKING", "", "", 3)
    ],
    f"{TYPES}if TYPE_CHECKING:\n    def f(): return 1\n    assert isinstance(x, int)": [],
    f"{TYPES}if TYPE_CHECKING: ...\nelif x:\n    class A: ...": [("else of if TYPE_CHECKING", "", "", 2)],
    f"{TYPES}if TYPE_CHECKING: ...\nelse:\n    x.y = 'one'": [("else of if TYPE_CHECKING", "", "", 2)],
    f"{TYPES}if TYPE_CHECKING: ...\nelse:\n    try:\n        import a\n    except ImportError:\n        a = None": [],
    f"{TYPES}import sys\nif not TYPE_CHECKING or sys.platform == 'no such platform':\n    x: int = 'one'": [
        ("if not TYPE_CHECKING or sys.platform == 'no such platform'", "", "", 3)
    ],
    f"{TYPES}import sys\nif sys.platform == 'no such platform' and not TYPE_CHECKING:\n    x: int = 'one'": [],
    f"{TYPES}x = TYPE_CHECKING or f('one')  # slow": [("TYPE_CHECKING or f('one')", "slow", "", 2)],
    f"{TYPES}x = y and not TYPE_CHECKING and f('one')": [("y and (not TYPE_CHECKING) and f('one')", "", "", 2)],
    f"{TYPES}x = f() or TYPE_CHECKING or not y": [],
    f"{TYPES}match x:\n    case 1 if not TYPE_CHECKING:  # odd\n        y: int = 'one'\n    case _ if x: ...": [
        ("case … if not TYPE_CHECKING", "odd", "", 3)
    ],
    f"{TYPES}def f():\n    assert not TYPE_CHECKING\n    x: int = 'one'": [],
    f"{TYPES}import pytest\nif not TYPE_CHECKING and pytest.importorskip('a'):\n    x: int = 'one'": [
        ("if not TYPE_CHECKING and pytest.importorskip('a')", "", "", 3),
        ("pytest.importorskip", "a", "", 3),
    ],
    "import sys\nassert sys.platform in {'no such platform', 'nor that'}; x: int = 'one'": [
        ("assert sys.platform in {'no such platform', 'nor that'}", "", "", 2)
    ],
    "import sys\nassert (3, 0) > sys.version_info or not sys.version_info[1:] > (0,)": [
        ("assert (3, 0) > sys.version_info or not sys.version_info[1:…", "", "", 2)
    ],
    "import sys\n"
    "assert sys.version_info < (3, 0, 1) and sys.version_info == (3,); assert sys.version_info[0] == (3,)": [],
    "assert False\nx: int = 'one'": [("assert False", "", "", 1)],
    "import unittest\nraise unittest.SkipTest('slow')\nx = 1": [("unittest.SkipTest", "slow", "", 2)],
}


@pytest.mark.parametrize("source", MARKS)
def test_a_mark(source: str) -> None:
    found = _marks(source)
    assert [(each.directive, each.reason, each.symbol, each.line) for each in found] == MARKS[source]
    assert not any(each.coded or each.codes for each in found)
    tools = {"pytest": "pytest", "unittest": "unittest", "expectedFailure": "unittest", "skipTest": "unittest"}
    assert all(each.tool == tools.get(each.directive.partition(".")[0], "mypy") for each in found)


REASONS = {
    r"@unittest.skip('bug \ud800 12')": (r"bug \ud800 12", ""),
    "@unittest.expectedFailure  # bug 12, expires=2027-01-31": ("bug 12", "2027-01-31"),
    "@unittest.expectedFailure  # noqa: E501": ("", ""),
    "@unittest.expectedFailure  # noqa: E501 - bug 12": ("bug 12", ""),
    "@unittest.skip('bug 12, expires=2027-01-31')": ("bug 12", "2027-01-31"),
    "@unittest.skip('bug 12')  # expires=2027-01-31": ("bug 12", "2027-01-31"),
    "@unittest.skip(\n    'bug'\n    ' 12'\n)  # no": ("bug 12", ""),
}


@pytest.mark.parametrize("decorator", REASONS)
def test_what_is_said_beside_a_mark_is_its_reason(decorator: str) -> None:
    (found,) = (
        each for each in _marks(f"import unittest\n{decorator}\ndef test_a(): ...\n") if each.tool == "unittest"
    )
    assert (found.reason, found.expires) == REASONS[decorator]


def test_the_place_is_that_of_the_expression() -> None:
    (found,) = _marks("import pytest\nx = 'é'; m = pytest.mark.skip(reason='slow')\n")
    assert (found.line, found.column, found.end_column) == (2, 14, 14 + len("pytest.mark.skip(reason='slow')"))


def test_comments_and_marks_stand_in_the_order_of_the_file() -> None:
    source = "import pytest  # noqa: F401\n\n\n@pytest.mark.skip\ndef test_a(): ...  # noqa: E704\n"
    assert [each.line for each in _marks(source)] == [1, 4, 5]
