"""How many small mistakes in a module its tests notice: mutants made by cosmic-ray, which is no dependency of ours.

`python benchmarks/mutants.py TOOL MODULE ...` changes `gates/MODULE.py` on disk, one mutant after the other, so run it
in a clone that nobody else uses, by that clone's Python. TOOL is the command `cosmic-ray` of another environment. For
each module it prints its row of the table in docs/testing.md, and each mutant that survived as a diff. The tests that
aim at the module run in one process and end at the first that fails. What a session came to stays in `build/mutants/`;
one that was interrupted goes on where it was.
"""

from __future__ import annotations

import ast
import io
import json
import random
import shlex
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

HOME = Path(__file__).parents[1]
SESSIONS = HOME / "build" / "mutants"
SEED = 0
MOST = 150
"""Mutants of a module that are tried; of more, so many by chance."""

PATIENCE = 4
"""How many times as long as without a mistake the tests may take; who takes longer has noticed."""

TESTS = {
    "text": ["test_text", "test_text_destinations"],
    "baseline": [
        "test_baseline_entries",
        "test_baseline_file.py::test_what_is_no_baseline_is_refused",
        "test_baseline_file.py::test_what_is_no_entry_is_refused",
        "test_baseline_values",
        "test_baseline_merge",
    ],
    "ancestry": ["test_baseline_merge", "test_baseline_entries", "test_baseline_values"],
    "scope": ["test_scope"],
    "process": [
        "test_process_ends",
        "test_process",
        "test_interrupts.py::test_what_was_started_does_not_survive_kill_9",
    ],
    "engine": ["test_engine_requests", "test_engine"],
}
Job = tuple[str, str, int, int, int]


def main(tool: str, modules: Sequence[str]) -> None:
    """Try the mutants of each module."""
    for module in modules or TESTS:
        session = SESSIONS / f"{module}.sqlite"
        configuration = session.with_suffix(".toml")
        if not session.exists():
            SESSIONS.mkdir(parents=True, exist_ok=True)
            configuration.write_text(configured(module, 600))
            began = time.monotonic()
            subprocess.run([tool, "baseline", configuration], cwd=HOME, check=True)
            configuration.write_text(configured(module, PATIENCE * (time.monotonic() - began)))
            subprocess.run([tool, "init", configuration, session], cwd=HOME, check=True)
            choose(session, HOME / "gates" / f"{module}.py")
        subprocess.run([tool, "exec", configuration, session], cwd=HOME, check=True)
        tell(session, module)


def configured(module: str, timeout: float) -> str:
    """Return the configuration of a session, in which tests have so many seconds."""
    files = (f"tests/{name}" if "::" in name else f"tests/{name}.py" for name in TESTS[module])
    command = shlex.join([sys.executable, __file__, "--tests", *files])
    return (
        f'[cosmic-ray]\nmodule-path = "gates/{module}.py"\ntimeout = {timeout:.0f}\nexcluded-modules = []\n'
        f'test-command = {json.dumps(command)}\n[cosmic-ray.distributor]\nname = "local"\n'
    )


def tests(files: Sequence[str]) -> int:
    """Run tests until one fails. Random ones draw the same each time, or mutants would die by chance; they have no time
    limit that a busy machine misses, and do not look for the simplest example."""
    import pytest
    from hypothesis import Phase, settings

    settings.register_profile(
        "mutants", database=None, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
    )
    sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True)
    early = "ignore::pytest.PytestAssertRewriteWarning"  # hypothesis was imported before
    return pytest.main(["-q", "-x", "-W", early, "--hypothesis-profile=mutants", *files])


def choose(session: Path, source: Path) -> None:
    """Keep of a session what can be noticed: nothing in annotations, which are not evaluated, and one replacement of
    each arithmetic operator, since any other is noticed with it. Of what is left, a sample."""
    inside = list(annotated(ast.parse(source.read_bytes())))
    with closing(sqlite3.connect(session)) as store:
        found: list[Job] = store.execute(
            "select job_id, operator_name, occurrence, start_pos_row, start_pos_col from mutation_specs"
            " order by start_pos_row, start_pos_col, operator_name, occurrence"
        ).fetchall()
        chance = random.Random(SEED)
        kept: dict[object, list[str]] = {}
        for job, operator, occurrence, row, column in found:
            if not any(start <= (row, column) < end for start, end in inside):
                kind = (row, column) if "BinaryOperator" in operator else (operator, occurrence, row, column)
                kept.setdefault(kind, []).append(job)
        jobs = [chance.choice(each) for each in kept.values()]
        chosen = chance.sample(jobs, min(MOST, len(jobs)))
        store.executemany(
            "delete from mutation_specs where job_id = ?", [(job,) for job, *_ in found if job not in chosen]
        )
        store.execute("delete from work_items where job_id not in (select job_id from mutation_specs)")
        store.execute("create table whole as select ? as made", (len(jobs),))
        store.commit()


def annotated(tree: ast.AST) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield where each annotation begins and ends."""
    for node in ast.walk(tree):
        for each in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(each, ast.expr):
                yield (each.lineno, each.col_offset), (each.end_lineno or 0, each.end_col_offset or 0)


def tell(session: Path, module: str) -> None:
    """Print what a session came to: a row of the table, and what survived."""
    with closing(sqlite3.connect(session)) as store:
        (made,) = store.execute("select made from whole").fetchone()
        ended = Counter(outcome for (outcome,) in store.execute("select test_outcome from work_results"))
        survived = store.execute("select diff from work_results where test_outcome = 'SURVIVED'").fetchall()
    for (diff,) in survived:
        print(diff)
    tried = sum(ended.values())
    print(f"| {module} | {made} | {tried} | {ended['KILLED']} | {ended['SURVIVED']} | {ended['KILLED'] / tried:.0%} |")


if __name__ == "__main__":
    if sys.argv[1] == "--tests":
        sys.exit(tests(sys.argv[2:]))
    main(sys.argv[1], sys.argv[2:])
