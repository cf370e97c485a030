"""gates converge over real commits."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.loop.shop import CONFIG, NARROW, WIDE, Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    found = Shop(tmp_path, modules=6)
    found.git("tag", "start")
    return found


def commit(shop: Shop, subject: str, **files: str) -> None:
    """Commit modules of this content, by name."""
    for name, content in files.items():
        shop.write(f"shop/{name}.py", content)
    shop.git("add", "-A")
    shop.git("commit", "-q", "--allow-empty", "-m", subject)


def said(shop: Shop, span: str, code: int) -> str:
    """Return what it says of a range, without ids of commits."""
    done = shop.gates("converge", "--range", span)
    assert done.code == code, done.said
    return re.sub(r"\b[0-9a-f]{12}\b", "COMMIT", done.out)


def test_commits_are_told_by_what_they_did_and_critical_fails(shop: Shop) -> None:
    silenced = WIDE.format(4).replace("-> int:", "-> int:  # gates: allow[complexity/arguments] all are needed")
    commit(shop, "two are mended", m1=NARROW.format(1), m2=NARROW.format(2))
    commit(shop, "nothing")
    commit(shop, "one is silenced, one is new", m4=silenced, m7=WIDE.format(7))
    assert said(shop, "start..main", 1) == (
        "open at COMMIT: 6 errors\n"
        "commit        resolved  introduced  suppressed  unchanged  open\n"
        "COMMIT  2         0           0           4          4     two are mended\n"
        "COMMIT  0         0           0           4          4     nothing  (stalled)\n"
        "COMMIT  0         1           1           3          5     one is silenced, one is new  (stalled)\n"
        "CRITICAL  causes resolved per commit: 0.67, stalled at the end: 2, open causes: falling\n"
    )
    limits = (("--warning", "0"), ("--warning", "0", "--stalls", "2"))
    assert [shop.gates("converge", "--range", "start..main", *each).code for each in limits] == [0, 1]


def test_what_ends_with_nothing_open_is_healthy(shop: Shop) -> None:
    commit(shop, "all are mended", **{f"m{number}": NARROW.format(number) for number in range(1, 7)})
    commit(shop, "nothing")
    assert said(shop, "start..", 0).endswith(
        "HEALTHY  causes resolved per commit: 6, stalled at the end: 0, open causes: falling\n"
    )


def test_who_loosens_the_rules_resolves_nothing(shop: Shop) -> None:
    shop.write("pyproject.toml", CONFIG + "\n[tool.gates.complexity]\narguments = 9\n")
    commit(shop, "the limit is raised")
    done = shop.gates("converge", "--range", "start..HEAD", "--json")
    document = json.loads(done.out)
    assert (done.code, document["schema"], document["health"]) == (1, "gates.convergence/1", "critical")
    assert [(each["subject"], each["open"], each["stalled"]) for each in document["rows"]] == [
        ("the limit is raised", 6, True)
    ]


def test_what_cannot_be_followed_is_said(shop: Shop) -> None:
    for span, part in (
        ("main", "`main` is no range of commits"),
        ("start...main", "is no range of commits"),
        ("main..start", "there is no commit in `main..start`"),
        ("nowhere..main", "git knows no commit `nowhere`"),
    ):
        done = shop.gates("converge", "--range", span)
        assert (done.code, part in done.err) == (2, True), done.said


def test_a_commit_that_cannot_be_judged_is_named_and_at_the_end_nothing_is_decided(shop: Shop) -> None:
    shop.git("rm", "-rq", "shop", "tests")
    shop.git("commit", "-qm", "all is gone")
    assert "all is gone" not in said(shop, "start..main", 3)


def test_a_commit_that_renames_what_its_own_policy_inspects_resolves_nothing(shop: Shop) -> None:
    shop.git("mv", "shop", "store")
    shop.git("commit", "-qm", "another name")
    assert "could not be judged: `source` entry `shop` matches nothing" in said(shop, "start..main", 3)
    shop.write("pyproject.toml", CONFIG.replace('"shop"', '"store"'))
    commit(shop, "the policy, too")
    assert "0         0           0           6          6     the policy, too" in said(shop, "start..main", 1)
