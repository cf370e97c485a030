"""Workers: what they are given, and that others come first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec


def test_a_worker_answers_each_part_and_lets_others_have_the_processors_first(tmp_path: Path) -> None:
    (tmp_path / "task.py").write_text("import os\n\n\ndef work(part):\n    return b'%b %d' % (part, os.nice(0))\n")
    given = msgspec.msgpack.encode([("a", b"1"), ("b", b"2")])
    argv = [sys.executable, "-m", "gates.working", "task"]
    env = dict(os.environ) | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    done = subprocess.run(argv, input=given, capture_output=True, env=env, check=True)
    nice = os.nice(0) + 5
    assert msgspec.msgpack.decode(done.stdout) == [["a", b"1 %d" % nice], ["b", b"2 %d" % nice]]
