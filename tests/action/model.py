"""A model of how the GitHub runner runs a composite action: expressions, bash, the files it hands out, its limits.

Written from actions/runner: ScriptHandler, CompositeActionHandler, FileCommandManager; the commands in the output are
read by the model that the reporters are held against. All steps of a composite action share the limits of one step.
What another action does is given as its outputs.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.reporters.runner import Command, Runner

MAX_SUMMARY = 1_048_576
FILES = ("OUTPUT", "ENV", "PATH", "STATE", "STEP_SUMMARY")
KEYS = {"name", "id", "uses", "with", "shell", "env", "run"}
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_CONTEXT = re.compile(r"(inputs|github|runner)\.([\w-]+)|steps\.([\w-]+)\.outputs\.([\w-]+)")


def load(path: Path) -> dict[str, Any]:
    """Return a YAML file as values; `on` stays a word, as in YAML 1.2."""
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return document


@dataclass
class Result:
    """What GitHub has of the one step that uses the action."""

    code: int = 0
    runner: Runner = field(default_factory=Runner)
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    handed_on: str = ""
    """What was written for later steps of the job: GITHUB_ENV and GITHUB_PATH."""
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)

    def shown(self, name: str) -> list[Command]:
        """Return the annotations of one type that GitHub shows."""
        return [each for each in self.runner.annotations if each.name == name]

    @property
    def log(self) -> str:
        """What was printed and was no command."""
        return "\n".join(self.runner.log)


@dataclass(frozen=True)
class Machine:
    """A runner with a checkout. `answers` are the outputs of other actions, by their names without a version."""

    base: Path
    workspace: Path
    answers: Mapping[str, Mapping[str, str]]
    event: Mapping[str, str] = field(default_factory=dict)

    def use(self, action: Path, inputs: Mapping[str, str]) -> Result:
        """Run the steps of an action until one fails."""
        document = load(action / "action.yml")
        assert document["runs"]["using"] == "composite"
        assert set(inputs) <= set(document["inputs"]), inputs
        values = {name: str(inputs.get(name, each.get("default", ""))) for name, each in document["inputs"].items()}
        run = _Use(self, action, values)
        for number, step in enumerate(document["runs"]["steps"]):
            if run.result.code == 0:
                run.step(step, number)
        run.result.outputs = {name: run.text(each["value"]) for name, each in document["outputs"].items()}
        return run.result


class _Use:
    def __init__(self, machine: Machine, action: Path, inputs: Mapping[str, str]) -> None:
        self.result = Result()
        self._machine = machine
        self._steps: dict[str, dict[str, str]] = {}
        temporary = machine.base / "runner temp"
        temporary.mkdir(exist_ok=True)
        self._contexts: dict[str, Mapping[str, str]] = {
            "inputs": inputs,
            "github": {"action_path": str(action), "sha": "f" * 40, "workspace": str(machine.workspace)},
            "runner": {"temp": str(temporary), "os": "Linux", "arch": "X64"},
        }

    def text(self, value: object) -> str:
        """Put in what expressions stand for, as text, whatever that text is."""
        return _EXPRESSION.sub(lambda match: self._value(match[1]), str(value))

    def _value(self, expression: str) -> str:
        match = _CONTEXT.fullmatch(expression)
        assert match, f"the model does not know the expression {expression}"
        if match[3]:
            return self._steps.get(match[3], {}).get(match[4], "")
        return self._contexts[match[1]][match[2]]

    def step(self, step: Mapping[str, Any], number: int) -> None:
        assert set(step) <= KEYS, f"the model does not know {set(step) - KEYS}"
        if "uses" in step:
            name, _, version = step["uses"].partition("@")
            assert re.fullmatch(r"[0-9a-f]{40}", version), step["uses"]
            self.result.used.append((name, {key: self.text(each) for key, each in step.get("with", {}).items()}))
            self._steps[step.get("id", "")] = dict(self._machine.answers[name])
        else:
            assert step["shell"] == "bash"
            self._run(step, number)

    def _run(self, step: Mapping[str, Any], number: int) -> None:
        script = self._machine.base / f"step-{number}.sh"
        script.write_text(self.text(step["run"]), encoding="utf-8")
        self.result.scripts.append(script.read_text(encoding="utf-8"))
        files = {name: self._machine.base / f"step-{number}-{name}" for name in FILES}
        for path in files.values():
            path.write_bytes(b"")
        env = self._environment(files) | {name: self.text(each) for name, each in step.get("env", {}).items()}
        argv = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]
        done = subprocess.run(
            argv,
            cwd=self._machine.workspace,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        self.result.runner.read(done.stdout.decode("utf-8", "replace"))
        self._steps[step.get("id", "")] = outputs(files["OUTPUT"].read_text(encoding="utf-8"))
        self.result.handed_on += files["ENV"].read_text() + files["PATH"].read_text()
        self._summarize(files["STEP_SUMMARY"].read_bytes())
        self.result.code = done.returncode

    def _environment(self, files: Mapping[str, Path]) -> dict[str, str]:
        temporary = self._contexts["runner"]["temp"]
        known = {"PATH": os.environ["PATH"], "HOME": str(self._machine.base / "home"), "CI": "true"}
        github = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(self._machine.workspace), "RUNNER_TEMP": temporary}
        handed = {f"GITHUB_{name}": str(path) for name, path in files.items()}
        return known | github | handed | dict(self._machine.event)

    def _summarize(self, content: bytes) -> None:
        if len(content) > MAX_SUMMARY:
            self.result.runner.read(
                "::error::$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k"
            )
        else:
            self.result.summary += content.decode("utf-8")


def outputs(text: str) -> dict[str, str]:
    """Read `name=value` and `name<<delimiter` as the runner does; whatever else stands there is an error."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        equals, heredoc = line.find("="), line.find("<<")
        if not line:
            continue
        assert equals >= 0 or heredoc >= 0, f"invalid format {line!r}"
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, _, found[line[:equals]] = line.partition("=")
            continue
        name, _, delimiter = line.partition("<<")
        value: list[str] = []
        for each in lines:
            if each == delimiter:
                break
            value.append(each)
        else:
            raise AssertionError(f"matching delimiter not found {delimiter!r}")
        found[name] = "\n".join(value)
    return found
