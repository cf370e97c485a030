"""Run `gates loop` with the scripted agent on a copy of the project beside this file, and print what a person sees.

`python examples/loop/run.py` leaves nothing behind. The run that is recorded in `run.txt` is what it must print, but for
times and places: `--update` records it anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECORD = HERE / "run.txt"
_VARYING = (
    (re.compile(r"^ *\d+\.\d s  ", re.MULTILINE), "    … s  "),
    (re.compile(r"the agent is done, \d+ s"), "the agent is done, … s"),
    (re.compile(r"^transcript: .*$", re.MULTILINE), "transcript: …"),
)


def run() -> str:
    """Return what `gates loop` and `git diff --stat` print, with everything out of it that differs from run to run."""
    with tempfile.TemporaryDirectory(prefix="gates-loop-") as folder:
        project = Path(folder) / "till"
        shutil.copytree(HERE / "project", project)
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "GATES_CACHE": f"{folder}/cache"}
        git = ["git", "-c", "user.name=t", "-c", "user.email=t@t"]
        for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "A till"]):
            subprocess.run([*git, *arguments], cwd=project, env=environment, check=True)
        loop = [sys.executable, "-P", "-m", "gates", "loop", "--", sys.executable, str(HERE / "agent.py")]
        done = subprocess.run(loop, cwd=project, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        changed = subprocess.run(
            [*git, "diff", "--stat"], cwd=project, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
    said = f"$ gates loop -- python agent.py\n{done.stdout}$ echo $?\n{done.returncode}\n$ git diff --stat\n{changed.stdout}"
    for pattern, shown in _VARYING:
        said = pattern.sub(shown, said)
    return said


if __name__ == "__main__":
    found = run()
    if "--update" in sys.argv:
        RECORD.write_text(found, encoding="utf-8")
    sys.stdout.write(found)
