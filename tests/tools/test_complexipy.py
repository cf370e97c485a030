"""complexipy is a library in native code; what holds for the process that loads it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import Project, outcome

PROGRAM = """
import threading
from gates.process import Spawner
from gates.working import Crew

crew = Crew(Spawner(), 1, 10)
source = b"def f(a):\\n" + b"    if a:\\n        a += 1\\n" * 50

def act():
    return [each for answers in crew.answers("gates.facts.analyse", {"": source}) for each in answers.values()]

for _ in range(20):
    threads = [threading.Thread(target=act) for _ in range(3)]
    [each.start() for each in threads]
    [each.join() for each in threads]
print(len(act()))
"""


def test_threads_come_and_go() -> None:
    """complexipy 8.3.0 crashes the process when the thread that loaded it has ended; gates run in threads that end."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


DEEP = """\
    if items:
        for other in items:
            if other:
                out.append(other)
            elif kind:
                out.append(kind)
"""
PLAIN = "".join(f"    out.append({number})\n" for number in range(20))
CHAIN = "".join(
    f"    {'elif' if number else 'if'} kind == {number}:\n        for other in items:\n            out.append(other)\n"
    for number in range(5)
)
GENERAL = "Return early, take nested blocks out into functions, and name compound conditions."
START = "A start: extract complex block into helper function, lines 3 to 8; that lowers it from 14 to 9."
TABLE = (
    "Lines 3 to 17 ask 5 times which constant one value equals: "
    "look it up in a table or registry, with a function for each constant."
)


@pytest.mark.parametrize(
    ("body", "limit", "told"),
    [
        pytest.param(DEEP, 4, "", id="the block is nearly the function"),
        pytest.param(DEEP + PLAIN, 4, "", id="the block itself is over the limit"),
        pytest.param(DEEP + DEEP + PLAIN, 8, START, id="the block keeps the limit"),
        pytest.param(CHAIN, 8, TABLE, id="a chain of constants"),
        pytest.param(CHAIN.replace("== 3", "> 3"), 8, "", id="a chain that is no table"),
    ],
)
def test_help_leads_to_less(tmp_path: Path, body: str, limit: int, told: str) -> None:
    project = Project(tmp_path)
    project.write("gates.toml", f'preset = "internal"\n[complexity]\ncognitive = {limit}\nnesting = "off"\n')
    head = "def f(kind: int, items: list[int]) -> list[int]:\n    out: list[int] = []\n"
    project.write("a.py", f"{head}{body}    return out\n")
    findings = outcome(project.report("complexity"), "complexity")["findings"]
    helps = [each["help"] for each in findings if each["rule"] == "complexity/cognitive"]
    assert helps == [f"{GENERAL} {told}".strip()]
