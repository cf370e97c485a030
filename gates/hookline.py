"""The command line of a hook."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Line(NamedTuple):
    """What is asked for: files that narrow what is reported, gates by name, or all of them; the ref at which a push
    begins, or the remote of a push that standard input tells of."""

    files: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    everything: bool = False
    since: str = ""
    remote: str = ""


def plain(arguments: Sequence[str]) -> Line | None:
    """Return what the arguments of `gates hook` ask for when they are written as hooks write them; None when somebody
    else has to read them, who knows every way to write them and what to say of mistakes."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options, files = arguments[:end], tuple(arguments[end + 1 :])
    if any(each.startswith("-") and os.path.lexists(each) for each in options):
        return None
    found = Line(files)
    rest = iter(options)
    for each in rest:
        taken = found._replace(everything=True) if each == "--all" else _taken(found, each, rest)
        if taken is None:
            return None
        found = taken
    return found


def _taken(line: Line, option: str, rest: Iterator[str]) -> Line | None:
    """Return what is asked for with one more option, whose value comes next; None for any other."""
    value = next(rest, "")
    if not value or value.startswith("-"):
        return None
    if option == "--gate":
        return line._replace(names=(*line.names, value))
    if option == "--since":
        return line._replace(since=value)
    return line._replace(remote=value) if option == "--push" else None
