"""Our typing findings are those of `mypy --output json`, run by hand with the same flags and partitions.

The flags of each strictness are written out here in the words of mypy's command line. For `strict` that is `--strict`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gates.checks.typing import partitions
from gates.tools.mypy import module_names

from .conftest import Corpora
from .corpora import assert_same, by_hand, outcome, sources

Diagnostic = tuple[str, int, int, int, int, str, str, str]
"""Path, span, severity, code, message."""

FLAGS = {
    "basic": ["--ignore-missing-imports", "--warn-redundant-casts"],
    "standard": ["--check-untyped-defs", "--strict-equality", "--warn-unused-ignores", "--warn-redundant-casts"],
    "strict": ["--strict"],
}
CASES = [*((name, strictness) for name in ("flask", "httpx") for strictness in FLAGS), ("django", "strict")]
FOLDERS = {"flask": "", "httpx": "", "django": "django"}
"""What is checked: everything, but of django only the package; its tests would take minutes."""

RUNS = {"flask": 3, "httpx": 1, "django": 1}
"""Into how many runs each corpus must be split, because it has several modules of one name."""

ONCE = ("See https://mypy.", 'Hint: "python3 -m pip install', '(or run "mypy --install-types"')
"""What mypy notes with the first import only that it comes to; we say the same of each, or nothing."""

TWICE = "found twice under different module names"
KEYS = {"file", "line", "column", "end_line", "end_column", "message", "hint", "code", "severity"}


@pytest.mark.parametrize(("name", "strictness"), CASES)
def test_findings(name: str, strictness: str, corpus: Corpora, tmp_path: Path) -> None:
    """Each diagnostic of mypy is a finding, with the same span, severity, code and text, and nothing else is."""
    root, folder = corpus(name), FOLDERS[name]
    source = f'source = ["{folder}"]\n' if folder else ""
    found = outcome(root, "typing", f'{source}[typing]\nstrictness = "{strictness}"\n')
    assert found["unread"] == []
    theirs = list(mypy(root, folder, FLAGS[strictness], tmp_path, RUNS[name]))
    assert_same(map(ours, found["findings"]), map(diagnostic, theirs))
    hints = {diagnostic(each): each["hint"].split("\n") for each in theirs if each["hint"]}
    helps = {ours(each): each["help"] for each in found["findings"]}
    noted = {key: " ".join(line for line in hint if not line.startswith(ONCE)) for key, hint in hints.items()}
    assert [key for key, hint in noted.items() if not helps[key].endswith(hint)] == []


def ours(finding: dict[str, Any]) -> Diagnostic:
    """Put one of our findings into the form of the comparison."""
    at, code = finding["location"], finding["tool_code"]
    assert finding["rule"] == f"typing/{code}"
    span = (at["line"], at["column"], at["end_line"], at["end_column"])
    return (at["path"], *span, finding["severity"], code, finding["message"])


def diagnostic(each: dict[str, Any]) -> Diagnostic:
    """Put one of mypy's diagnostics into that form: no final period, and columns from 1.

    mypy counts columns from 0, and says -1 when it means the whole line.
    """
    span = (each["line"], max(each["column"] + 1, 1), each["end_line"], max(each["end_column"] + 1, 1))
    return (each["file"], *span, each["severity"], each["code"], each["message"].rstrip("."))


def mypy(root: Path, folder: str, flags: list[str], scratch: Path, runs: int) -> Iterator[dict[str, Any]]:
    """Run mypy once for each partition, without a cache, and yield what it says of the files that it was given."""
    paths = sources(root, folder)
    packages = frozenset(os.path.dirname(path) for path in paths if path.endswith(("/__init__.py", "/__init__.pyi")))
    groups = partitions(module_names(root, paths))
    assert len(groups) == runs
    for index, group in enumerate(groups):
        listing = scratch / f"{index}.txt"
        listing.write_text("\n".join(group.values()), "utf-8")
        said = run(root, [*flags, f"@{listing}"], ":".join(roots(root, packages)) if index else "")
        yield from (each for each in decoded(said) if each["file"] in group.values())


def decoded(said: str) -> Iterator[dict[str, Any]]:
    """Read mypy's lines; an empty one means success."""
    for line in filter(None, said.splitlines()):
        each = json.loads(line)
        assert each.keys() == KEYS
        yield each


def roots(root: Path, packages: frozenset[str]) -> list[str]:
    """Return the folders from which the packages of a corpus are imported."""
    tops = {os.path.dirname(each) for each in packages if os.path.dirname(each) not in packages}
    return sorted(str(root / each) for each in tops)


def run(root: Path, arguments: list[str], search: str) -> str:
    """Run mypy; when folders without `__init__` give a file two names, run it again without such packages."""
    plain = [sys.executable, "-m", "mypy", "--config-file=", "--cache-dir", os.devnull, "--output", "json"]
    env = {"MYPYPATH": search} if search else {}
    done = by_hand([*plain, *arguments], root, env)
    if done.code == 2 and TWICE in done.out + done.err:
        done = by_hand([*plain, "--no-namespace-packages", *arguments], root, env)
    assert done.code in (0, 1), done.out + done.err
    return done.out
