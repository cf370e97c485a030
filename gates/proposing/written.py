"""A proposal as a table of TOML, and the file that it is put into: every byte that is there stays."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from gates import toml
from gates.config import presets
from gates.model import GatesError
from gates.proposing.proposal import Proposal

_WHY_LAYERS = "Proposed by `gates init`: every import pointed down when it ran. Write here what the order is for."
_WHY_TESTS = "Tests are lists of cases: they assert, hold made-up secrets, and grow by one more case."
_BOM = b"\xef\xbb\xbf"
PROJECT, OWN = "pyproject.toml", "gates.toml"


def configured(root: Path, proposal: Proposal) -> tuple[str, bytes]:
    """Return the name and the content of the file that holds a proposal: the project's `pyproject.toml` when it has
    one to which a table can be added, else `gates.toml`.

    Raises:
        GatesError: the file cannot be read.
    """
    project = root / PROJECT
    try:
        before = project.read_bytes() if project.is_file() else None
    except OSError as error:
        raise GatesError(f"{PROJECT} cannot be read: {error.strerror}") from error
    if before is not None:
        after = _appended(before, "\n".join(lines(proposal, "tool.gates")) + "\n")
        if _is_addition(before, after):
            return PROJECT, after
    return OWN, ("\n".join(lines(proposal, "")) + "\n").encode()


def lines(proposal: Proposal, prefix: str) -> Iterator[str]:
    """Yield the lines of a configuration; `prefix` is the table that it stands in."""
    if prefix:
        yield f"[{prefix}]"
    yield f"preset = {_text(proposal.preset)}"
    if proposal.source:
        yield f"source = {_list(proposal.source)}"
    if proposal.left_out:
        yield from _listed("exclude", [each.pattern for each in proposal.left_out])
    inner = f"{prefix}." if prefix else ""
    for gate in sorted({*_tables(proposal)}):
        yield ""
        yield f"[{inner}{gate}]"
        yield from _table(proposal, gate)
    if proposal.contracts and "layers" not in proposal.off:
        yield from _layers(proposal, inner)
    yield from _override(proposal, inner)


def _tables(proposal: Proposal) -> Iterator[str]:
    yield from proposal.off
    yield from (each for each in proposal.inherit if each not in proposal.off)
    yield from (each.gate for each in proposal.measured if each.proposed != each.limit)
    if proposal.strictness and proposal.strictness != presets()[proposal.preset]["typing"]["strictness"]:
        yield "typing"


def _table(proposal: Proposal, gate: str) -> Iterator[str]:
    if gate in proposal.off:
        yield "enabled = false"
        yield f"why = {_text(proposal.off[gate])}"
        return
    if gate in proposal.inherit:
        yield "inherit = true"
    elif gate == "typing":
        yield f"strictness = {_text(proposal.strictness)}"
    for each in proposal.measured:
        if each.gate == gate and each.proposed != each.limit:
            yield f"{each.option} = {each.proposed}"


def _layers(proposal: Proposal, inner: str) -> Iterator[str]:
    yield ""
    yield f"[{inner}layers]"
    yield f"packages = {_list(proposal.packages)}"
    for each in proposal.contracts:
        yield ""
        yield f"[[{inner}layers.contracts]]"
        yield f"id = {_text(each.id)}"
        yield 'type = "layers"'
        yield from _listed("layers", each.layers)
        yield f"why = {_text(_WHY_LAYERS)}"


def _override(proposal: Proposal, inner: str) -> Iterator[str]:
    if not proposal.tests:
        return
    yield ""
    yield f"[[{inner}overrides]]"
    yield f"paths = {_list(proposal.tests)}"
    yield f"why = {_text(_WHY_TESTS)}"
    if "lint" not in proposal.inherit and "lint" not in proposal.off:
        yield 'lint.ignore = ["S"]'
    yield 'size.class-lines = "off"'
    yield 'size.file-lines = "off"'
    yield 'size.functions-per-module = "off"'
    if proposal.tests_strictness and "typing" not in proposal.off:
        yield f"typing.strictness = {_text(proposal.tests_strictness)}"


def _listed(key: str, values: Sequence[str]) -> Iterator[str]:
    yield f"{key} = ["
    yield from (f"    {_text(each)}," for each in values)
    yield "]"


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _text(value: str) -> str:
    """Return a string of TOML; what JSON escapes, TOML reads the same."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _appended(before: bytes, text: str) -> bytes:
    """Return the file with a text behind it, in the line ends that it has."""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = b"" if not before else end if before.endswith(b"\n") else end * 2
    return before + gap + text.encode().replace(b"\n", end)


def _is_addition(before: bytes, after: bytes) -> bool:
    """Whether the file says what it said, and our table besides."""
    try:
        old, new = (toml.parse(each.decode("utf-8")) for each in (before, after))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    ours = new.get("tool", {}).pop("gates", None)
    if not new.get("tool") and "tool" not in old:
        new.pop("tool", None)
    return ours is not None and old == new
