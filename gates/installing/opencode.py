"""OpenCode: a plugin in JavaScript, for `@opencode-ai/plugin` 1.18.33. It hands on events and decides nothing."""

from __future__ import annotations

import json

from gates.installing._files import File, Files
from gates.installing._settings import SECONDS, Kind, command

_MARK = "// Written by `gates install opencode`"
_KINDS: tuple[Kind, ...] = ("stop", "post-edit", "guard")
_LINES: tuple[tuple[Kind, str], ...] = tuple((kind, command(kind, "opencode")) for kind in _KINDS)
_PLUGIN = """\
%(mark)s; `gates uninstall opencode` removes it.
import { spawn } from "node:child_process"

const HOOKS = {
%(hooks)s
}

export const QualityGates = async ({ client, directory }) => {
  const tell = (message) =>
    client.app.log({ body: { service: "quality-gates", level: "warn", message } }).catch(() => undefined)

  const ask = (kind, event) =>
    new Promise((resolve) => {
      const { line, seconds } = HOOKS[kind]
      const hook = spawn("sh", ["-c", line], { cwd: directory, timeout: seconds * 1000 })
      let out = ""
      let err = ""
      hook.stdout.on("data", (each) => (out += each))
      hook.stderr.on("data", (each) => (err += each))
      hook.stdin.on("error", () => undefined)
      hook.on("error", (error) => resolve({ notice: `gates: nothing was judged: ${error.message}` }))
      hook.on("close", (code) => {
        try {
          resolve(JSON.parse(out))
        } catch {
          resolve({ notice: `gates: nothing was judged: exit code ${code}: ${err.trim()}` })
        }
      })
      hook.stdin.end(JSON.stringify({ cwd: directory, ...event }))
    }).then((answer) => {
      if (answer.notice) tell(answer.notice)
      return answer
    })

  return {
    "tool.execute.before": async ({ tool, sessionID }, { args }) => {
      const answer = await ask("guard", { event: "tool.execute.before", sessionID, tool, args })
      if (answer.block) throw new Error(answer.block)
    },
    "tool.execute.after": async ({ tool, sessionID, args }, output) => {
      const answer = await ask("post-edit", { event: "tool.execute.after", sessionID, tool, args })
      if (answer.note) output.output += `\\n\\n${answer.note}`
    },
    event: async ({ event }) => {
      if (event.type !== "session.idle") return
      const { sessionID } = event.properties
      const answer = await ask("stop", { event: event.type, sessionID })
      if (!answer.block) return
      const body = { parts: [{ type: "text", text: answer.block }] }
      client.session.prompt({ path: { id: sessionID }, body }).catch((error) => tell(`gates: ${error}`))
    },
  }
}
"""


def _plugin() -> str:
    hooks = [
        f"  {json.dumps(kind)}: {{ line: {json.dumps(line)}, seconds: {SECONDS[kind]} }}," for kind, line in _LINES
    ]
    return _PLUGIN % {"mark": _MARK, "hooks": "\n".join(hooks)}


_HOST = Files(
    target="opencode",
    mark=_MARK,
    files=(File(name=".opencode/plugins/quality-gates.js", content=_plugin(), commands=_LINES),),
)

install = _HOST.install
uninstall = _HOST.uninstall
hooks = _HOST.hooks
advice = _HOST.advice
