"""Agents that wreck the tree, the repository or the loop's own records: what the user is left with, and what is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.loop.shop import Shop
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
        ("os.rename('.git', 'git'); open('.git', 'w').write('gitdir: /nowhere')", "not a git repository: /nowhere"),
        ("open('.git/index', 'w').write('junk')", "index file smaller than expected"),
    ],
    ids=["another", "elsewhere", "index"],
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
