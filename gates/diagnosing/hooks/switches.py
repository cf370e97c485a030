"""Settings by which a host runs no hooks at all, whatever is installed, and what of a host cannot be seen from here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from gates.diagnosing import Diagnosis, Place, problem


class Switch(Struct, frozen=True):
    """Files of a host, below the root of the project or the person's home, and the setting that turns hooks off."""

    files: tuple[str, ...]
    off: re.Pattern[str]
    wrong: str
    right: str


_DISABLED = re.compile(r'"disableAllHooks"\s*:\s*true\b')
_FEATURE = re.compile(r"^\s*(?:features\.)?(?:codex_)?hooks\s*=\s*false\b")
_SWITCHES = {
    "claude-code": Switch((".claude/settings.json", ".claude/settings.local.json"), _DISABLED, "true", "false"),
    "codex": Switch((".codex/config.toml",), _FEATURE, "false", "true"),
    "copilot": Switch((".github/hooks/*.json", ".github/copilot/settings.json"), _DISABLED, "true", "false"),
}
_UNSEEN = {
    "codex": "; whether Codex trusts them is seen there, with /hooks",
    "copilot": "; hooks in .claude/settings.json are run by Copilot as well",
    "gemini": "; whether Gemini CLI trusts them is seen there",
}


def off(place: Place, target: str) -> Iterator[Diagnosis]:
    """Yield each line that turns off the hooks of a host."""
    switch = _SWITCHES.get(target)
    if switch is None:
        return
    for path in _files(place, switch):
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            if found := switch.off.search(line):
                right = switch.right.join(found[0].rsplit(switch.wrong, 1))
                yield problem(
                    f"{target}: {place.shown(path)}:{number} turns all hooks off",
                    run=place.replaced(path, number, found[0].strip(), right.strip()),
                )


def unseen(target: str) -> str:
    """Return what a person has to look up in the host itself."""
    return _UNSEEN.get(target, "")


def _files(place: Place, switch: Switch) -> Iterator[Path]:
    home = Path(place.environ.get("HOME", "") or place.root)
    for folder in dict.fromkeys((place.root, home)):
        for pattern in switch.files:
            yield from sorted(path for path in folder.glob(pattern) if path.is_file())
