"""How many runs an agent needs for a cascade: told all of it as one step, and told one finding after the other.

`python benchmarks/cascade.py` plants the cascade of `tests/cascade.py`, 214 errors in 30 files, once for each way, and has the same
agent mend it until `gates check` passes (five minutes).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests import cascade
from tests.project import Project

MOST = 300


def runs(work: Callable[[Project], object]) -> int:
    """Return how often the agent had to be run until the check passed."""
    with tempfile.TemporaryDirectory() as base:
        project = Project(Path(base))
        cascade.plant(project.root)
        for done in range(MOST):
            if project.report()["exit_code"] == 0:
                return done
            work(project)
    raise SystemExit(f"not done after {MOST} runs")


def all_at_once(project: Project) -> None:
    """Follow the plan."""
    cascade.follow(project.root, project.gates("report", "plan").out)


def one_by_one(project: Project) -> None:
    """Mend the first finding."""
    cascade.mend_first(project.root, project.report())


if __name__ == "__main__":
    print("as one step:", runs(all_at_once))
    print("one finding at a time:", runs(one_by_one), flush=True)
