"""What a change loosens in a project's own configuration of ruff and mypy, when that chooses the rules."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mypy.main import define_options
from mypy.options import PER_MODULE_OPTIONS
from mypy.options import Options as MypyOptions

from gates import config
from gates.config import inherited, mypy_settings, ruff_settings
from gates.programs import program
from gates.tools import ruff
from tests.changes import found
from tests.policies import policy

Rows = list[tuple[str, str, str, str, int, bool]]
BOTH = "[lint]\ninherit = true\n[typing]\ninherit = true"


def looser(before: Mapping[str, str], after: Mapping[str, str], base: str = BOTH, head: str = BOTH) -> Rows:
    """Return what is loosened: key, both values, file, line, whether there is an order."""
    rows = config.loosened_tools(policy(base), policy(head), before, after)
    assert not any(each.held for each in rows)
    return [(each.key, each.before, each.after, each.path, each.line, each.ordered) for each in rows]


RUFF: dict[str, tuple[str, str, list[tuple[str, str, str, int, bool]]]] = {
    "equal": ('line-length = 9\n[lint]\nselect = ["E"]', 'line-length = 9\nlint.select = ["E"]\n', []),
    "fewer rules": (
        '[lint]\nselect = ["E", "F"]',
        '[lint]\nselect = ["E"]',
        [("lint.select", '["E", "F"]', '["E"]', 2, True)],
    ),
    "a family for its prefixes": ('[lint]\nselect = ["E4", "E5"]', '[lint]\nselect = ["E"]', []),
    "rules under another key": (
        '[lint]\nselect = ["E"]\nextend-select = ["F"]',
        '[lint]\nselect = ["E", "F"]',
        [],
    ),
    "an old name for the key": (
        'select = ["E"]\n[mccabe]\nmax-complexity = 9',
        '[lint]\nselect = ["E"]\n[lint.mccabe]\nmax-complexity = 9',
        [],
    ),
    "rules ignored": (
        '[lint]\nselect = ["E"]',
        '[lint]\nselect = ["E"]\nextend-ignore = ["E501"]',
        [("lint.extend-ignore", "not given", '["E501"]', 3, True)],
    ),
    "rules of the default ignored": (
        "[lint]",
        '[lint]\nignore = ["E501"]',
        [("lint.ignore", "not given", '["E501"]', 2, True)],
    ),
    "what was not selected is ignored": (
        '[lint]\nselect = ["F"]',
        '[lint]\nselect = ["F"]\nignore = ["E501"]',
        [],
    ),
    "back to the default": (
        '[lint]\nselect = ["ALL"]\n',
        "[lint]\n",
        [("lint.select", '["ALL"]', "not given", 1, False)],
    ),
    "ignored for some files": (
        '[lint.per-file-ignores]\n"a" = ["E"]',
        '[lint.per-file-ignores]\n"a" = ["E501"]\n"tests/*" = ["S"]',
        [("lint.per-file-ignores[tests/*]", "not given", '["S"]', 3, True)],
    ),
    "more ignored for some files": (
        '[lint.per-file-ignores]\n"a" = ["E501"]',
        '[lint.per-file-ignores]\n"a" = ["E"]',
        [("lint.per-file-ignores[a]", '["E501"]', '["E"]', 2, True)],
    ),
    "a limit": ("line-length = 80", "line-length = 100", [("line-length", "80", "100", 1, True)]),
    "a lower limit": ("line-length = 100", "line-length = 80", []),
    "a limit above its default": (
        "",
        "[lint.pylint]\nmax-args = 9",
        [("lint.pylint.max-args", "not given", "9", 2, True)],
    ),
    "a limit below its default": ("", "[lint.mccabe]\nmax-complexity = 9", []),
    "files left out": ("", 'extend-exclude = ["a"]', [("extend-exclude", "not given", '["a"]', 1, True)]),
    "what has no order": ("", 'target-version = "py311"', [("target-version", "not given", '"py311"', 1, False)]),
    "what has no judgement": ("", 'fix = true\n[format]\nquote-style = "single"\n[lint]\nfixable = ["E"]', []),
    "nonsense": ("line-length = 80\nexclude = 3", "line-length = 'x'", [("line-length", "80", '"x"', 1, False)]),
}


@pytest.mark.parametrize("name", RUFF)
def test_ruff(name: str) -> None:
    before, after, expected = RUFF[name]
    rows = [(f"ruff.{key}", *rest[:2], "ruff.toml", *rest[2:]) for key, *rest in expected]
    assert looser({"ruff.toml": before}, {"ruff.toml": after}) == rows


MYPY: dict[str, tuple[str, str, list[tuple[str, str, str, int, bool]]]] = {
    "equal": ("strict = true", "strict = true\npretty = true", []),
    "not strict": (
        "strict = True\ndisallow_any_generics = False",
        "strict = False",
        [
            (f"mypy.{key}", str(on).lower(), str(not on).lower(), 1, True)
            for key, on in sorted(mypy_settings._STRICT.items())
            if key != "disallow_any_generics"
        ],
    ),
    "strict, written out": (
        "strict = true",
        "\n".join(f"{key} = {on}" for key, on in mypy_settings._STRICT.items()),
        [],
    ),
    "strict but": (
        "strict = true",
        "strict = true\nallow_untyped_defs = true",
        [("mypy.disallow_untyped_defs", "true", "false", 3, True)],
    ),
    "a flag by its other name": ("no_implicit_reexport = true", "implicit_reexport = false", []),
    "what is on anyway": ("", "strict_optional = true\nno_implicit_optional = true", []),
    "what is on anyway, off": (
        "",
        "no_strict_optional = true",
        [("mypy.strict_optional", "true", "false", 2, True)],
    ),
    "errors of some modules": (
        "",
        "[mypy-shop.*]\nignore_errors = true",
        [("mypy[shop.*].ignore_errors", "false", "true", 3, True)],
    ),
    "a section that says what holds": ("strict = true", "strict = true\n[mypy-shop.*]\nstrict_equality = true", []),
    "a strict section, gone": (
        "[mypy-shop.*,mart]\ndisallow_untyped_defs = true",
        "[mypy-mart]\ndisallow_untyped_defs = true",
        [("mypy[shop.*].disallow_untyped_defs", "true", "false", 1, True)],
    ),
    "a code": (
        "enable_error_code = redundant-expr, truthy-bool",
        "enable_error_code = truthy-bool",
        [("mypy.enable_error_code", '["redundant-expr", "truthy-bool"]', '["truthy-bool"]', 2, True)],
    ),
    "a code, off": (
        "",
        "disable_error_code = misc",
        [("mypy.disable_error_code", "[]", '["misc"]', 2, True)],
    ),
    "files left out": ("", "exclude = ^old/", [("mypy.exclude", "[]", '["^old/"]', 2, True)]),
    "imports that are not followed": (
        "[mypy-shop]\nfollow_imports = silent",
        "[mypy-shop]\nfollow_imports = skip",
        [("mypy[shop].follow_imports", '"silent"', '"skip"', 3, True)],
    ),
    "imports that are errors": (
        "",
        "follow_imports = error",
        [("mypy.follow_imports", '"normal"', '"error"', 2, False)],
    ),
    "what has no order": ("", "plugins = a.py", [("mypy.plugins", "not given", '"a.py"', 2, False)]),
}


@pytest.mark.parametrize("name", MYPY)
def test_mypy(name: str) -> None:
    before, after, expected = MYPY[name]
    rows = [(key, *rest[:2], "mypy.ini", *rest[2:]) for key, *rest in expected]
    first, second = ({"mypy.ini": f"[mypy]\n{text}\n"} for text in (before, after))
    assert looser(first, second) == rows


def test_mypy_in_pyproject() -> None:
    before = '[tool.mypy]\nstrict = true\n[[tool.mypy.overrides]]\nmodule = ["a", "b.*"]\nwarn_return_any = false\n'
    after = before + '[[tool.mypy.overrides]]\nmodule = "c"\nignore_errors = true\ndisable_error_code = ["misc"]\n'
    assert looser({"pyproject.toml": before}, {"pyproject.toml": after}) == [
        ("mypy[c].ignore_errors", "false", "true", "pyproject.toml", 8, True),
        ("mypy[c].disable_error_code", "[]", '["misc"]', "pyproject.toml", 9, True),
    ]
    ini = "[mypy]\nstrict = true\n[mypy-a,b.*]\nwarn_return_any = false\n"
    assert looser({"pyproject.toml": before}, {"setup.cfg": ini}) == []
    assert looser({"setup.cfg": ini}, {"pyproject.toml": before}) == []


def test_a_file_that_takes_precedence() -> None:
    project = {"pyproject.toml": '[tool.ruff.lint]\nselect = ["E", "F"]\n[tool.mypy]\nstrict_equality = true\n'}
    assert looser(project, {**project, "ruff.toml": '[lint]\nselect = ["E", "F"]\n'}) == []
    hidden = {"ruff.toml": '\n[lint]\nselect = ["E"]\n', "mypy.ini": "[mypy]\n"}
    assert looser(project, project | hidden) == [
        ("mypy.strict_equality", "true", "false", "mypy.ini", 1, True),
        ("ruff.lint.select", '["E", "F"]', '["E"]', "ruff.toml", 3, True),
    ]
    assert looser(project, project | {"setup.cfg": "[mypy]\n", ".mypy.ini": "[mypy]\nstrict_equality = 1\n"}) == []
    assert [row[3] for row in looser(project, {})] == ["pyproject.toml"] * 2


def test_the_order_of_files() -> None:
    every = dict.fromkeys((*inherited.RUFF_FILES, *inherited.MYPY_FILES), "") | {
        "pyproject.toml": "[tool.ruff]\n[tool.mypy]\n",
        "setup.cfg": "[mypy]\n",
    }
    for names, chosen in ((inherited.RUFF_FILES, inherited.ruff_file), (inherited.MYPY_FILES, inherited.mypy_file)):
        left = dict(every)
        for name in names:
            assert chosen(left) == name
            del left[name]
        assert chosen(left) == ""
    assert inherited.mypy_file({"setup.cfg": "[flake8]\n", "pyproject.toml": "[tool.ruff]\n"}) == ""
    assert inherited.ruff_file({"pyproject.toml": "[tool.mypy]\n"}) == ""


@pytest.mark.parametrize(
    ("base", "head", "tools"),
    [
        (BOTH, BOTH, {"ruff", "mypy"}),
        ("[lint]\ninherit = true", BOTH, {"ruff"}),
        (BOTH, "[typing]\ninherit = true", {"mypy"}),
        (BOTH, "", set()),
        ("", BOTH, set()),
    ],
)
def test_only_what_is_inherited_before_and_after_is_compared(base: str, head: str, tools: set[str]) -> None:
    before = {"ruff.toml": "line-length = 80", "mypy.ini": "[mypy]\nstrict_equality = true"}
    rows = looser(before, {"ruff.toml": "line-length = 90", "mypy.ini": "[mypy]"}, base, head)
    assert {key.partition(".")[0] for key, *_ in rows} == tools


_MYPY = MypyOptions()
_FLAGS = {name: getattr(_MYPY, name) for name in dir(_MYPY) if isinstance(getattr(_MYPY, name), bool)}
_WITHOUT_ORDER = {
    "always_false",
    "always_true",
    "debug_cache",
    "disable_error_code",
    "disabled_error_codes",
    "enable_error_code",
    "enabled_error_codes",
    "follow_imports",
    "follow_imports_for_stubs",
    "follow_untyped_imports",
    "mypyc",
}


def test_the_flags_are_those_of_mypy() -> None:
    known = {name: on for name, on in _FLAGS.items() if mypy_settings._flag(name)}
    assert {name for name, on in known.items() if on} == mypy_settings._ON
    assert dict(define_options()[2]) == mypy_settings._STRICT
    assert set(PER_MODULE_OPTIONS) - _WITHOUT_ORDER <= set(known)


def test_the_names_of_flags_are_those_of_mypy() -> None:
    for name, key in (("no_implicit_reexport", "implicit_reexport"), ("allow_any_expr", "disallow_any_expr")):
        assert mypy_settings._named(name) == (key, True)
    for name in _FLAGS:
        assert mypy_settings._named(name) == (name, False)


@pytest.mark.parametrize("key", [key for key, default in ruff_settings._LIMITS.items() if default is not None])
def test_the_defaults_are_those_of_ruff(key: str) -> None:
    done = subprocess.run([*program(ruff.RUFF), "config", key], capture_output=True, text=True, check=True)
    assert f"Default value: {ruff_settings._LIMITS[key]}\n" in done.stdout


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {_toml(each)}' for key, each in value.items())}}}"
    return f"[{', '.join(map(_toml, value))}]" if isinstance(value, list) else json.dumps(value, ensure_ascii=True)


_VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.sampled_from(["", "E", "a.*", "true"])),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["module", "a"]), inner)),
    max_leaves=4,
)
_KEYS = ["select", "lint", "exclude", "line-length", "per-file-ignores", "overrides", "strict", "disable_error_code"]


@settings(deadline=None, max_examples=60)
@given(*(st.dictionaries(st.sampled_from(_KEYS), _VALUES, max_size=4) for _ in range(2)))
def test_no_nonsense_in_a_file_is_too_much(before: dict[str, object], after: dict[str, object]) -> None:
    first, second = (
        {"pyproject.toml": f"[tool]\nruff = {_toml(each)}\nmypy = {_toml(each)}\n"} for each in (before, after)
    )
    assert looser(first, first) == []
    assert looser(first, second) is not None


def test_the_finding_says_that_the_new_value_holds(tmp_path: Path) -> None:
    gates = "[tool.gates.lint]\ninherit = true\n[tool.ruff.lint]\n"
    before = {"pyproject.toml": f'{gates}select = ["E", "F"]\n'}
    (finding,) = found("policy", before, {"pyproject.toml": f'{gates}select = ["E"]\n'}, tmp_path / "project")
    assert finding.message == '`ruff.lint.select` was ["E", "F"] and is ["E"], which is less strict'
    assert (finding.location.path, finding.location.line) == ("pyproject.toml", 4)
