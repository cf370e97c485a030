"""Our lint findings are those of `ruff check --output-format json`, run by hand with the same rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Corpora
from .corpora import NAMES, assert_same, by_hand, hidden, outcome, script

Lint = tuple[str, int, int, int, int, str, str, str]
"""Path, span, code, message, address."""

PRODUCTION = "E4,E7,E9,F,W6,B,SIM,UP,S,ASYNC,C4,RET,PIE,BLE,RUF100"
TARGETS = {"flask": "py39", "httpx": "py38", "django": "py310"}
"""The oldest Python that each corpus says it supports, in `requires-python`."""

LINE_LENGTH = 100
"""Not ruff's own 88: what the configuration says must reach ruff."""

UNUSED = "RUF100"
"""Ruff also counts suppressions of rules that it was not asked for as unused; we leave those out (test_ruff)."""

CASES = [*((name, PRODUCTION) for name in NAMES), ("flask", "ALL"), ("httpx", "ALL")]


@pytest.mark.parametrize(("name", "rules"), CASES)
def test_findings(name: str, rules: str, corpus: Corpora) -> None:
    """Each diagnostic of ruff is a finding, with the same span, code and text, and nothing else is."""
    root = corpus(name)
    theirs, unparsed = ruff(root, rules, TARGETS[name])
    chosen = f"select = {json.dumps(rules.split(','))}\nignore = []\nwarn = []\nline-length = {LINE_LENGTH}\n"
    found = outcome(root, "lint", f"[lint]\n{chosen}")
    assert {each["path"] for each in found["unread"]} == unparsed
    mine = [ours(each) for each in found["findings"] if each["tool_code"] != UNUSED]
    assert assert_same(mine, [each for each in theirs if each[5] != UNUSED])


def ours(finding: dict[str, Any]) -> Lint:
    """Put one of our findings into the form of the comparison."""
    at, code = finding["location"], finding["tool_code"]
    assert finding["rule"] == f"lint/{code}"
    span = (at["line"], at["column"], at["end_line"], at["end_column"])
    return (at["path"], *span, code, finding["message"], finding["url"])


def ruff(root: Path, rules: str, target: str) -> tuple[list[Lint], set[str]]:
    """Run ruff over a corpus; return its diagnostics, and the files it cannot parse.

    What ruff says of a file that does not parse is left out: with us that is a finding of the gate `files`.
    """
    chosen = [
        "--isolated",
        "--no-cache",
        "--select",
        rules,
        "--target-version",
        target,
        "--line-length",
        str(LINE_LENGTH),
    ]
    done = by_hand([script("ruff"), "check", *chosen, "--output-format", "json", "."], root)
    assert done.code in (0, 1), done.err
    every = [diagnostic(each, root) for each in json.loads(done.out)]
    unparsed = {each[0] for each in every if each[5] == "invalid-syntax"}
    return [each for each in every if each[0] not in unparsed and not hidden(each[0]) and is_told(each)], unparsed


def is_told(diagnostic: Lint) -> bool:
    """Whether we report it: of unused suppressions those of rules that ran, nothing of others."""
    return diagnostic[5] != "RUF100" or "(unused: " in diagnostic[6]


def diagnostic(each: dict[str, Any], root: Path) -> Lint:
    """Put one of ruff's diagnostics into the form of the comparison; our messages have no final period."""
    path = Path(each["filename"]).relative_to(root).as_posix()
    start, end = each["location"], each["end_location"]
    span = (start["row"], start["column"], end["row"], end["column"])
    return (path, *span, each["code"], each["message"].rstrip("."), each["url"])
