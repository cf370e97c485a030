"""gates check: judge a project."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import click
import msgspec

from gates import archive, engine, knowledge, readers, registry, remembering, repeating, views
from gates.cache import permissions
from gates.model import BrokenError, GatesError, Report, View
from gates.running import Moment
from gates.sharding import Shard, written
from gates.telling import keep, keep_last, tell
from gates.text import counted, visible


@click.command("check", short_help="Judge this project, or what lies below the paths.")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--gate", "names", multiple=True, metavar="NAME", help="Run only this gate; may be repeated.")
@click.option("--since", metavar="REF", help="Judge what changed since HEAD left REF; the rest is known.")
@click.option("--staged", is_flag=True, help="Judge what the index would commit, compared with HEAD.")
@click.option("--untrusted", is_flag=True, help="Start nothing that the project names or holds: a fork's change.")
@click.option(
    "--locked/--no-locked",
    default=None,
    help="Fail when the baseline accepts more than there is; default: under CI.",
)
@click.option(
    "--output-format",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", *registry.reporter_names()]),
    help="How the report is written to standard output; `auto` suits the reader.",
)
@click.option(
    "--output", "outputs", multiple=True, metavar="FORMAT=FILE", help="Write it to a file too; may be repeated."
)
@click.option(
    "--shard", metavar="I/N", help="Look at one part of N and write what is found; `gates report merge` judges."
)
@click.option(
    "--timings",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="A JSON report by which N are equal.",
)
@click.option("--executor", metavar="ADDRESS", help="Let workers of a dask cluster help: dask://HOST:PORT.")
@click.option("--verify-determinism", is_flag=True, help="Check twice from nothing; what differs is not decided.")
@click.option("--jobs", type=click.IntRange(1), help="Worker processes; default: one for each CPU.")
@click.option("--timeout", type=click.FloatRange(min=1), help="Seconds that one run of a tool may take.")
def command(
    paths: tuple[str, ...],
    names: tuple[str, ...],
    output_format: str,
    outputs: tuple[str, ...],
    **limits: Any,
) -> int:
    """Judge the project around the current directory, or only what lies below PATHS.

    Rules live in one file, `[tool.gates]` in pyproject.toml or gates.toml; no flag and no variable changes one.

    \b
    Examples:
      gates check
      gates check --gate complexity src/shop
      gates check --since origin/main
      gates check --output-format json > report.json
      gates check --shard 1/3 > shard-1.json
    """
    loaded = engine.load().distrusted if limits["untrusted"] else engine.load()
    files = _files(outputs)
    request = _request(loaded, names, paths, limits)
    if limits["shard"] is not None:
        return _looked(request, _shard(limits["shard"], limits["timings"]), alone=not (files or paths))
    name = _format(output_format)
    again = limits["verify_determinism"]
    noted = _noted(request, whole=not (files or again))
    looks = f"{name} {_look()}"
    if noted and (said := noted.recalled(looks)):
        tell(said[1])
        return said[0]
    if noted:
        request = msgspec.structs.replace(request, listing=noted.listing)
    found = _examined(request, files, again=again)
    report, view = found.report, _view(found.root, loaded.config.root)
    kept, own = archive.kept(report), loaded.folders.own
    keep_last(request.kept_in, kept)
    knowledge.judged(own, report)
    lost = _keep_asked(files, report, view)
    text = registry.reporter(name)(report, view)
    tell(text)
    knowledge.shown(own, loaded.config.root, text, report.open())
    if lost:
        raise lost
    if noted:
        noted.remember(found, looks, text, kept)
    return report.exit_code


def _looked(request: engine.Request, shard: Shard, *, alone: bool) -> int:
    """Write what one part of the work comes to; nobody may take that for a verdict."""
    if not alone or request.staged:
        raise GatesError(
            "a shard is a part of the whole project, and no report", "Leave out paths, `--staged` and `--output`."
        )
    part = engine.part(request, shard)
    tell(written(part))
    found = sum(len(each.seen.inspection.findings) for each in part.looks)
    broken = sorted({each.gate for each in part.looks if each.seen.inspection.broken})
    undecided = f"; not decided: {', '.join(broken)}" if broken else ""
    click.echo(f"shard {shard.number} of {shard.of}: {counted(found, 'finding')}, none judged{undecided}", err=True)
    return BrokenError.exit_code if broken else 0


def _shard(text: str, timings: str | None) -> Shard:
    match = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", text)
    if not match or int(match[1]) > int(match[2]):
        raise GatesError(
            f"--shard takes I/N, not `{visible(text)}`", "Name the first of three parts so: `--shard 1/3`."
        )
    return Shard(int(match[1]), int(match[2]), _seconds(timings) if timings else {})


def _seconds(file: str) -> dict[str, float]:
    report = archive.read(Path(file).read_bytes(), file)
    return {each.gate: each.seconds for each in report.outcomes}


def _format(chosen: str) -> str:
    return readers.output_format(os.environ) if chosen == "auto" else chosen


def _keep_asked(files: Sequence[tuple[str, Path]], report: Report, view: View) -> GatesError | None:
    """Write the report to the files that can be written, and return what kept it from the first of the others."""
    lost = None
    for name, file in files:
        try:
            keep(file, registry.reporter(name)(report, view), "Name a file that can be written.", permissions(file))
        except GatesError as error:
            lost = lost or error
    return lost


def _noted(request: engine.Request, *, whole: bool) -> remembering.Noted | None:
    """Return what is known before a check that can be recalled."""
    return remembering.Noted(request) if whole and not request.target.compares else None


def _examined(request: engine.Request, files: Sequence[tuple[str, Path]], *, again: bool) -> engine.Examined:
    """Check the project. When that comes to no end, the files that were asked for say so: they may hold the report of
    an earlier check, which somebody would take for this one."""
    progress = _Progress()
    examine = repeating.examined if again else engine.examined
    try:
        return examine(msgspec.structs.replace(request, watch=progress.show))
    except BaseException as error:
        root = request.loaded.config.root
        if files and (why := _undecided(error)):
            _keep_asked(files, engine.unfinished(request, why), _view(root, root))
        raise
    finally:
        progress.clear()


def _undecided(error: BaseException) -> str:
    """Return why there is no verdict; nothing for a mistake in what was asked: then nothing was checked."""
    if isinstance(error, GatesError):
        return error.message if error.exit_code == BrokenError.exit_code else ""
    stopped = isinstance(error, (KeyboardInterrupt, SystemExit))
    return "the check was interrupted" if stopped else f"internal error: {type(error).__name__}"


def _request(
    loaded: engine.Loaded, names: tuple[str, ...], paths: tuple[str, ...], limits: dict[str, Any]
) -> engine.Request:
    since, staged, ci = limits["since"], limits["staged"], readers.is_ci(os.environ)
    if since == "":  # an empty variable: the whole project would be judged in the place of a change
        raise GatesError("--since names no commit", "Name a branch, a tag or a commit, such as `origin/main`.")
    return engine.Request(
        loaded=loaded,
        gates=loaded.chosen(names, base=staged or bool(since)) if names else (),
        paths=paths,
        since=since or "",
        staged=staged,
        locked=ci if limits["locked"] is None else limits["locked"],
        ci=ci,
        executor=limits["executor"] or "",
        jobs=limits["jobs"] or len(os.sched_getaffinity(0)),
        timeout=limits["timeout"] or loaded.config.timeout,
    )


def _files(outputs: tuple[str, ...]) -> list[tuple[str, Path]]:
    """Read `FORMAT=FILE`; what is wrong is said before anything is checked."""
    files = []
    for each in outputs:
        name, _, file = each.partition("=")
        if name not in registry.reporter_names() or not file:
            raise GatesError(
                f"--output takes FORMAT=FILE, not `{visible(each)}`",
                f"Formats: {', '.join(registry.reporter_names())}.",
            )
        if not Path(file).absolute().parent.is_dir():
            raise GatesError(f"there is no directory for `{visible(file)}`", "Make it first.")
        files.append((name, Path(file).absolute()))
    return files


def _view(root: Path, home: Path) -> View:
    width, colour = _look()
    return views.view(root, home=home, width=width, colour=colour)


def _look() -> tuple[int, bool]:
    """Return how many columns there are, and whether there are colours."""
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    colour = bool(os.environ.get("FORCE_COLOR")) or (_is_terminal(sys.stdout) and not plain)
    return shutil.get_terminal_size((100, 24)).columns, colour


def _is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody looks at a stream; there is none where who started us has closed it."""
    return stream is not None and stream.isatty()


class _Progress:
    """One line on standard error, only on a terminal: files done, gates under way."""

    def __init__(self) -> None:
        self._on = _is_terminal(sys.stderr)
        self._last = Moment()

    def show(self, moment: Moment) -> None:
        if self._on:
            files = moment if moment.total else self._last
            gates = self._last if moment.total else moment
            self._last = Moment(gates.running, files.files, files.total)
            said = f"{files.files:,} of {counted(files.total, 'file')}"
            line = f"checking: {said}  {' '.join(gates.running)}"
            sys.stderr.write(f"\r\x1b[K{line[: shutil.get_terminal_size().columns - 1]}")
            sys.stderr.flush()

    def clear(self) -> None:
        if self._on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
