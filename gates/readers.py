"""Who reads us: an agent, a CI runner or a person, as the environment tells."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from typing import NamedTuple, TextIO

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


class Reader(NamedTuple):
    """Who reads standard output: in which format, in so many columns, with colours or without."""

    format: str
    width: int
    colour: bool


def reader(environ: Mapping[str, str], chosen: str) -> Reader:
    """Return who reads standard output, in the format that was `chosen`, or the one that suits the reader (`auto`)."""
    plain = "NO_COLOR" in environ or environ.get("TERM") == "dumb"
    colour = bool(environ.get("FORCE_COLOR")) or (is_terminal(sys.stdout) and not plain)
    width = shutil.get_terminal_size((100, 24)).columns
    return Reader(output_format(environ) if chosen == "auto" else chosen, width, colour)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether somebody looks at a stream; there is none where who started us has closed it."""
    return stream is not None and stream.isatty()
