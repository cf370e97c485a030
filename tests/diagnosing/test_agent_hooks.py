"""Hooks of agents' hosts are fired: those of the page answer, and each way in which one can fail is told."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Literal

import pytest

from gates.diagnosing import Place, place
from gates.diagnosing.hooks import of_agents, switches
from gates.hosts import Dialect
from gates.installing import Hook, Step
from tests.diagnosing.patient import Patient

Kind = Literal["stop", "post-edit", "guard"]
HOSTS = ("claude-code", "codex", "copilot", "cursor", "gemini", "portable")
KINDS: tuple[Kind, ...] = ("stop", "post-edit", "guard")


@pytest.fixture
def project(tmp_path: Path) -> Patient:
    return Patient(tmp_path, bare=True)


@pytest.fixture
def there(project: Patient, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("PATH", project.path)
    monkeypatch.setenv("GATES_CACHE", str(project.cache))
    return place({"HOME": str(project.home), "PATH": project.path})


def hook(line: str, kind: Kind = "guard") -> Hook:
    return Hook(target="x", kind=kind, path=Path.cwd() / "settings.json", command=("sh", "-c", line))


def told(where: Place, *hooks: Hook) -> list[tuple[str, str, str]]:
    return [(each.state, each.said, each.run) for each in of_agents.fired(where, "x", hooks)]


def test_hooks_fire_and_answer(project: Patient, there: Place) -> None:
    """A commit that goes past the hooks is refused in each host's own form; the rest lets pass."""
    with project.unchanged():
        for host in HOSTS:
            kinds = KINDS if host in ("claude-code", "cursor") else ("guard",)
            found = [hook(f"gates agent {kind} --host {host}", kind) for kind in kinds]
            assert told(there, *found) == [("ok", f"x: {', '.join(kinds)} answer as they have to", "")], host
    assert list(project.cache.iterdir()) == []


@pytest.mark.parametrize("name", ["claude-code", "gemini"])
def test_hooks_that_find_no_gates(project: Patient, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To install them again would mend nothing."""
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    where = place({"HOME": str(project.home), "PATH": "/usr/bin:/bin"})
    end = " || exit 1" if name == "gemini" else ""
    ((state, said, run),) = told(where, hook(f'PATH=".venv/bin:$PATH" gates agent guard --host {name}{end}'))
    assert (state, said) == (
        "problem",
        "x: the hook `guard` in settings.json finds no `gates`, neither in .venv/bin nor in PATH",
    )
    monkeypatch.setenv("PATH", f"{run.removeprefix('export PATH=').removesuffix(':$PATH')}:/usr/bin:/bin")
    assert told(where, hook(f"gates agent guard --host {name}{end}"))[0][0] == "ok"


def test_an_event_that_cannot_be_written_is_not_fired(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gates.agents.codex.DIALECT", Dialect(kinds={}, shells=frozenset(), editors=frozenset()))
    said = "x: guard not fired, since the form of its events is not known"
    assert told(there, hook("gates agent guard --host codex")) == [("ok", said, "")]


def test_a_file_that_is_not_as_it_would_be_installed(there: Place) -> None:
    step = Step(does="write", path=there.root / "settings.json", why="it is ours")
    assert [(each.state, each.said, each.run) for each in of_agents.unlike(there, "x", [step, step])] == [
        ("warning", "x: settings.json has not all that is installed today", "gates install x")
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("true --host claude-code", "lets `git commit --no-verify -m planted` pass"),
        ("echo hello --host codex", "does not answer as the host wants it: hello --host codex"),
        ("/gone/gates --host codex", "does not answer as the host wants it: sh: 1: /gone/gates: not found"),
        ("gates agent guard --host nobody", "names no host that there is"),
        ("gates agent stop --host gemini", "does not answer as the host wants it: {"),
        ('echo \'{"decision": "approve"}\' # --host gemini', "does not answer as the host wants it: {"),
        ("kill -9 $$ # --host gemini", "does not run: `sh` crashed: SIGKILL"),
    ],
)
def test_hooks_that_do_not_refuse(there: Place, line: str, said: str) -> None:
    ((state, what, run),) = told(there, hook(line))
    assert (state, run) == ("problem", "gates install x")
    assert what.startswith(f"x: the hook `guard` in settings.json {said}")


def test_a_hook_that_speaks_to_another_host(there: Place) -> None:
    wrong = Hook(
        target="codex", kind="guard", path=there.root / "x", command=("gates", "agent", "guard", "--host", "gemini")
    )
    assert told(there, wrong) == [
        ("problem", "x: the hook `guard` in x answers as if `gemini` ran it", "gates install x"),
    ]


def test_a_guard_that_refuses_everything_is_no_guard_at_the_end_of_a_turn(there: Place) -> None:
    refusing = 'echo \'{"decision": "block", "reason": "no"}\' # --host claude-code'
    assert told(there, hook(refusing, "stop"))[0][0] == "problem"


@pytest.mark.parametrize(
    ("target", "name", "text"),
    [
        ("claude-code", ".claude/settings.json", '{"disableAllHooks": true}\n'),
        ("claude-code", ".claude/settings.local.json", '{\n  "disableAllHooks" : true,\n  "a": true\n}\n'),
        ("codex", ".codex/config.toml", "[features]\nhooks = false\n"),
        ("copilot", ".github/hooks/other.json", '{"version": 1, "disableAllHooks":true}\n'),
    ],
)
@pytest.mark.parametrize("below", ["project", "home"])
def test_what_turns_all_hooks_off(
    there: Place, project: Patient, target: str, name: str, text: str, below: str
) -> None:
    path = project.base / below / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    (found,) = switches.off(there, target)
    assert found.said.endswith(" turns all hooks off")
    subprocess.run(["bash", "-c", found.run], check=True)
    assert list(switches.off(there, target)) == []
    assert path.read_text() != text
