"""Which answers apply to which findings, and which of them a reviewed commit holds."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from gates import git
from gates.config.patterns import Patterns
from gates.knowledge.files import FOLDER, every, place
from gates.model import Advice, Finding, GatesError
from gates.process import Spawner


def applying(root: Path, findings: Iterable[Finding], base: str = "") -> tuple[Advice, ...]:
    """Return what is known about these findings, by name, and every file of knowledge that cannot be read.

    What the commit `base`, or else HEAD, does not hold as it is, is marked as new: the change could have written it.
    Without git all of it is.
    """
    among = tuple(findings)
    found = [each for each in every(root) if each.flaw or any(applies(each, finding) for finding in among)]
    held = _held(root, base) if any(not each.flaw for each in found) else {}
    return tuple(_marked(root, each, held) for each in found)


def applies(advice: Advice, finding: Finding) -> bool:
    """Return whether all that an answer names fits a finding: its rule, its path, and a symbol that it is inside of, or
    that its message names as a whole."""
    if advice.flaw or (advice.rule and advice.rule != finding.rule):
        return False
    if advice.symbol and not _names(advice.symbol, finding):
        return False
    return not advice.path or _fits(advice.path, finding.location.path)


@functools.lru_cache(maxsize=1 << 16)
def _fits(pattern: str, path: str) -> bool:
    return _patterns(pattern).match(path)


@functools.lru_cache(maxsize=1 << 10)
def _patterns(pattern: str) -> Patterns:
    return Patterns((pattern,))


def concerns(root: Path, findings: Sequence[Finding]) -> bool:
    """Return whether anything is known about any of these findings."""
    return bool(findings) and any(applies(each, finding) for each in every(root) for finding in findings)


def _names(symbol: str, finding: Finding) -> bool:
    module, _, inner = finding.location.symbol.partition(":")
    whole = (finding.location.symbol, module, inner)
    if any(each == symbol or (each and each.startswith((f"{symbol}.", f"{symbol}:"))) for each in whole):
        return True
    return re.search(rf"(?<![\w.]){re.escape(symbol)}(?!\w)", finding.message) is not None


def _held(root: Path, base: str) -> dict[str, str]:
    """Return the ids of the contents of all files of knowledge in a commit; nothing when git does not tell."""
    spawner = Spawner()
    try:
        commit = base or git.head(spawner, root)
        return {each.path: each.oid for each in git.tree(spawner, root, commit, f"{FOLDER}/")}
    except GatesError:
        return {}
    finally:
        spawner.stop()


def _marked(root: Path, advice: Advice, held: dict[str, str]) -> Advice:
    """Return an answer, marked as new when its file is none of those that are held."""
    oid = held.get(place(advice.id), "")
    try:
        is_held = bool(oid) and git.blob_id((root / place(advice.id)).read_bytes(), oid) == oid
    except OSError:
        is_held = False
    return msgspec.structs.replace(advice, is_new=not (is_held or advice.flaw))
