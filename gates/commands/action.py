"""gates action: what the GitHub Action runs once gates are installed: one check, told to the runner in its own ways.

The report becomes annotations, the summary of the job, files and outputs. What the runner takes cannot change the
verdict: where it refuses a summary or an output, a warning says so, and the exit code is that of the check.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from msgspec import Struct

from gates import archive, numbers, registry, views
from gates.cache import permissions
from gates.model import Completed, GatesError, Report
from gates.process import Spawner
from gates.telling import keep, tell
from gates.text import counted, markdown, workflow_data, workflow_log

MAX_SUMMARY = 1_048_576
"""Bytes that the summary of a step may have; the runner drops a longer one as a whole."""

_BROKEN = 3
_SECONDS = 6 * 3600.0
"""No job runs longer; each run of a tool has a time limit of its own."""
_OF_WRITERS = ("push", "merge_group", "schedule", "workflow_dispatch", "release", "create")
"""The events that only somebody who may write to a repository can cause in it."""
_HANDED_ON = ("CI", "GATES_CACHE", "VIRTUAL_ENV")
_FILES = {"json": "report.json", "sarif": "gates.sarif", "prompt": "prompt.md", "markdown": "summary.md"}
_OUTPUTS = {"report-json": "json", "sarif-file": "sarif", "prompt-file": "prompt"}


class _Job(Struct, frozen=True):
    """What the workflow asked for, where the files go, and where the runner waits for a summary and outputs."""

    project: Path
    reports: Path
    since: str
    gates: tuple[str, ...]
    shard: str
    shards: tuple[Path, ...]
    summary: str
    outputs: str
    untrusted: bool

    @property
    def part(self) -> Path:
        """Where one part of a shared check is written."""
        return self.reports / f"shard-{re.sub(r'[^0-9]+', '-of-', self.shard)}.json"

    def files(self) -> dict[str, Path]:
        """Where the report is written in each format."""
        return {name: self.reports / file for name, file in _FILES.items()}

    def argv(self) -> list[str]:
        """The check. Whatever an input holds is the value of one option, or a path."""
        own = [sys.executable, "-P", "-m", "gates"]
        if self.shards:
            return [*own, "report", "merge", "--", *map(str, self.shards)]
        base = [f"--since={self.since}"] if self.since else []
        chosen = [f"--gate={name}" for name in self.gates]
        chosen += ["--untrusted"] if self.untrusted else []
        if self.shard:
            return [*own, "check", f"--shard={self.shard}", *base, *chosen]
        files = [f"--output={name}={path}" for name, path in self.files().items()]
        return [*own, "check", "--output-format=github", *base, *chosen, *files]


@click.command("action", short_help="Check inside of the GitHub Action, which is the only caller.", hidden=True)
def command() -> int:
    """Check once, write annotations, job summary, report files and outputs, and end with the exit code of the check."""
    try:
        job = _job(os.environ)
    except GatesError as error:
        _say("error", f"{error.message}\n{error.hint}".strip())
        return error.exit_code
    for path in (*job.files().values(), job.part):
        path.unlink(missing_ok=True)
    done = _checked(job)
    code = done.code
    if job.shard:
        _hand_over(job, done)
        return code
    report = _rendered(job, done.out) if job.shards else _report(job.files()["json"])
    if report is None and code in (0, 1):
        _say("error", "the check left no report")
        code = _BROKEN
    if job.summary:
        _summarize(Path(job.summary), job.files()["markdown"])
    if job.outputs:
        _hand_out(Path(job.outputs), _outputs(job, code, report))
    return code


def _job(environ: Mapping[str, str]) -> _Job:
    """Read the inputs, and make the folder for the reports.

    Raises:
        GatesError: a folder lies outside of the checkout, or cannot be used.
    """
    workspace = Path(environ.get("GITHUB_WORKSPACE") or ".").resolve()
    project = _inside(workspace, environ.get("GATES_ACTION_WORKING_DIRECTORY", ""), "working-directory")
    if not project.is_dir():
        raise GatesError("the input `working-directory` names no directory", "Check out the repository first.")
    base = environ.get("GITHUB_BASE_REF", "")
    return _Job(
        project=project,
        reports=_reports(workspace, environ),
        since=environ.get("GATES_ACTION_SINCE", "") or (f"origin/{base}" if base else ""),
        gates=tuple(environ.get("GATES_ACTION_GATES", "").replace(",", " ").split()),
        shard=environ.get("GATES_ACTION_SHARD", ""),
        shards=_parts(workspace, environ.get("GATES_ACTION_SHARDS", "")),
        summary=environ.get("GITHUB_STEP_SUMMARY", ""),
        outputs=environ.get("GITHUB_OUTPUT", ""),
        untrusted=not _is_trusted(environ),
    )


def _is_trusted(environ: Mapping[str, str]) -> bool:
    """Whether what happened can only come from somebody who may write to the repository. What is not known cannot."""
    event = environ.get("GITHUB_EVENT_NAME", "")
    if event in _OF_WRITERS:
        return True
    try:
        document = json.loads(Path(environ.get("GITHUB_EVENT_PATH", "")).read_bytes())
        head, base = (document["pull_request"][side]["repo"] for side in ("head", "base"))
        return event == "pull_request" and isinstance(head["id"], int) and head["id"] == base["id"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def _reports(workspace: Path, environ: Mapping[str, str]) -> Path:
    """Make the folder for the reports: the one that was asked for, or a new one for each use of the Action in a job."""
    chosen = environ.get("GATES_ACTION_REPORT_DIR", "")
    try:
        if not chosen:
            return Path(tempfile.mkdtemp(prefix="gates-reports-", dir=environ.get("RUNNER_TEMP") or None))
        folder = _inside(workspace, chosen, "report-dir")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GatesError(
            f"the folder for the reports cannot be made: {error.strerror}", "Name another as `report-dir`."
        ) from error
    return folder


def _parts(workspace: Path, name: str) -> tuple[Path, ...]:
    """Return the parts of a shared check in a folder."""
    if not name:
        return ()
    found = tuple(sorted(_inside(workspace, name, "shards").rglob("shard-*.json")))
    if not found:
        raise GatesError("the folder `shards` holds no shard", "Download the artifacts of all shards into it.")
    return found


def _inside(workspace: Path, name: str, asked: str) -> Path:
    """Return a folder of the checkout by its real path: what is checked out may hold links that lead elsewhere."""
    if "\0" in name or not (workspace / name).resolve().is_relative_to(workspace):
        raise GatesError(f"the input `{asked}` leads out of the checkout", "Name a folder inside of it.")
    return (workspace / name).resolve()


def _checked(job: _Job) -> Completed:
    """Run the check, and print what it says to people."""
    spawner = Spawner()
    env = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    try:
        done = spawner.run(job.argv(), cwd=job.project, timeout=_SECONDS, env=env)
    finally:
        spawner.stop()
    if not (job.shard or job.shards):
        sys.stdout.buffer.write(done.out)
        sys.stdout.flush()
    said = done.stderr.strip().split("\n")
    if done.code not in (0, 1) and not done.out:
        _say("error", "\n".join(said[-3:]).strip() or f"the check ended with exit code {done.code}")
    for line in filter(None, said):
        click.echo(workflow_log(line))
    return done


def _rendered(job: _Job, content: bytes) -> Report | None:
    """Write the report that shards came to in each format, and print its annotations."""
    if not content:
        return None
    files = job.files()
    files["json"].write_bytes(content)
    report = _report(files["json"])
    if report is None:
        return None
    view = views.view(job.project)
    for name, path in files.items():
        keep(path, registry.reporter(name)(report, view), "Name another folder as `report-dir`.", permissions(path))
    tell(registry.reporter("github")(report, view))
    return report


def _report(path: Path) -> Report | None:
    try:
        return archive.read(path.read_bytes(), path.name)
    except (OSError, GatesError):
        return None


def _summarize(target: Path, source: Path) -> None:
    """Hand the summary to the runner, which takes the whole or nothing."""
    try:
        text = source.read_bytes() if source.exists() else _NOTHING.encode()
        held = target.stat().st_size if target.exists() else 0
        if held + len(text) > MAX_SUMMARY:
            _say("warning", f"the summary of this step holds {counted(held, 'byte')} already and cannot take ours")
            return
        with target.open("ab") as stream:
            stream.write(text)
    except OSError as error:
        _say("warning", f"the summary of the job cannot be written: {error.strerror}")


_NOTHING = f"## 🚧 {markdown('Quality gates checked nothing')}\n\nThe log of this step says why.\n"


def _outputs(job: _Job, code: int, report: Report | None) -> Iterator[tuple[str, str]]:
    found = numbers.of_report(report) if report else None
    yield "verdict", report.verdict.value if report else "broken"
    yield "exit-code", str(code)
    yield "shard-file", ""
    yield "new-findings", str(found.errors - found.inherited) if found else ""
    for output, name in _OUTPUTS.items():
        path = job.files()[name]
        yield output, str(path) if path.is_file() else ""


def _hand_over(job: _Job, done: Completed) -> None:
    """Write what one part of a shared check found, also where a gate could not decide: that is for the judge to say."""
    if done.out:
        job.part.write_bytes(done.out)
    if job.outputs:
        found = str(job.part) if done.out else ""
        _hand_out(Path(job.outputs), iter([("exit-code", str(done.code)), ("shard-file", found)]))


def _hand_out(target: Path, outputs: Iterator[tuple[str, str]]) -> None:
    """Append outputs between delimiters that no repository can guess; a value that holds its own is left out."""
    parts = []
    for name, value in outputs:
        delimiter = f"ghadelimiter_{secrets.token_hex(16)}"
        if delimiter not in value:
            parts.append(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
    try:
        with target.open("a", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            stream.write("".join(parts))
    except OSError as error:
        _say("warning", f"the outputs of this step cannot be written: {error.strerror}")


def _say(kind: str, text: str) -> None:
    click.echo(f"::{kind} title=quality-gates::{workflow_data(text)}")
