"""A check that several machines share comes to what one machine finds, or says why it cannot."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_since import DEBT, tangled
from tests.project import Project, Result


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    for name, content in DEBT.items():
        made.write(name, content or "")
    made.write("pkg/allowed.py", "import re  # noqa: F401\nimport os  # noqa: F401 - kept for its effect\n")
    made.commit()
    return made


def shards(project: Project, of: int, *arguments: str) -> list[Path]:
    """Let each of so many machines, which share nothing, look at its part."""
    files = []
    for number in range(1, of + 1):
        cache = project.base / f"cache-{number}-{of}"
        done = project.gates("check", "--shard", f"{number}/{of}", *arguments, env={"GATES_CACHE": str(cache)})
        assert done.code in (0, 3), done
        files.append(project.base / f"shard-{number}-of-{of}.json")
        files[-1].write_text(done.out)
    return files


def merged(project: Project, files: Sequence[Path]) -> Result:
    cache = project.base / "cache-merged"
    return project.gates("report", "merge", *map(str, files), env={"GATES_CACHE": str(cache)})


def timeless(text: str) -> dict[str, Any]:
    """Return a report without what the clock says."""
    report: dict[str, Any] = json.loads(text)
    for each in (report, *report["outcomes"]):
        del each["seconds"]
    return report


@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_parts_make_the_report_of_one_run_in_any_order(project: Project, of: int) -> None:
    alone = project.gates("check", "--output-format", "json")
    files = shards(project, of)
    random.Random(of).shuffle(files)
    together = merged(project, files)
    assert (together.code, timeless(together.out)) == (alone.code, timeless(alone.out))
    assert {each["verdict"] for each in timeless(alone.out)["outcomes"]} == {"passed", "failed"}


def test_what_cannot_be_decided_stays_so(project: Project) -> None:
    project.write(os.fsdecode(b"pkg/caf\xe9/odd.py"), "import os\n\n\n" + tangled("odd"))
    project.write("pkg/syntax.py", "def f(:\n")
    alone = project.gates("check", "--output-format", "json")
    together = merged(project, shards(project, 3))
    assert (together.code, timeless(together.out)) == (alone.code, timeless(alone.out))
    assert {each["verdict"] for each in timeless(alone.out)["outcomes"]} == {"broken", "failed", "skipped"}


@pytest.mark.parametrize("of", [2, 3])
def test_a_change_is_judged_by_its_parts_too(project: Project, of: int) -> None:
    assert project.gates("baseline", "create").code == 0
    project.commit()
    project.write("pkg/more.py", tangled("more"))
    project.write("pkg/one.py", "x: int = 0\n")
    alone = project.gates("check", "--since", "HEAD", "--output-format", "json")
    together = merged(project, shards(project, of, "--since", "HEAD"))
    assert (together.code, timeless(together.out)) == (alone.code, timeless(alone.out))
    assert together.code == 1
    assert timeless(together.out)["summary"]["introduced"] > 0


def test_a_part_says_that_it_judges_nothing(project: Project) -> None:
    done = project.gates("check", "--shard", "1/2", "--gate", "complexity")
    assert (done.code, done.err) == (0, "shard 1 of 2: 0 findings, none judged\n")
    done = project.gates("check", "--shard", "2/2", "--gate", "complexity")
    assert (done.code, done.err) == (0, "shard 2 of 2: 1 finding, none judged\n")


def test_named_gates_are_divided(project: Project) -> None:
    alone = project.gates("check", "--gate", "complexity", "--gate", "layers", "--output-format", "json")
    together = merged(project, shards(project, 3, "--gate", "complexity", "--gate", "layers"))
    assert (together.code, timeless(together.out)) == (alone.code, timeless(alone.out))


def test_a_missing_part_is_no_pass(project: Project) -> None:
    first, _, third = shards(project, 3, "--gate", "size")
    done = merged(project, [third, first])
    assert (done.code, done.out) == (3, "")
    assert done.err == "error: 1 shard of 3 missing: 2\nWrite it: gates check --shard I/N > FILE\n"


def test_parts_of_other_contents_are_refused(project: Project) -> None:
    first, second = shards(project, 2, "--gate", "size")
    project.write("pkg/later.py")
    done = merged(project, [first, second])
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: the shards looked at other contents than are here\n")
    old = first.read_text()
    shards(project, 2, "--gate", "size")
    first.write_text(old)
    done = merged(project, [first, second])
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: shard 1 and shard 2 looked at different contents\n")


def test_parts_by_other_rules_are_refused(project: Project) -> None:
    files = shards(project, 2, "--gate", "size")
    rules = project.root / "pyproject.toml"
    rules.write_text(rules.read_text().replace("function-lines = 20", "function-lines = 30"))
    assert merged(project, files).err.startswith("error: the shards were made by other rules\n")


def test_what_is_no_part_is_refused(project: Project) -> None:
    first, second = shards(project, 2, "--gate", "size")
    assert merged(project, [first, first]).err.startswith("error: a shard of 2 was given twice\n")
    second.write_text(second.read_text()[:500])
    assert merged(project, [first, second]).err.startswith(f"error: {second} is no part of a check: ")


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/2/3", "a/b", "-1/2", ""])
def test_a_part_that_is_none_is_refused(project: Project, text: str) -> None:
    done = project.gates("check", "--shard", text)
    assert done.code == 2
    assert done.err.startswith(f"error: --shard takes I/N, not `{text}`\n")


def test_timings_divide_the_work_and_have_to_be_the_same(project: Project) -> None:
    report = project.base / "report.json"
    alone = project.gates("check", "--output-format", "json")
    report.write_text(alone.out)
    files = shards(project, 2, "--timings", str(report))
    together = merged(project, files)
    assert timeless(together.out) == timeless(alone.out)
    slow = json.loads(alone.out)
    for each in slow["outcomes"]:
        each["seconds"] = 1000.0 if each["gate"] == "layers" else 0.1
    report.write_text(json.dumps(slow))
    old = files[1].read_text()
    shards(project, 2, "--timings", str(report))
    assert [each["gate"] for each in json.loads(files[0].read_text())["looks"]] == ["layers"]
    files[1].write_text(old)
    assert merged(project, files).err.startswith(
        "error: shard 1 and shard 2 divide the work differently: `--timings` has to be the same for all\n"
    )
