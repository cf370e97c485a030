"""Workers: what they are given, and that others come first."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.model import Completed
from gates.process import Spawner
from gates.threads import Later
from gates.working import Crew, _chunked


def test_a_worker_answers_each_part_and_lets_others_have_the_processors_first(tmp_path: Path) -> None:
    (tmp_path / "task.py").write_text("import os\n\n\ndef work(part):\n    return b'%b %d' % (part, os.nice(0))\n")
    given = msgspec.msgpack.encode([("a", b"1"), ("b", b"2")])
    argv = [sys.executable, "-m", "gates.worker", "task"]
    env = dict(os.environ) | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    done = subprocess.run(argv, input=given, capture_output=True, env=env, check=True)
    nice = os.nice(0) + 5
    assert msgspec.msgpack.decode(done.stdout) == [["a", b"1 %d" % nice], ["b", b"2 %d" % nice]]


def test_no_more_workers_than_jobs_are_there_whoever_asks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, most = 0, 0

    def ran(self: Spawner, argv: Sequence[str], *, stdin: bytes, **_: object) -> Completed:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        time.sleep(0.02)  # that others, if there are any, are seen
        busy -= 1
        return Completed(0, stdin, b"")

    monkeypatch.setattr(Spawner, "run", ran)
    crew = Crew(Spawner(), 2, 60.0)
    payloads = {f"{number}": bytes(400_000) for number in range(12)}
    asked = [Later(lambda: [*crew.answers("task", payloads)]) for _ in range(3)]
    for each in asked:
        assert {key for answers in each.result() for key in answers} == {*payloads}
    assert most == 2


@given(st.lists(st.integers(0, 300), max_size=40), st.integers(1, 3000))
def test_each_part_is_in_one_chunk_and_no_chunk_has_much_more_than_another(sizes: list[int], limit: int) -> None:
    parts = [(f"{number}", bytes(size)) for number, size in enumerate(sizes)]
    chunks = _chunked(parts, limit)
    assert len(chunks) == max(min(-(-sum(sizes) // limit), len(sizes)), 1)
    assert sorted(part for chunk in chunks for part in chunk) == sorted(parts)
    loads = [sum(len(payload) for _, payload in chunk) for chunk in chunks]
    assert max(loads, default=0) - min(loads, default=0) <= max(sizes, default=0)
