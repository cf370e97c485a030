"""gates converge: whether commits lead anywhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import msgspec

from gates import asking, git
from gates.loop import commits, tables
from gates.loop.commits import History, Judge, Row
from gates.loop.convergence import Health, Thresholds
from gates.model import BrokenError, GatesError
from gates.process import Spawner
from gates.telling import tell
from gates.text import ascii_json, counted, visible

SCHEMA = "gates.convergence/1"
_COLUMNS = ("commit", "resolved", "introduced", "suppressed", "unchanged", "open", "")
_SUBJECT = 50
_ID = 12


@click.command("converge", short_help="Tell whether commits lead anywhere.")
@click.option("--range", "span", required=True, metavar="A..B", help="The commits after A, up to B.")
@click.option("--healthy", default=5, show_default=True, type=click.IntRange(1), help="Causes resolved per commit.")
@click.option("--warning", default=2, show_default=True, type=click.IntRange(0), help="With fewer it is critical.")
@click.option("--stalls", default=3, show_default=True, type=click.IntRange(1), help="So many in a row are critical.")
@click.option("--json", "as_json", is_flag=True, help="Write it as JSON.")
def command(span: str, healthy: int, warning: int, stalls: int, as_json: bool) -> int:
    """Judge each commit after A along the first parents of B, all by the same rules: the stricter of the policies at
    both ends, and the debt that was accepted at A.

    A commit with open errors before it that resolves none is stalled. Ends with 1 when the health is critical: fewer
    than two causes resolved per commit, or three stalled commits at the end, while something is open; with 3 when B
    cannot be judged.

    \b
    Examples:
      gates converge --range main..HEAD
      gates converge --range v1.2..v1.3 --json
    """
    loaded = asking.load()
    root = loaded.config.root
    spawner = Spawner()
    base, tip = _ends(spawner, root, span)
    jobs = len(os.sched_getaffinity(0))
    found = git.line(spawner, root, base, tip)
    if not found:
        raise GatesError(f"there is no commit in `{visible(span)}`", "Name the older end first: main..HEAD.")
    judge = Judge(loaded, base, tip, jobs=jobs)
    limits = Thresholds(healthy=healthy, warning=warning, critical_stalls=stalls)
    history = commits.history(judge, base, found, limits, _watch)
    tell(_json(history) if as_json else _text(history))
    if history.rows[-1].undecided:
        return BrokenError.exit_code
    return int(history.health is Health.CRITICAL)


def _ends(spawner: Spawner, root: Path, span: str) -> tuple[str, str]:
    """Return the commits at both ends of a range.

    Raises:
        GatesError: it is no range, or git does not know them.
    """
    first, dots, last = span.partition("..")
    if not dots or not first or last.startswith("."):
        raise GatesError(f"`{visible(span)}` is no range of commits", "Write it as A..B, for example main..HEAD.")
    tip = git.commit(spawner, root, last or "HEAD")
    return git.merge_base(spawner, root, first, tip), tip


def _watch(commit: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[Kjudging {commit[:_ID]} …\r")
        sys.stderr.flush()


def _text(history: History) -> str:
    lines = tables.columns([_COLUMNS, *map(_cells, history.rows)])
    return "\n".join(
        [
            f"open at {history.base[:_ID]}: {counted(history.began, 'error')}",
            *lines,
            f"{history.health.value.upper()}  causes resolved per commit: {history.resolved_per_commit:g}, "
            f"stalled at the end: {history.stalls}, open causes: {history.trend.value}",
            "",
        ]
    )


def _cells(row: Row) -> tuple[str, ...]:
    if row.undecided:
        return (row.commit[:_ID], "-", "-", "-", "-", "-", f"could not be judged: {visible(row.undecided)}")
    step = row.progress
    numbers = (len(step.resolved), len(step.introduced), len(step.suppressed), len(step.unchanged), row.open)
    subject = visible(row.subject)[:_SUBJECT]
    return (row.commit[:_ID], *map(str, numbers), f"{subject}  (stalled)" if row.stalled else subject)


def _json(history: History) -> str:
    document = {"schema": SCHEMA} | msgspec.to_builtins(history)
    return ascii_json(msgspec.json.format(msgspec.json.encode(document), indent=2)) + "\n"
