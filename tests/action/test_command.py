"""`gates action` by itself: what it makes of a check that ends in an unusual way."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from gates.commands import action
from gates.model import Completed
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
