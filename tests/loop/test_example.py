"""The example is a recording of a real run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "loop"


def test_the_recorded_run_is_what_happens() -> None:
    done = subprocess.run([sys.executable, EXAMPLE / "run.py"], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == (EXAMPLE / "run.txt").read_text("utf-8")
