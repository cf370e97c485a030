"""Twenty branches that resolve and accept debt at the same time, merged by real git with the driver."""

from __future__ import annotations

import random
import subprocess

import pytest

from tests.project import GATES, Project

NAME = "gates-baseline.json"
CONFIG = 'preset = "prototype"\n[complexity]\nenabled = true\narguments = 2\n'
BRANCHES = tuple(f"branch-{number:02}" for number in range(20))
DEBT = "import os\n\n\ndef work(a, b, c, d):\n    return a\n"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A repository whose `main` has a baseline, and twenty branches from it of which each changes what is accepted."""
    project = Project(tmp_path_factory.mktemp("team"))
    project.write("gates.toml", CONFIG)
    project.write(".gitattributes", f"{NAME} merge=gates-baseline\n")
    for branch in BRANCHES:
        project.write(f"{branch.replace('-', '_')}.py", DEBT)
    assert project.gates("baseline", "create").said == f"{NAME}: 40 findings accepted. Commit it.\n"
    project.commit()
    project.git("config", "merge.gates-baseline.driver", f"{GATES} baseline merge %O %A %B")
    for number, branch in enumerate(BRANCHES):
        project.git("checkout", "-q", "-b", branch, "main")
        _work(project, branch, number % 4)
        project.git("add", "-A")
        project.git("commit", "-q", "-m", branch)
    return project


def _work(project: Project, branch: str, kind: int) -> None:
    """Resolve a finding, resolve all, improve a value, or add a finding and accept it with a reason."""
    name = f"{branch.replace('-', '_')}.py"
    change = ((DEBT, DEBT[11:]), (DEBT, "x = 1\n"), ("b, c, d", "b, c"), ("import os", "import os\nimport re"))[kind]
    project.write(name, DEBT.replace(*change))
    accept = ("--accept-new", "--reason", f"needed by {branch}") if kind == 3 else ()
    assert project.gates("baseline", "update", *accept).code == 0


@pytest.fixture(scope="module")
def merged(team: Project) -> bytes:
    """The baseline after all branches were merged in their order."""
    return _merged(team, list(BRANCHES))


def _merged(team: Project, order: list[str]) -> bytes:
    team.git("checkout", "-q", "-B", "all", "main")
    for branch in order:
        team.git("merge", "-q", "--no-ff", "--no-edit", branch)
    assert team.git("status", "--porcelain") == ""
    return (team.root / NAME).read_bytes()


def test_what_is_merged_is_green_and_nothing_in_it_is_stale(team: Project, merged: bytes) -> None:
    assert (team.root / NAME).read_bytes() == merged
    result = team.gates("check", "--locked", "--output-format", "concise")
    assert result.said == "passed: 0 open findings, 4 of 4 gates passed, 20 files\n"
    assert merged.count(b'"reason":"needed by branch-') == 5
    assert merged.count(b'"rule"') == 40 - 5 - 10 + 5


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_merges_does_not_matter(team: Project, merged: bytes, seed: int) -> None:
    order = random.Random(seed).sample(BRANCHES, len(BRANCHES))
    assert _merged(team, order) == merged


@pytest.mark.parametrize("seed", range(3, 5))
def test_branches_may_be_picked_and_rebased(team: Project, merged: bytes, seed: int) -> None:
    order = random.Random(seed).sample(BRANCHES, len(BRANCHES))
    team.git("checkout", "-q", "-B", "all", "main")
    for branch in order[:10]:
        team.git("cherry-pick", branch)
    for branch in order[10:]:
        team.git("checkout", "-q", "-B", "rebased", branch)
        team.git("rebase", "-q", "all")
        team.git("checkout", "-q", "all")
        team.git("merge", "-q", "--ff-only", "rebased")
    assert (team.root / NAME).read_bytes() == merged


def test_merges_of_merges_come_to_the_same(team: Project, merged: bytes) -> None:
    for half, branches in (("left", BRANCHES[:10]), ("right", BRANCHES[10:])):
        team.git("checkout", "-q", "-B", half, "main")
        for branch in branches:
            team.git("merge", "-q", "--no-ff", "--no-edit", branch)
    team.git("merge", "-q", "--no-edit", "left")
    assert (team.root / NAME).read_bytes() == merged


def test_without_the_driver_neighbours_conflict(team: Project) -> None:
    team.git("checkout", "-q", "-B", "all", BRANCHES[4])
    with pytest.raises(subprocess.CalledProcessError):
        team.git("-c", "merge.gates-baseline.driver=false", "merge", "-q", "--no-edit", BRANCHES[5])
    team.git("merge", "--abort")


def test_a_side_that_cannot_be_read_is_a_conflict(team: Project) -> None:
    team.git("checkout", "-q", "-B", "broken", BRANCHES[0])
    path = team.root / NAME
    path.write_text(path.read_text().replace("[", "{", 1))
    team.git("commit", "-q", "-a", "-m", "broken")
    team.git("checkout", "-q", "-B", "all", BRANCHES[1])
    before = path.read_bytes()
    with pytest.raises(subprocess.CalledProcessError) as raised:
        team.git("merge", "-q", "--no-edit", "broken")
    assert b"error: their baseline is no baseline" in raised.value.stderr
    assert f"UU {NAME}" in team.git("status", "--porcelain").splitlines()
    assert path.read_bytes() == before
    team.git("merge", "--abort")


def test_what_one_branch_renames_and_another_leaves_alone_stays_accepted(team: Project) -> None:
    team.git("checkout", "-q", "-B", "renaming", "main")
    body = DEBT.replace("    return a\n", "    a.append(b)\n    c.append(d)\n    return a\n")
    team.write("branch_00.py", body)
    team.git("commit", "-q", "-a", "-m", "body")
    assert team.gates("baseline", "update").code == 0
    team.git("commit", "-q", "-a", "-m", "baseline of the body")
    team.git("checkout", "-q", "-B", "other", "renaming")
    team.write("branch_01.py", DEBT[11:])
    assert team.gates("baseline", "update").code == 0
    team.git("commit", "-q", "-a", "-m", "other")
    team.git("checkout", "-q", "renaming")
    team.write("branch_00.py", body.replace("def work", "def toil"))
    assert team.gates("baseline", "update").code == 0
    team.git("commit", "-q", "-a", "-m", "renamed")
    team.git("merge", "-q", "--no-edit", "other")
    result = team.gates("check", "--locked", "--output-format", "concise")
    assert result.said == "passed: 0 open findings, 4 of 4 gates passed, 20 files\n"
