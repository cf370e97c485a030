"""gates baseline: the debt that is accepted, in one file that only shrinks."""

from __future__ import annotations

import datetime
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from gates import ancestry, baseline
from gates.baseline import Baseline, Entry
from gates.cache import permissions, write_atomically
from gates.model import BrokenError, GatesError, Outcome, Verdict
from gates.text import counted, visible

if TYPE_CHECKING:
    from gates.asking import Loaded
    from gates.identity import Trace
    from gates.judging import Standing

_SINCE = click.option("--since", default="", metavar="REF", help="Judge what only a comparison with REF finds, too.")


@click.group("baseline", short_help="Accept debt, show it, let it shrink.")
def command() -> None:
    """The debt that a project lives with: findings that were there when its baseline was made.

    `gates check` reads the baseline and never writes it. It only shrinks, unless somebody accepts new debt and says
    why.

    \b
    gates baseline create                            once: accept what is there
    gates baseline update                            after every improvement: keep only what is left
    gates baseline show                              how much there is, and what was added since
    gates baseline explain src/shop/orders.py        what is accepted there, and what of it is left
    gates explain baseline                           the page about it, with set-up for git and CI
    """


@command.command("create")
def create() -> int:
    """Accept what is open now, in a file to be committed. Refuses where there is a baseline already."""
    loaded = _loaded()
    path = _path(loaded)
    if baseline.read(path, path.name) is not None:
        raise GatesError(f"{visible(path.name)} exists already", "Let it shrink: gates baseline update")
    found = _found(loaded).standing
    entries = baseline.counted_up(baseline.entry(each.trace) for each in found if _is_acceptable(each))
    _write(path, entries)
    click.echo(f"{visible(path.name)}: {_debt(entries)} accepted. Commit it.")
    _tell_open(each for each in found if not _is_acceptable(each))
    return 0


@command.command("update", short_help="Keep only what is left of it, at the values of today.")
@click.option("--accept-new", is_flag=True, help="Accept what is open, too; needs --reason.")
@click.option("--reason", default="", help="Why new debt is taken on; kept with each entry.")
@_SINCE
def update(accept_new: bool, reason: str, since: str) -> int:
    """Take out what is resolved, tighten what is better, follow what was renamed.

    Nothing is added without --accept-new and a --reason.
    """
    _check_reason(accept_new, reason)
    loaded = _loaded()
    before = _needed(loaded)
    found, ran, hidden = _found(loaded, since)
    new = [each for each in found if accept_new and _is_new(each)]
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    rest = baseline.shrunk(before.entries, _seen(each for each in found if each not in new), ran, hidden=hidden)
    _write(
        _path(loaded),
        baseline.counted_up([*rest, *(baseline.entry(each.trace, _clean(reason), today) for each in new)]),
    )
    _tell(loaded, before.entries, baseline.shrunk(before.entries, _seen(found), ran, hidden=hidden), len(new))
    _tell_open(each for each in found if each.is_open and each not in new)
    return 0


@command.command("prune")
def prune() -> int:
    """Take out what is resolved, and change nothing else."""
    loaded = _loaded()
    before = _needed(loaded)
    found, ran, hidden = _found(loaded)
    kept = baseline.shrunk(before.entries, _seen(found), ran, hidden=hidden, tighten=False)
    _write(_path(loaded), kept)
    resolved = counted(_number(before.entries) - _number(kept), "finding")
    click.echo(f"{visible(_path(loaded).name)}: {resolved} resolved, {_debt(kept)} left.")
    return 0


@command.command("show", short_help="Say how much debt is accepted, by rule, and what came later.")
def show() -> int:
    """Say how much debt is accepted, by rule, and what was added since the baseline was made."""
    known = _needed(_loaded())
    near = sum(each.count for each in known.entries if each.latent)
    click.echo(
        f"{_debt(known.entries)} accepted" + (f", {counted(near, 'near one')} remembered (no debt)" if near else "")
    )
    rules: Counter[str] = Counter()
    for each in known.entries:
        if not each.latent:
            rules[each.rule] += each.count
    for rule, number in sorted(rules.items(), key=lambda each: (-each[1], each[0])):
        click.echo(f"{number:>7,}  {visible(rule)}")
    _show_later(known)
    return 0


