"""What tools print, damaged in every way: it is findings, or an error for the person; nothing else is raised."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates import ancestry, archive, baseline, flags, trees
from gates.model import Finding, GatesError
from gates.sharding import Asked, Part, parsed, written
from gates.tools import import_linter, jscpd, mypy, ruff
from tests.examples import examples
from tests.reporters.sample import rendered

RECORDED = Path(__file__).parents[1] / "tools" / "recorded"
ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 2**31, 2**63, 2**64, 1e308, -0.5, "", "x" * 5000, "\0", "\ud800", "::error::", [], {}, [[]]),
    *("../../etc/passwd", "/etc/passwd", "a.py", {"": {"": None}}, "\x1b[2J", "\u202e"),
)
BYTES = (
    b"",
    b"\0",
    b"\xff",
    b"NaN",
    b"1e999",
    b'"',
    b"{",
    b"[" * 3000,
    b'{"a":' * 3000,
    b"\n",
    b"\r",
    b"\xed\xa0\x80",
    b",",
    b"-",
)


BASELINE = baseline.render(
    [
        baseline.Entry(rule="lint/F401", path="a.py", code="import os", count=2),
        baseline.Entry(
            rule="complexity/cyclomatic", path="a.py", symbol="a:f", value=12.0, reason="why", date="2026-01-05"
        ),
        baseline.Entry(rule="typing/x", path="b.py", symbol="b:g", code="x = y", body="0a1b2c", latent=True),
    ]
).encode()


class _Anything(dict[str, str]):
    """Names that tools print, whatever they are."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return "a.py"


def _import_linter(content: bytes) -> list[Finding]:
    import_linter.parse(content, import_linter.Question({}, False, []))
    return []


def _jscpd(content: bytes) -> list[Finding]:
    jscpd.parse(content, _Anything())
    return []


def _archive(content: bytes) -> list[Finding]:
    return list(archive.read(content, "r.json").findings())


def _shard(content: bytes) -> list[Finding]:
    parsed(content, "s.json")
    return []


def _baseline(content: bytes) -> list[Finding]:
    read = baseline.parse(content, "b.json").entries
    ours = baseline.parse(BASELINE, "b.json").entries
    for sides in ((read, ours, ours), (ours, read, ours), (read, ours, ())):
        merged = ancestry.merged(*sides)
        assert baseline.parse(baseline.render(merged).encode(), "b.json").entries == merged
    ancestry.fresh(read, ours)
    return []


def _flag(content: bytes) -> list[Finding]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, ".gates", "flags", "lint-00000000.json")
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
        flags.known(Path(folder), {file.stem})
    return []


def _trees(content: bytes) -> list[Finding]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "manifest.json")
        file.write_bytes(content)
        trees._recorded(file)
    return []


PARSERS: dict[str, tuple[Callable[[bytes], Any], list[bytes]]] = {
    "mypy": (lambda text: mypy.parse(text, _Anything()), [p.read_bytes() for p in RECORDED.glob("mypy-*/*")]),
    "mypy that stopped": (
        lambda text: [mypy._blocker(text, text.decode("utf-8", "replace"))],
        [p.read_bytes() for p in RECORDED.glob("mypy-*/*")],
    ),
    "ruff": (lambda text: ruff.parse(text, _Anything()), [p.read_bytes() for p in RECORDED.glob("ruff-*/*")]),
    "jscpd": (_jscpd, [p.read_bytes() for p in RECORDED.glob("jscpd-*/*")]),
    "import-linter": (_import_linter, [p.read_bytes() for p in RECORDED.glob("import-linter-*/*")]),
    "a report": (_archive, [rendered("json").encode()]),
    "a shard": (_shard, [written(Part("m", "p", Asked(), 1, 2, "d", {"now": "x"}, ())).encode()]),
    "a flag": (_flag, [b'{"id": "lint-00000000", "reason": "why"}']),
    "a baseline": (_baseline, [BASELINE]),
    "what was written to a folder": (_trees, [b'{"a.py": ["oid", 1, 2, 3, 4]}', b'{"a.py": {"oid": "x"}}', b"[]"]),
}


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return output with a few values of its JSON, or a few of its bytes, replaced."""
    lines = content.split(b"\n")
    if chance.random() < 0.6:
        at = chance.randrange(len(lines))
        whole = chance.random() < 0.5
        try:
            value = _replaced(json.loads(content if whole else lines[at]), chance)
        except ValueError:
            return content[: chance.randrange(len(content) + 1)]
        written = json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
        return written if whole else b"\n".join([*lines[:at], written, *lines[at + 1 :]])
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(content) + 1)
        content = content[:place] + chance.choice(BYTES) + content[place + chance.choice((0, 1, 1, 7, 300)) :]
    return content


def _replaced(value: Any, chance: random.Random) -> Any:
    """Return a value in which one of the values inside is another, is gone or stands there twice."""
    if not value or not isinstance(value, dict | list) or chance.random() < 0.1:
        return chance.choice(ODD)
    if isinstance(value, list):
        at = chance.randrange(len(value))
        put = chance.choice(([_replaced(value[at], chance)], [], [value[at], value[at]]))
        return [*value[:at], *put, *value[at + 1 :]]
    key = chance.choice(list(value))
    other = {name: each for name, each in value.items() if name != key}
    return other if chance.random() < 0.1 else {**other, key: _replaced(value[key], chance)}


@pytest.mark.parametrize("name", PARSERS)
@examples(80)
@given(st.integers(0, 2**40))
def test_damaged_output_is_findings_or_an_error(name: str, seed: int) -> None:
    parse, recorded = PARSERS[name]
    chance = random.Random(seed)
    held(parse, damaged(chance.choice(recorded), chance))


@pytest.mark.parametrize("name", PARSERS)
@examples(40)
@given(st.binary(max_size=200))
def test_any_bytes_are_findings_or_an_error(name: str, content: bytes) -> None:
    held(PARSERS[name][0], content)


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("opened", [b"[", b'{"a":', b'{"x":[{"y":'])
def test_output_that_is_nested_too_deeply_is_an_error(name: str, opened: bytes) -> None:
    for inside in (opened * 100_000, b'{"unknown": ' + opened * 100_000):
        held(PARSERS[name][0], inside)


def held(parse: Callable[[bytes], Any], content: bytes) -> None:
    """Hold that a parser returns findings that can be shown, or raises what a person can read."""
    try:
        found = parse(content)
    except GatesError as error:
        assert error.message
        return
    for each in found:
        if isinstance(each, Finding):
            assert each.location.line >= 1
            assert each.location.column >= 1
