"""Which files a patch edits: a unified diff, or the format of the tool `apply_patch`."""

from __future__ import annotations

import re

_APPLIED = re.compile(r"^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+?)\s*$", re.MULTILINE)
_UNIFIED = re.compile(r"^(?:---|\+\+\+) (?:[ab]/)?([^\t\n]+?)\s*(?:\t.*)?$", re.MULTILINE)


def edited(patch: str) -> tuple[str, ...]:
    """Return the paths that a patch adds, changes, moves or deletes, in its order, each once."""
    found = _APPLIED.findall(patch) or _UNIFIED.findall(patch)
    return tuple(dict.fromkeys(path for path in found if path != "/dev/null"))
