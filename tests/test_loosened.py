"""What a change loosens in the policy is named, with key, values and line; what it tightens is not."""

from __future__ import annotations

import pytest

from tests.policies import looser

TIGHTENED = {
    "nothing": ("", ""),
    "a comment": ("[complexity]\ncyclomatic = 9", "# hi\n[complexity]\ncyclomatic = 9"),
    "a limit": ("[complexity]\ncyclomatic = 9", "[complexity]\ncyclomatic = 8"),
    "a limit that was off": ('[size]\nfile-lines = "off"', "[size]\nfile-lines = 5000"),
    "a lower bound": ("[typing]\ntyped-functions = 80", "[typing]\ntyped-functions = 90"),
    "a choice": ('[typing]\nstrictness = "standard"', '[typing]\nstrictness = "strict"'),
    "a preset": ('preset = "internal"', 'preset = "production"\n[layers]\nenabled = false\nwhy = "w"'),
    "a gate": ("", "[suppressions]"),
    "a gate, with a limit above that of the preset that had it off": (
        'preset = "prototype"',
        'preset = "prototype"\n[complexity]\ncyclomatic = 40',
    ),
    "a family instead of its prefixes": ('[lint]\nselect = ["E4", "E5"]', '[lint]\nselect = ["E"]'),
    "a rule that is new, and warns": ('[lint]\nselect = ["E"]', '[lint]\nselect = ["E", "S"]\nwarn = ["S"]'),
    "fewer ignored": (
        '[lint]\nselect = ["E"]\nignore = ["E5"]',
        '[lint]\nselect = ["E"]\nignore = ["E501", "E502"]',
    ),
    "our list instead of the project's own": ("[lint]\ninherit = true", "[lint]\ninherit = false"),
    "an override": ("", '[[overrides]]\npaths = ["app"]\nwhy = "w"\nsize.file-lines = 9'),
    "an override that loosens, taken out": ('[[overrides]]\npaths = ["app"]\nwhy = "w"\nsize.file-lines = 9999', ""),
    "an override that says what held": (
        "[size]\nfile-lines = 9",
        '[size]\nfile-lines = 9\n[[overrides]]\npaths = ["app"]\nwhy = "w"\nsize.file-lines = 9',
    ),
    "an override for files that there are none of": (
        "",
        '[[overrides]]\npaths = ["no"]\nwhy = "w"\nsize.file-lines = 9999',
    ),
    "an exclude that removes nothing": ("", 'exclude = ["build"]'),
    "an exclude of what source leaves out": ('source = ["app"]', 'source = ["app"]\nexclude = ["tools"]'),
    "more sources": ('source = ["app"]', 'source = ["app", "tests"]'),
    "what is touched must get better": ("", "improve-touched = true"),
    "a pin": ("", '[tools.ruff]\nversion = "0.17.5"'),
    "a required version": ("", 'required-version = ">=0.1"'),
    "the time a tool may take": ("timeout = 5", "timeout = 500"),
}


@pytest.mark.parametrize("name", TIGHTENED)
def test_what_is_as_strict_everywhere_is_no_loosening(name: str) -> None:
    base, head = TIGHTENED[name]
    assert looser(base, head) == []


