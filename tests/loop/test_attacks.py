"""Agents that wreck the tree, the repository or the loop's own records: what the user is left with, and is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.loop.shop import NARROW, Shop
from tests.project import UNPRIVILEGED

WRECKS = """\
pathlib.Path("shop/bad.py").write_text("def (\\n")
os.mkfifo("shop/pipe.py")
os.rmdir("logs/old"); os.rmdir("logs"); os.rmdir("shop/empty")
pathlib.Path("logs").write_text("a file now")
pathlib.Path("deep/empty/new.txt").write_text("no more")
pathlib.Path("notes").unlink(); os.mkdir("notes"); pathlib.Path("notes/one.txt").write_text("1")
os.chmod("shop/m1.py", 0)
os.chmod("deep/er", 0)
os.chmod("shop", 0o555)
"""
EMPTIES = "import pathlib\nfor each in pathlib.Path(os.environ['GATES_CACHE']).glob('checkouts/*/loops/2*/{}'): {}\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path, modules=2)


def folders(root: Path) -> dict[str, int]:
    found = (each for each in root.rglob("*") if each.is_dir() and not each.is_symlink())
    names = {each.relative_to(root).as_posix(): each.stat().st_mode for each in found}
    return {name: mode for name, mode in names.items() if not name.startswith((".git", ".gates"))}


def test_folders_permissions_and_odd_files_are_put_back_too(shop: Shop) -> None:
    for name in ("logs/old", "shop/empty", "deep/empty"):
        (shop.root / name).mkdir(parents=True)
    (shop.root / "logs").chmod(0o750)
    shop.write("deep/er/b.txt", "mine")
    shop.write("notes", "mine").chmod(0o400)
    before = folders(shop.root)
    with shop.unchanged_files():
        done = shop.gates("loop", "--attempts", "1", "--", *shop.agent(WRECKS), under=UNPRIVILEGED, timeout=60)
    assert (done.code, shop.finished()["ending"]) == (1, "attempts"), done.said
    assert "its changes were put back: it left code that cannot be imported (shop/bad.py:1:" in done.out
    assert folders(shop.root) == before
    assert not os.path.lexists(shop.root / "shop/pipe.py")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("import shutil; shutil.rmtree('.git'); subprocess.run(['git', 'init', '-q'])", "git knows no commit"),
        ("open('.git/index', 'w').write('junk')", "index file smaller than expected"),
    ],
    ids=["another", "index"],
)
def test_who_damages_the_repository_is_stopped_and_the_files_are_put_back(shop: Shop, body: str, said: str) -> None:
    before = shop.tree()
    done = shop.loop(f"{body}\nfor each in wide(): each.unlink()\n")
    assert (done.code, shop.finished()["ending"]) == (1, "tampering"), done.said
    assert "the repository is not what it was: " in done.out
    assert said in done.out
    assert "the agent damaged or replaced the repository" in done.out
    assert {name: shop.tree()[name] for name in before if name != ".git"} == before


def test_what_the_agent_does_to_the_journal_changes_nothing(shop: Shop) -> None:
    done = shop.loop(EMPTIES.format("journal.jsonl", "each.write_bytes(b'')"))
    assert (done.code, "two attempts in a row resolved nothing" in done.out) == (1, True), done.said
    assert shop.events()[-1]["type"] == "finished"


def test_an_agent_that_empties_the_cache_ends_the_loop_with_the_reason(shop: Shop) -> None:
    done = shop.loop(EMPTIES.format("", "__import__('shutil').rmtree(each)"))
    assert done.code == 3, done.said
    assert done.err.endswith(
        "error: the transcript cannot be written: No such file or directory\n"
        "Make room for the cache; when somebody emptied it: --no-resume.\n"
    )


def test_who_cannot_be_judged_is_told_why_it_was_put_back(shop: Shop) -> None:
    body = "pathlib.Path('shop/bad.py').write_text('def (\\n')\nos.chmod('shop/m1.py', 0)\n"
    shop.gates("loop", "--attempts", "2", "--", *shop.agent(body), under=UNPRIVILEGED, timeout=60)
    assert "- attempt 1: its changes were put back: it left code that cannot be imported" in shop.prompt(2)


MOVES = """\
folder = pathlib.Path({0!r})
folder.mkdir(parents=True, exist_ok=True)
for each in wide(): each.rename(folder / (each.stem + {1!r}))
test = pathlib.Path("tests/test_m.py")
test.write_text(test.read_text().replace("from shop import m1", "from shop import m9 as m1"))
"""


@pytest.mark.parametrize(
    ("folder", "suffix", "before"),
    [
        ("ignored", ".py", ""),
        ("shop/own", ".py", "os.mkdir('shop/own'); open('shop/own/pyvenv.cfg', 'w')\n"),
        ("elsewhere", ".txt", ""),
    ],
    ids=["ignored", "environment", "suffix"],
)
def test_code_that_goes_on_where_no_gate_looks_is_found(shop: Shop, folder: str, suffix: str, before: str) -> None:
    shop.write("shop/m9.py", NARROW.format(9))
    done = shop.loop(before + MOVES.format(folder, suffix))
    assert (done.code, shop.finished()["ending"]) == (1, "tampering"), done.said
    assert f"`add1` is in {folder}/m1{suffix} now, which no gate inspects" in done.out
    assert len(shop.wide()) == 2


def test_code_that_is_deleted_renamed_or_copied_beside_is_no_such_thing(shop: Shop) -> None:
    body = """\
