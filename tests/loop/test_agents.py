"""Scripted agents, each run by the real command: how each ends, what the user is left with, and what runs on."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.loop.shop import NARROW, WIDE, Shop
from tests.project import GATES

FIX_ALL = "for each in wide(): mend(each)\n"
FIX_MOST = "found = wide()\nfor each in found[: max(1, len(found) * 6 // 10)]: mend(each)\n"
SUPPRESS = """\
for each in wide():
    each.write_text(each.read_text().replace("-> int:", "-> int:  # gates: allow[complexity/arguments] all are needed"))
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_one_that_fixes_all_is_done_in_one_attempt(shop: Shop) -> None:
    done = shop.loop(FIX_ALL)
    assert done.code == 0, done.said
    assert "PASSED  every gate passed" in done.out
    assert [len(each["progress"]["resolved"]) for each in shop.judged()] == [5]
    assert shop.wide() == []
    assert not (shop.root / ".gates").exists()
    assert shop.git("status", "--porcelain").split() == [word for n in range(1, 6) for word in ("M", f"shop/m{n}.py")]


def test_one_that_fixes_60_percent_each_time_gets_there_and_is_told_only_what_is_left(shop: Shop) -> None:
    done = shop.loop(FIX_MOST)
    assert done.code == 0, done.said
    assert [len(each["progress"]["resolved"]) for each in shop.judged()] == [3, 1, 1]
    assert "shop/m1.py" in shop.prompt(1)
    assert "shop/m1.py" not in shop.prompt(2)
    assert shop.prompt(2).startswith(
        "Attempt 2 of 4.\nThe last attempt: it resolved 3 errors, introduced 0, silenced 0, left 2 as they were.\n"
    )
    table = (shop.loops[-1] / "table.txt").read_text()
    assert table == (
        "attempt  resolved  introduced  suppressed  unchanged  open  health\n"
        "1        3         0           0           2          2     warning\n"
        "2        1         0           0           1          1     critical\n"
        "3        1         0           0           0          0     healthy   passed\n"
        "open causes: 5 → 2 → 1 → 0 (falling)\n"
    )
    assert table in done.out


def test_one_that_stalls_gets_a_fresh_start_and_then_a_person(shop: Shop) -> None:
    with shop.unchanged_files():
        done = shop.loop("print('I looked at it')\n")
    assert (done.code, shop.finished()["ending"]) == (1, "stalled"), done.said
    assert len(shop.judged()) == 2
    assert "This is a fresh start: the last attempt came to nothing.\nTried, and it did not help:\n" in shop.prompt(2)
    ticket = json.loads((shop.root / shop.finished()["ticket"]).with_suffix(".json").read_text())
    assert (len(ticket["open"]), len(ticket["history"])) == (5, 2)


def test_one_that_oscillates_is_stopped(shop: Shop) -> None:
    shop.write("shop/m6.py", NARROW.format(6))
    swap = """\
one, six = pathlib.Path("shop/m1.py"), pathlib.Path("shop/m6.py")
wrong, right = (one, six) if "g: int" in one.read_text() else (six, one)
mend(wrong)
right.write_text(right.read_text().replace("f: int", "f: int, g: int").replace("e + f", "e + f + g"))
"""
    with shop.unchanged_files():
        done = shop.loop(swap)
    assert (done.code, shop.finished()["ending"]) == (1, "oscillation"), done.said
    assert "it resolved some and brought in as much" in shop.prompt(2)


def test_one_that_only_silences_resolves_nothing_and_is_put_back(shop: Shop) -> None:
    with shop.unchanged_files():
        done = shop.loop(SUPPRESS)
    assert (done.code, shop.finished()["ending"]) == (1, "stalled"), done.said
    assert [len(each["progress"]["suppressed"]) for each in shop.judged()] == [5, 5]
    assert "it silenced findings and resolved none" in shop.prompt(2)
    assert "open at the beginning; silenced by a comment in attempt 1." in shop.prompt(2)


def test_what_a_comment_of_a_tool_silences_beside_real_work_still_counts(shop: Shop) -> None:
    shop.write("shop/m1.py", WIDE.format(1).replace("import os", "import os\nimport sys"))
    body = """\
if attempt == 1:
    mend(pathlib.Path("shop/m2.py"))
    one = pathlib.Path("shop/m1.py")
    one.write_text(one.read_text().replace("import sys", "import sys  # noqa: F401 - wanted later"))
else:
    one = pathlib.Path("shop/m1.py")
    one.write_text(one.read_text().replace("import sys  # noqa: F401 - wanted later\\n", ""))
    for each in wide(): mend(each)
"""
    done = shop.loop(body)
    assert done.code == 0, done.said
    first = shop.judged()[0]["progress"]
    assert [len(first[each]) for each in ("resolved", "introduced", "suppressed", "unchanged")] == [1, 0, 1, 4]
    assert "open because a comment silences it, which does not resolve it" in shop.prompt(2)


