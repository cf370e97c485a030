"""What a hook of git judges, and what it says of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from gates import archive, asking, engine, pushing, readers, registry, views
from gates.git import Pending
from gates.hookline import Line
from gates.process import Spawner
from gates.registry import Gate
from gates.telling import keep_last, tell
from gates.text import counted

_ONE_FILE = ("file", "results", "change")


class _Change(Struct, frozen=True, kw_only=True):
    """What is judged: what a commit holds, what is `pending`, or all that there is; `name` says it to a person."""

    name: str
    since: str = ""
    commit: str = ""
    staged: bool = False
    pending: Pending | None = None
    reads: tuple[str, ...] = ()


def judged(asked: Line, environ: Mapping[str, str], pending: Callable[[], Pending | None]) -> int:
    """Judge what a hook is about, tell what came of it, and return the exit code. `pending` is the next commit.

    Raises:
        GatesError: the configuration or the request cannot be followed.
        BrokenError: git does not answer.
    """
    loaded = asking.load()
    changes = _pushed(loaded, asked.remote) if asked.remote else (_change(environ, asked.since, pending),)
    codes = [_judged(loaded, each, asked) for each in changes]
    return max(codes, default=0)


def _pushed(loaded: asking.Loaded, remote: str) -> tuple[_Change, ...]:
    lines = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").splitlines()
    found = pushing.pushed(Spawner(), loaded.config.root, lines, remote)
    return tuple(_Change(name=f"push of {each.commit[:12]}", since=each.since, commit=each.commit) for each in found)


def _change(environ: Mapping[str, str], since: str, pending: Callable[[], Pending | None]) -> _Change:
    """Return what is judged: a push when a ref or the hook runner says so, else a commit, else all that there is."""
    begin = since or environ.get("PRE_COMMIT_FROM_REF", "")
    if begin or environ.get("PRE_COMMIT_REMOTE_BRANCH"):
        tip = environ.get("PRE_COMMIT_TO_REF") or environ.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD"
        return _Change(name="push", since=begin, commit=tip)
    found = pending()
    if environ.get("GIT_INDEX_FILE") or (found and found.changes):
        return _Change(name="commit", staged=True, pending=found, reads=_ONE_FILE)
    return _Change(name="whole project: nothing is staged")


def _judged(loaded: asking.Loaded, change: _Change, asked: Line) -> int:
    """Judge a change, tell what came of it, and return the exit code."""
    compares = change.staged or bool(change.since)
    gates = _named(loaded, asked.names, compares)
    if asked.names and not gates:
        return _said(change, f"{', '.join(asked.names)} found nothing to compare with")
    ci = readers.is_ci(os.environ)
    request = asking.Request(
        loaded=loaded,
        gates=gates,
        reads=() if asked.names or asked.everything else change.reads,
        paths=asked.files,
        since=change.since,
        staged=change.staged,
        pending=change.pending,
        commit=change.commit,
        locked=ci,
        ci=ci,
        passes_over=True,
        jobs=len(os.sched_getaffinity(0)),
        timeout=loaded.config.timeout,
    )
    return _told(change, request, engine.examined(request))


def _named(loaded: asking.Loaded, names: Sequence[str], compares: bool) -> tuple[Gate, ...]:
    """Return the gates with these names, without those that compare when there is nothing to compare with."""
    found = loaded.chosen(names, base=True) if names else ()
    return tuple(gate for gate in found if compares or gate.reads != "change")


def _told(change: _Change, request: asking.Request, found: engine.Examined) -> int:
    report = found.report
    if request.paths and not report.files:
        return _said(change, f"{counted(len(request.paths), 'file')}, none inspected by this project")
    if not report.outcomes and report.files:
        return _said(change, "no gate that is on looks at one file at a time; a push is judged by the others")
    keep_last((request.loaded.last_report,), archive.kept(report))
    if report.exit_code == 0 and not any(outcome.open() for outcome in report.outcomes):
        ran = f"{counted(len(report.outcomes), 'gate')}, {counted(report.files, 'file')}"
        return _said(change, f"passed: {ran}, {report.seconds:.2f} s{_later(request)}")
    from gates import knowledge  # only a refusal tells what people know

    home = request.loaded.config.root
    text = registry.reporter(readers.output_format(os.environ))(report, views.view(found.root, home=home))
    tell(text)
    knowledge.shown(request.loaded.folders.own, home, text, report.open())
    return report.exit_code


def _later(request: asking.Request) -> str:
    """Name the gates that a push is judged by and this commit was not."""
    if not request.reads or request.gates:
        return ""
    on = request.loaded.chosen((), base=True)
    later = [gate.name for gate in on if gate.reads == "project"]
    return f"; at the push: {', '.join(later)}" if later else ""


def _said(change: _Change, text: str) -> int:
    tell(f"gates: {change.name}: {text}\n")
    return 0
