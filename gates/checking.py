"""A check that has to be made, whole or in part: what is told of it, what is kept, and what is remembered."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from gates import archive, asking, engine, knowledge, readers, registry, repeating, views
from gates.asking import Loaded, Request
from gates.cache import permissions
from gates.checkline import Line
from gates.engine import Examined
from gates.git import Listing
from gates.model import BrokenError, GatesError, Report, View
from gates.readers import Reader
from gates.remembering import Noted, Told
from gates.running import Moment
from gates.sharding import Shard, written
from gates.telling import keep, keep_last, note, tell
from gates.text import counted, visible


def checked(line: Line, listing: Callable[[], Listing | None], reader: Reader, noted: Noted | None) -> int:
    """Make the check that is asked for, tell what came of it, and return the exit code.

    Args:
        line: what is asked for.
        listing: waits for what git says that the work tree holds, where it has been asked.
        reader: of standard output.
        noted: what is known before a check that can be recalled.

    Raises:
        GatesError: the configuration or the request cannot be followed, or a file cannot be written.
        BrokenError: git does not answer.
    """
    loaded = asking.load().distrusted if line.untrusted else asking.load()
    files, request = _files(line.outputs), _request(loaded, line)
    if not line.verify_determinism:  # which asks git each time, too
        request = msgspec.structs.replace(request, listing=listing())
    if line.shard is not None:
        return _part(request, _shard(line.shard, line.timings), alone=not (files or line.paths))
    found = _examined(request, files, reader, again=line.verify_determinism)
    report = found.report
    view = views.view(found.root, home=loaded.config.root, width=reader.width, colour=reader.colour)
    kept, own = archive.kept(report), loaded.folders.own
    keep_last(request.kept_in, kept)
    knowledge.judged(own, report)
    lost = _keep_asked(files, report, view)
    text = registry.reporter(reader.format)(report, view)
    tell(text)
    knowledge.shown(own, loaded.config.root, text, report.open())
    if lost:
        raise lost
    if noted:
        noted.remember(found, request, reader, Told(report.exit_code, text, kept))
    return report.exit_code


def _request(loaded: Loaded, line: Line) -> Request:
    ci, compares = readers.is_ci(os.environ), line.staged or bool(line.since)
    if line.since == "":  # an empty variable: the whole project would be judged in the place of a change
        raise GatesError("--since names no commit", "Name a branch, a tag or a commit, such as `origin/main`.")
    return Request(
        loaded=loaded,
        gates=loaded.chosen(line.names, base=compares) if line.names else (),
        paths=line.paths,
        since=line.since or "",
        staged=line.staged,
        locked=ci if line.locked is None else line.locked,
        ci=ci,
        executor=line.executor or "",
        jobs=line.jobs or len(os.sched_getaffinity(0)),
        timeout=line.timeout or loaded.config.timeout,
    )


def _files(outputs: Sequence[str]) -> list[tuple[str, Path]]:
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


def _part(request: Request, shard: Shard, *, alone: bool) -> int:
    """Write what one part of the work comes to; nobody may take that for a verdict. `alone` says that nothing is asked
    for that only a report has."""
    if not alone or request.staged:
        raise GatesError(
            "a shard is a part of the whole project, and no report", "Leave out paths, `--staged` and `--output`."
        )
    done = engine.part(request, shard)
    tell(written(done))
    found = sum(len(each.seen.inspection.findings) for each in done.looks)
    broken = sorted({each.gate for each in done.looks if each.seen.inspection.broken})
    undecided = f"; not decided: {', '.join(broken)}" if broken else ""
    said = f"shard {shard.number} of {shard.of}: {counted(found, 'finding')}, none judged{undecided}"
    note(f"{said}\n")
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


def _keep_asked(files: Sequence[tuple[str, Path]], report: Report, view: View) -> GatesError | None:
    """Write the report to the files that can be written, and return what kept it from the first of the others."""
    lost = None
    for name, file in files:
        try:
            keep(file, registry.reporter(name)(report, view), "Name a file that can be written.", permissions(file))
        except GatesError as error:
            lost = lost or error
    return lost


def _examined(request: Request, files: Sequence[tuple[str, Path]], reader: Reader, *, again: bool) -> Examined:
    """Check the project. When that comes to no end, the files that were asked for say so: they may hold the report of
    an earlier check, which somebody would take for this one."""
    progress = _Progress()
    examine = repeating.examined if again else engine.examined
    try:
        return examine(msgspec.structs.replace(request, watch=progress.show))
    except BaseException as error:
        root = request.loaded.config.root
        if files and (why := _undecided(error)):
            view = views.view(root, home=root, width=reader.width, colour=reader.colour)
            _keep_asked(files, engine.unfinished(request, why), view)
        raise
    finally:
        progress.clear()


def _undecided(error: BaseException) -> str:
    """Return why there is no verdict; nothing for a mistake in what was asked: then nothing was checked."""
    if isinstance(error, GatesError):
        return error.message if error.exit_code == BrokenError.exit_code else ""
    stopped = isinstance(error, (KeyboardInterrupt, SystemExit))
    return "the check was interrupted" if stopped else f"internal error: {type(error).__name__}"


class _Progress:
    """One line on standard error, only on a terminal: files done, gates under way."""

    def __init__(self) -> None:
        self._on = readers.is_terminal(sys.stderr)
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
