"""gates cache: what is kept between runs, and what can be done with it."""

from __future__ import annotations

import datetime
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import click

from gates import carrying, checkouts, roots
from gates.cache import Kind, permissions
from gates.checkouts import Checkout, Folders
from gates.model import GatesError
from gates.telling import tell
from gates.text import counted, visible

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group("cache", short_help="Say what is kept between runs, carry it, or remove it.")
def command() -> None:
    """What is kept between runs. No verdict depends on it: without it a check only takes longer."""


@command.command("info")
def info() -> int:
    """Say where it lies, how large it is, and who uses it."""
    place = _place()
    if not place.shared.is_dir():
        tell(f"{visible(str(place.shared))} is made by the first check\n")
        return 0
    try:
        kinds = place.store.kinds()
    except sqlite3.Error as error:
        raise GatesError(f"the cache cannot be read: {error}", "Run: gates cache clean") from error
    tell("".join(f"{visible(line)}\n" for line in _told(place, kinds)))
    return 0


@command.command("clean", short_help="Remove all that can be computed again.")
def clean() -> int:
    """Remove all that can be computed again, of every checkout that uses this cache.

    Last reports and what is remembered of the sessions of agents stay, and so does what a check is using.
    """
    place = _place()
    before = checkouts.size(place.shared)
    try:
        place.store.clear()
    except (sqlite3.Error, OSError) as error:
        raise GatesError(f"the cache cannot be emptied: {error}") from error
    for folder in (place.shared, *(each.folder for each in checkouts.known(place.shared))):
        checkouts.empty(folder)
    removed = before - checkouts.size(place.shared)
    tell(f"{visible(str(place.shared))}: {_mib(max(removed, 0))} removed; last reports and sessions stay.\n")
    return 0


@command.command("export", short_help="Write what is known by its content to a file.")
@_FILE
def export(file: Path) -> int:
    """Write what is known by its content to FILE, for the cache of another machine, of CI for example.

    What mypy keeps is not part of it: mypy tells files by size and time, which is not enough elsewhere.
    """
    number = carrying.export(_place().store, file, permissions(file))
    tell(f"{visible(str(file))}: {counted(number, 'entry', 'entries')}, {_mib(file.stat().st_size)}.\n")
    return 0


@command.command("import", short_help="Take in what was exported: all of it, or nothing.")
@_FILE
def take(file: Path) -> int:
    """Take in what `gates cache export` wrote to FILE: all of it, or nothing when something is wrong with it."""
    root = roots.find_root(Path.cwd())
    place = checkouts.around(root, os.environ)
    if not checkouts.ready(place, root):
        raise GatesError(f"{visible(str(place.shared))} is not writable", "Set GATES_CACHE to a writable directory.")
    tell(f"{visible(str(file))}: {counted(carrying.take(place.store, file), 'entry', 'entries')} taken in.\n")
    return 0


def _place() -> Folders:
    return checkouts.around(roots.find_root(Path.cwd()), os.environ)


def _told(place: Folders, kinds: tuple[Kind, ...]) -> Iterator[str]:
    store = place.store
    taken = store.path.stat().st_size if store.path.exists() else 0
    yield str(place.shared)
    yield f"shared by content: {_mib(taken)} of at most {_mib(store.limit)}"
    for each in kinds:
        used = f"used {_date(each.oldest)} to {_date(each.newest)}"
        yield f"  {each.name:<10}  {counted(each.entries, 'entry', 'entries'):>15}  {_mib(each.size):>10}  {used}"
    yield "checkouts:"
    for checkout in checkouts.known(place.shared):
        yield f"  {_mib(checkouts.size(checkout.folder)):>10}  used {_idle(checkout)}  {_name(checkout, place)}"


def _mib(size: int) -> str:
    return f"{size / (1 << 20):,.1f} MiB"


def _date(seconds: int) -> str:
    """Return a day as a person writes it; what another version wrote says no day."""
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).date().isoformat() if seconds > 0 else "never"
    except (ValueError, OverflowError, OSError):
        return "never"


def _idle(checkout: Checkout) -> str:
    return _date(int(time.time() - checkout.idle))


def _name(checkout: Checkout, place: Folders) -> str:
    name = checkout.root or checkout.folder.name
    if checkout.folder == place.own:
        return f"{name} (this one)"
    return name if os.path.isdir(checkout.root) else f"{name} (not there)"