EDITS_LIMITS = """\
p = pathlib.Path("pyproject.toml")
p.write_text(p.read_text() + "[tool.gates.complexity]\\narguments = 9\\n")
"""
DELETES_A_TEST = """\
p = pathlib.Path("tests/test_m.py")
p.write_text(p.read_text().partition("\\n\\n\\ndef test_two")[0] + "\\n")
"""
HIDES_A_FILE = """\
subprocess.run(["git", "rm", "-q", "--cached", "shop/m1.py"])
pathlib.Path(".gitignore").write_text("ignored/\\n*.log\\nshop/m1.py\\n")
"""
IGNORES_ITS_OWN = """\
pathlib.Path("shop/own").mkdir()
pathlib.Path("shop/m1.py").rename("shop/own/m1.py")
pathlib.Path("shop/.gitignore").write_text("own/\\n")
"""
IGNORES_EVERYWHERE = """\
rules = pathlib.Path.home() / ".config/git/ignore"
rules.parent.mkdir(parents=True)
rules.write_text("own/\\n")
"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (EDITS_LIMITS, "`complexity.arguments` was 6 and is 9"),
        (DELETES_A_TEST, "(tests/deleted)"),
        ('subprocess.run(["gates", "baseline", "create"], check=True)\n', "a baseline was made"),
        (
            'subprocess.run(["git", "config", "core.hooksPath", "/nowhere"], check=True)\n',
            "git's hooks, its configuration",
        ),
        ('pathlib.Path(".git/hooks/pre-commit").write_text("exit 0\\n")\n', "git's hooks, its configuration"),
        (HIDES_A_FILE, "shop/m1.py is hidden from git"),
        (IGNORES_ITS_OWN, "shop/own/ is hidden from git"),
        (IGNORES_EVERYWHERE, "its exclusions"),
        ('subprocess.run(["git", "update-index", "--skip-worktree", "shop/m1.py"])\n', "what it does not look at"),
    ],
    ids=["limits", "test", "baseline", "hooks-path", "hook", "hiding", "ignoring", "everywhere", "unwatched"],
)
def test_one_that_tampers_with_its_judges_is_stopped_at_once(shop: Shop, body: str, said: str) -> None:
    with shop.unchanged_files():
        done = shop.loop(body + FIX_ALL, env={"PATH": f"{Path(GATES).parent}:{os.environ['PATH']}"})
    assert (done.code, shop.finished()["ending"]) == (1, "tampering"), done.said
    assert said in done.out
    assert len(shop.judged()) == 1


def test_one_that_breaks_imports_is_put_back_and_told(shop: Shop) -> None:
    body = """\
if attempt == 1:
    for each in wide(): each.write_text(each.read_text().replace("import os\\n", ""))
else:
    for each in wide(): mend(each)
"""
    done = shop.loop(body)
    assert done.code == 0, done.said
    assert "its changes were put back" not in shop.prompt(1)
    assert "it left code that cannot be imported (shop/m1.py:7: Undefined name `os`" in shop.prompt(2)
    assert "import os" in (shop.root / "shop/m1.py").read_text()


def test_one_that_renames_what_others_import_is_put_back_and_told(shop: Shop) -> None:
    body = """\
for each in wide(): mend(each)
if attempt == 1: pathlib.Path("shop/m1.py").rename("shop/first.py")
"""
    done = shop.loop(body)
    assert done.code == 0, done.said
    assert "cannot be imported (tests/test_m.py:3: there is no module `shop.m1` any more)" in shop.prompt(2)
    assert (shop.root / "shop/m1.py").exists()


def test_one_that_leaves_no_python_is_put_back(shop: Shop) -> None:
    done = shop.loop('pathlib.Path("shop/m1.py").write_text("def (\\n")\n', "--attempts", "1")
    assert (done.code, shop.finished()["ending"]) == (1, "attempts"), done.said
    assert (shop.root / "shop/m1.py").read_text() == WIDE.format(1)
    assert "cannot be imported" in done.out


def test_one_that_hangs_is_killed_with_all_that_it_started(shop: Shop) -> None:
    body = """\
