"""What is accepted to the letter, and was so before, is not marked and judged again.

Where all that a gate finds in a file is what the baseline accepts there, each finding equal to its entry and none left
over, no finding elsewhere can be taken for one of these, nor one of these for another. What becomes of them depends on
the file, on what was found and on what is accepted there, and on which comments with a date still stand; it is kept by
that. Only their ids count equals elsewhere.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec import Struct

from gates import allowances, marking, tracing
from gates.baseline import Entry
from gates.cache import digest, unpacked
from gates.judging import Comparison, Judged, judged
from gates.marking import Marked, Row
from gates.model import Finding, Outcome
from gates.project import Project, module_name, package_folders
from gates.registry import Gate


class _Case(Struct, frozen=True):
    """What a gate found, marked; the names under which that of each file is kept, and of which files it was."""

    marked: Marked
    keys: Mapping[str, str]
    settled: frozenset[str]


class Settling:
    """Marks and judges what gates find in a project. Only the whole of it, held against nothing but the baseline, is
    ever settled. What it is held against is asked for when the first gate has looked."""

    def __init__(self, project: Project, comparison: Callable[[], Comparison]) -> None:
        self._project = project
        self._comparison = comparison
        self._defined = functools.cache(lambda: tracing.defined(project))
        self._cases: dict[str, _Case] = {}

    def mark(self, gate: Gate, project: Project, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Mark what a gate found in files about which that is not known."""
        keys = self._keys(gate, findings)
        blobs = self._project.store.get(keys.values()) if keys else {}
        known = {path: found for path, key in keys.items() if (found := unpacked(blobs.get(key), Marked))}
        marked = marking.marked(gate, project, findings, known)
        self._cases[gate.name] = _Case(marked, keys, frozenset(known))
        return marked.findings

    def judge(self, outcome: Outcome) -> Judged:
        """Judge what was not judged before, and keep what is settled by now."""
        case = self._cases[outcome.gate]
        found = judged(outcome, self._project, self._comparison(), self._defined, case.settled)
        self._keep(case, found)
        return found

    def _keep(self, case: _Case, found: Judged) -> None:
        new = [path for path in found.exact if path in case.keys and self._project.stands(path)]
        rows: dict[str, list[Row]] = {path: [] for path in new}
        for row in msgspec.structs.replace(case.marked, findings=found.outcome.findings).rows() if new else ():
            if row[0].location.path in rows:
                rows[row[0].location.path].append(row)
        kept = {case.keys[path]: msgspec.msgpack.encode(marking.together(each)) for path, each in rows.items()}
        self._project.store.put(kept)

    def _keys(self, gate: Gate, findings: Sequence[Finding]) -> dict[str, str]:
        """Return the names under which is kept what becomes of findings, by file, where as many are accepted as were
        found, and all of it can be written down."""
        accepted = _accepted(self._comparison(), gate.name)
        found: dict[str, list[Finding]] = {}
        for each in findings if accepted else ():
            found.setdefault(each.location.path, []).append(each)
        packages = package_folders(self._project.whole)
        keys = {}
        for path, mine in found.items():
            entries, snapshot = accepted.get(path, ()), self._project.snapshots.get(path)
            if snapshot and snapshot.digest and sum(each.count for each in entries) == len(mine):
                with contextlib.suppress(UnicodeEncodeError):
                    standing = allowances.standing(self._project, path)
                    what = (gate.name, gate.rules, module_name(path, packages), standing, mine, entries)
                    keys[path] = self._project.kept_as("settled", (path,), digest(msgspec.msgpack.encode(what)))
        return keys


def _accepted(comparison: Comparison, gate: str) -> dict[str, list[Entry]]:
    """Return the entries that are about a gate and no latent ones, by file; none where they are not all that counts."""
    found: dict[str, list[Entry]] = {}
    if comparison.base is None and comparison.whole and not (comparison.improve or comparison.record):
        baseline = comparison.baseline
        for each in (baseline.entries[index] for index in baseline.by_gate.get(gate, ())):
            if not each.latent:
                found.setdefault(each.path, []).append(each)
    return found
