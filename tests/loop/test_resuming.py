"""A loop that is killed at any moment goes on where it was: no attempt is lost, none is run twice, nothing runs on."""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
from pathlib import Path

import pytest

from tests.loop.shop import Shop, waited

SLOW = """\
count = pathlib.Path({0!r}) / "runs"
with count.open("a") as stream: stream.write(f"{{attempt}}\\n")
pathlib.Path("shop/half.py").write_text("half = (\\n")
mend(wide()[0])
time.sleep({1})
pathlib.Path("shop/half.py").unlink()
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path, modules=3)


def runs(shop: Shop) -> list[str]:
    return (shop.base / "runs").read_text().split() if (shop.base / "runs").exists() else []


def test_killed_while_the_agent_works(shop: Shop) -> None:
    process = shop.started(SLOW.format(str(shop.base), 30))
    waited(lambda: (shop.root / "shop/half.py").exists())
    process.send_signal(signal.SIGKILL)
    process.wait()
    refused = shop.gates("loop", "--", "true")
    assert refused.code == 2
    assert "was interrupted here" in refused.err
    shop.agent(SLOW.format(str(shop.base), 0))
    done = shop.gates("loop", "--resume", timeout=60)
    assert done.code == 0, done.said
    assert runs(shop) == ["1", "2", "3", "4"]
    first = shop.judged()[0]
    assert (first["attempt"], first["interrupted"], first["put_back"] != "") == (1, True, True)
    assert shop.prompt(2).startswith(
        "Attempt 2 of 4.\nThe last attempt: it was interrupted, and its changes were put back.\n"
    )
    assert "shop/m1.py" in shop.prompt(2)
    assert (shop.running(), shop.wide()) == ([], [])


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_moments(shop: Shop, seed: int) -> None:
    killed_now_and_then(shop, random.Random(seed))
    assert shop.finished()["ending"] == "passed"
    began = [each["attempt"] for each in shop.events() if each["type"] == "began"]
    assert [each["attempt"] for each in shop.judged()] == began == list(range(1, len(began) + 1))
    assert len(runs(shop)) == len(set(runs(shop)))
    assert set(runs(shop)) <= {str(each) for each in began}
    assert (shop.wide(), shop.running()) == ([], [])
    assert not (shop.root / "shop/half.py").exists()


def killed_now_and_then(shop: Shop, moments: random.Random) -> None:
    """Run a loop that is killed up to three times, and bring it to its end."""
    body = SLOW.format(str(shop.base), 0.2)
    process = shop.started(body, "--attempts", "12")
    for _ in range(3):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moments.uniform(0.2, 2.5))
        process.kill()
        process.wait()
        if shop.is_finished:
            return
        process = shop.resumed() if shop.events() else shop.started(body, "--attempts", "12")
    process.wait(60)


def test_a_torn_last_line_of_the_journal_is_cut_off(shop: Shop) -> None:
    shop.loop("mend(wide()[0])\n", "--attempts", "1")
    journal = shop.loops[-1] / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    assert b'"type":"finished"' in lines[-1]
    journal.write_bytes(b"".join(lines[:-1]) + lines[-1][:20])
    done = shop.gates("loop", "--resume", timeout=60)
    assert done.code == 1, done.said
    assert [each["type"] for each in shop.events()] == [
        "started", "looked", "began", "ended", "judged", "settled", "finished",
    ]  # fmt: skip


def test_another_command_cannot_take_it_up(shop: Shop) -> None:
    shop.loop("mend(wide()[0])\n", "--attempts", "1")
    journal = shop.loops[-1] / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    done = shop.gates("loop", "--resume", "--", "true")
    assert (done.code, "--resume goes on with the command that the loop began with" in done.err) == (2, True)


def test_killed_before_a_tree_was_put_back(shop: Shop) -> None:
    broken = (shop.root / "shop/m1.py").read_text().replace("import os\n", "")
    body = f"one = pathlib.Path('shop/m1.py')\nif attempt == 1: one.write_text({broken!r})\n"
    body += "else:\n    for each in wide(): mend(each)\n"
    assert shop.loop(body, "--attempts", "2").code == 0
    journal = shop.loops[-1] / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    cut = next(number for number, line in enumerate(lines) if b'"type":"settled"' in line)
    journal.write_bytes(b"".join(lines[:cut]))
    shop.write("shop/m1.py", broken)
    done = shop.gates("loop", "--resume", timeout=60)
    assert done.code == 0, done.said
    assert [each["type"] for each in shop.events()].count("began") == 2
    assert "import os" in (shop.root / "shop/m1.py").read_text()


def test_killed_in_a_work_tree_of_its_own(shop: Shop) -> None:
    process = shop.started(SLOW.format(str(shop.base), 30), "--worktree")
    waited(lambda: runs(shop) == ["1"])
    process.kill()
    process.wait()
    shop.agent(SLOW.format(str(shop.base), 0))
    before = shop.tree()
    done = shop.gates("loop", "--resume", timeout=60)
    assert (done.code, shop.tree()) == (0, before), done.said
    assert "g: int" not in shop.git("show", f"{shop.finished()['branch']}:shop/m1.py")
    assert shop.git("worktree", "list").count("\n") == 1
    assert shop.running() == []


def test_a_work_tree_of_a_loop_that_was_killed_before_it_began_is_cleared_away(shop: Shop) -> None:
    process = shop.started("time.sleep(3)\n", "--worktree")
    waited(lambda: [each for each in shop.events() if each["type"] == "began"])
    process.kill()
    process.wait()
    (shop.loops[0] / "journal.jsonl").unlink()
    shop.loop("for each in wide(): mend(each)\n")
    assert shop.git("worktree", "list").count("\n") == 1
    assert shop.git("branch", "--list", "gates/*") == ""
