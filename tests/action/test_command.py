"""`gates action` by itself: what it makes of a check that ends in an unusual way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gates.commands import action
from gates.model import Completed
from gates.process import Spawner
from tests.action.model import outputs
from tests.reporters.runner import Runner

CRASHED = b"Traceback:\n  ::stop-commands::x\n##[add-mask]y\nends with\n::error file=a.py::forged\n##[group]z \xff\n"


def _ended(monkeypatch: pytest.MonkeyPatch, folder: Path, done: Completed, code: int) -> Runner:
    monkeypatch.setattr("gates.process.Spawner.run", lambda *args, **kwargs: done)
    env = {"GITHUB_WORKSPACE": str(folder), "RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": str(folder / "outputs")}
    env |= dict.fromkeys(("GITHUB_BASE_REF", "GITHUB_STEP_SUMMARY"), "")
    result = CliRunner().invoke(action.command, env=env, standalone_mode=False)
    assert result.return_value == code, result.output
    return Runner().read(result.output)


def test_what_a_crash_says_is_no_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runner = _ended(monkeypatch, tmp_path, Completed(3, b"", CRASHED), 3)
    assert [(each.name, each.properties) for each in runner.commands] == [("error", {"title": "quality-gates"})]
    assert "forged" in runner.commands[0].data
    assert outputs((tmp_path / "outputs").read_text())["verdict"] == "broken"


def test_a_check_that_says_nothing_is_still_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runner = _ended(monkeypatch, tmp_path, Completed(130, b"", b""), 130)
    assert [each.data for each in runner.commands] == ["the check ended with exit code 130"]
    assert outputs((tmp_path / "outputs").read_text())["exit-code"] == "130"


def test_no_output_holds_its_own_delimiter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda size: "")
    folder = tmp_path / "ghadelimiter_"
    folder.mkdir()
    _ended(monkeypatch, folder, Completed(3, b"", b""), 3)
    written = outputs((folder / "outputs").read_text())
    assert written["exit-code"] == "3"
    assert "ghadelimiter_" not in "".join(written.values())


@pytest.mark.parametrize("code", [0, 1])
def test_a_verdict_without_a_report_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int) -> None:
    runner = _ended(monkeypatch, tmp_path, Completed(code, b"passed\n", b""), 3)
    assert [each.data for each in runner.commands] == ["the check left no report"]
    assert outputs((tmp_path / "outputs").read_text())["exit-code"] == "3"


def _repository(number: object) -> dict[str, object]:
    return {"repo": {"id": number, "fork": number != 1}}


EVENTS: list[tuple[str, object, bool]] = [
    ("push", {}, False),
    ("merge_group", {}, False),
    ("pull_request", {"pull_request": {"head": _repository(1), "base": _repository(1)}}, False),
    ("pull_request", {"pull_request": {"head": _repository(9), "base": _repository(9)}}, False),
    ("pull_request", {"pull_request": {"head": _repository(2), "base": _repository(1)}}, True),
    ("pull_request", {"pull_request": {"head": {"repo": None}, "base": _repository(1)}}, True),
    ("pull_request", {"pull_request": {"head": _repository(None), "base": _repository(None)}}, True),
    ("pull_request", {}, True),
    ("pull_request", [], True),
    ("pull_request", None, True),
    ("pull_request_target", {"pull_request": {"head": _repository(1), "base": _repository(1)}}, True),
    ("workflow_run", {}, True),
    ("issue_comment", {}, True),
    ("", {}, True),
]


@pytest.mark.parametrize("inputs", [{}, {"GATES_ACTION_SHARD": "1/2"}])
@pytest.mark.parametrize(("name", "event", "untrusted"), EVENTS)
def test_what_may_come_from_anybody_is_not_trusted(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    event: object,
    untrusted: bool,
    inputs: dict[str, str],
) -> None:
    asked: list[list[str]] = []

    def ran(_: Spawner, argv: list[str], **limits: object) -> Completed:
        asked.append(argv)
        return Completed(3, b"", b"")

    monkeypatch.setattr("gates.process.Spawner.run", ran)
    file = tmp_path / "event.json"
    if event is not None:
        file.write_text(json.dumps(event))
    env = {"GITHUB_WORKSPACE": str(tmp_path), "RUNNER_TEMP": str(tmp_path), "GITHUB_EVENT_NAME": name}
    env |= {"GITHUB_EVENT_PATH": str(file), "GITHUB_BASE_REF": "", "GITHUB_STEP_SUMMARY": "", "GITHUB_OUTPUT": ""}
    CliRunner().invoke(action.command, env=env | inputs, standalone_mode=False)
    assert [("--untrusted" in argv) for argv in asked] == [untrusted]
