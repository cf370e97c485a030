"""Configurations of every kind: a configuration, or an error for the person, and soon."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates import __version__, config, registry
from gates.config import inherited, mypy_settings
from gates.model import GatesError
from tests.examples import examples

GATES = registry.gates_found()
SCHEMAS = registry.schemas(GATES)
KEYS = {each.name: [field.encode_name for field in msgspec.structs.fields(each.options)] for each in SCHEMAS}
GENERAL = (
    "preset",
    "source",
    "exclude",
    "required-version",
    "cache",
    "baseline",
    "improve-touched",
    "trust",
    "timeout",
)
SECONDS = 6.0

VALUES = (
    *("1", "-1", "0", "10.5", "1e400", "nan", "-inf", "9223372036854775807", "true", "false", '""', '"off"', '"x"'),
    *(
        '"strict"',
        '"legacy"',
        '"repo"',
        '"untrusted"',
        '"\\u0000"',
        '"\\u202E"',
        "'''\na\n'''",
        "1979-05-27",
        "07:32:00",
    ),
    *(
        "[]",
        '["E"]',
        '["**"]',
        '["\\\\"]',
        '["["]',
        '["!a", "/"]',
        "[[]]",
        "[1, 'a']",
        "{}",
        '{ version = "1" }',
        "{ a.b = 1 }",
    ),
    *('[{ id = "a", type = "layers", layers = ["a"], why = "x" }]', '">=0.1"', '"~= nope"', '["a.*"]', '"../x"', '"/"'),
    *(
        '["' + "*" * 200 + '"]',
        '"' + "a" * 3000 + '"',
        '["' + "{a,b}" * 20 + '"]',
        "0x1F",
        '["**/"]',
        '[" "]',
        '["\\u0000"]',
    ),
)


def table(seed: int) -> str:
    """Return a gates.toml with known keys, and a few unknown ones, under values of every kind."""
    chance = random.Random(seed)
    lines = [f"{key} = {chance.choice(VALUES)}" for key in chance.sample(GENERAL, chance.randint(0, 2))]
    for _ in range(chance.randint(0, 2)):
        gate = chance.choice(sorted(KEYS))
        keys = chance.sample([*KEYS[gate], "enabled", "why", "nope"], chance.randint(1, min(3, len(KEYS[gate]) + 2)))
        header = chance.choice((f"[{gate}]", f"[{gate}]", f"[[{gate}]]", f'["{gate}"]', f"[[overrides]]\n{gate} ="))
        body = [f"{key} = {chance.choice(VALUES)}" for key in keys]
        lines += [f"{header} {{ {', '.join(body)} }}"] if header.endswith("=") else [header, *body]
        if header.startswith("[[overrides"):
            lines += [f"paths = {chance.choice(VALUES)}", f"why = {chance.choice(VALUES)}"][: chance.randint(0, 2)]
    return "\n".join(lines) + "\n"


def loaded(text: str | bytes, name: str = "gates.toml") -> None:
    """Hold that a configuration is loaded, or refused with a message for a person, within a few seconds."""
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        try:
            found = config.load(Path(folder), SCHEMAS, registry.tool_names(), version=__version__)
            for gate in found.gates.values():
                gate.policy.at("a/b.py")
            config.loosened(found, found, ["a/b.py"])
        except GatesError as error:
            assert error.message.replace("\n", "").isprintable(), error.message
    assert time.process_time() - started < SECONDS


@examples(250)
@given(st.integers(0, 2**40))
def test_any_values_are_a_configuration_or_an_error(seed: int) -> None:
    loaded(table(seed))


@examples(100)
@given(st.integers(0, 2**40), st.lists(st.tuples(st.integers(0, 500), st.text(max_size=3)), max_size=3))
def test_damaged_text_is_a_configuration_or_an_error(seed: int, edits: list[tuple[int, str]]) -> None:
    text = table(seed)
    for at, put in edits:
        text = text[: at % (len(text) + 1)] + put + text[at % (len(text) + 1) + 1 :]
    loaded(text)


@examples(60)
@given(st.binary(max_size=100))
def test_any_bytes_are_a_configuration_or_an_error(content: bytes) -> None:
    loaded(content)
    loaded(content, "pyproject.toml")


HOSTILE: dict[str, Any] = {
    "nested arrays": "exclude = " + "[" * 50_000,
    "nested tables": "lint = " + "{a=" * 50_000,
    "a long dotted key": ".".join("a" * 20_000) + " = 1",
    "a long dotted key in quotes": "# it's '\n" + ".".join(['"a"', "'b'"] * 10_000) + " = 1",
    "many parts in a header": "[" + ".".join("a" * 20_000) + "]",
    "many tables": "".join(f"[a{each}]\n" for each in range(20_000)),
    "many headers of many parts": "".join(f"[{'a.' * 100}b{each}]\n" for each in range(4_000)),
    "a wrong key behind many lines": "#\n" * 50_000 + "[lint]\nnope = 1\n",
    "a wrong key behind a long value": "exclude = [\n" + '"a",\n' * 100_000 + "]\n[lint]\nnope = 1\n",
    "many overrides": '[[overrides]]\npaths = ["a"]\nwhy = "x"\n' * 500,
    "a megabyte of one value": 'exclude = ["' + "x" * 1_000_000 + '"]',
    "too much": "#" * 2_000_000,
    "stars": 'exclude = ["' + "*a" * 2_000 + '"]',
    "only line ends": "\r" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_little_time(name: str) -> None:
    loaded(HOSTILE[name])


@examples(150)
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            [
                "[mypy]\n",
                "[",
                "]",
                "=",
                ":",
                "plugins",
                " ",
                "\n",
                "a",
                "%(x)s",
                "[DEFAULT]\n",
                "mypy-a,b",
                "\\",
                '"',
                "strict",
                "[tool.mypy]\n",
                "[[tool.mypy.overrides]]\n",
                "module",
                "[]",
                "1",
            ]
        ),
        max_size=12,
    ).map("".join)
)
def test_the_configuration_of_tools_is_read_whatever_it_holds(text: str) -> None:
    for name in {*inherited.MYPY_FILES, *inherited.RUFF_FILES}:
        files = {name: text}
        inherited.extends(files)
        found = inherited.mypy_file(files)
        sections = mypy_settings.sections(name, text)
        assert all(isinstance(key, str) for section in sections.values() for key in section)
        mypy_settings.reaching(sections)
        mypy_settings.writing(sections)
        list(mypy_settings.changes(sections, {}))
        assert found in ("", name)


LINES = """\
[[overrides]]
paths = ["a # ]", 'b " [', "\\" [", ''' ]''', \"\"\"
 "" [ \\\"\"\" ]\"\"\"]
why = "x\u2028y"  # don't [

[lint]
select = [
  "E", # [
  'F',
]
nope = 1
"""


def test_the_line_of_a_key_is_found_behind_every_kind_of_string() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "gates.toml").write_text(LINES, encoding="utf-8")
        with pytest.raises(GatesError, match=r"^gates.toml:11: unknown key `lint.nope`"):
            config.load(Path(folder), SCHEMAS, registry.tool_names(), version=__version__)


def test_many_headers_are_no_long_key() -> None:
    text = "".join(f"[tool.a{each}.b]\n" for each in range(700)) + f"[tool.x]\ny = [{'1.5, ' * 700}]\n"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pyproject.toml").write_text(text + "[tool.gates]\npreset = 'legacy'\n", encoding="utf-8")
        assert config.load(Path(folder), SCHEMAS, registry.tool_names(), version=__version__).preset == "legacy"
