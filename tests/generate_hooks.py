"""Writes what hook managers and Claude Code read of this repository: `python tests/generate_hooks.py`.

The manifest of pre-commit and prek is made from the gates there are, the plugin from what is installed for Claude Code.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from gates import __version__, jsonc, registry
from gates.installing.claude_code import entries

TOP = Path(__file__).parent.parent
MANIFEST = TOP / ".pre-commit-hooks.yaml"
_LAUNCHER = 'sh "${CLAUDE_PLUGIN_ROOT}/hooks/gates.sh" '
_HEAD = """\
# Written by `make generate`, from the gates there are. docs/hooks.md says which to choose.
# `gates` is one hook for all of them; a hook whose id ends in `-env` runs in the environment of the project.
"""
_ON_COMMIT = ("", "file", "results", "change")
_FAMILIES = {"": "python", "-env": "system"}


def manifest() -> str:
    """Return the manifest as YAML; every value is written as JSON, which YAML can read."""
    return _HEAD + "".join(_hooks())


def plugin() -> Mapping[Path, str]:
    """Return the files of the plugin for Claude Code."""
    about = {
        "name": "quality-gates",
        "version": __version__,
        "description": "What a coding agent brings in goes back to it until the gates of the project are green.",
        "license": "MIT",
        "keywords": ["code quality", "complexity", "duplication", "architecture", "hooks"],
    }
    hooks = {each.event: [_launched(each.value)] for each in entries("")}
    return {
        TOP / ".claude-plugin/plugin.json": jsonc.dumped(about),
        TOP / "hooks/hooks.json": jsonc.dumped({"description": "The hooks of quality-gates.", "hooks": hooks}),
    }


def main() -> None:
    """Rewrite the manifest and the plugin in place."""
    MANIFEST.write_text(manifest(), encoding="utf-8")
    for path, content in plugin().items():
        path.write_text(content, encoding="utf-8")


def _launched(entry: Mapping[str, object]) -> object:
    """Return an entry whose commands find `gates` by the launcher of the plugin."""
    return json.loads(json.dumps(entry).replace('"gates ', json.dumps(_LAUNCHER)[:-1]))


def _hooks() -> Iterator[str]:
    for suffix, language in _FAMILIES.items():
        what = "What a commit or a push introduces: the fast gates on a commit, every gate on a push."
        yield _hook({"id": f"gates{suffix}", "name": "gates", "description": what, "entry": "gates hook"}, language, "")
        for gate in registry.gates_found():
            own = {"id": f"gates-{gate.name}{suffix}", "name": f"gates: {gate.name}", "description": gate.summary}
            yield _hook(own | {"entry": f"gates hook --gate {gate.name}"}, language, gate.reads)


def _hook(own: Mapping[str, object], language: str, reads: str) -> str:
    """Return one hook. One that looks at the whole is given no files, and runs when files were only deleted, too."""
    values: dict[str, object] = {
        **own,
        "language": language,
        "args": ["--"],
        "types_or": ["python", "pyi"],
        "pass_filenames": reads == "file",
        "always_run": reads != "file",
        "require_serial": True,
        "stages": ["pre-commit", "pre-push"] if reads in _ON_COMMIT else ["pre-push"],
        "minimum_pre_commit_version": "3.2.0",
    }
    lines = [f"{key}: {_written(value)}" for key, value in values.items()]
    return "- " + "\n  ".join(lines) + "\n"


def _written(value: object) -> str:
    return value if isinstance(value, str) and value.replace("-", "").isalnum() else json.dumps(value)


if __name__ == "__main__":
    main()
