"""Real packages, edited in ways that make nothing worse: nothing is new, neither beside a baseline nor a base.

GATES_SEEDS says with how many seeds each edit is tried (`make identity`).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.comparisons import Change, opened
from tests.edits import EDITS, sources
from tests.oracle.corpora import unpacked

SEEDS = int(os.environ.get("GATES_SEEDS", "1"))
POLICY = 'preset = "production"\n[layers]\nenabled = false\nwhy = "The package declares none."\n'
PLANTED = "import os\n\n\ndef planted(a: int) -> int:\n" + "".join(
    f"    if a == {number}:\n        return {number}\n" for number in range(12)
)
"""A module with a violation to swap and a function to make worse."""


class Package(Change):
    """A package under git with everything that is wrong with it in a baseline."""

    def __init__(self, base: Path, name: str) -> None:
        super().__init__(base)
        self.root.rmdir()
        unpacked(name, base).rename(self.root)
        self.planted = sources(self.root)[0].with_name("planted_module.py")
        self.planted.write_text(f"{PLANTED}    return a\n")
        self.write("gates.toml", POLICY)
        self.git("init", "-q", "-b", "main")
        self.save({})
        made = self.gates("baseline", "create", timeout=120)
        assert made.code == 0, made
        self.save({})

    def edited(self, edit: Callable[[Path, random.Random], object], seed: int) -> list[tuple[str, list[str]]]:
        """Edit the package anew, and return what is open beside the baseline and beside the base."""
        self.git("reset", "-q", "--hard")
        self.git("clean", "-q", "-f", "-d")
        said = edit(self.root, random.Random(seed))
        modes: list[tuple[str, ...]] = [(), ("--since", "HEAD")]
        reports = [(" ".join([*mode, str(said)]), self.compared(*mode)) for mode in modes]
        return [(what, _worth_telling(report)) for what, report in reports]


def _worth_telling(report: dict[str, Any]) -> list[str]:
    assert not report["reason"], report["reason"]
    return opened(report)


@pytest.fixture(scope="module", params=["flask", "httpx"])
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Package:
    return Package(tmp_path_factory.mktemp(request.param), request.param)


EXPECTED = {
    "reformatted": "gates-baseline.json baseline/",
    "moved_function": "gates-baseline.json baseline/",
    "renamed_function": "suppressions/added",
}
"""What an edit may lead to. A copy may end elsewhere when it is formatted, and a module is smaller without a function:
then the baseline accepts more than there is. A suppression beside a name that changes is told to readers."""


def test_edits_that_make_nothing_worse(package: Package) -> None:
    found = {
        (name, seed, what): new
        for name, edit in EDITS.items()
        for seed in range(SEEDS)
        for what, new in package.edited(edit, seed)
    }
    unexpected = {
        key: [each for each in new if EXPECTED.get(key[0], "nothing") not in each] for key, new in found.items()
    }
    assert {key: new for key, new in unexpected.items() if new} == {}
    assert len(found) == 2 * len(EDITS) * SEEDS


def test_one_violation_in_the_place_of_another_and_a_worse_function(package: Package) -> None:
    path = package.planted.relative_to(package.root).as_posix()

    def swapped(root: Path, chance: random.Random) -> None:
        package.planted.write_text(f"{PLANTED}    return a\n".replace("import os", "import re"))

    def worse(root: Path, chance: random.Random) -> None:
        package.planted.write_text(f"{PLANTED}    if a == 13:\n        return 13\n    return a\n")

    (_, beside_baseline), (_, beside_base) = package.edited(swapped, 0)
    stale = "gates-baseline.json baseline/stale unknown"
    assert beside_baseline == [stale, f"{path} lint/F401 unknown"]
    assert beside_base == [stale, f"{path} lint/F401 introduced"]
    (_, beside_baseline), (_, beside_base) = package.edited(worse, 0)
    grown = [f"{path} complexity/cyclomatic"]
    assert beside_baseline == [f"{each} unknown" for each in grown]
    assert beside_base == [f"{each} worsened" for each in grown]
