"""What docs/agents.md says of hosts is what is installed for them, and that is what our hooks understand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gates import hosts, installing
from gates.guard import PROTECTED, Place, judge_edits
from gates.hosts import Event

PAGE = (Path(__file__).parents[2] / "docs" / "agents.md").read_text()
ROWS = re.findall(
    r"^\| `([a-z][a-z-]+)` \| (`\..*?) \| ([\w, -]+) \| ", PAGE.partition("## Installing")[2], re.MULTILINE
)
SECONDS = {"stop": 300, "post-edit": 30, "guard": 10}


def handlers(settings: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each event with each of its commands; some hosts have a list of them inside, with a matcher around it."""
    for event, entries in settings["hooks"].items():
        for entry in entries:
            for each in entry.get("hooks", [entry]):
                yield event, {"matcher": entry.get("matcher", "")} | each


def seconds(target: str, handler: dict[str, Any]) -> float:
    given: float = handler.get("timeoutSec") or handler["timeout"]
    return given / 1000 if target == "gemini" else given


def test_every_host_has_a_row() -> None:
    assert set(re.findall(r"^\| `([a-z][a-z-]+)` \|", PAGE.partition("## Installing")[0], re.MULTILINE)) == {
        *hosts.names()
    }
    assert sorted(target for target, _, _ in ROWS) == [each for each in installing.targets() if each != "git"]


@pytest.mark.parametrize(("target", "files", "kinds"), ROWS)
def test_a_row_says_what_is_installed(tmp_path: Path, target: str, files: str, kinds: str) -> None:
    program = installing.target(target)
    steps = program.install(tmp_path)
    installing.do(steps)
    assert sorted(re.findall("`(.*?)`", files)) == sorted(str(each.path.relative_to(tmp_path)) for each in steps)
    assert {each.kind for each in program.hooks(tmp_path)} == {*kinds.split(", ")}


@pytest.mark.parametrize("target", [target for target, files, _ in ROWS if ".json" in files and target != "windsurf"])
def test_each_hook_runs_for_its_event(tmp_path: Path, target: str) -> None:
    step = installing.target(target).install(tmp_path)[0]
    verbs = []
    for event, each in handlers(json.loads(step.content)):
        verb, name = re.findall(r"gates agent (\S+) --host (\w[\w-]+)", json.dumps(each))[0]
        verbs.append(verb)
        assert name == (target if target in hosts.names() else "portable")
        assert seconds(target, each) == SECONDS[verb]
        for tool in re.findall(r"\w+", each["matcher"]):
            found = heard(name, event, tool)
            assert found.kind == verb
            assert found.command or found.paths, tool
        assert heard(name, event, "Edit").kind == verb
    assert verbs == [*hosts.KINDS]


def heard(name: str, event: str, tool: str) -> Event:
    said = {"hook_event_name": event, "tool_name": tool, "tool_input": {"command": "x", "file_path": "y"}}
    found = hosts.host(name).read(json.dumps(said).encode())
    assert isinstance(found, Event)
    return found


def test_the_files_of_hosts_are_protected() -> None:
    files = [file for _, files, _ in ROWS for file in re.findall("`(.*?)`", files)]
    assert len(files) == 12
    place = Place(root="/p", cwd="/p")
    assert [each for each in files if judge_edits([each], PROTECTED, place) is None] == []
