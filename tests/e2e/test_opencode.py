"""Our plugin for OpenCode, run by node with a client that is made up."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.hooks import with_environment
from tests.project import Project

PLUGIN = """\
import { QualityGates } from "./.opencode/plugins/quality-gates.js"
const told = []
const client = {
  app: { log: async ({ body }) => told.push(body.message) },
  session: { prompt: async (prompt) => told.push(prompt) },
}
const hooks = await QualityGates({ client, directory: process.cwd() })
const use = { tool: "bash", sessionID: "s", callID: "c" }
for (const command of ["git commit --no-verify", "ls"]) {
  await hooks["tool.execute.before"](use, { args: { command } }).catch((error) => told.push(error.message))
}
const output = { title: "t", output: "done", metadata: {} }
await hooks["tool.execute.after"]({ ...use, tool: "write", args: { filePath: process.cwd() + "/b.py" } }, output)
const idle = { event: { type: "session.idle", properties: { sessionID: "s" } } }
await hooks.event(idle)
await hooks.event({ event: { type: "session.error", properties: {} } })
await hooks.event(idle)
console.log(JSON.stringify({ told, output: output.output }))
"""
BAD = "import os\n"
QUICK = 'preset = "internal"\ntyping = { enabled = false, why = "x" }\nduplication = { enabled = false, why = "x" }\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = Project(tmp_path)
    found.write("gates.toml", 'preset = "production"\n')
    return found


def plugin(project: Project, path: str) -> dict[str, Any]:
    """Run the plugin with a client that writes down what it is told."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    project.write("run.mjs", PLUGIN)
    project.write("package.json", '{"type": "module"}')
    environment = project.environment({"PATH": path})
    found = subprocess.run([node, "run.mjs"], cwd=project.root, env=environment, capture_output=True, check=False)
    assert (found.returncode, found.stderr) == (0, b""), found.stderr.decode()
    said: dict[str, Any] = json.loads(found.stdout)
    return said


def test_the_plugin_for_opencode(project: Project) -> None:
    project.write("gates.toml", QUICK)
    project.write("a.py")
    project.commit()
    with_environment(project)
    assert project.gates("install", "opencode").code == 0
    project.write("b.py", BAD)
    said = plugin(project, "/usr/bin:/bin")
    refusal, prompt, notice = said["told"]
    assert refusal.startswith("gates: refused, because `git commit --no-verify`")
    assert said["output"].startswith("done\n\ngates: b.py has 1 open finding")
    assert (prompt["path"], prompt["body"]["parts"][0]["type"]) == ({"id": "s"}, "text")
    assert "lint/F401" in prompt["body"]["parts"][0]["text"]
    assert "nothing has changed since it was sent back to work" in notice


def test_the_plugin_without_a_program_holds_up_nothing(project: Project) -> None:
    assert project.gates("install", "opencode").code == 0
    said = plugin(project, "/usr/bin:/bin")
    assert said["output"] == "done"
    assert len(said["told"]) == 5
    assert all("nothing was judged: exit code 127" in each for each in said["told"])
