"""Recorded events of every host are understood, and decisions are written in exact bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates import hosts
from gates.hosts import Answer, Decision, Event, Malformed
from gates.model import GatesError

RECORDED = Path(__file__).parent / "recorded"
SHOP = "/home/ann/shop"
CLAUDE = "5f0c1e7a-3c0e-4a53-9d49-0b1f2a7f6c11"
CURSOR = "668320d2-2fd8-4888-b33c-2a466fec86e7"
EDITED = (f"{SHOP}/shop/orders.py",)

EVENTS = {
    "claude-code/stop": Event(kind="stop", session=CLAUDE, cwd=SHOP),
    "claude-code/stop-again": Event(kind="stop", session=CLAUDE, cwd=SHOP, continued=True, background=1),
    "claude-code/subagent-stop": Event(kind="stop", session=CLAUDE, cwd=SHOP),
    "claude-code/post-edit": Event(kind="post-edit", session=CLAUDE, cwd=SHOP, paths=EDITED),
    "claude-code/guard": Event(kind="guard", session=CLAUDE, cwd=SHOP, command="git commit --no-verify -m x"),
    "claude-code/guard-write": Event(kind="guard", session=CLAUDE, cwd=SHOP, paths=(f"{SHOP}/gates.toml",)),
    "claude-code/guard-read": Event(kind="guard", session=CLAUDE, cwd=SHOP),
    "codex/stop": Event(kind="stop", session="0199c0de", cwd=SHOP, continued=True),
    "codex/post-edit": Event(
        kind="post-edit", session="0199c0de", cwd=SHOP, paths=("shop/orders.py", "shop/order.py", "shop/new.py")
    ),
    "codex/guard": Event(kind="guard", session="0199c0de", cwd=SHOP, command="HUSKY=0 git push"),
    "codex/guard-patch": Event(kind="guard", session="0199c0de", cwd=SHOP, paths=("gates-baseline.json",)),
    "gemini/stop": Event(kind="stop", session="g-1", cwd=SHOP),
    "gemini/post-edit": Event(kind="post-edit", session="g-1", cwd=SHOP, paths=EDITED),
    "gemini/guard": Event(kind="guard", session="g-1", cwd=SHOP, command="git commit -nm x"),
    "cursor/stop": Event(kind="stop", session=CURSOR, cwd=SHOP, rounds=2),
    "cursor/stop-aborted": Event(kind="stop", session=CURSOR, cwd=SHOP, interrupted=True),
    "cursor/post-edit": Event(kind="post-edit", session=CURSOR, cwd=SHOP, paths=EDITED),
    "cursor/after-file-edit": Event(kind="post-edit", session=CURSOR, cwd=SHOP, paths=EDITED),
    "cursor/guard": Event(kind="guard", session=CURSOR, cwd=SHOP, command="git commit -an"),
    "cursor/guard-tool": Event(kind="guard", session=CURSOR, cwd=SHOP, command="pre-commit uninstall"),
    "copilot/stop": Event(session="cp-9", cwd=SHOP),
    "copilot/stop-pascal": Event(kind="stop", session="cp-9", cwd=SHOP, continued=True),
    "copilot/post-edit": Event(session="cp-9", cwd=SHOP, paths=EDITED),
    "copilot/guard": Event(session="cp-9", cwd=SHOP, command="SKIP=gates git commit -m x"),
    "portable/stop": Event(kind="stop", session="oh-1", cwd=SHOP),
    "portable/stop-vscode": Event(kind="stop", session="vs-1", cwd=SHOP, continued=True),
    "portable/post-edit": Event(kind="post-edit", session="oh-1", cwd=SHOP, paths=EDITED),
    "portable/post-view": Event(kind="post-edit", session="oh-1", cwd=SHOP),
    "portable/guard": Event(kind="guard", session="oh-1", cwd=SHOP, command="git -c core.hooksPath=/dev/null commit"),
    "cline/guard": Event(kind="guard", session="c-4", cwd=SHOP, command="git push --no-verify"),
    "cline/guard-write": Event(kind="guard", session="c-4", cwd=SHOP, paths=("gates.toml",)),
    "cline/post-edit": Event(kind="post-edit", session="c-4", cwd=SHOP, paths=("shop/orders.py",)),
    "windsurf/guard": Event(kind="guard", session="w-2", cwd=SHOP, command="git commit -nm x"),
    "windsurf/guard-write": Event(kind="guard", session="w-2", paths=(f"{SHOP}/gates.toml",)),
    "windsurf/post-edit": Event(kind="post-edit", session="w-2", paths=EDITED),
    "opencode/stop": Event(kind="stop", session="ses_1", cwd=SHOP),
    "opencode/guard": Event(kind="guard", session="ses_1", cwd=SHOP, command="prek uninstall"),
    "opencode/guard-patch": Event(kind="guard", session="ses_1", cwd=SHOP, paths=("gates.toml",)),
    "opencode/post-edit": Event(kind="post-edit", session="ses_1", cwd=SHOP, paths=EDITED),
}

BLOCKED = Decision(kind="stop", blocks=True, text="one\ntwo \u2039", notice="look")
NOTE = Decision(kind="post-edit", text="a fact")
REFUSED = Decision(kind="guard", blocks=True, text="no")
TOLD = Decision(kind="stop", notice="broken")

ANSWERS: dict[str, dict[Decision, Answer]] = {
    "claude-code": {
        BLOCKED: Answer('{"decision":"block","reason":"one\\ntwo \\u2039","systemMessage":"look"}\n'),
        NOTE: Answer('{"hookSpecificOutput":{"hookEventName":"PostToolUse","additionalContext":"a fact"}}\n'),
        REFUSED: Answer(
            '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny",'
            '"permissionDecisionReason":"no"}}\n'
        ),
        TOLD: Answer('{"systemMessage":"broken"}\n'),
    },
    "gemini": {
        BLOCKED: Answer('{"decision":"deny","reason":"one\\ntwo \\u2039","systemMessage":"look"}\n'),
        NOTE: Answer('{"hookSpecificOutput":{"hookEventName":"AfterTool","additionalContext":"a fact"}}\n'),
        REFUSED: Answer('{"decision":"deny","reason":"no"}\n'),
        TOLD: Answer('{"systemMessage":"broken"}\n'),
    },
    "cursor": {
        BLOCKED: Answer('{"followup_message":"one\\ntwo \\u2039"}\n', "look\n"),
        NOTE: Answer('{"additional_context":"a fact"}\n'),
        REFUSED: Answer('{"permission":"deny","user_message":"no","agent_message":"no"}\n'),
        TOLD: Answer("{}\n", "broken\n"),
    },
    "copilot": {
        BLOCKED: Answer('{"decision":"block","reason":"one\\ntwo \\u2039"}\n', "look\n"),
        NOTE: Answer('{"additionalContext":"a fact"}\n'),
        REFUSED: Answer('{"permissionDecision":"deny","permissionDecisionReason":"no"}\n'),
        TOLD: Answer("", "broken\n"),
    },
    "portable": {
        BLOCKED: Answer("", "one\ntwo \u2039\n", 2),
        NOTE: Answer("", "a fact\n", 2),
        REFUSED: Answer("", "no\n", 2),
        TOLD: Answer("", "broken\n", 1),
    },
}
ANSWERS["cline"] = {
    NOTE: Answer('{"cancel":false,"contextModification":"a fact"}\n'),
    REFUSED: Answer('{"cancel":true,"errorMessage":"no"}\n'),
    TOLD: Answer('{"cancel":false}\n', "broken\n"),
}
ANSWERS["opencode"] = {
    BLOCKED: Answer('{"block":"one\\ntwo \\u2039","notice":"look"}\n'),
    NOTE: Answer('{"note":"a fact"}\n'),
    REFUSED: Answer('{"block":"no"}\n'),
    TOLD: Answer('{"notice":"broken"}\n'),
}
ANSWERS["codex"] = ANSWERS["claude-code"]
ANSWERS["windsurf"] = ANSWERS["portable"]
NOTHING = {"cursor": "{}\n", "opencode": "{}\n", "cline": '{"cancel":false}\n'}
KEYS_OF_CODEX = {"decision", "reason", "systemMessage", "hookSpecificOutput"}


def recorded(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return event


def test_every_recorded_event_and_every_host_is_tested() -> None:
    assert {path.relative_to(RECORDED).as_posix().removesuffix(".json") for path in RECORDED.rglob("*.json")} == {
        *EVENTS
    }
    assert {*hosts.names()} == {*ANSWERS} == {name.partition("/")[0] for name in EVENTS}


@pytest.mark.parametrize("name", EVENTS)
def test_recorded_events(name: str) -> None:
    host = hosts.host(name.partition("/")[0])
    assert host.read(json.dumps(recorded(name)).encode()) == EVENTS[name]


@pytest.mark.parametrize("name", EVENTS)
def test_unknown_fields_change_nothing(name: str) -> None:
    host = hosts.host(name.partition("/")[0])
    more = recorded(name) | {"new": {"deep": [1, None]}, "workspace": "x", "stop": True, "version": 2.5}
    assert host.read(json.dumps(more).encode()) == EVENTS[name]


@pytest.mark.parametrize("name", EVENTS)
def test_fields_of_other_types_break_nothing(name: str) -> None:
    host, event = hosts.host(name.partition("/")[0]), recorded(name)
    values: list[object] = [None, 5, True, [], {}, "x", -1.5]
    for field in event:
        for value in values:
            found = host.read(json.dumps(event | {field: value}).encode())
            assert isinstance(found, Event | Malformed)


@pytest.mark.parametrize("name", hosts.names())
@pytest.mark.parametrize("event", [b"", b" \n", b"{", b"[]", b"null", b"3", b"\xff\xfe", b'{"a":1}}', b"[" * 100_000])
def test_malformed_events(name: str, event: bytes) -> None:
    found = hosts.host(name).read(event)
    assert isinstance(found, Malformed)
    assert found.reason.isprintable()


@given(st.binary())
def test_whatever_comes_in_is_an_event_or_malformed(event: bytes) -> None:
    for name in hosts.names():
        assert isinstance(hosts.host(name).read(event), Event | Malformed)


@pytest.mark.parametrize("name", ["claude-code/guard", "codex/guard", "gemini/guard", "cursor/guard", "cline/guard"])
def test_a_shell_without_a_command_is_malformed(name: str) -> None:
    event = {key: value for key, value in recorded(name).items() if key not in {"tool_input", "command", "preToolUse"}}
    assert isinstance(hosts.host(name.partition("/")[0]).read(json.dumps(event).encode()), Malformed)


@pytest.mark.parametrize(
    ("name", "decision", "answer"),
    [(name, decision, answer) for name, answers in ANSWERS.items() for decision, answer in answers.items()],
)
def test_decisions(name: str, decision: Decision, answer: Answer) -> None:
    assert hosts.host(name).write(decision) == answer


@pytest.mark.parametrize("name", hosts.names())
@pytest.mark.parametrize("kind", hosts.KINDS)
def test_nothing_to_say(name: str, kind: str) -> None:
    """Some want valid JSON for it: Cursor's hooks that fail closed would refuse what is empty."""
    assert hosts.host(name).write(Decision(kind=kind)) == Answer(NOTHING.get(name, ""))


