"""Random edits of a project with twenty known violations: no pass that is not attested, and none is gone unexplained.

`make faults` tries a thousand; a failure names the seed, and GATES_SEED tries that one alone.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gates.text import visible
from tests.faults.invariants import assert_attested, ran
from tests.faults.mutations import MUTATIONS, Mutant
from tests.faults.violations import VIOLATIONS, lay, path_of, restore
from tests.project import Project

NUMBER = int(os.environ.get("GATES_MUTATIONS", "18"))
WORKERS = 2 if NUMBER < 100 else 12
"""Tests that share the seeds, so that they can run side by side."""

SEEDS = [int(os.environ["GATES_SEED"])] if "GATES_SEED" in os.environ else list(range(NUMBER))


@pytest.mark.parametrize("share", range(WORKERS))
def test_no_violation_is_lost_without_a_line_that_says_why(tmp_path: Path, share: int) -> None:
    project = Project(tmp_path)
    lay(project)
    shutil.copytree(project.root, tmp_path / "template", symlinks=True)
    report = json.loads(project.gates("check", "--output-format", "json", timeout=120).out)
    original = report["policy"]["digest"]
    told = Told(report, original)
    assert [name for name, (rule, _) in VIOLATIONS.items() if not told.tells(rule, path_of(name))] == []
    wrong: list[str] = []
    for seed in SEEDS[share::WORKERS]:
        restore(project, tmp_path / "template")
        chance = random.Random(seed)
        mutant = Mutant(project, chance)
        steps = [chance.choice(MUTATIONS) for _ in range(chance.randint(1, 3))]
        for step in steps:
            step(mutant)
        base = chance.choice(([], ["--since", "HEAD~1"]))
        found = list(_wrong(mutant, [*base, *mutant.arguments], original))
        wrong += [f"seed {seed}, {', '.join(step.__name__ for step in steps)}: {each}" for each in found]
    assert not wrong, "\n".join(wrong)


def _wrong(mutant: Mutant, arguments: list[str], original: str) -> Iterator[str]:
    """Yield what must not be."""
    project = mutant.project
    before = project.digests()
    argv = ("check", "--output-format", "json", *arguments)
    try:
        result = ran(project, *argv, env=mutant.env, under=mutant.under, within=120)
    except (AssertionError, OSError) as error:
        yield f"{type(error).__name__}: {str(error)[:3000]}"
        return
    if project.digests() != before:
        yield "the checkout was changed"
    if not result.out:
        if result.code not in (2, 3) or not result.err:
            yield f"no report: {result}"
        return
    report = json.loads(result.out)
    assert_attested(report, result.code)
    told = Told(report, original)
    for name, path in mutant.paths.items():
        rule = VIOLATIONS[name][0]
        if not told.tells(rule, visible(path)) and not told.explains(rule, visible(path)):
            yield f"{rule} at {path} is gone ({' '.join(arguments)}, exit {result.code})"


class Told:
    """What a report says of one violation."""

    def __init__(self, report: Mapping[str, Any], original: str) -> None:
        self._report = report
        self._original = original
        self._outcomes = {each["gate"]: each for each in report["outcomes"]}
        self._findings = [found for each in report["outcomes"] for found in each["findings"]]

    def tells(self, rule: str, path: str) -> bool:
        """Whether the violation is open."""
        return any(
            rule == each["rule"] and each["status"] == "open" and path in _paths(each) for each in self._findings
        )

    def explains(self, rule: str, path: str) -> bool:
        """Whether a line says why it is not."""
        gate = rule.partition("/")[0]
        outcome = self._outcomes.get(gate)
        if outcome is None:
            off = any(each["gate"] == gate and each["why"] for each in self._report["policy"]["off"])
            return off or self._is_of_the_rules()
        if outcome["verdict"] in ("broken", "skipped"):
            return bool(outcome["reason"])
        return self._is_of_the_file(outcome, path) or self._is_allowed(rule, path) or self._is_of_the_rules()

    def _is_allowed(self, rule: str, path: str) -> bool:
        """Whether a comment that names the rule gives a reason, which the report tells."""
        silenced = (each for each in self._findings if each["status"] == "suppressed" and each["rule"] == rule)
        return any(path in _paths(each) and each["reason"] for each in silenced)

    def _is_of_the_file(self, outcome: Mapping[str, Any], path: str) -> bool:
        unread = any(each["path"] == path and each["reason"] for each in outcome["unread"])
        rules = ("files/", "suppressions/")
        return unread or any(path in _paths(each) and each["rule"].startswith(rules) for each in self._findings)

    def _is_of_the_rules(self) -> bool:
        if self._report["reason"] or any(each["files"] for each in self._report["scope"]["excluded"]):
            return True
        compares = self._report["scope"]["kind"] == "since"
        return not compares and self._report["policy"]["digest"] != self._original


def _paths(finding: Mapping[str, Any]) -> set[str]:
    return {each["path"] for each in (finding["location"], *finding["related"])}
