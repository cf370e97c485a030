"""What holds of every check, whatever was done to the project: a test of a fault calls `held` and looks at the rest."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gates.model import Report
from tests.project import GATES, Project, Result, only, without_seconds
from tests.reporters.test_formats import CHECKS, Counts, strict
from tests.reporters.test_hostile import (
    COUNTED,
    FORMATS,
    archive_of,
    assert_harmless,
    blocks,
    boundary_of,
    counted_json,
    sealed,
)

LEFT_OUT = re.compile(
    r"is too short to hold a clone of \d+ tokens|is left out, in part or as a whole, by a comment of jscpd|"
    r"lies in a folder without `__init__.py`, or has no importable name: import-linter does not see it|"
    r"lies in none of the packages that the base names: the change removed them|"
    r"is not checked out \(git sparse-checkout\)"
)
"""The only reasons for which a gate that passes may leave a file out."""

VERDICTS = {0: "passed", 1: "failed", 3: "broken"}
MORE = {
    "text": r"^… and ([\d,]+) more findings? of ",
    "markdown": r"^\*\*([\d,]+) more (?:errors?|findings?|notes?)\*\* left out here",
}


@dataclass(frozen=True)
class Held:
    """A check that kept every invariant: its exit code, what it printed, its report, and that in every format.

    There is neither report nor format where nothing was checked: exit code 2, or 3 where git does not answer.
    """

    code: int
    said: str
    report: Mapping[str, Any]
    texts: Mapping[str, str]

    @property
    def rules(self) -> list[tuple[str, str]]:
        """Rule and path of each open finding, in the order of the report."""
        found = (each for outcome in self.report["outcomes"] for each in outcome["findings"])
        return [(each["rule"], each["location"]["path"]) for each in found if each["status"] == "open"]

    @property
    def reasons(self) -> dict[str, str]:
        """Why each gate that gives a reason did not pass."""
        return {each["gate"]: each["reason"] for each in self.report["outcomes"] if each["reason"]}


def held(
    project: Project,
    *arguments: str,
    gates: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    under: Sequence[str] = (),
    within: float = 60,
) -> Held:
    """Run `gates check ARGUMENTS` cold and warm, hold every invariant, and return what it came to.

    `within` is in seconds, for each of the two runs. The cache is an empty one, below the folder of the project.
    """
    asked = (*arguments, *only(*gates))
    with tempfile.TemporaryDirectory(dir=project.base) as scratch, read_only(project):
        folder = Path(scratch)
        folder.chmod(0o777)
        cold = {"GATES_CACHE": str(folder / "cache")} | dict(env or {})
        outputs = [each for name in FORMATS for each in ("--output", f"{name}={folder / name}")]
        first, again = (
            ran(project, "check", *more, "--output-format", "json", *asked, env=cold, under=under, within=within)
            for more in (outputs, ())
        )
        assert again.code == first.code, (first, again)
        if not first.out:
            return _refused(first, again)
        texts = {name: (folder / name).read_text("utf-8") for name in FORMATS}
    assert texts["json"] == first.out
    report: dict[str, Any] = strict(first.out)
    assert without_seconds(strict(again.out)) == without_seconds(report)
    assert_attested(report, first.code)
    assert_formats(texts)
    return Held(first.code, first.said, report, texts)


def _refused(first: Result, again: Result) -> Held:
    """Nothing was checked: there is an error, twice the same, and nothing else. 3 means that git does not answer."""
    assert first.code in (2, 3)
    assert first.out == again.out == "", first
    assert first.err.startswith(("error: ", "Usage: ")), first
    assert again.err == first.err
    return Held(first.code, first.said, {}, {})


def ran(
    project: Project,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    under: Sequence[str] = (),
    within: float = 60,
) -> Result:
    """Run `gates ARGUMENTS` in a session of its own; it ends in so many seconds, and nothing of it is left running."""
    process = subprocess.Popen(
        [*under, GATES, *arguments],
        cwd=project.root,
        env=project.environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    assert survivors(project, process.pid) == []
    result = Result(process.returncode, *(each.decode("utf-8", "surrogateescape") for each in (out, err)))
    assert result.said is not None  # it looks for tracebacks
    assert result.code in (0, 1, 2, 3), result
    return result


def survivors(project: Project, session: int, patience: float = 1.0) -> list[str]:
    """Return what still runs after so many seconds of a session, or with the project's home: tools have sessions of
    their own."""
    deadline = time.monotonic() + patience
    while (found := list(_running(project, session))) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def _running(project: Project, session: int) -> Iterator[str]:
    home = f"HOME={project.home}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, _, of = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            ours = int(of) == session or home in (folder / "environ").read_bytes().split(b"\0")
            if ours and state not in "ZX":
                yield f"{folder.name} {(folder / 'cmdline').read_bytes()!r}"


@contextlib.contextmanager
def read_only(project: Project) -> Iterator[None]:
    """Hold that nothing below the root changes, nor what git says of it where there is a repository."""
    if (project.root / ".git").is_dir():
        with contextlib.suppress(subprocess.CalledProcessError):
            project.git("--no-optional-locks", "status", "--porcelain=v2", "-z")
            with project.unchanged():
                yield
            return
    before = project.digests()
    yield
    assert project.digests() == before


def assert_attested(report: Mapping[str, Any], code: int) -> None:
    """Green is earned: each planned file was inspected or is named with the reason why it need not be."""
    outcomes = report["outcomes"]
    assert (report["exit_code"], report["verdict"]) == (code, VERDICTS[code])
    for each in outcomes:
        _assert_accounted(each)
    if code == 0:
        assert (report["reason"], {each["verdict"] for each in outcomes}) == ("", {"passed"})
        assert report["files"] > 0 or report["scope"]["kind"] == "staged"
        assert {each for each in _unexplained(outcomes) if not LEFT_OUT.fullmatch(each)} == set()


def _unexplained(outcomes: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return why gates left out files, but for those of which a finding, known in the base, says the same."""
    found = (each for outcome in outcomes for each in outcome["findings"])
    known = {each["location"]["path"] for each in found if each["rule"].startswith("files/")}
    return {each["reason"] for outcome in outcomes for each in outcome["unread"] if each["path"] not in known}