def _show_later(known: Baseline) -> None:
    later = sorted((each for each in known.entries if each.reason), key=lambda each: each.date)
    if later:
        click.echo("\naccepted later:")
    for each in later:
        click.echo(visible(f"  {each.date}  {_title(each)}: {each.reason}"))


@command.command("explain", short_help="Show what is accepted of a rule, path or symbol.")
@click.argument("what")
def explain(what: str) -> int:
    """Show the entries whose rule, path or symbol contains WHAT, and how much of each is left."""
    loaded = _loaded()
    known = _needed(loaded)
    wanted = [each for each in known.entries if not each.latent and _concerns(each, what)]
    if not wanted:
        raise GatesError(f"no entry of the baseline speaks of `{visible(what)}`", "Look at: gates baseline show")
    found, ran, hidden = _found(loaded)
    values: dict[object, list[float | None]] = {}
    for trace, owner in _seen(found):
        values.setdefault(owner.key, []).append(trace.value)
    for each in wanted:
        left = _left(each, values.get(each.key, [])) if each.gate in ran else f"the gate {each.gate} did not run"
        left = "unknown: its file cannot be read here" if each.path in hidden else left
        click.echo(visible(_title(each)))
        click.echo(visible(f"  accepted {_amount(each.count, each.amount)}, today {left}"))
        if each.reason:
            click.echo(visible(f"  since {each.date}: {each.reason}"))
    return 0


@command.command("merge")
@click.argument("ancestor", type=click.Path(path_type=Path))
@click.argument("ours", type=click.Path(path_type=Path))
@click.argument("theirs", type=click.Path(path_type=Path))
def merge(ancestor: Path, ours: Path, theirs: Path) -> int:
    """Merge two baselines into OURS, as a merge driver of git.

    What either side resolved is gone, the stricter of two values wins, and what one side accepted stays if it says why.
    One line is for the repository, the other for each clone of it:

    \b
    echo "gates-baseline.json merge=gates-baseline" >> .gitattributes
    git config merge.gates-baseline.driver "gates baseline merge %O %A %B"
    """
    left, right = _merging(ours, "our baseline"), _merging(theirs, "their baseline")
    is_empty = not ancestor.exists() or not ancestor.stat().st_size
    before = Baseline() if is_empty else _merging(ancestor, "the baseline before both")
    _write(ours, ancestry.merged(left.entries, right.entries, before.entries))
    return 0


def _loaded() -> Loaded:
    from gates import asking  # the merge driver runs for each merge, and needs none of it

    return asking.load()


def _merging(path: Path, name: str) -> Baseline:
    found = baseline.read(path, name)
    if found is None:
        raise GatesError(f"there is no file `{visible(str(path))}`")
    return found


def _path(loaded: Loaded) -> Path:
    return loaded.config.root / loaded.config.baseline


def _needed(loaded: Loaded) -> Baseline:
    path = _path(loaded)
    found = baseline.read(path, path.name)
    if found is None:
        raise GatesError(f"there is no {visible(path.name)}", "Make one: gates baseline create")
    return found


class _Found(NamedTuple):
    """What stands, which gates ran, and which files nobody could look at: what is accepted there stays accepted."""

    standing: tuple[Standing, ...]
    ran: frozenset[str]
    hidden: frozenset[str]


