"""What is fetched into a place of its own: revisions of hooks, and versions of the Action."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from gates.diagnosing import Place
from gates.diagnosing.pins.pin import OURS, Pin
from gates.managed import Source, configuration, items

_MIRRORS = {"ruff-pre-commit": "ruff", "mirrors-ruff": "ruff", "mirrors-mypy": "mypy"}
_TAG = re.compile(r"v?(?P<version>\d+(?:\.\d+)+\S*)")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_USES = re.compile(rf"[\w.-]+/{OURS}(?:/[\w./-]+)?@(?P<ref>\S+)")


def pins(place: Place) -> Iterator[Pin]:
    """Yield what hooks and workflows fetch of us, and of the tools that we use too."""
    top = place.top or place.root
    found = configuration(top)
    for source in found.sources if found else ():
        name = _distribution(source)
        if found and name:
            yield from _pin(name, source.rev, source.comment, found.path, source.line)
    for path in sorted((top / ".github" / "workflows").glob("*.y*ml")):
        yield from _in_workflow(path)


def _distribution(source: Source) -> str:
    repository = source.url.rstrip("/").rpartition("/")[2].removesuffix(".git")
    if repository in _MIRRORS:
        return _MIRRORS[repository]
    return OURS if source.ours or (repository == OURS and source.rev) else ""


def _in_workflow(path: Path) -> Iterator[Pin]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return
    for item in items(text):
        if item.key == "uses" and (used := _USES.fullmatch(item.value)):
            yield from _pin(OURS, used["ref"], item.comment, path, item.number)


def _pin(name: str, ref: str, comment: str, path: Path, line: int) -> Iterator[Pin]:
    """Yield what a revision means: a tag, a branch, or a commit with its tag in the comment behind it; nothing for a
    commit alone."""
    tag, said = _TAG.fullmatch(ref), _TAG.fullmatch(comment.removeprefix("frozen:").strip())
    if tag is not None:
        yield Pin(name=name, wanted=tag["version"], exact=tag["version"], path=path, line=line)
    elif _COMMIT.fullmatch(ref) is None:
        yield Pin(name=name, wanted=ref, path=path, line=line, moves=True)
    elif said is not None:
        yield Pin(name=name, wanted=said["version"], exact=said["version"], path=path, line=line, hashed=True)
