"""What the baseline lends a finding saves parsing, and changes nothing of what is said of any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gates import asking, engine, judging, tracing
from gates.anchors import Place
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
    "twice": lambda text: text + "\n\n" + text.partition("\n\n\n")[0] + "\n",
    "blank lines": lambda text: text.replace("\n    return", "\n\n    # why\n\n    return"),
    "joined": lambda text: text.replace("[\n        each\n        for each in a\n    ]", "[each for each in a]"),
    "gone": lambda text: text.partition("\n\n\n")[2],
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


def test_nothing_is_parsed_for_a_complexity_that_is_known(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Place] = []
    anchored = tracing._anchored

    def noted(project: Any, places: dict[str, list[Place]]) -> Any:
        asked.extend(place for each in places.values() for place in each)
        return anchored(project, places)

    monkeypatch.setattr(tracing, "_anchored", noted)
    checked()
    assert asked
    assert [place for place in asked if place.sketched] == []
