"""`gates install HOST` and `gates uninstall HOST`: whole files, what is kept of somebody's own, and what then runs."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gates import installing
from gates.installing import Hook
from tests.hooks import with_environment
from tests.project import GATES, Project, Result, unprivileged

GOLDEN = Path(__file__).parents[1] / "agents" / "installed"
HOSTS = tuple(each for each in installing.targets() if each != "git")
FILES = {
    "claude-code": ".claude/settings.json",
    "codex": ".codex/hooks.json",
    "continue": ".continue/settings.json",
    "copilot": ".github/hooks/quality-gates.json",
    "cursor": ".cursor/hooks.json",
    "gemini": ".gemini/settings.json",
    "openhands": ".openhands/hooks.json",
    "vscode": ".github/hooks/quality-gates-vscode.json",
    "windsurf": ".windsurf/hooks.json",
}
KEYS = {
    "gemini": ("decision",),
    "cursor": ("permission",),
    "copilot": ("permissionDecision",),
    "cline": ("cancel",),
    "opencode": ("block",),
}
EVENTS = {"gemini": "BeforeTool", "cursor": "preToolUse", "windsurf": "pre_run_command"}
CONFIG = 'preset = "production"\n'
REFUSED = "git commit --no-verify -m x"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = Project(tmp_path)
    found.write("gates.toml", CONFIG)
    return found


def files(project: Project) -> dict[str, tuple[int, bytes]]:
    return project.digests()


def done(project: Project, *arguments: str) -> Result:
    """Run a command that succeeds, with our program in PATH."""
    result = project.gates(*arguments, env={"PATH": f"{Path(GATES).parent}{os.pathsep}{os.environ['PATH']}"})
    assert result.code == 0, result
    return result


def change(project: Project, host: str, verb: str) -> int:
    """Install or uninstall without a process of its own, and return how many steps that took."""
    steps = getattr(installing.target(host), verb)(project.root)
    installing.do(steps)
    return len(steps)


def refused(project: Project, *arguments: str, under: tuple[str, ...] = ()) -> str:
    """Run a command that is refused and changes nothing."""
    before = files(project)
    result = project.gates(*arguments, under=under)
    assert (result.code, files(project)) == (2, before), result
    return result.said


@pytest.mark.parametrize("host", HOSTS)
def test_an_empty_project(project: Project, host: str) -> None:
    """The recorded output has every byte that is written, as a diff."""
    before = files(project)
    dry = done(project, "install", host, "--dry-run")
    assert files(project) == before
    result = done(project, "install", host)
    assert result == dry
    assert result.out == (GOLDEN / f"{host}.txt").read_text()
    once = files(project)
    assert done(project, "install", host).out == f"{host} is installed already: nothing to change\n"
    assert files(project) == once
    done(project, "uninstall", host)
    assert files(project) == before
    assert done(project, "uninstall", host).out == f"{host} is not installed here: nothing to change\n"


def event(host: str, root: Path) -> dict[str, Any]:
    """Return what a host says before it runs a command that is to be refused."""
    said: dict[str, Any] = {"cwd": str(root), "hook_event_name": EVENTS.get(host, "PreToolUse")}
    tool = {"gemini": "run_shell_command", "cursor": "Shell"}.get(host, "Bash")
    said |= {"tool_name": tool, "tool_input": {"command": REFUSED}}
    if host == "windsurf":
        said = {"agent_action_name": "pre_run_command", "tool_info": {"command_line": REFUSED, "cwd": str(root)}}
    if host == "cline":
        use = {"toolName": "execute_command", "parameters": {"command": REFUSED}}
        said = {"hookName": "PreToolUse", "workspaceRoots": [str(root)], "preToolUse": use}
    if host == "opencode":
        said = {"cwd": str(root), "event": "tool.execute.before", "tool": "bash", "args": {"command": REFUSED}}
    return said


def run(project: Project, hook: Hook, said: dict[str, Any]) -> Result:
    """Run a hook as its host does; our program is in no PATH."""
    environment = project.environment({"PATH": "/usr/bin:/bin"})
    content = json.dumps(said).encode()
    found = subprocess.run(
        hook.command, cwd=project.root, env=environment, input=content, capture_output=True, check=False
    )
    return Result(found.returncode, found.stdout.decode(), found.stderr.decode())


@pytest.mark.parametrize("host", HOSTS)
def test_what_is_installed_runs_and_answers_as_the_host_wants(project: Project, host: str) -> None:
    with_environment(project)
    change(project, host, "install")
    hooks = installing.target(host).hooks(project.root)
    assert {(each.target, each.path.is_file()) for each in hooks} == {(host, True)}
    ends = set() if host in ("cline", "windsurf") else {"stop"}
    assert {each.kind for each in hooks} == {"post-edit", "guard"} | ends
    result = run(project, {each.kind: each for each in hooks}["guard"], event(host, project.root))
    assert "--no-verify" in result.said
    if host in ("continue", "openhands", "vscode", "windsurf"):
        assert (result.code, result.out) == (2, "")
        return
    said = json.loads(result.out)
    for key in KEYS.get(host, ("hookSpecificOutput", "permissionDecision")):
        said = said[key]
    assert (result.code, said is True or said.startswith(("deny", "gates: refused"))) == (0, True)


@pytest.mark.parametrize(("host", "code"), [("gemini", 1), ("codex", 127)])
def test_a_program_that_is_missing(project: Project, host: str, code: int) -> None:
    """Gemini takes every code above 1 for a refusal."""
    change(project, host, "install")
    result = run(project, installing.target(host).hooks(project.root)[0], {})
    assert (result.code, "gates: not found" in result.err) == (code, True)
    notes = project.gates("install", host, env={"PATH": "/usr/bin:/bin"}).err
    assert "note: `gates` is neither in .venv/bin nor in PATH." in notes
    with_environment(project)
    assert "neither" not in project.gates("install", host, env={"PATH": "/usr/bin:/bin"}).err


MINE = '{"matcher": "Bash", "hooks": [{"type": "command", "command": "mine"}]}'
TEXTS = {
    "nothing": "{}",
    "blank": "{\n}\n",
    "comments": '// mine\n{\n    "model": "x", // why\n    /* ] */ "unknown": {"a": [1, 2,],},\n}\n',
    "crlf": '\ufeff{\r\n\t"model": "x",\r\n\t"hooks": {\r\n\t\t"Mine": []\r\n\t}\r\n}\r\n',
    "one line": '{"b":1,"hooks":{"Stop":[MINE],"PreToolUse":[]}}'.replace("MINE", MINE),
    "odd": '{ "hooks" :\n   { "Stop":[ MINE ] // mine\n   }\n , "last" : null }'.replace("MINE", MINE),
}


@pytest.mark.parametrize("host", FILES)
@pytest.mark.parametrize("name", TEXTS)
def test_whatever_is_there_stays_as_it_is(project: Project, host: str, name: str) -> None:
    text = TEXTS[name]
    if host in ("cursor", "copilot"):
        at = text.index("{") + 1
        text = f'{text[:at]}"version": 1{"" if name in ("nothing", "blank") else ","}{text[at:]}'
    path = project.write(FILES[host], text)
    path.chmod(0o640)
    before = files(project)
    assert change(project, host, "install") == 1
    once = files(project)
    assert (path.stat().st_mode & 0o777, change(project, host, "install")) == (0o640, 0)
    assert files(project) == once
    now = iter(path.read_bytes().decode())
    assert all(each in now for each in text), "every character is there, in this order"
    assert change(project, host, "uninstall") == 1
    assert files(project) == before


def test_it_looks_like_the_rest_of_the_file(project: Project) -> None:
    path = project.write(FILES["windsurf"], '{\r\n\t"mine": 1, // one\r\n\t"hooks": {\r\n\t\t"x": []\r\n\t}\r\n}\r\n')
    done(project, "install", "windsurf")
    line = '"command": "PATH=\\".venv/bin:$PATH\\" gates agent {} --host windsurf",'

    def entry(event: str, verb: str) -> str:
        run = f'\t\t\t\t{line.format(verb)}\n\t\t\t\t"show_output": true'
        return f'\t\t"{event}": [\n\t\t\t{{\n{run}\n\t\t\t}}\n\t\t]'

    events = [
        entry("pre_run_command", "guard"),
        entry("pre_write_code", "guard"),
        entry("post_write_code", "post-edit"),
    ]
    ours = ",\n".join(['\t\t"x": []', *events])
    assert (
        path.read_bytes()
        == f'{{\n\t"mine": 1, // one\n\t"hooks": {{\n{ours}\n\t}}\n}}\n'.replace("\n", "\r\n").encode()
    )


def test_it_can_be_undone_after_changes(project: Project) -> None:
    path = project.write(FILES["claude-code"], '{\n  "model": "a" // first\n}\n')
    done(project, "install", "claude-code")
    text = path.read_text().replace('"a", //', '"b", //').replace("  }\n}\n", '  },\n  "more": [1]\n}\n')
    text = text.replace('"Stop": [', f'"Stop": [\n      {MINE},')
    assert text.count("more") == text.count("mine") == 1
    path.write_text(text)
    done(project, "uninstall", "claude-code")
    left = f'  "hooks": {{\n    "Stop": [\n      {MINE}\n    ]\n  }},\n'
    assert path.read_text() == f'{{\n  "model": "b", // first\n{left}  "more": [1]\n}}\n'


def test_a_file_of_ours_that_others_have_added_to_stays(project: Project) -> None:
    done(project, "install", "cursor")
    path = project.root / FILES["cursor"]
    path.write_text(path.read_text().replace('"version": 1', '"version": 1,\n  "mine": 1'))
    done(project, "uninstall", "cursor")
    assert path.read_text() == '{\n  "version": 1,\n  "mine": 1\n}\n'


def claude(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project.root / FILES["claude-code"]).read_text())["hooks"]
    return found


def handler(command: str, seconds: int = 300) -> dict[str, Any]:
    return {"type": "command", "command": command, "timeout": seconds}


def test_entries_that_are_outdated_are_written_anew(project: Project) -> None:
    change(project, "claude-code", "install")
    wanted = claude(project)
    old = handler("/home/ann/.local/bin/gates agent stop --host claude-code", 5)
    moved = {"type": "command", "command": "gates", "args": ["agent", "guard", "--host", "claude-code"]}
    texts = {
        "Stop": [{"hooks": [old]}, {"hooks": [handler("uv run gates agent stop --host=claude-code")]}],
        "PostToolUse": [{"matcher": "Bash", "hooks": [handler("python3 -m gates agent guard --host claude-code")]}],
        "PermissionRequest": [{"hooks": [moved]}],
    }
    project.write(FILES["claude-code"], json.dumps({"hooks": texts}))
    result = done(project, "install", "claude-code")
    assert "/home/ann" in result.out
    assert claude(project) == wanted | {"PermissionRequest": []}
    assert change(project, "claude-code", "install") == 0


def test_a_matcher_that_is_shared_with_somebody_else(project: Project) -> None:
    mine, ours = handler("mine"), handler("gates agent guard --host claude-code", 1)
    group = {"matcher": "Bash", "hooks": [ours, mine]}
    project.write(FILES["claude-code"], json.dumps({"hooks": {"PreToolUse": [group]}}))
    change(project, "claude-code", "install")
    now = claude(project)["PreToolUse"]
    assert [len(now), now[0]["matcher"], now[0]["hooks"][1], now[0]["hooks"][0]["timeout"]] == [1, "Bash", mine, 10]
    change(project, "claude-code", "uninstall")
    assert claude(project) == {"PreToolUse": [{"matcher": "Bash", "hooks": [mine]}]}


@pytest.mark.parametrize(
    "command",
    [
        "gates agent stop --host claude-code | tee log",
        "cd shop && gates agent stop --host claude-code",
        "echo gates agent stop --host claude-code",
        "gates agent stop --host codex",
        "gates agent stop --host claude-code-2",
        "mygates agent stop --host claude-code",
        "gates check",
    ],
)
def test_commands_that_are_somebody_elses(project: Project, command: str) -> None:
    mine = {"hooks": [handler(command)]}
    path = project.write(FILES["claude-code"], json.dumps({"hooks": {"Stop": [mine]}}))
    before = path.read_bytes()
    assert installing.target("claude-code").hooks(project.root) == []
    change(project, "claude-code", "install")
    assert (claude(project)["Stop"][0], len(claude(project)["Stop"])) == (mine, 2)
    change(project, "claude-code", "uninstall")
    assert path.read_bytes() == before


def test_events_without_anything_around_them(project: Project) -> None:
    """OpenHands takes both spellings, but not the same event twice."""
    text = '{"stop": [{"matcher": "*", "hooks": [{"command": "mine"}]}], "post_tool_use": []}'
    path = project.write(FILES["openhands"], text)
    change(project, "openhands", "install")
    assert [*json.loads(path.read_text())] == ["stop", "post_tool_use", "PreToolUse"]
    assert change(project, "openhands", "install") == 0
    change(project, "openhands", "uninstall")
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, column 1: a value is expected"),
        ('{"a": 1\n "b"}', "line 2, column 2: `,` or `}` is expected"),
        ("[]", "what it holds is no object"),
        ('{"hooks": []}', "`hooks` is no object"),
        ('{"hooks": {"Stop": {}}}', "`Stop` is no array"),
        (b'{"a": "\xff"}', "is not UTF-8"),
    ],
)
def test_settings_that_cannot_be_merged(project: Project, text: str | bytes, said: str) -> None:
    project.write(FILES["claude-code"], text)
    told = refused(project, "install", "claude-code")
    assert (said in told, "nothing was changed" in told) == (True, True)


def test_a_file_without_what_its_host_wants(project: Project) -> None:
    project.write(FILES["cursor"], "{}")
    assert "`.cursor/hooks.json` has no `version`" in refused(project, "install", "cursor")


class TestFilesThatAreNone:
    def test_a_folder(self, project: Project) -> None:
        (project.root / FILES["codex"]).mkdir(parents=True)
        for verb in ("install", "uninstall"):
            assert "`.codex/hooks.json` is not a file" in refused(project, verb, "codex")

    def test_a_pipe_is_not_waited_for(self, project: Project) -> None:
        project.write(".codex/x")
        os.mkfifo(project.root / FILES["codex"])
        assert "is not a file" in refused(project, "install", "codex")

    def test_a_file_that_is_read_only(self, project: Project) -> None:
        project.write(FILES["codex"], "{}").chmod(0o444)
        assert "`.codex/hooks.json` is read-only" in refused(project, "install", "codex")

    def test_a_folder_that_is_read_only(self, project: Project) -> None:
        folder = project.write(FILES["codex"], "{}").parent
        folder.chmod(0o555)
        said = refused(project, "install", "codex", under=unprivileged())
        folder.chmod(0o755)
        assert "cannot be changed: Permission denied" in said

    def test_a_file_in_the_place_of_the_folder(self, project: Project) -> None:
        project.write(".codex", "x")
        assert ".codex" in refused(project, "install", "codex")

    def test_a_link_inside_of_the_project_stays_one(self, project: Project) -> None:
        path = project.write("shared/settings.json", '{"a": 1}')
        link = project.root / FILES["claude-code"]
        link.parent.mkdir()
        link.symlink_to("../shared/settings.json")
        before = files(project)
        done(project, "install", "claude-code")
        assert (link.is_symlink(), "gates agent" in path.read_text()) == (True, True)
        done(project, "uninstall", "claude-code")
        assert files(project) == before

    def test_a_link_out_of_the_project(self, project: Project) -> None:
        outside = project.base / "mine.json"
        outside.write_text("{}")
        (project.root / ".claude").mkdir()
        (project.root / FILES["claude-code"]).symlink_to(outside)
        assert "leads out of the project" in refused(project, "install", "claude-code")
        assert outside.read_text() == "{}"


@pytest.mark.parametrize(
    ("host", "file"),
    [("cline", ".clinerules/hooks/PreToolUse"), ("opencode", ".opencode/plugins/quality-gates.js")],
)
def test_a_file_that_is_not_ours(project: Project, host: str, file: str) -> None:
    project.write(file, "mine")
    assert f"`{file}` is there already, and not ours" in refused(project, "install", host)
    assert (change(project, host, "uninstall"), (project.root / file).read_text()) == (0, "mine")


def test_scripts_are_mended(project: Project) -> None:
    change(project, "cline", "install")
    script = project.root / ".clinerules/hooks/PreToolUse"
    once = files(project)
    script.write_text(script.read_text().replace("guard", "stop"))
    script.chmod(0o644)
    assert change(project, "cline", "install") == 1
    assert files(project) == once
    script.chmod(0o644)
    assert change(project, "cline", "install") == 1
    assert files(project) == once


def test_hooks_go_to_the_root_of_the_project(project: Project) -> None:
    below = project.root / "src/shop"
    below.mkdir(parents=True)
    installing.do(installing.target("claude-code").install(below))
    assert (project.root / FILES["claude-code"]).is_file()
    assert [each.kind for each in installing.target("claude-code").hooks(below)] == ["stop", "post-edit", "guard"]


@pytest.mark.parametrize("host", ["claude-code", "cline"])
def test_nothing_is_written_into_home(project: Project, host: str) -> None:
    project.root = project.home
    assert "your home directory is no project" in refused(project, "install", host)
    assert [*project.home.iterdir()] == []


def test_a_project_without_gates_is_told_so(project: Project) -> None:
    (project.root / "gates.toml").unlink()
    assert "note: This project configures no gates" in done(project, "install", "codex").err


def test_scripts_find_the_project_from_anywhere(project: Project) -> None:
    with_environment(project)
    change(project, "cline", "install")
    script = project.root / ".clinerules/hooks/PreToolUse"
    hook = Hook(target="cline", kind="guard", path=script, command=("sh", "-c", f"cd / && exec '{script}'"))
    said = run(project, hook, event("cline", project.root))
    assert (said.code, said.err, json.loads(said.out)["cancel"]) == (0, "", True)


def test_what_a_diff_shows_steers_no_terminal(project: Project) -> None:
    project.write(FILES["codex"], '{"a": "\x7f\u202e"}')
    said = done(project, "install", "codex").out
    assert ("\u202e" in said, "\x7f" in said, "\\u202e" in said) == (False, False, True)
