"""gates baseline: the debt that is accepted, in one file that only shrinks."""

from __future__ import annotations

import datetime
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import msgspec

from gates import baseline, engine
from gates.baseline import Baseline, Entry
from gates.cache import write_atomically
from gates.judging import Standing
from gates.model import BrokenError, GatesError, Verdict
from gates.text import counted, visible

_SINCE = click.option("--since", default="", metavar="REF", help="Also what only a comparison with REF finds.")


@click.group("baseline", short_help="Accept debt, show it, let it shrink.")
def command() -> None:
    """The debt that a project lives with: findings that were there when its baseline was made.

    `gates check` reads the baseline and never writes it. It only shrinks, unless somebody accepts new debt and says why.
    """


@command.command("create")
def create() -> int:
    """Accept what is open now, in a file to be committed. Refuses where there is a baseline already."""
    loaded = engine.load()
    path = _path(loaded)
    if baseline.read(path, path.name) is not None:
        raise GatesError(f"{visible(path.name)} exists already", "Let it shrink: gates baseline update")
    found = _standing(loaded)
    entries = baseline.counted_up(baseline.entry(each.trace) for each in found if _is_acceptable(each))
    _write(path, entries)
    click.echo(f"{visible(path.name)}: {_debt(entries)} accepted. Commit it.")
    _tell_open(each for each in found if not _is_acceptable(each))
    return 0


@command.command("update")
@click.option("--accept-new", is_flag=True, help="Accept what is open, too; needs --reason.")
@click.option("--reason", default="", help="Why new debt is taken on; kept with each entry.")
@_SINCE
def update(accept_new: bool, reason: str, since: str) -> int:
    """Take out what is resolved, tighten what is better, follow what was renamed.

    Nothing is added without --accept-new and a --reason.
    """
    if accept_new and not reason.strip():
        raise GatesError("--accept-new needs --reason", "Say in a sentence why this debt is taken on.")
    loaded = engine.load()
    before = _needed(loaded)
    found = _standing(loaded, since)
    kept = baseline.shrunk(before.entries, _seen(found, before))
    new = [each for each in found if each.is_open and accept_new and _is_acceptable(each)]
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    added = baseline.counted_up(baseline.entry(each.trace, reason.strip(), today) for each in new)
    _write(_path(loaded), _with(kept, added))
    resolved = counted(_number(before.entries) - _number(kept), "finding")
    click.echo(f"{visible(_path(loaded).name)}: {resolved} resolved, {_debt(added)} added, {_debt(kept)} kept.")
    _tell_open(each for each in found if each.is_open and each not in new)
    return 0


@command.command("prune")
def prune() -> int:
    """Take out what is resolved, and change nothing else."""
    loaded = engine.load()
    before = _needed(loaded)
    kept = baseline.shrunk(before.entries, _seen(_standing(loaded), before), tighten=False)
    _write(_path(loaded), kept)
    resolved = counted(_number(before.entries) - _number(kept), "finding")
    click.echo(f"{visible(_path(loaded).name)}: {resolved} resolved, {_debt(kept)} kept.")
    return 0


@command.command("show")
def show() -> int:
    """Say how much debt is accepted, by rule, and what was added since the baseline was made."""
    known = _needed(engine.load())
    click.echo(f"{_debt(known.entries)} accepted")
    rules: Counter[str] = Counter()
    for each in known.entries:
        rules[each.rule] += each.count
    for rule, number in sorted(rules.items(), key=lambda each: (-each[1], each[0])):
        click.echo(f"{number:>7,}  {visible(rule)}")
    for each in known.entries:
        if each.reason:
            click.echo(visible(f"{each.date}  {each.rule}  {each.path}  {_what(each)}: {each.reason}"))
    return 0


@command.command("explain")
@click.argument("what")
def explain(what: str) -> int:
    """Show the entries whose rule, path or symbol contains WHAT, and whether each is still needed."""
    loaded = engine.load()
    known = _needed(loaded)
    wanted = [each for each in known.entries if any(what in part for part in (each.rule, each.path, each.symbol))]
    if not wanted:
        raise GatesError(f"no entry of the baseline speaks of `{visible(what)}`", "Look at `gates baseline show`.")
    found = _seen(_standing(loaded), known)
    for each in wanted:
        values = [trace.value for trace, owner in found if owner is each]
        click.echo(visible(f"{each.rule}  {each.path}  {_what(each)}"))
        click.echo(visible(f"  accepted: {_accepted(each)}"))
        click.echo(f"  today: {_today(values)}")
    return 0


