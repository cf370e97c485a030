"""The README shows what its commands really print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"^```console\n\$ (?P<command>.*?)\n(?P<output>.*?)^```$", re.MULTILINE | re.DOTALL)
_SECONDS = re.compile(r" +\d+\.\d\d s ")
_BLOCKS = [(match["command"], match["output"]) for match in _BLOCK.finditer((ROOT / "README.md").read_text("utf-8"))]


def test_there_is_output_to_compare() -> None:
    assert _BLOCKS


@pytest.mark.parametrize(("command", "output"), _BLOCKS)
def test_a_command_of_the_readme_prints_what_is_shown(command: str, output: str, tmp_path: Path) -> None:
    here = command.replace(".venv/bin/gates", str(Path(sys.executable).with_name("gates"))).replace("../../", "")
    env = {"PATH": os.environ["PATH"], "GATES_CACHE": str(tmp_path), "COLUMNS": "100"}
    done = subprocess.run(["bash", "-c", here], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert _SECONDS.sub(" N s ", done.stdout) == _SECONDS.sub(" N s ", output)
