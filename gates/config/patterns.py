"""Path patterns of the policy: `.gitignore` syntax, anchored at the root of the project."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from gates.model import GatesError
from gates.text import visible

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


class Patterns:
    """A set of patterns; a path matches when the last pattern that speaks of it does not start with `!`.

    Raises:
        GatesError: one of them is not valid.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._spec = _spec(patterns) if patterns else None

    def match(self, path: str) -> bool:
        """Return whether a path, relative to the root, matches."""
        return self._spec is not None and self._spec.match_file(path)


def _spec(patterns: Sequence[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(patterns)
    except (ValueError, re.error) as error:
        raise GatesError(f"`{visible(' '.join(patterns))}` is no path pattern: {error}", "Correct it.") from error


def taken(entry: str, names: Iterable[str]) -> set[str]:
    """Return the files that an entry of `source` stands for: those at or below its path, else those that match it."""
    names = tuple(names)
    folder = PurePosixPath(entry).as_posix()
    below = {each for each in names if folder == "." or each == folder or each.startswith(f"{folder}/")}
    if below:
        return below
    patterns = Patterns((entry,))
    return {each for each in names if patterns.match(each)}