@command.command("merge")
@click.argument("ancestor", type=click.Path(path_type=Path))
@click.argument("ours", type=click.Path(path_type=Path))
@click.argument("theirs", type=click.Path(path_type=Path))
def merge(ancestor: Path, ours: Path, theirs: Path) -> int:
    """Merge two baselines into OURS, as a merge driver of git: what either side resolved is gone, the stricter wins.

    \b
    git config merge.gates-baseline.driver "gates baseline merge %O %A %B"
    echo "gates-baseline.json merge=gates-baseline" >> .gitattributes
    """
    left, right = _merging(ours), _merging(theirs)
    before = _merging(ancestor) if ancestor.exists() and ancestor.stat().st_size else Baseline()
    _write(ours, baseline.merged(left.entries, right.entries, before.entries))
    return 0


def _merging(path: Path) -> Baseline:
    found = baseline.read(path, path.name)
    if found is None:
        raise GatesError(f"there is no file `{visible(str(path))}`")
    return found


def _path(loaded: engine.Loaded) -> Path:
    return loaded.config.root / loaded.config.baseline


def _needed(loaded: engine.Loaded) -> Baseline:
    path = _path(loaded)
    found = baseline.read(path, path.name)
    if found is None:
        raise GatesError(f"there is no {visible(path.name)}", "Make one: gates baseline create")
    return found


def _standing(loaded: engine.Loaded, since: str = "") -> tuple[Standing, ...]:
    """Run every gate over the project and return what stands. A gate without a verdict would lose its entries."""
    jobs, timeout = len(os.sched_getaffinity(0)), loaded.config.timeout
    found = engine.examined(engine.Request(loaded=loaded, record=True, since=since, jobs=jobs, timeout=timeout))
    undecided = [each for each in found.report.outcomes if each.verdict in (Verdict.BROKEN, Verdict.SKIPPED)]
    if found.report.reason or undecided:
        reason = found.report.reason or f"the gate {undecided[0].gate} came to no verdict: {undecided[0].reason}"
        raise BrokenError(f"the baseline was not changed, {reason}", "Mend that first: gates check")
    return found.standing


def _seen(found: Iterable[Standing], known: Baseline) -> list[tuple[baseline.Trace, Entry]]:
    return [(each.trace, each.entry) for each in found if each.entry is not None]


def _is_acceptable(standing: Standing) -> bool:
    return standing.trace.rule.partition("/")[0] not in baseline.NEVER


def _with(kept: Sequence[Entry], added: Sequence[Entry]) -> list[Entry]:
    """Return the kept entries and the added ones, which replace those of the same key: they say what was taken on."""
    new = {each.key: each for each in added}
    counts = {each.key: each.count for each in kept}
    more = [
        msgspec.structs.replace(each, count=each.count + (counts.get(each.key, 0) if each.value is None else 0))
        for each in added
    ]
    return [*(each for each in kept if each.key not in new), *more]


def _tell_open(found: Iterable[Standing]) -> None:
    number = len(list(found))
    if number:
        click.echo(f"{counted(number, 'finding')} still open: gates check")


def _number(entries: Iterable[Entry]) -> int:
    return sum(each.count for each in entries if not each.latent)


def _debt(entries: Iterable[Entry]) -> str:
    return counted(_number(entries), "finding")


def _what(entry: Entry) -> str:
    return entry.code or entry.symbol


def _accepted(entry: Entry) -> str:
    value = "" if entry.value is None else f", at {abs(entry.value):g}"
    since = f", since {entry.date}" if entry.date else ""
    return f"{entry.count}{value}{since}" + (f": {entry.reason}" if entry.reason else "")


def _today(values: Sequence[float | None]) -> str:
    if not values:
        return "gone; `gates baseline update` takes the entry out"
    known = [abs(each) for each in values if each is not None]
    return f"{len(values)}" + (f", at {max(known):g}" if known else "")


def _write(path: Path, entries: Iterable[Entry]) -> None:
    try:
        write_atomically(path, baseline.render(entries).encode())
    except OSError as error:
        raise GatesError(f"{visible(path.name)} cannot be written: {error.strerror}") from error