def _found(loaded: Loaded, since: str = "") -> _Found:
    """Run every gate over the project. A gate without a verdict would lose its entries."""
    from gates import asking, engine

    jobs, timeout = len(os.sched_getaffinity(0)), loaded.config.timeout
    found = engine.examined(asking.Request(loaded=loaded, record=True, since=since, jobs=jobs, timeout=timeout))
    outcomes = [each for each in found.report.outcomes if each.gate != "baseline"]
    if reason := found.report.reason or _undecided(outcomes):
        raise BrokenError(f"what is accepted cannot be told: {reason}", "Mend that first: gates check")
    standing = tuple(each for each in found.standing if not each.trace.rule.startswith("baseline/"))
    return _Found(standing, frozenset(each.gate for each in outcomes), found.hidden)


def _undecided(outcomes: Iterable[Outcome]) -> str:
    """Return the first gate that came to no verdict, and why."""
    broken = (each for each in outcomes if each.verdict in (Verdict.BROKEN, Verdict.SKIPPED))
    return next((f"the gate {each.gate} came to no verdict: {each.reason}" for each in broken), "")


def _seen(found: Iterable[Standing]) -> list[tuple[Trace, Entry]]:
    return [(each.trace, each.entry) for each in found if each.entry is not None]


def _check_reason(accept_new: bool, reason: str) -> None:
    if accept_new != bool(reason.strip()):
        given, missing = ("--accept-new", "--reason") if accept_new else ("--reason", "--accept-new")
        raise GatesError(f"{given} needs {missing}", "Both together take on new debt, and say in a sentence why.")


def _is_new(standing: Standing) -> bool:
    return standing.is_open and _is_acceptable(standing)


def _is_acceptable(standing: Standing) -> bool:
    return standing.trace.rule.partition("/")[0] not in baseline.NEVER


def _concerns(entry: Entry, what: str) -> bool:
    return any(what in part for part in (entry.rule, entry.path, entry.symbol))


def _tell(loaded: Loaded, before: Sequence[Entry], kept: Sequence[Entry], added: int) -> None:
    """Say what became of the entries, and how many findings are accepted anew."""
    resolved = counted(_number(before) - _number(kept), "finding")
    anew = f", {added:,} accepted anew" if added else ""
    tightened = f"{_tightened(before, kept):,} tightened"
    click.echo(f"{visible(_path(loaded).name)}: {resolved} resolved, {tightened}, {_debt(kept)} left{anew}.")


def _tightened(before: Sequence[Entry], kept: Sequence[Entry]) -> int:
    """Return how many values came down, of entries that kept their name."""
    values = {each.key: each.value for each in before}
    pairs = [(each.value, values.get(each.key)) for each in kept]
    return sum(now is not None and old is not None and now < old for now, old in pairs)


def _tell_open(found: Iterable[Standing]) -> None:
    number = len(list(found))
    if number:
        click.echo(f"{counted(number, 'finding')} still open: gates check")


def _number(entries: Iterable[Entry]) -> int:
    return sum(each.count for each in entries if not each.latent)


def _debt(entries: Iterable[Entry]) -> str:
    return counted(_number(entries), "finding")


def _clean(reason: str) -> str:
    """Return a reason as a file can keep it: what was typed need not be UTF-8."""
    return reason.strip().encode("utf-8", "backslashreplace").decode("utf-8")


def _title(entry: Entry) -> str:
    return "  ".join(each for each in (entry.rule, entry.path, entry.symbol, entry.code) if each)


def _amount(count: int, at: str) -> str:
    return " at ".join(each for each in (str(count) if count > 1 or not at else "", at) if each)


def _left(entry: Entry, values: Sequence[float | None]) -> str:
    if not values:
        return "gone: `gates baseline update` takes the entry out"
    worst = max((each for each in values if each is not None), default=None)
    return _amount(len(values), baseline.amount(entry.rule, worst))


def _write(path: Path, entries: Iterable[Entry]) -> None:
    try:
        write_atomically(path, baseline.render(entries).encode(), permissions(path))
    except OSError as error:
        raise GatesError(f"{visible(path.name)} cannot be written: {error.strerror}") from error