def _assert_accounted(outcome: Mapping[str, Any]) -> None:
    """What a gate that decided did not inspect is named once, and it failed exactly when an error is open."""
    unread = {each["path"]: each["reason"] for each in outcome["unread"]}
    assert all(unread.values())
    assert len(unread) == len(outcome["unread"])
    if outcome["verdict"] not in ("passed", "failed"):
        assert outcome["reason"], outcome
        return
    assert outcome["planned"] == outcome["inspected"].get("files", 0) + len(unread), outcome
    errors = {each["status"] == "open" and each["severity"] == "error" for each in outcome["findings"]}
    assert (outcome["verdict"] == "failed") == (True in errors), outcome


def assert_formats(texts: Mapping[str, str]) -> None:
    """Each format is what others can parse strictly, steers nobody, and tells the same findings."""
    report = archive_of(texts["json"])
    truth = counted_json(texts["json"])
    for name in FORMATS:
        assert_harmless(name, texts[name])
        if name == "prompt":
            _assert_prompt(texts[name])
        else:
            sealed(name, texts[name], report)
        if name in COUNTED or name in CHECKS:
            shown = CHECKS[name](texts[name], report) if name in CHECKS else COUNTED[name](texts[name])
            everything = _everything(report) if name == "html" else truth
            assert not shown - everything, name
            assert (everything - shown).total() == _left_out(name, texts[name]), name


def _left_out(name: str, text: str) -> int:
    """How many findings a format for people says that it leaves out; others show all."""
    found = re.findall(MORE[name], text, re.MULTILINE) if name in MORE else []
    return sum(int(each.replace(",", "")) for each in found)


def _everything(report: Report) -> Counts:
    """The page shows accepted findings, too."""
    return Counter((each.rule, each.severity.value) for each in report.findings())


def _assert_prompt(text: str) -> None:
    assert text.startswith("gates: ")
    if re.search(r"^Lines between `", text, re.MULTILINE):
        blocks(text, boundary_of(text))
