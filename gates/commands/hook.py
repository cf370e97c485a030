"""gates hook: what a commit or push hook runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

import click
from msgspec import Struct

from gates import archive, engine, git, pushing, readers, registry, views
from gates.process import Spawner
from gates.registry import Gate
from gates.telling import keep_last, tell
from gates.text import counted, visible

_ONE_FILE = ("file", "results", "change")


class _Change(Struct, frozen=True, kw_only=True):
    """What is judged: what a commit holds, what is staged, or all that there is; `name` says it to a person."""

    name: str
    since: str = ""
    commit: str = ""
    staged: bool = False
    reads: tuple[str, ...] = ()


class _Command(click.Command):
    """A command that takes no file for an option: hook runners hand on whatever a repository calls its files."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse what could be meant as either, before `--`."""
        options = args[: args.index("--")] if "--" in args else args
        for each in options:
            if each.startswith("-") and os.path.lexists(each):
                raise click.UsageError(f"`{visible(each)}` may be an option or a file: put `--` before the files", ctx)
        return super().parse_args(ctx, args)


@click.command("hook", cls=_Command, short_help="Judge a commit or a push, as a hook of git.")
@click.argument("files", nargs=-1, type=click.Path())
@click.option("--gate", "names", multiple=True, metavar="NAME", help="Run only this gate; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="Run every gate, as before a push.")
@click.option("--since", default="", metavar="REF", help="Judge HEAD as a push that begins at REF.")
@click.option("--push", "remote", default="", metavar="REMOTE", help="Judge the push that standard input tells of.")
def command(files: tuple[str, ...], names: tuple[str, ...], everything: bool, since: str, remote: str) -> int:
    """Judge what is about to be committed, or pushed, and tell only what it introduces.

    A commit is judged by the gates that look at one file at a time, a push by all. FILES narrow what is reported; those
    that the project does not inspect are passed over. When there is neither, the whole project is judged by all gates.

    \b
    Examples:
      gates hook
      gates hook --all --since origin/main
      gates hook --gate complexity -- src/shop/orders.py
    """
    loaded = engine.load()
    changes = _pushed(loaded, remote) if remote else (_change(loaded, os.environ, since),)
    codes = [_judged(loaded, each, files, names, everything) for each in changes]
    return max(codes, default=0)


def _pushed(loaded: engine.Loaded, remote: str) -> tuple[_Change, ...]:
    lines = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").splitlines()
    found = pushing.pushed(Spawner(), loaded.config.root, lines, remote)
    return tuple(_Change(name=f"push of {each.commit[:12]}", since=each.since, commit=each.commit) for each in found)


def _change(loaded: engine.Loaded, environ: Mapping[str, str], since: str) -> _Change:
    """Return what is judged: a push when a ref or the hook runner says so, else a commit, else all that there is."""
    begin = since or environ.get("PRE_COMMIT_FROM_REF", "")
    if begin or environ.get("PRE_COMMIT_REMOTE_BRANCH"):
        tip = environ.get("PRE_COMMIT_TO_REF") or environ.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD"
        return _Change(name="push", since=begin, commit=tip)
    if environ.get("GIT_INDEX_FILE") or _has_staged(loaded):
        return _Change(name="commit", staged=True, reads=_ONE_FILE)
    return _Change(name="whole project: nothing is staged")


def _has_staged(loaded: engine.Loaded) -> bool:
    root = loaded.config.root
    if git.toplevel(root) is None:
        return False
    spawner = Spawner()
    commit = git.head(spawner, root)
    return bool(git.staged(spawner, root, commit) if commit else git.index(spawner, root))


def _judged(
    loaded: engine.Loaded, change: _Change, files: tuple[str, ...], names: Sequence[str], everything: bool
) -> int:
    """Judge a change, tell what came of it, and return the exit code."""
    compares = change.staged or bool(change.since)
    gates = _named(loaded, names, compares)
    if names and not gates:
        return _said(change, f"{', '.join(names)} found nothing to compare with")
    ci = readers.is_ci(os.environ)
    request = engine.Request(
        loaded=loaded,
        gates=gates,
        reads=() if names or everything else change.reads,
        paths=files,
        since=change.since,
        staged=change.staged,
        commit=change.commit,
        locked=ci,
        ci=ci,
        passes_over=True,
        jobs=len(os.sched_getaffinity(0)),
        timeout=loaded.config.timeout,
    )
    return _told(change, request, engine.examined(request))


def _named(loaded: engine.Loaded, names: Sequence[str], compares: bool) -> tuple[Gate, ...]:
    """Return the gates with these names, without those that compare when there is nothing to compare with."""
    found = loaded.chosen(names, base=True) if names else ()
    return tuple(gate for gate in found if compares or gate.reads != "change")


def _told(change: _Change, request: engine.Request, found: engine.Examined) -> int:
    report = found.report
    if request.paths and not report.files:
        return _said(change, f"{counted(len(request.paths), 'file')}, none inspected by this project")
    if not report.outcomes and report.files:
        return _said(change, "no gate that is on looks at one file at a time; a push is judged by the others")
    view = views.view(found.root)
    keep_last((request.loaded.last_report,), archive.kept(report))
    if report.exit_code == 0 and not any(outcome.open() for outcome in report.outcomes):
        ran = f"{counted(len(report.outcomes), 'gate')}, {counted(report.files, 'file')}"
        return _said(change, f"passed: {ran}, {report.seconds:.2f} s{_later(request)}")
    tell(registry.reporter(readers.output_format(os.environ))(report, view))
    return report.exit_code


def _later(request: engine.Request) -> str:
    """Name the gates that a push is judged by and this commit was not."""
    if not request.reads or request.gates:
        return ""
    on = request.loaded.chosen((), base=True)
    later = [gate.name for gate in on if gate.reads == "project"]
    return f"; at the push: {', '.join(later)}" if later else ""


def _said(change: _Change, text: str) -> int:
    tell(f"gates: {change.name}: {text}\n")
    return 0
