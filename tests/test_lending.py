"""What the baseline lends a finding saves parsing, and changes nothing of what is said of any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gates import asking, engine, judging, tracing
from gates.anchoring import anchored
from gates.anchors import Place
from gates.facts import statements
from gates.reporters import json as published
from tests.project import Project, without_seconds

POLICY = """\
preset = "internal"
[complexity]
cyclomatic = 1
[size]
function-lines = 3
file-lines = 8
"""
LONG = """\
# This is long.


def first(a, b):
    if a:
        return b
    return a


class Second:
    def first(self, a):
        for each in a:
            if each:
                return each
        return None


def third(a):
    return [
        each
        for each in a
    ]
"""
EDITS: dict[str, Callable[[str], str]] = {
    "the same": lambda text: text,
    "worse": lambda text: text.replace("    return a\n", "    if b:\n        return 1\n    return a\n"),
    "better": lambda text: text.replace(
        "            if each:\n                return each\n", "            print(each)\n"
    ),
    "other code": lambda text: text.replace("if a:\n        return b", "while b:\n        b = a()"),
    "renamed": lambda text: text.replace("def first(a", "def fourth(a"),
    "twice": lambda text: text + "\n\n" + text.split("\n\n\n")[1] + "\n",
    "blank lines": lambda text: text.replace("\n    return", "\n\n    # why\n\n    return"),
    "joined": lambda text: text.replace("[\n        each\n        for each in a\n    ]", "[each for each in a]"),
    "gone": lambda text: "\n\n\n".join(text.split("\n\n\n")[2:]),
    "broken": lambda text: text + "def (:\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)
    project.write("gates.toml", POLICY)
    project.write("pkg/__init__.py", "")
    project.write("pkg/a.py", LONG)
    project.write("pkg/b.py", LONG.replace("first", "fifth"))
    assert project.gates("baseline", "create").code == 0
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("GATES_CACHE", str(project.cache))
    return project


def checked() -> object:
    loaded = asking.load()
    found = engine.check(asking.Request(loaded=loaded, gates=loaded.chosen(("complexity", "size"))))
    return without_seconds(msgspec.to_builtins(published.document(found)))


@pytest.mark.parametrize("edit", EDITS)
def test_what_is_lent_changes_nothing(edit: str, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("pkg/a.py", EDITS[edit](LONG))
    lent = checked()
    monkeypatch.setattr(judging, "_lent", lambda *_: {})
    assert lent == checked()


def asked(monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    """Check; return the places for which something had to be parsed."""
    places: list[Place] = []

    def noted(project: Any, found: dict[str, list[Place]]) -> Any:
        places.extend(place for each in found.values() for place in each)
        return anchored(project, found)

    monkeypatch.setattr(tracing, "anchored", noted)
    checked()
    return places


def test_only_the_size_of_what_is_small_has_to_be_looked_for(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {(place.line, place.end_line) for place in asked(monkeypatch)} == {(1, 0), (4, 7), (11, 15), (18, 22)}


def test_nothing_is_parsed_for_what_is_known_and_large(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("LARGE_FUNCTION", "LARGE_CLASS", "LARGE_FILE"):
        monkeypatch.setattr(statements, name, 0)
    monkeypatch.setenv("GATES_CACHE", str(tmp_path / "empty"))
    assert asked(monkeypatch) == []
