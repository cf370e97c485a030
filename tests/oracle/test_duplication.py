"""Our clones are those of `jscpd`, run by hand with the same thresholds.

Our `min-lines = N` means at least N lines. jscpd's `--min-lines N` is exclusive: it finds clones of more than N lines.
So the same threshold is `--min-lines N-1`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from .conftest import Corpora
from .corpora import NAMES, assert_same, by_hand, hidden, outcome, script

Clone = tuple[str, int, int, int, int, str, int, int, int]
"""The later copy with its span, the first one with its line, the lines and the tokens."""

LIMITS = ((50, 5), (100, 10))
MESSAGE = re.compile(r"(\d+) lines \((\d+) tokens\) also stand in `(.+)` at line (\d+)")


@pytest.mark.parametrize(("tokens", "lines"), LIMITS)
@pytest.mark.parametrize("name", NAMES)
def test_clones(name: str, tokens: int, lines: int, corpus: Corpora, tmp_path: Path) -> None:
    """The clones and the share of copied lines are jscpd's."""
    root = corpus(name)
    theirs = jscpd(root, tmp_path, tokens, lines)
    config = f"[duplication]\nmax-percent = 100\nmin-tokens = {tokens}\nmin-lines = {lines}\n"
    ours = outcome(root, "duplication", config)
    assert {each["rule"] for each in ours["findings"]} <= {"duplication/clone"}
    assert assert_same(clones(ours["findings"]), pairs(theirs["duplicates"], root)) == ours["inspected"]["clones"]
    smallest = [min(each[unit] for each in theirs["duplicates"]) for unit in ("tokens", "lines")]
    assert smallest == [tokens, lines] or (tokens, lines) != LIMITS[0]  # with these, clones lie on both limits
    assert ours["measures"]["percent"] == round(theirs["statistics"]["total"]["percentage"], 2)


def jscpd(root: Path, folder: Path, tokens: int, lines: int) -> dict[str, Any]:
    """Run jscpd over a whole corpus and return its report."""
    scan = ["--format", "python", "--min-tokens", str(tokens), "--min-lines", str(lines - 1), "--absolute"]
    done = by_hand([script("jscpd"), *scan, "--reporters", "json", "--output", str(folder), "."], root)
    assert done.code == 0, done.err
    report: dict[str, Any] = json.loads((folder / "jscpd-report.json").read_text("utf-8"))
    return report


def pairs(duplicates: list[dict[str, Any]], root: Path) -> Iterator[Clone]:
    """Read jscpd's pairs."""
    for each in duplicates:
        first, second = each["firstFile"], each["secondFile"]
        start, end = second["startLoc"], second["endLoc"]
        span = (start["line"], start["column"] + 1, end["line"], end["column"] + 1)
        origin = (Path(first["name"]).relative_to(root).as_posix(), first["startLoc"]["line"])
        path = Path(second["name"]).relative_to(root).as_posix()
        assert not hidden(path) and not hidden(origin[0])
        yield (path, *span, *origin, each["lines"], each["tokens"])


def clones(findings: list[Mapping[str, Any]]) -> Iterator[Clone]:
    """Read our findings; the message must say the same as the places."""
    for each in findings:
        at, (origin,) = each["location"], each["related"]
        match = MESSAGE.fullmatch(each["message"])
        assert match, each["message"]
        assert (match[3], int(match[4])) == (origin["path"], origin["line"])
        span = (at["line"], at["column"], at["end_line"], at["end_column"])
        yield (at["path"], *span, origin["path"], origin["line"], int(match[1]), int(match[2]))