subprocess.Popen(["sleep", "60"], start_new_session=True)
subprocess.Popen(["sleep", "60"])
time.sleep(60)
"""
    done = shop.loop(body, "--attempt-seconds", "1", "--attempts", "1")
    assert done.code == 1, done.said
    assert "it did not end within 1 seconds and was killed" in done.out
    assert shop.running() == []


def test_one_that_prints_100_mb_is_drained_into_a_bounded_transcript(shop: Shop) -> None:
    body = "for number in range(1600): sys.stdout.write(str(number % 10) * 65536)\nprint('the end')\n"
    done = shop.loop(body + FIX_ALL)
    assert done.code == 0, done.said
    log = (shop.loops[-1] / "attempt-1" / "agent.log").read_bytes()
    assert log.startswith(b"0" * 100) and log.endswith(b"the end\n")
    assert b"bytes left out]" in log
    assert len(log) < 3 * 1024 * 1024


def test_one_that_makes_it_worse_is_stopped_and_its_files_are_gone(shop: Shop) -> None:
    body = """\
pathlib.Path("shop/deep").mkdir()
pathlib.Path("shop/deep/more.py").write_text(wide()[0].read_text().replace("add1", "more"))
pathlib.Path("untracked.txt").unlink()
pathlib.Path("untracked.txt").symlink_to("shop/m1.py")
pathlib.Path("tests/test_m.py").rename("tests/test_n.py")
os.chmod("shop/m3.py", 0o755)
pathlib.Path("ignored").mkdir(exist_ok=True)
pathlib.Path("ignored/by-agent").write_text("kept")
"""
    shop.write("ignored/mine", "1")
    shop.write("untracked.txt", "mine")
    with shop.unchanged_files(("ignored/by-agent",)):
        done = shop.loop(body)
    assert (done.code, shop.finished()["ending"]) == (1, "rise"), done.said
    assert not (shop.root / "shop/deep").exists()
    assert (shop.root / "ignored/by-agent").read_text() == "kept"


def test_a_flag_goes_to_a_person(shop: Shop) -> None:
    body = """\
import re
name = re.search(r"complexity-[0-9a-f]+", prompt).group()
subprocess.run(["gates", "flag", name, "--reason", "the interface is given"], check=True)
"""
    done = shop.loop(body, env={"PATH": f"{Path(GATES).parent}:{os.environ['PATH']}"})
    assert (done.code, shop.finished()["ending"]) == (1, "flag"), done.said
    assert len(list((shop.root / ".gates/flags").glob("*.json"))) == 1


def test_the_last_tree_stays_when_it_is_wanted(shop: Shop) -> None:
    body = 'pathlib.Path("shop/more.py").write_text(wide()[0].read_text().replace("add1", "more"))\n'
    assert shop.loop(body, "--keep-worse").code == 1
    assert (shop.root / "shop/more.py").exists()


def test_the_last_tree_is_none_that_was_put_back(shop: Shop) -> None:
    body = "if attempt == 1: mend(wide()[0])\nelse: wide()[0].write_text('def (\\n')\n"
    assert shop.loop(body, "--keep-worse").code == 1
    assert (shop.finished()["best"], shop.wide()) == (1, ["m2.py", "m3.py", "m4.py", "m5.py"])


def test_what_the_agent_commits_stays_committed_and_is_said(shop: Shop) -> None:
    body = """\
