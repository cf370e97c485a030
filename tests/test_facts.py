"""Facts: one parse gives every function with its metrics, wherever it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.cache import Store
from gates.facts import Chain, Function
from gates.facts.analyse import analyse
from gates.process import Spawner
from gates.snapshots import collect
from gates.working import Crew


def _function(source: str, symbol: str) -> Function:
    facts = analyse(source.encode())
    assert facts.unreadable is None, facts.unreadable
    return next(each for each in facts.functions if each.symbol == symbol)


NESTED = """\
class Outer:
    @property
    def value(self, /, a, *b, c=1, **d):
        def inner(x):
            class Deep:
                async def method(self): return x
            return Deep
        return (
            inner
        )

    @staticmethod
    def static(a, b): ...
"""


def test_every_function_has_a_symbol_and_a_true_span() -> None:
    spans = {each.symbol: (each.line, each.end_line, each.first_line) for each in analyse(NESTED.encode()).functions}
    assert spans == {
        "Outer.value": (3, 10, 2),
        "Outer.value.inner": (4, 7, 4),
        "Outer.value.inner.Deep.method": (6, 6, 6),
        "Outer.static": (13, 13, 12),
    }


def test_arguments_leave_out_self_and_stars() -> None:
    assert _function(NESTED, "Outer.value").arguments == 2
    assert _function(NESTED, "Outer.static").arguments == 2
    assert _function("def f(self, a): ...\n", "f").arguments == 2


def test_elif_does_not_nest_and_else_if_does() -> None:
    flat = "def f(x):\n    if x:\n        pass\n    elif x > 1:\n        pass\n    else:\n        pass\n"
    deep = "def f(x):\n    if x:\n        pass\n    else:\n        if x > 1:\n            pass\n"
    assert _function(flat, "f").nesting == 1
    assert _function(deep, "f").nesting == 2
    assert (
        _function(
            "def f():\n    with a:\n        for b in c:\n            try: pass\n            finally: pass\n", "f"
        ).nesting
        == 2
    )


def test_nested_functions_have_no_cognitive_value_of_their_own() -> None:
    source = "def f(x):\n    def g(y):\n        if y:\n            return 1\n    return g\n"
    assert _function(source, "f").cognitive == 1
    assert _function(source, "f.g").cognitive is None
    assert _function(source, "f.g").cyclomatic == 2
    assert _function(source, "f").cyclomatic == 1


def test_typed_means_every_parameter_and_the_result() -> None:
    assert _function("def f(a: int) -> int: ...\n", "f").typed
    assert not _function("def f(a: int, *b) -> int: ...\n", "f").typed
    assert not _function("def f(a: int): ...\n", "f").typed
    assert _function("class A:\n    def __init__(self, a: int): ...\n", "A.__init__").typed
    assert not _function("class A:\n    def __init__(self): ...\n", "A.__init__").typed


CALLS = """\
import os.path as p, subprocess
from asyncio import run as go
from . import local
def f(subprocess):
    subprocess.run()
    go(main())
    p.join("a")
    import json
    json.loads("1")
    local.call()
class C:
    run = subprocess.call("x")
    def g(self):
        self.run(); print(open("f"))
