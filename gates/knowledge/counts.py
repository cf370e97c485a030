"""How often answers were shown, and what became of the findings that they were shown for.

It lies in the checkout's own folder of the cache: a check writes nothing that people version.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gates.cache import write_atomically
from gates.knowledge.files import every
from gates.knowledge.matching import applies
from gates.knowledge.told import head, speaks
from gates.model import UNDECODABLE, Advice, Finding, Report, Verdict

_FILE = "knowledge.json"
_WAITING = 1000
"""Findings of one answer that are waited for; the oldest are forgotten."""


class Use(Struct, frozen=True):
    """How an answer fared in this checkout: prompts that showed it, findings it was shown for, and how many of these a
    later check found gone. `waiting` are the ids of those that are still open."""

    shown: int = 0
    findings: int = 0
    resolved: int = 0
    waiting: tuple[str, ...] = ()


def use(folder: Path, name: str) -> Use:
    """Return how an answer fared; `folder` is the checkout's own one in the cache."""
    return _read(folder).get(name, Use())


def shown(folder: Path, root: Path, text: str, findings: Iterable[Finding]) -> None:
    """Note which answers a prompt has really shown, and for which open findings. That it cannot be noted, in `folder`,
    is no error."""
    if speaks(text):
        told = [each for each in every(root) if not each.flaw and head(each) in text]
        found, known = tuple(findings), _read(folder)
        _keep(folder, known | {each.id: _told(known.get(each.id, Use()), each, found) for each in told})


def judged(folder: Path, report: Report) -> None:
    """Note which findings that answers were shown for are gone, as far as a report can tell: their gates have come to a
    verdict on the whole project."""
    known = _read(folder)
    if report.scope.paths or report.reason or not any(each.waiting for each in known.values()):
        return
    decided = {each.gate for each in report.outcomes if each.verdict in (Verdict.PASSED, Verdict.FAILED)}
    there = {each.id for each in report.findings()}
    after = {name: _judged(each, decided, there) for name, each in known.items()}
    if after != known:
        _keep(folder, after)


def _told(before: Use, advice: Advice, findings: Sequence[Finding]) -> Use:
    fresh = [each.id for each in findings if applies(advice, each) and each.id not in before.waiting]
    waiting = (*before.waiting, *dict.fromkeys(fresh))
    return Use(before.shown + 1, before.findings + len({*fresh}), before.resolved, waiting[-_WAITING:])


def _judged(before: Use, decided: set[str], there: set[str]) -> Use:
    gone = [each for each in before.waiting if each.rpartition("-")[0] in decided and each not in there]
    waiting = tuple(each for each in before.waiting if each not in gone)
    return msgspec.structs.replace(before, resolved=before.resolved + len(gone), waiting=waiting)


def _read(folder: Path) -> dict[str, Use]:
    try:
        return msgspec.json.decode((folder / _FILE).read_bytes(), type=dict[str, Use])
    except (OSError, *UNDECODABLE):
        return {}


def _keep(folder: Path, known: Mapping[str, Use]) -> None:
    with contextlib.suppress(OSError):
        write_atomically(folder / _FILE, msgspec.json.encode(known, order="sorted"))