subprocess.run(["git", "config", "user.email", "agent@localhost"], check=True)
subprocess.run(["git", "config", "user.name", "agent"], check=True)
pathlib.Path("shop/more.py").write_text(wide()[0].read_text().replace("add1", "more"))
subprocess.run(["git", "add", "-A"], check=True)
subprocess.run(["git", "commit", "-qm", "more"], check=True)
"""
    head = shop.git("rev-parse", "HEAD")[:12]
    done = shop.loop(body)
    assert (done.code, shop.finished()["ending"]) == (1, "rise"), done.said
    assert f"the agent moved HEAD from {head} to {shop.git('rev-parse', 'HEAD')[:12]}; files are put back" in done.out
    assert shop.git("status", "--porcelain", "--", "shop") == " D shop/more.py\n"


def test_a_prompt_file_takes_the_place_of_standard_input(shop: Shop) -> None:
    body = "assert prompt == ''\nassert 'open error' in pathlib.Path(sys.argv[1]).read_text()\n" + FIX_ALL
    done = shop.gates("loop", "--", *shop.agent(body), "{prompt_file}", timeout=60)
    assert done.code == 0, done.said


def test_the_agent_has_the_environment_of_the_user(shop: Shop) -> None:
    body = "assert os.environ['ITS_KEY'] == 'secret'\nassert os.environ['GATES_LOOP_ATTEMPTS'] == '4'\n" + FIX_ALL
    assert shop.loop(body, env={"ITS_KEY": "secret"}).code == 0


def test_a_dry_run_prints_the_prompt_and_starts_nothing(shop: Shop) -> None:
    with shop.unchanged():
        done = shop.loop("pathlib.Path('shop/m1.py').unlink()\n", "--dry-run")
    assert done.code == 0
    assert done.out.startswith("Attempt 1 of 4.\n\ngates: failed. 5 open errors")
    assert shop.loops == []


def test_json_has_one_event_on_each_line(shop: Shop) -> None:
    done = shop.loop(FIX_ALL, "--json")
    kinds = [json.loads(line)["type"] for line in done.out.splitlines()]
    assert kinds == ["started", "looked", "began", "ended", "judged", "settled", "finished"]
    assert [each["type"] for each in shop.events()] == kinds


def test_nothing_is_started_when_nothing_is_open(shop: Shop) -> None:
    for number in range(1, 6):
        shop.write(f"shop/m{number}.py", NARROW.format(number))
    done = shop.loop("pathlib.Path('shop/m1.py').unlink()\n")
    assert done.code == 0, done.said
    assert (shop.root / "shop/m1.py").exists()


def test_a_task_may_bring_errors_in_first(shop: Shop) -> None:
    for number in range(1, 6):
        shop.write(f"shop/m{number}.py", NARROW.format(number))
    body = f"""\
if attempt == 1:
    assert "Add a sixth module." in prompt
    pathlib.Path("shop/m6.py").write_text({WIDE.format(6)!r})
else:
    for each in wide(): mend(each)
"""
    done = shop.loop(body, "--task", "Add a sixth module.")
    assert done.code == 0, done.said
    assert (shop.root / "shop/m6.py").read_text() == NARROW.format(6)


def test_a_gate_that_cannot_decide_is_for_a_person_and_no_agent_hears_of_it(shop: Shop) -> None:
    shop.write(
        "pyproject.toml", (shop.root / "pyproject.toml").read_text() + '\n[tool.gates.tools.ruff]\nversion = "0.0.1"\n'
    )
    done = shop.loop(FIX_ALL)
    assert done.code == 3, done.said
    assert "a gate could not decide, so no loop can begin: lint:" in done.err
    assert len(shop.wide()) == 5


def test_a_second_loop_in_the_same_checkout_is_refused(shop: Shop) -> None:
    body = f"""\