json.dumps(1)
"""


def test_calls_are_resolved_through_imports_and_scopes() -> None:
    found = [(each.target, each.line, each.symbol) for each in analyse(CALLS.encode()).calls]
    assert found == [
        ("asyncio.run", 6, "f"),
        ("os.path.join", 7, "f"),
        ("json.loads", 9, "f"),
        (".local.call", 10, "f"),
        ("subprocess.call", 12, "C"),
        ("builtins.print", 14, "C.g"),
        ("builtins.open", 14, "C.g"),
    ]


def test_columns_count_code_points() -> None:
    facts = analyse("é = 'ü'; import os\n".encode())
    assert [(each.module, each.column) for each in facts.imports] == [("os", 10)]


def test_line_ends_do_not_matter() -> None:
    lines = NESTED.encode()
    crlf, cr = lines.replace(b"\n", b"\r\n"), lines.replace(b"\n", b"\r")
    assert analyse(crlf).functions == analyse(cr).functions == analyse(lines).functions
    wrong = [analyse(b"x = 1" + end + b"y = 'a" + end) for end in (b"\n", b"\r\n", b"\r")]
    assert [(each.lines, each.unreadable and each.unreadable.line) for each in wrong] == [(2, 2)] * 3


ASSERTIONS = {
    "one each": ("def test(): assert f(); assert g() == 1", 2),
    "nothing said": ("def test(): assert True; assert (x, 'y'); assert 1 == 1; assert x == x; assert x or True", 0),
    "something said": ("def test(): assert x == y; assert f() == f(); assert not x; assert ()", 4),
    "in blocks": ("def test():\n    for x in y:\n        with z:\n            assert x", 1),
    "of unittest": ("def test(self): self.assertEqual(x, 1); self.fail('no'); self.assertTrue(True)", 2),
    "of unittest, as a block": ("def test(self):\n    with self.assertLogs('x'): f()", 1),
    "of pytest": ("import pytest\ndef test():\n    with pytest.raises(E): f()\n    pytest.fail('x')", 2),
    "of pytest, imported": ("from pytest import warns as w\ndef test():\n    with w(E): f()", 1),
    "raises of another": ("def test():\n    with me.raises(E): f()", 0),
    "of mocks": ("def test(): m.assert_called_once(); make().assert_called_with(1)", 2),
    "of others": ("def test(): np.testing.assert_allclose(a, b)", 1),
    "behind a return": ("def test():\n    assert a\n    return\n    assert b\n    m.assert_called()", 1),
    "inside": ("def test():\n    def inner():\n        def deep(): assert a\n        assert b\n    inner()", 2),
    "of a helper": ("def test(): check(1); check(2)\ndef check(x):\n    assert x\n    assert x.y", 4),
    "of a helper, one level": ("def test(): one()\ndef one(): two()\ndef two(): assert x", 0),
    "of a helper that is named so": ("def test(): assert_x()\ndef assert_x(): assert x", 1),
    "of a method": ("class T:\n    def test(self): self.check()\n    def check(self): self.assertTrue(x)", 1),
    "of another test": ("def test(): test_b()\ndef test_b(): assert x", 0),
    "of itself": ("def test():\n    assert x\n    test()", 1),
}


@pytest.mark.parametrize("name", ASSERTIONS)
def test_assertions(name: str) -> None:
    source, expected = ASSERTIONS[name]
    found = [each for each in analyse(source.encode()).functions if each.name == "test"]
    assert [each.assertions for each in found] == [expected]


CASES = {
    '@pytest.mark.parametrize("x", [1, 2, 3])': 3,
    '@pytest.mark.parametrize("x", argvalues=(1, 2))\n@mark.parametrize("y", [1, 2])': 4,
    '@pytest.mark.parametrize("x", NAMES)': 0,
    '@pytest.mark.parametrize("x", [1, *NAMES])': 0,
    "@other": 1,
}


@pytest.mark.parametrize("decorator", CASES)
def test_cases(decorator: str) -> None:
    assert _function(f"{decorator}\ndef test_x(x): ...\n", "test_x").cases == CASES[decorator]


def test_the_shape_of_a_test_leaves_out_names_and_literals() -> None:
    first = "def test_a():\n    total = add(1, 'two')\n    # why\n    assert total.value == 3  # so\n"
    second = 'def test_b(x):\n    """Say so."""\n\n    s  =  add( x, "#" )\n    assert s.value == x\n'
    third = second.replace("add", "subtract")
    shapes = [
        _function(source, name).shape for source, name in ((first, "test_a"), (second, "test_b"), (third, "test_b"))
    ]
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) == 2
    assert shapes[2][0] != shapes[1][0]
    assert shapes[2][1] == shapes[1][1]
    assert (
        _function("é = 1; \ndef test(): é = add(1)\n", "test").shape
        == _function("def test():\n    x = add(2)\n", "test").shape
    )


@pytest.mark.parametrize("body", ["pass", "...", '"""Say so."""', '"""Say so."""; pass', "pass  # later"])
def test_a_test_that_does_nothing_has_no_shape(body: str) -> None:
    assert _function(f"def test_a():\n    {body}\n", "test_a").shape == ()


def _chain(value: str, tests: int, last: str = "") -> str:
    tested = "".join(f"{'elif' if number else 'if'} {value} == {number}:\n    pass\n" for number in range(tests))
    return tested + last


def _indented(lines: str) -> str:
    return "".join(f"    {each}\n" for each in lines.splitlines())


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (_chain("x", 4), []),
        (_chain("x", 5), [Chain(1, 10, 5)]),
        (_chain("x.kind", 5, "else:\n    pass\n"), [Chain(1, 12, 5)]),
        (_chain("x['kind']", 5), [Chain(1, 10, 5)]),
        (_chain("x()", 5), []),
        (_chain("x", 4, "elif y == 4:\n    pass\n"), []),
        (_chain("x", 4, "elif x > 4:\n    pass\n"), []),
        (_chain("x", 4, "else:\n    if x == 4:\n        pass\n"), []),
        (_chain("x", 5, f"else:\n{_indented(_chain('y', 6))}"), [Chain(1, 23, 5), Chain(12, 23, 6)]),
        (f"while z:\n{_indented(_chain('x', 5))}{_chain('y', 5)}", [Chain(2, 11, 5), Chain(12, 21, 5)]),
        (
            f"if z:\n{_indented(_chain('x', 5))}elif z:\n{_indented(_chain('x', 6))}",
            [Chain(2, 11, 5), Chain(13, 24, 6)],
        ),
    ],
)
def test_chains_that_are_a_table_in_disguise(source: str, found: list[Chain]) -> None:
    facts = analyse(source.encode())
    assert facts.unreadable is None
    assert list(facts.chains) == found


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_crash_the_analysis(content: bytes) -> None:
    facts = analyse(content)
    assert facts.size == len(content)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 500))
def test_blank_lines_move_functions_and_change_nothing_else(blank: int) -> None:
    before, after = analyse(NESTED.encode()).functions, analyse(b"\n" * blank + NESTED.encode()).functions
    for old, new in zip(before, after, strict=True):
        assert (new.line - old.line, new.symbol, new.cyclomatic, new.lines) == (
            blank,
            old.symbol,
            old.cyclomatic,
            old.lines,
        )


def test_workers_and_store_give_what_one_process_gives(tmp_path: Path) -> None:
    names = [f"m{number}.py" for number in range(30)]
    for number, name in enumerate(names):
        (tmp_path / name).write_text(NESTED * (number + 40))
    store = Store(tmp_path / "facts.sqlite")
    heard: list[tuple[int, int]] = []
    crew = Crew(Spawner(), 2, 60.0, lambda done, total: heard.append((done, total)))
    cold = collect(tmp_path, names, store, ["1"], crew)
    warm = collect(tmp_path, names, store, ["1"], crew)
    assert [each.facts for each in cold.values()] == [each.facts for each in warm.values()]
    assert list(cold) == list(warm) == names
    assert all(cold[name].facts == analyse((tmp_path / name).read_bytes()) for name in names)
    assert heard[0] == (0, 30)
    assert heard[-1] == (30, 30)


def test_a_worker_that_dies_costs_one_file_and_is_not_stored(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(NESTED * 1_000)
    crew = Crew(Spawner(), 1, 0.000001)
    store = Store(tmp_path / "facts.sqlite")
    facts = collect(tmp_path, ["a.py"], store, ["1"], crew)["a.py"].facts
    assert facts.unreadable is not None
    assert facts.unreadable.kind == "crash"
    again = collect(tmp_path, ["a.py"], store, ["1"], Crew(Spawner(), 1, 60.0))["a.py"].facts
    assert again.unreadable is None
