"""gates doctor: what is wrong around a project, and what mends it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import click

from gates import diagnosing
from gates.diagnosing import Diagnosis
from gates.telling import tell
from gates.text import counted, visible

_MARKS = {"ok": "\u2713", "warning": "!", "problem": "\u2717"}


@click.command("doctor", short_help="Say what is wrong around this project, and what mends it.")
def command() -> int:
    """Look at what a check stands on: environment, tools, pins, configuration, hooks and cache.

    Hooks are fired with an event that they have to refuse. Nothing is changed; under what is not in order stands the
    command that mends it. Exit codes: 0 nothing is wrong, 1 there are problems.
    """
    found = tuple(diagnosing.examined(diagnosing.place(os.environ)))
    counts = Counter(each.state for _, each in found)
    lines = [line for subject, each in found for line in _lines(subject, each)]
    problems, warnings = counted(counts["problem"], "problem"), counted(counts["warning"], "warning")
    tell("\n".join([*lines, "", f"{problems}, {warnings}, {counts['ok']:,} in order", ""]))
    return 1 if counts["problem"] else 0


def _lines(subject: str, found: Diagnosis) -> Iterator[str]:
    yield f"{_MARKS[found.state]} {subject:<13}  {visible(found.said)}"
    if found.run:
        yield f"    run: {visible(found.run)}"
    if found.edit:
        yield f"    do: {visible(found.edit)}"
