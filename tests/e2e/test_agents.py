"""The hooks as hosts run them: the real command, events on standard input, real repositories."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gates import hosts
from tests.project import CLEAN, GATES, Project, Result

CONFIG = (
    '[tool.gates]\npreset = "production"\n'
    'typing = { enabled = false, why = "slow" }\n'
    'layers = { enabled = false, why = "none" }\n'
    'duplication = { enabled = false, why = "slow" }\n'
)
DEEP = "def {0}(a: int, b: int, c: int, d: int, e: int, f: int, g: int) -> int:\n    return a + b + c + d + e + f + g\n"
SAYS = {
    "claude-code": ("Stop", "PostToolUse", "PreToolUse", "Bash", "Edit"),
    "codex": ("Stop", "PostToolUse", "PreToolUse", "Bash", "Edit"),
    "gemini": ("AfterAgent", "AfterTool", "BeforeTool", "run_shell_command", "replace"),
    "cursor": ("stop", "postToolUse", "preToolUse", "Shell", "Write"),
    "copilot": ("Stop", "PostToolUse", "PreToolUse", "Bash", "Edit"),
    "portable": ("Stop", "PostToolUse", "PreToolUse", "Bash", "Edit"),
    "cline": ("", "PostToolUse", "PreToolUse", "execute_command", "replace_in_file"),
    "windsurf": ("", "post_write_code", "pre_run_command", "", ""),
    "opencode": ("session.idle", "tool.execute.after", "tool.execute.before", "bash", "edit"),
}
"""How each host calls a turn's end, an edit, a tool's use, its shell and its editor."""

BY_CODE = ("portable", "windsurf")
SILENCE = {"cursor": "{}\n", "opencode": "{}\n", "cline": '{"cancel":false}\n'}


def shaped(host: str, said: dict[str, Any]) -> dict[str, Any]:
    """Return an event as hosts say it that have their own form of it."""
    kind, cwd, tool, given = (said.get(each, "") for each in ("hook_event_name", "cwd", "tool_name", "tool_input"))
    if host == "opencode":
        return {"event": kind, "cwd": cwd, "sessionID": "s-1", "tool": tool, "args": given}
    if host == "cline":
        use = {"toolName": tool, "parameters": given}
        return {"hookName": kind, "taskId": "s-1", "workspaceRoots": [cwd], f"{kind[:1].lower()}{kind[1:]}": use}
    if host == "windsurf":
        names = {"command": "command_line", "file_path": "file_path"}
        about = {names[key]: value for key, value in dict(given).items()}
        return {"agent_action_name": kind, "trajectory_id": "s-1", "tool_info": {"cwd": cwd} | about}
    return said


class Agent:
    """An agent's session in a project under git, whose host runs our hooks."""

    def __init__(self, base: Path, host: str = "claude-code") -> None:
        self.project = Project(base)
        self.host = host
        self.project.write("pyproject.toml", CONFIG)
        self.project.write("shop.py", CLEAN)
        self.project.commit()

    def hook(self, verb: str, said: dict[str, Any] | bytes, *arguments: str) -> Result:
        """Run a hook; standard input is what the host says, beside what it always says."""
        kinds = dict(zip(hosts.KINDS, SAYS[self.host], strict=False))
        event: dict[str, Any] = {"cwd": str(self.project.root), "session_id": "s-1", "conversation_id": "s-1"}
        content = said if isinstance(said, bytes) else b""
        if not isinstance(said, bytes):
            content = json.dumps(shaped(self.host, event | {"hook_event_name": kinds[verb]} | said)).encode()
        argv = [GATES, "agent", verb, "--host", self.host, *arguments]
        environment, folder = self.project.environment(), self.project.base
        done = subprocess.run(
            argv, cwd=folder, env=environment, input=content, capture_output=True, timeout=60, check=False
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def stop(self, **said: Any) -> Result:
        """End a turn."""
        return self.hook("stop", said)

    def edit(self, name: str, content: str) -> Result:
        """Write a file as the host's tool does, and return what its hook says."""
        path = self.project.write(name, content)
        return self.hook("post-edit", {"tool_name": SAYS[self.host][4], "tool_input": {"file_path": str(path)}})

    def run(self, command: str) -> Result:
        """Ask whether a command may run."""
        return self.hook("guard", {"tool_name": SAYS[self.host][3], "tool_input": {"command": command}})


def said(result: Result) -> dict[str, Any]:
    """Return the JSON of an answer with exit code 0."""
    assert result.code == 0, result
    found: dict[str, Any] = json.loads(result.out or "{}")
    return found


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    return Agent(tmp_path)


def test_a_turn_without_findings_ends_in_silence(agent: Agent) -> None:
    assert agent.stop() == Result(0, "", "")
    agent.project.write("more.py", CLEAN.replace("double", "twice"))
    assert agent.stop() == Result(0, "", "")


def test_a_turn_that_brought_something_in_goes_on(agent: Agent) -> None:
    agent.project.write("new.py", DEEP.format("total"))
    answer = said(agent.stop())
    assert answer.keys() == {"decision", "reason"}
    assert answer["decision"] == "block"
    first, *_, last = answer["reason"].splitlines()
    assert first.startswith("Round 1 of at most 3. gates: failed. 1 open error from 1 cause in 1 file (1 new")
    assert "new.py:1 (new:total): `total` has argument count 7, limit 6" in answer["reason"]
    assert last.startswith("Re-check: gates check --since ")
    assert last.endswith(" --gate complexity -- new.py")


def test_what_the_prompt_names_can_be_explained_and_flagged(agent: Agent) -> None:
    agent.project.write("new.py", DEEP.format("total"))
    name = said(agent.stop())["reason"].partition("- complexity-")[2].partition(" ")[0]
    assert agent.project.gates("explain", f"complexity-{name}").code == 0
    assert agent.project.gates("flag", f"complexity-{name}", "--reason", "seven sums").code == 0


def test_what_was_there_before_the_session_is_not_told(agent: Agent) -> None:
    agent.project.write("old.py", DEEP.format("old"))
    agent.project.commit()
    agent.project.write("shop.py", CLEAN + "\n\nTWO = double(1)\n")
    assert agent.stop() == Result(0, "", "")


def test_what_the_session_committed_counts(agent: Agent) -> None:
    assert agent.run("git commit -m x") == Result(0, "", "")
    agent.project.write("new.py", DEEP.format("total"))
    agent.project.commit()
    assert said(agent.stop())["decision"] == "block"


def test_nothing_is_said_twice_of_an_unchanged_tree(agent: Agent) -> None:
    agent.project.write("new.py", DEEP.format("total"))
    assert said(agent.stop())["decision"] == "block"
    again = said(agent.stop(stop_hook_active=True))
    assert again == {
        "systemMessage": "gates: this session leaves 1 error open, and nothing has changed since it was sent back to "
        "work. See: gates check"
    }
    (agent.project.root / "new.py").touch()
    assert said(agent.stop()) == again
    agent.project.write("new.py", DEEP.format("total") + "\n\nONE = 1\n")
    assert said(agent.stop(stop_hook_active=True))["decision"] == "block"


def test_a_session_is_sent_back_three_times_until_it_is_green(agent: Agent) -> None:
    for number in range(3):
        agent.project.write("new.py", DEEP.format(f"total_{number}"))
        assert said(agent.stop())["reason"].startswith(f"Round {number + 1} of at most 3. ")
    agent.project.write("new.py", DEEP.format("total_4"))
    assert "sent back to work 3 times" in said(agent.stop())["systemMessage"]
    agent.project.write("new.py", CLEAN.replace("double", "twice"))
    assert agent.stop() == Result(0, "", "")
    agent.project.write("new.py", DEEP.format("total"))
    assert said(agent.stop())["reason"].startswith("Round 1 of")


def test_the_cap_can_be_another(agent: Agent) -> None:
    agent.project.write("new.py", DEEP.format("one"))
    assert said(agent.hook("stop", {}, "--max-blocks", "1"))["decision"] == "block"
    agent.project.write("new.py", DEEP.format("two"))
    assert "sent back to work 1 time." in said(agent.hook("stop", {}, "--max-blocks", "1"))["systemMessage"].replace(
        ". See", "."
    )


def test_sessions_are_counted_apart(agent: Agent) -> None:
    agent.project.write("new.py", DEEP.format("total"))
    assert said(agent.stop())["decision"] == "block"
    assert said(agent.stop(session_id="s-2"))["decision"] == "block"


def test_a_session_without_a_name_is_not_blocked_twice_either(agent: Agent) -> None:
    agent.project.write("new.py", DEEP.format("total"))
    assert said(agent.stop(session_id=None))["decision"] == "block"
    assert "systemMessage" in said(agent.stop(session_id=None))


def test_a_round_that_nobody_remembers_is_the_last(agent: Agent) -> None:
    agent.project.write("new.py", DEEP.format("total"))
    assert "nothing is remembered" in said(agent.stop(stop_hook_active=True))["systemMessage"]


def test_background_tasks_are_waited_for(agent: Agent) -> None:
    agent.project.write("new.py", DEEP.format("total"))
    answer = said(agent.stop(background_tasks=[{"id": "b"}]))
    assert answer == {"systemMessage": "gates: this turn was not judged: the agent has left 1 background task at work"}
    assert said(agent.stop(background_tasks=[]))["decision"] == "block"


def test_the_count_of_the_host_counts_too(tmp_path: Path) -> None:
    agent = Agent(tmp_path, "cursor")
    agent.project.write("new.py", DEEP.format("total"))
    late = agent.stop(status="completed", loop_count=3)
    assert said(late) == {}
    assert "sent back to work 3 times" in late.err
    assert agent.stop(status="aborted", loop_count=0) == Result(0, "{}\n", "")
    assert said(agent.stop(status="completed", loop_count=1))["followup_message"].startswith("Round 2 of at most 3. ")


@pytest.mark.parametrize("host", hosts.names())
def test_every_host_in_its_own_way(tmp_path: Path, host: str) -> None:
    agent = Agent(tmp_path, host)
    silence = Result(0, SILENCE.get(host, ""), "")
    assert agent.stop() == agent.run("ls") == agent.edit("shop.py", CLEAN) == silence
    note, refusal = agent.edit("new.py", DEEP.format("total")), agent.run("git commit -n")
    blocked = agent.stop()
    answers = (note, refusal, blocked)
    assert {(each.code, bool(each.out)) for each in answers} == {(2, False) if host in BY_CODE else (0, True)}
    assert "new.py:1 `total` has argument count 7, limit 6" in note.out + note.err
    assert "`git commit -n` skips the hooks" in refusal.out + refusal.err
    assert "Round 1 of at most 3. gates: failed." in blocked.out + blocked.err


@pytest.mark.parametrize("host", hosts.names())
def test_the_budget_cuts_and_not_the_host(tmp_path: Path, host: str) -> None:
    agent = Agent(tmp_path, host)
    for number in range(60):
        agent.project.write(f"new_{number}.py", DEEP.format(f"total_{number}") + f"\n\nimport os_{number}\n")
    result = agent.stop()
    text = result.err if host in BY_CODE else max(map(str, json.loads(result.out).values()), key=len)
    assert 4_000 < len(text) <= 8_000
    assert text.rstrip().splitlines()[-1].startswith("Re-check: gates check ")


def test_the_note_after_an_edit_has_two_to_six_lines(agent: Agent) -> None:
    few = said(agent.edit("new.py", DEEP.format("total")))["hookSpecificOutput"]["additionalContext"].split("\n")
    assert few == [
        "gates: new.py has 1 open finding since this session began.",
        "- new.py:1 `total` has argument count 7, limit 6 (complexity/arguments)",
    ]
    content = "\n\n".join(DEEP.format(f"total_{number}") for number in range(9))
    many = said(agent.edit("new.py", content))["hookSpecificOutput"]["additionalContext"].split("\n")
    assert len(many) == 6
    assert many[-1] == "- and 5 more. The end of the turn lists them all."


def test_only_edits_of_what_is_inspected_are_judged(agent: Agent) -> None:
    agent.project.write(".gitignore", "ignored.py\n")
    for name in ("notes.md", "ignored.py", "../outside.py"):
        assert agent.edit(name, DEEP.format("total")) == Result(0, "", "")
    gone = {"tool_name": "Edit", "tool_input": {"file_path": str(agent.project.root / "gone.py")}}
    assert agent.hook("post-edit", gone) == Result(0, "", "")


def test_a_file_that_does_not_parse_is_noted(agent: Agent) -> None:
    note = said(agent.edit("new.py", "def f(:\n"))["hookSpecificOutput"]["additionalContext"]
    assert "files/syntax" in note


def test_a_broken_gate_is_told_to_the_person_alone(agent: Agent) -> None:
    config = CONFIG + 'tools = { ruff = { version = "0.1.0" } }\n'
    agent.project.write("pyproject.toml", config)
    agent.project.git("commit", "-qam", "pin")
    answer = said(agent.stop())
    assert answer.keys() == {"systemMessage"}
    assert answer["systemMessage"].startswith("gates: this turn was not judged: could not decide: lint (")
    agent.project.write("new.py", DEEP.format("total"))
    both = said(agent.stop())
    assert both["decision"] == "block"
    assert "could not decide: lint (" in both["systemMessage"]
    assert "ruff" not in both["reason"]
    assert "ould not decide" not in both["reason"]


def test_a_wrong_configuration_blocks_nobody_and_is_told(agent: Agent) -> None:
    agent.project.write("pyproject.toml", "[tool.gates]\npresett = 1\n")
    agent.project.write("new.py", DEEP.format("total"))
    for result in (agent.stop(), agent.edit("new.py", DEEP.format("total"))):
        assert "presett" in said(result)["systemMessage"]
    agent.project.write("pyproject.toml", "[tool.gates\n")
    assert "pyproject.toml:1:12" in said(agent.stop())["systemMessage"]
    assert "deny" in agent.run("git commit -n").out


@pytest.mark.parametrize("verb", hosts.KINDS)
@pytest.mark.parametrize("event", [b"", b"{", b"[]", b"\xff"])
def test_malformed_events_block_nobody_and_are_told(agent: Agent, verb: str, event: bytes) -> None:
    assert " was " in said(agent.hook(verb, event))["systemMessage"]


def test_an_event_for_another_hook_is_told(agent: Agent) -> None:
    answer = said(
        agent.hook("stop", {"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "x"}})
    )
    assert "an event `guard` is none for `gates agent stop`" in answer["systemMessage"]


@pytest.mark.parametrize("cwd", ["/nowhere/at/all", "relative", "/dev/null", "/\0", "\x1b[2J"])
@pytest.mark.parametrize("verb", hosts.KINDS)
def test_a_directory_that_is_none_is_told(agent: Agent, verb: str, cwd: str) -> None:
    tool = {"tool_name": "Bash", "tool_input": {"command": "git commit -n"}}
    answer = said(agent.hook(verb, {"cwd": cwd} | tool))
    assert "there is no directory" in answer["systemMessage"]
    assert answer["systemMessage"].isprintable()


@pytest.mark.parametrize("verb", hosts.KINDS)
def test_an_unknown_host_is_told_the_names(agent: Agent, verb: str) -> None:
    agent.host = "claude-code"
    result = agent.project.gates("agent", verb, "--host", "emacs")
    assert result.code == 2
    assert f"Hosts: {', '.join(hosts.names())}." in result.err


@pytest.mark.parametrize("git", [True, False])
def test_a_project_without_gates_hears_nothing(tmp_path: Path, git: bool) -> None:
    agent = Agent(tmp_path)
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "new.py").write_text(DEEP.format("total"))
    if git:
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    tool = {"tool_name": "Bash", "tool_input": {"command": "git commit -n"}}
    for verb in hosts.KINDS:
        assert agent.hook(verb, {"cwd": str(folder)} | tool) == Result(0, "", "")
    assert not any(agent.project.cache.iterdir())


def test_a_folder_of_the_project_is_as_good_as_its_root(agent: Agent) -> None:
    agent.project.write("pack/new.py", DEEP.format("total"))
    assert said(agent.stop(cwd=str(agent.project.root / "pack")))["decision"] == "block"
    inside = {"cwd": str(agent.project.root / "pack"), "tool_name": "Edit", "tool_input": {"file_path": "new.py"}}
    assert "pack/new.py:1" in agent.hook("post-edit", inside).out


def test_without_a_commit_all_is_new(tmp_path: Path) -> None:
    agent = Agent(tmp_path)
    subprocess.run(["rm", "-rf", str(agent.project.root / ".git")], check=True)
    agent.project.write("new.py", DEEP.format("total"))
    assert said(agent.stop())["decision"] == "block"
    assert "nothing has changed" in said(agent.stop())["systemMessage"]
    agent.project.git("init", "-q")
    assert said(agent.stop(session_id="s-2"))["decision"] == "block"


def test_a_commit_that_is_gone_begins_the_session_anew(agent: Agent) -> None:
    assert agent.stop() == Result(0, "", "")
    (memory,) = (agent.project.own / "sessions").iterdir()
    memory.write_text(json.dumps({"base": "0" * 40}))
    agent.project.write("new.py", DEEP.format("total"))
    assert said(agent.stop())["decision"] == "block"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"blocks": "x"}', "\0"])
def test_a_memory_that_is_damaged_is_none(agent: Agent, content: str) -> None:
    agent.project.write("new.py", DEEP.format("total"))
    assert said(agent.stop())["decision"] == "block"
    (memory,) = (agent.project.own / "sessions").iterdir()
    memory.write_text(content)
    assert "nothing is remembered" in said(agent.stop(stop_hook_active=True))["systemMessage"]


def test_without_a_place_to_remember_nobody_is_blocked_but_the_guard_holds(agent: Agent) -> None:
    agent.project.write("new.py", DEEP.format("total"))
    agent.project.cache = agent.project.write("file")
    assert "cache" in said(agent.stop())["systemMessage"]
    assert "deny" in agent.run("git commit -n").out


def test_the_guard_lets_pass_what_it_cannot_read_and_says_so(agent: Agent) -> None:
    answer = said(agent.run("git commit -m 'x"))
    assert answer == {
        "systemMessage": "gates: this was let through: the command could not be read as shell: a ' is not closed"
    }


@pytest.mark.parametrize("name", ["gates.toml", "debt.json", ".git/hooks/pre-commit", "link/pre-commit"])
def test_the_guard_protects_files_from_editors(agent: Agent, name: str) -> None:
    agent.project.write("pyproject.toml", CONFIG + 'baseline = "debt.json"\n')
    (agent.project.root / "link").symlink_to(".git/hooks")
    tool = {"tool_name": "Write", "tool_input": {"file_path": str(agent.project.root / name), "content": ""}}
    assert said(agent.hook("guard", tool))["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert agent.hook("guard", tool | {"tool_name": "Read"}) == Result(0, "", "")


def test_the_hooks_write_nothing_into_the_checkout(agent: Agent) -> None:
    agent.project.write("new.py", DEEP.format("total"))
    before = agent.project.git("status", "--porcelain", "--ignored")
    agent.stop()
    agent.run("git status")
    assert agent.project.git("status", "--porcelain", "--ignored") == before