done = subprocess.run([{GATES!r}, "loop", "--", "true"], capture_output=True, text=True)
pathlib.Path({str(shop.base / "said")!r}).write_text(f"{{done.returncode}} {{done.stderr}}")
"""
    assert shop.loop(body + FIX_ALL).code == 0
    assert (shop.base / "said").read_text().startswith("2 error: a loop is under way in this checkout\n")


def test_wrong_use_is_said_before_anything_is_kept(shop: Shop) -> None:
    assert "there is no program `no-such-agent`" in shop.gates("loop", "--", "no-such-agent").err
    assert "there is no agent to run" in shop.gates("loop").err
    assert "no loop was interrupted here" in shop.gates("loop", "--resume").err
    assert shop.loops == []


def test_the_cost_that_an_agent_tells_is_a_budget(shop: Shop) -> None:
    body = 'mend(wide()[0])\nprint(\'{"type": "result", "total_cost_usd": 0.75}\')\n'
    done = shop.loop(body, "--max-cost", "1.5", "--attempts", "9")
    assert (done.code, shop.finished()["ending"]) == (1, "cost"), done.said
    assert len(shop.judged()) == 2
    assert len(shop.wide()) == 3


def test_in_a_work_tree_of_its_own_the_result_is_a_branch(shop: Shop) -> None:
    shop.write("shop/m1.py", NARROW.format(1))
    shop.write("untracked.txt", "mine")
    before, status = shop.tree(), shop.git("status", "--porcelain")
    done = shop.loop(FIX_MOST + "pathlib.Path('new.txt').write_text('new')\n", "--worktree")
    assert done.code == 0, done.said
    assert (shop.tree(), shop.git("status", "--porcelain")) == (before, status)
    branch = shop.finished()["branch"]
    assert f"branch: {branch}\n" in done.out
    subjects = shop.git("log", "--format=%s", f"main..{branch}").splitlines()
    assert subjects == ["What the gates found", "What was not committed when the loop began"]
    assert shop.git("diff", "--stat", "--name-only", f"{branch}~1", branch).split() == [
        "new.txt",
        *(f"shop/m{number}.py" for number in range(2, 6)),
    ]
    assert shop.git("worktree", "list").count("\n") == 1


def test_a_work_tree_in_which_nothing_became_better_leaves_no_branch(shop: Shop) -> None:
    with shop.unchanged_files():
        done = shop.loop("pathlib.Path('shop/m1.py').write_text('def (\\n')\n", "--worktree")
    assert (done.code, "branch: none" in done.out) == (1, True), done.said
    assert shop.git("worktree", "list").count("\n") == 1
    assert (shop.root / shop.finished()["ticket"]).exists()


def test_without_its_repository_the_files_are_put_back_all_the_same(shop: Shop) -> None:
    before = shop.tree()
    done = shop.loop("import shutil\nshutil.rmtree('.git')\nshutil.rmtree('shop')\n")
    assert (done.code, shop.finished()["ending"]) == (1, "tampering"), done.said
    assert "the repository is gone" in done.out
    assert shop.tree() == before


def test_an_agent_that_does_not_tell_its_cost_is_not_started_again_when_that_is_bounded(shop: Shop) -> None:
    done = shop.loop("mend(wide()[0])\n", "--max-cost", "1")
    assert (done.code, shop.finished()["ending"], len(shop.judged())) == (1, "cost", 1), done.said


def test_names_that_are_not_utf_8_are_no_obstacle(shop: Shop) -> None:
    (shop.root / "shop" / b"m\xff.py".decode("utf-8", "surrogateescape")).write_text(WIDE.format(9))
    done = shop.loop("mend(wide()[0])\n", "--attempts", "2")
    assert (done.code, shop.finished()["ending"]) == (1, "attempts"), done.said
    assert [len(each["progress"]["resolved"]) for each in shop.judged()] == [1, 1]


@pytest.mark.parametrize("options", [(), ("--worktree",)], ids=["here", "apart"])
def test_a_project_may_be_a_folder_of_its_repository(shop: Shop, options: tuple[str, ...]) -> None:
    (shop.root / "api").mkdir()
    shop.git("mv", "pyproject.toml", "shop", "tests", ".gitignore", "api")
    shop.commit()
    above, shop.root = shop.root, shop.root / "api"
    shop.write(".gates/tickets/of-a-person.json", "{}")
    body = "if attempt == 1: pathlib.Path('../beside.py').write_text('def (')\nelse: mend(wide()[0])\n"
    assert shop.loop(body, "--attempts", "2", *options).code == 1
    assert [len(each["progress"]["resolved"]) for each in shop.judged()] == [0, 1]
    branch = shop.finished()["branch"]
    changed = shop.git("diff", "--name-only", "main", *([branch] if branch else [])).split()
    assert sorted(changed) == (["api/shop/m1.py", "beside.py"] if options else ["api/shop/m1.py"])
    assert (above / "beside.py").exists() is not bool(options)


AT_RANDOM = """\
import random
def replace(path, old, new): path.write_text(path.read_text().replace(old, new))
chance = random.Random({0} * 100 + attempt)
for each in range(chance.randint(0, 3)):
    what, found = chance.randrange(6), wide()
    path = chance.choice(sorted(pathlib.Path("shop").glob("m*.py")))
    if what < 3 and found: mend(chance.choice(found))
    elif what == 3: replace(path, "import os\\n", "")
    elif what == 4: replace(path, "-> int:", "-> int:  # gates: allow[complexity/arguments] so")
    elif what == 5: replace(path, "f: int)", "f: int, g: int)")
"""


@pytest.mark.parametrize("seed", range(3))
def test_whatever_an_agent_does_the_tree_is_that_of_the_best_state_that_was_seen(shop: Shop, seed: int) -> None:
    start = shop.tree()
    shop.loop(AT_RANDOM.format(seed))
    last = shop.finished()
    counted = {each["attempt"]: each["seen"] for each in shop.judged() if each["seen"] and not each["put_back"]}
    counted |= {0: next(each["seen"] for each in shop.events() if each["type"] == "looked")}
    fewest = min(len(set(each["open"].values())) for each in counted.values())
    assert len(set(counted[last["best"]]["open"].values())) == fewest
    assert last["best"] or shop.tree() == start
    silenced = len(counted[last["best"]]["silenced"])
    assert shop.report("complexity", "lint")["summary"]["open"] == fewest - silenced