OVERRIDE = '[[overrides]]\npaths = ["tests/**"]\nwhy = "w"\n'
LOOSENED: dict[str, tuple[str, str, list[tuple[str, str, str, int, bool]]]] = {
    "a limit": (
        "[complexity]\ncyclomatic = 10",
        "[complexity]\n\ncyclomatic = 20",
        [("complexity.cyclomatic", "10", "20", 3, True)],
    ),
    "a limit, off": (
        "[complexity]\ncyclomatic = 10",
        '[complexity]\ncyclomatic = "off"',
        [("complexity.cyclomatic", "10", '"off"', 2, True)],
    ),
    "a limit, back to the preset": (
        "[size]\n[complexity]\ncyclomatic = 10\n",
        "[size]\n[complexity]\n",
        [("complexity.cyclomatic", "10", "15", 2, True)],
    ),
    "a bound, off": (
        "[typing]\ntyped-functions = 90",
        '[typing]\ntyped-functions = "off"',
        [("typing.typed-functions", "90.0", '"off"', 2, True)],
    ),
    "a choice": (
        '[typing]\nstrictness = "strict"',
        '[typing]\nstrictness = "basic"',
        [("typing.strictness", '"strict"', '"basic"', 2, True)],
    ),
    "a gate": (
        "",
        '[size]\nenabled = false\nwhy = "w"\nfile-lines = 99999',
        [("size.enabled", "true", "false", 2, True)],
    ),
    "a list of rules": (
        '[lint]\nselect = ["E", "F"]',
        '[lint]\nselect = ["E4", "F"]',
        [("lint.select", '["E", "F"]', '["E4", "F"]', 2, True)],
    ),
    "ignored rules": (
        '[lint]\nselect = ["E"]',
        '[lint]\nselect = ["E"]\nignore = ["E501"]',
        [("lint.ignore", "[]", '["E501"]', 3, True)],
    ),
    "rules that only warn": (
        '[lint]\nselect = ["E"]',
        '[lint]\nselect = ["E"]\nwarn = ["E"]',
        [("lint.warn", "[]", '["E"]', 3, True)],
    ),
    "the project's own configuration": (
        "",
        "[typing]\ninherit = true",
        [("typing.inherit", "false", "true", 2, True)],
    ),
    "another interpreter": (
        '[typing]\npython = "a"',
        '[typing]\npython = "b"',
        [("typing.python", '"a"', '"b"', 2, False)],
    ),
    "an override": (
        "[size]\nfunction-lines = 60",
        f"[size]\nfunction-lines = 60\n{OVERRIDE}size.function-lines = 120",
        [("overrides[tests/**].size.function-lines", "60", "120", 6, True)],
    ),
    "an override of another value": (
        f"{OVERRIDE}size.function-lines = 70",
        f"{OVERRIDE}size.function-lines = 80",
        [("overrides[tests/**].size.function-lines", "70", "80", 4, True)],
    ),
    "an override with more paths": (
        "[size]\nfunction-lines = 60\n" + OVERRIDE + "size.function-lines = 70",
        "[size]\nfunction-lines = 60\n" + OVERRIDE.replace("tests/**", "/*") + "size.function-lines = 70",
        [("overrides[/*].size.function-lines", "60", "70", 6, True)],
    ),
    "an override that tightened, taken out": (
        f"[size]\nfile-lines = 90\n{OVERRIDE}size.file-lines = 7",
        "[size]\nfile-lines = 90",
        [("overrides[tests/**].size.file-lines", "7", "90", 2, True)],
    ),
    "a limit and an override that tightened": (
        f"[size]\nfile-lines = 90\n{OVERRIDE}size.file-lines = 7",
        "[size]\nfile-lines = 95",
        [
            ("overrides[tests/**].size.file-lines", "7", "95", 2, True),
            ("size.file-lines", "90", "95", 2, True),
        ],
    ),
    "two overrides, two keys": (
        "[size]\nfile-lines = 90",
        f"[size]\nfile-lines = 90\n{OVERRIDE}size.file-lines = 99\ntyping.strictness = 'basic'\n"
        + OVERRIDE.replace("tests/**", "tools")
        + "size.file-lines = 91",
        [
            ("overrides[tests/**].size.file-lines", "90", "99", 6, True),
            ("overrides[tests/**].typing.strictness", '"standard"', '"basic"', 7, True),
            ("overrides[tools].size.file-lines", "90", "91", 11, True),
        ],
    ),
    "files left out": (
        'exclude = ["app/core"]',
        'exclude = ["app/core", "tests"]',
        [("exclude", '["app/core"]', '["app/core", "tests"]', 1, True)],
    ),
    "fewer sources": ("", 'source = ["app", "tests"]', [("source", "[]", '["app", "tests"]', 1, True)]),
    "a pin, gone": (
        '[tools.ruff]\nversion = "0.17.5"',
        "",
        [("tools.ruff.version", '"0.17.5"', '""', 1, False)],
    ),
    "another required version": (
        'required-version = ">=0.1"',
        '\nrequired-version = ">=0.0.1"',
        [("required-version", '">=0.1"', '">=0.0.1"', 2, False)],
    ),
    "another baseline": (
        "",
        'baseline = "debt.json"',
        [("baseline", '"gates-baseline.json"', '"debt.json"', 1, False)],
    ),
    "what is touched may stay as it is": (
        "improve-touched = true",
        "",
        [("improve-touched", "true", "false", 1, True)],
    ),
    "another cache": ("", 'cache = "c"', [("cache", '""', '"c"', 1, False)]),
    "a preset, in many values": (
        'preset = "internal"',
        'preset = "prototype"\n[size]\nfile-lines = 900',
        [
            ("preset", '"internal"', '"prototype" (9 values less strict)', 1, True),
            ("size.file-lines", "800", "900", 3, True),
        ],
    ),
    "a preset, in few values": (
        'preset = "production"\n[layers]\nenabled = false\nwhy = "w"\n[lint]\nselect = ["E"]\nline-length = 100\n'
        '[size]\n[complexity]\nenabled = false\nwhy = "w"\n[typing]\nenabled = false\nwhy = "w"\n',
        'preset = "internal"\n[lint]\nselect = ["E"]\nline-length = 100\n'
        '[complexity]\nenabled = false\nwhy = "w"\n[typing]\nenabled = false\nwhy = "w"\n'
        '[size]\nenabled = false\nwhy = "w"\n',
        [
            ("duplication.max-percent", "3.0", "5.0", 1, True),
            ("suppressions.enabled", "true", "false", 1, True),
            ("size.enabled", "true", "false", 12, True),
        ],
    ),
}


@pytest.mark.parametrize("name", LOOSENED)
def test_a_loosening_is_named_with_key_values_and_line(name: str) -> None:
    base, head, expected = LOOSENED[name]
    assert looser(base, head) == expected
    back = [key for key, *_, ordered in looser(head, base) if ordered]
    if all(ordered for *_, ordered in expected):
        assert back == []