@given(
    st.builds(
        Decision,
        kind=st.sampled_from(hosts.KINDS),
        blocks=st.booleans(),
        text=st.text(min_size=1),
        notice=st.text(st.characters()),
    )
)
def test_answers_are_json_in_ascii_with_known_keys(decision: Decision) -> None:
    for name in {*hosts.names()} - {"portable", "windsurf"}:
        answer = hosts.host(name).write(decision)
        assert answer.stdout.isascii()
        assert answer.stdout.count("\n") <= 1
        said = json.loads(answer.stdout or "{}")
        assert answer.exit_code == 0
        assert name != "codex" or said.keys() <= KEYS_OF_CODEX


def test_a_surrogate_in_a_text_breaks_no_answer() -> None:
    decision = msgspec.structs.replace(BLOCKED, text="a\udcffb")
    for name in hosts.names():
        hosts.host(name).write(decision).stdout.encode("ascii")


def test_an_unknown_host_is_told_the_names() -> None:
    with pytest.raises(GatesError) as error:
        hosts.host("emacs")
    assert error.value.hint == f"Hosts: {', '.join(hosts.names())}."


def test_every_limit_is_one_that_all_hosts_take_whole() -> None:
    assert all(0 < hosts.host(name).limit <= 8_000 for name in hosts.names())
