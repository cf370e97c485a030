"""This repository as a plugin for Claude Code: its files are generated, and its launcher finds `gates` or says so."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gates import __version__
from tests.generate_hooks import TOP, plugin
from tests.project import GATES, Project, Result

LAUNCHER = TOP / "hooks/gates.sh"
HOOKS = json.loads((TOP / "hooks/hooks.json").read_text())["hooks"]
GUARD = {"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "git commit --no-verify"}}
BARE = "/usr/bin:/bin"


def test_it_is_what_make_generate_writes() -> None:
    for path, content in plugin().items():
        assert path.read_text() == content, "run `make generate`"


def test_it_says_which_version_it_is() -> None:
    about = json.loads((TOP / ".claude-plugin/plugin.json").read_text())
    assert (about["name"], about["version"]) == ("quality-gates", __version__)


def test_each_hook_calls_the_launcher() -> None:
    commands = [handler["command"] for entries in HOOKS.values() for each in entries for handler in each["hooks"]]
    lines = [
        re.fullmatch(r'sh "\$\{CLAUDE_PLUGIN_ROOT\}/hooks/gates\.sh" agent (\S+) --host claude-code', each)
        for each in commands
    ]
    assert [line and line[1] for line in lines] == ["stop", "post-edit", "guard"]
    assert os.access(LAUNCHER, os.X_OK)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = Project(tmp_path)
    found.write("gates.toml", 'preset = "production"\n')
    return found


def guarded(project: Project, path: str = BARE, shell: str = "dash") -> Result:
    """Run the guard of the plugin as Claude Code does, from somewhere else; `sh` is another shell."""
    command = HOOKS["PreToolUse"][0]["hooks"][0]["command"]
    shells = project.base / "shells"
    shells.mkdir(exist_ok=True)
    (shells / "sh").unlink(missing_ok=True)
    (shells / "sh").symlink_to(f"/bin/{shell}")
    own = {"CLAUDE_PLUGIN_ROOT": str(TOP), "CLAUDE_PROJECT_DIR": str(project.root), "PATH": f"{shells}:{path}"}
    event: dict[str, Any] = GUARD | {"cwd": str(project.root)}
    argv, environment = ["sh", "-c", command], project.environment(own)
    found = subprocess.run(
        argv, cwd=project.base, env=environment, input=json.dumps(event).encode(), capture_output=True, check=False
    )
    return Result(found.returncode, found.stdout.decode(), found.stderr.decode())


def denied(result: Result) -> bool:
    said = json.loads(result.out)["hookSpecificOutput"]
    return (result.code, result.err, said["permissionDecision"]) == (0, "", "deny")


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_the_environment_of_the_project_comes_first(project: Project, shell: str) -> None:
    own = project.write(".venv/bin/gates", f'#!/bin/sh\necho own >> ran\nexec {GATES} "$@"\n')
    own.chmod(0o755)
    assert denied(guarded(project, f"{Path(GATES).parent}:{BARE}", shell))
    assert (project.root / "ran").read_text() == "own\n"


def test_the_program_in_the_path_is_next(project: Project) -> None:
    assert denied(guarded(project, f"{Path(GATES).parent}:{BARE}"))


def test_a_missing_program_is_told_and_holds_up_nothing(project: Project) -> None:
    said = "gates is neither in .venv/bin nor in PATH: nothing is judged. Install quality-gates in this project.\n"
    assert guarded(project) == Result(1, "", said)
    (project.root / "gates.toml").unlink()
    assert guarded(project) == Result(0, "", "")
    project.write("pyproject.toml", "[tool.gates]\n")
    assert guarded(project) == Result(1, "", said)


def test_hooks_of_the_project_itself_answer_alone(project: Project) -> None:
    project.write(".venv/bin/gates", "#!/bin/sh\ntouch ran\n").chmod(0o755)
    project.gates("install", "claude-code")
    assert guarded(project) == Result(0, "", "")
    project.gates("uninstall", "claude-code")
    guarded(project)
    assert (project.root / "ran").exists()
