"""complexipy is a library in native code; what holds for the process that loads it."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import threading
from gates.tools.complexipy import advice

source = "def f(a):\\n" + "    if a:\\n        a += 1\\n" * 50
for _ in range(20):
    threads = [threading.Thread(target=advice, args=(source, {(1, 101)})) for _ in range(3)]
    [each.start() for each in threads]
    [each.join() for each in threads]
print(len(advice(source, {(1, 101)})))
"""


def test_threads_come_and_go() -> None:
    """complexipy 8.3.0 crashes the process when the thread that loaded it has ended; gates run in threads that end."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