import shutil
one, two = wide()
mend(one)
two.unlink()
pathlib.Path("shop/store").mkdir()
shutil.copy(one, "shop/m1.py.orig")
one.rename("shop/store/m1.py")
test = pathlib.Path("tests/test_m.py")
test.write_text(test.read_text().replace("from shop import m1", "from shop.store import m1"))
"""
    done = shop.loop(body)
    assert (done.code, shop.finished()["ending"]) == (0, "passed"), done.said


def test_wrong_surroundings_are_refused_before_anything_is_kept(shop: Shop) -> None:
    env = {"GATES_CACHE": str(shop.root / "kept")}
    refused = shop.gates("loop", "--", "true", env=env)
    assert (refused.code, refused.err) == (
        2,
        "error: the cache lies in the work tree, and git does not ignore it\n"
        "Add it to .gitignore, or set GATES_CACHE to a folder elsewhere.\n",
    )
    shop.git("update-ref", "-d", "HEAD")
    refused = shop.gates("loop", "--worktree", "--", "true")
    assert (refused.code, "nothing is committed yet" in refused.err) == (2, True), refused


def test_who_interrupts_a_loop_is_told_how_it_goes_on(shop: Shop) -> None:
    done = shop.loop("import signal\nmend(wide()[0])\nos.kill(os.getppid(), signal.SIGINT)\ntime.sleep(30)\n")
    assert done.code == 130, done.said
    assert "the files are as the agent left them: gates loop --resume\n" in done.err
    shop.agent("for each in wide(): mend(each)\n")
    assert shop.gates("loop", "--resume", timeout=60).code == 0
    assert shop.judged()[0]["interrupted"]


def test_a_folder_in_the_place_of_an_answer_is_named_and_stops_nothing(shop: Shop) -> None:
    (shop.root / ".gates/knowledge/old.toml").mkdir(parents=True)
    assert shop.loop("for each in wide(): mend(each)\n").code == 0
    assert "For a person: .gates/knowledge/old.toml is not a regular file\n" in shop.prompt(1)


DAEMON = """\
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)", {0!r}], {{}})
    os._exit(0)
os.wait()
for each in wide(): mend(each)
"""


def test_a_daemon_without_group_and_environment_is_ended_too(shop: Shop) -> None:
    done = shop.loop(DAEMON.format(str(shop.base)))
    assert done.code == 0, done.said
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not any(b"time.sleep(60)\0" + os.fsencode(shop.base) in each for each in lines)


UNBRANCH = """\
name = subprocess.run(["git", "branch", "--show-current"], capture_output=True, text=True).stdout.strip()
subprocess.run(["git", "checkout", "-q", "--detach"])
subprocess.run(["git", "branch", "-D", name], check=True)
"""


@pytest.mark.parametrize("body", ["subprocess.run(['git', 'checkout', '-b', 'mine'])", UNBRANCH], ids=["other", "none"])
def test_the_branch_that_is_offered_has_the_result_whatever_was_checked_out(shop: Shop, body: str) -> None:
    done = shop.loop(f"for each in wide(): mend(each)\n{body}\n", "--worktree")
    assert done.code == 0, done.said
    changed = shop.git("diff", "--name-only", "main", shop.finished()["branch"])
    assert changed.split() == ["shop/m1.py", "shop/m2.py"]


def test_a_work_tree_that_the_agent_removed_is_cleared_away(shop: Shop) -> None:
    with shop.unchanged_files():
        done = shop.loop("import shutil\nshutil.rmtree(os.getcwd())\n", "--worktree")
    assert (done.code, shop.finished()["ending"]) == (1, "tampering"), done.said
    assert "branch: none" in done.out
    assert shop.git("worktree", "list").count("\n") == 1


@pytest.mark.parametrize("made", ["pathlib.Path(folder).touch()", "os.symlink({0!r}, folder)"], ids=["file", "link"])
def test_a_ticket_that_has_no_place_lies_with_the_transcript(shop: Shop, made: str) -> None:
    (shop.base / "elsewhere").mkdir()
    made = made.format(str(shop.base / "elsewhere"))
    done = shop.loop(f"folder = '.gates/tickets'\nos.makedirs('.gates')\n{made}\n", "--attempts", "1")
    assert (done.code, shop.finished()["ending"]) == (1, "attempts"), done.said
    ticket = Path(shop.finished()["ticket"])
    assert ticket.is_relative_to(shop.loops[-1])
    assert "2 errors left open" in ticket.read_text()
    assert list((shop.base / "elsewhere").iterdir()) == []


def test_flags_behind_a_link_are_not_brought_along(shop: Shop) -> None:
    (shop.base / "secret").mkdir()
    (shop.base / "secret/key.json").write_text("{}")
    body = f"os.makedirs('.gates')\nos.symlink({str(shop.base / 'secret')!r}, '.gates/flags')\n"
    done = shop.loop(body, "--worktree", "--attempts", "1")
    assert done.code == 1, done.said
    assert not (shop.root / ".gates/flags").exists()
