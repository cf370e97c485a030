"""What docs/agents.md says to put into the files of hosts is what our hooks understand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gates import hosts
from gates.guard import PROTECTED, Place, judge_edits
from gates.hosts import Event

PAGE = (Path(__file__).parents[2] / "docs" / "agents.md").read_text()
SNIPPETS = re.findall(r"<!-- host: (\S+) -->\n```json\n(.*?)\n```", PAGE, re.DOTALL)
SECONDS = {"stop": 300, "post-edit": 30, "guard": 10}


def handlers(settings: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each event with each of its commands; some hosts have a list of them inside, with a matcher around it."""
    for event, entries in settings["hooks"].items():
        for entry in entries:
            for each in entry.get("hooks", [entry]):
                yield event, {"matcher": entry.get("matcher", "")} | each


def seconds(host: str, handler: dict[str, Any]) -> float:
    given: float = handler.get("timeoutSec") or handler["timeout"]
    return given / 1000 if host == "gemini" else given


def test_every_host_has_a_row_and_a_snippet() -> None:
    assert {host for host, _ in SNIPPETS} == {*hosts.names()}
    assert set(re.findall(r"^\| `([a-z][a-z-]+)` \|", PAGE, re.MULTILINE)) == {*hosts.names()}
    assert PAGE.count("```json") == len(SNIPPETS)


@pytest.mark.parametrize(("name", "snippet"), SNIPPETS)
def test_snippets_run_each_hook_for_its_event(name: str, snippet: str) -> None:
    verbs = []
    for event, each in handlers(json.loads(snippet)):
        command = each.get("command") or each["bash"]
        verb = command.split()[2]
        verbs.append(verb)
        assert command == f"gates agent {verb} --host {name}"
        assert seconds(name, each) == SECONDS[verb]
        for tool in re.findall(r"\w+", each["matcher"]):
            found = heard(name, event, tool)
            assert found.kind == verb
            assert found.command or found.paths, tool
        assert heard(name, event, "Edit").kind == verb
    assert sorted(verbs) == sorted(hosts.KINDS)


def heard(name: str, event: str, tool: str) -> Event:
    said = {"hook_event_name": event, "tool_name": tool, "tool_input": {"command": "x", "file_path": "y"}}
    found = hosts.host(name).read(json.dumps(said).encode())
    assert isinstance(found, Event)
    return found


def test_the_files_of_hosts_are_protected() -> None:
    files = re.findall(r"`(\.[\w./-]+\.json)`", PAGE)
    assert len(files) > 6
    place = Place(root="/p", cwd="/p")
    assert [each for each in files if judge_edits([each], PROTECTED, place) is None] == []
