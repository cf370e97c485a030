"""What the loop gives away: a cascade to an agent as one step, unfinished work to a person, and an answer back."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import cascade
from tests.loop.shop import Shop
from tests.project import Project

FOLLOWS = f"""\
import pathlib, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests import cascade
cascade.follow(pathlib.Path.cwd(), sys.stdin.read())
"""
GUIDANCE = "Drop the last argument."


def test_a_cascade_is_one_step_and_is_done_in_one_attempt(tmp_path: Path) -> None:
    project = Project(tmp_path)
    cascade.plant(project.root)
    project.commit()
    agent = tmp_path / "agent.py"
    agent.write_text(FOLLOWS)
    done = project.gates("loop", "--", sys.executable, str(agent), timeout=120)
    assert done.code == 0, done
    (prompt,) = project.cache.glob("checkouts/*/loops/2*/attempt-1/prompt.md")
    assert prompt.read_text().count("\nCause ") == 3
    assert f"Batch plan: {cascade.SITES} findings in {cascade.FILES} files from 3 causes." in prompt.read_text()
    assert "attempt 1: 214 resolved, 0 introduced, 0 silenced, 0 open" in done.out
    assert project.check("typing", "complexity").code == 0


@pytest.fixture
def answered(tmp_path: Path) -> tuple[Shop, str]:
    """A loop that stalled with two errors, and the ticket to which a person said something about one of them."""
    shop = Shop(tmp_path, modules=2)
    assert shop.loop("pass\n").code == 1
    (ticket,) = (each.stem for each in (shop.root / ".gates" / "tickets").glob("*.json"))
    shown = shop.gates("tickets", "show", ticket).out
    assert "two attempts in a row resolved nothing" in shown
    assert "complexity/arguments" in shown
    said = ("--cause", "Sums take what they are given.", "--guidance", GUIDANCE, "--author", "Ada")
    assert shop.gates("tickets", "answer", ticket, *said, "--path", "shop/m1.py").code == 0
    return shop, ticket


def test_an_answer_is_in_the_next_prompt_where_it_applies_and_nowhere_else(answered: tuple[Shop, str]) -> None:
    shop, ticket = answered
    shop.loop("if attempt == 1: mend(wide()[0])\n", "--attempts", "2")
    first, second = shop.prompt(1), shop.prompt(2)
    assert f"knowledge {ticket} by Ada" in first
    assert GUIDANCE in first
    assert "shop/m2.py" in second
    assert GUIDANCE not in second
    assert "Shown in 1 prompt for 1 finding; 1 resolved after" in shop.gates("tickets", "show", ticket).out
