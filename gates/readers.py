"""Who reads us: an agent, a CI runner or a person, as the environment tells."""

from __future__ import annotations

from collections.abc import Mapping

AGENTS: Mapping[str, str] = {
    "AI_AGENT": "any agent that follows the convention",
    "AGENT": "Amp, Crush, Goose, opencode",
    "CLAUDECODE": "Claude Code",
    "CODEX_SANDBOX": "Codex",
    "CODEX_THREAD_ID": "Codex",
    "CURSOR_AGENT": "Cursor",
    "GEMINI_CLI": "Gemini CLI",
    "COPILOT_CLI": "GitHub Copilot CLI",
    "OPENCODE": "opencode",
    "CLINE_ACTIVE": "Cline",
    "QWEN_CODE": "Qwen Code",
    "AUGMENT_AGENT": "Augment",
    "GOOSE_TERMINAL": "Goose",
}
"""Variables that agents set in the shells they open, and whose they are. Any value but nothing and `0` counts."""


def output_format(environ: Mapping[str, str]) -> str:
    """Return the format that suits the reader: `prompt` for an agent, `github` on its runners, else `text`.

    GATES_AGENT=1 or 0 overrides what the other variables say of an agent.
    """
    override = environ.get("GATES_AGENT", "")
    agent = any(environ.get(name, "") not in ("", "0") for name in AGENTS)
    if override == "1" or (agent and override != "0"):
        return "prompt"
    return "github" if environ.get("GITHUB_ACTIONS") == "true" else "text"


def is_ci(environ: Mapping[str, str]) -> bool:
    """Return whether this is a CI run: `CI` is set to something that means yes, as every CI service does."""
    return environ.get("CI", "").lower() not in ("", "0", "false", "no")
