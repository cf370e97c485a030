"""Path patterns of the policy: `.gitignore` syntax, anchored at the root of the project."""

from __future__ import annotations

from collections.abc import Sequence

from pathspec import GitIgnoreSpec


class Patterns:
    """A set of patterns; a path matches when the last pattern that speaks of it does not start with `!`."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._spec = GitIgnoreSpec.from_lines(patterns)

    def match(self, path: str) -> bool:
        """Return whether a path, relative to the root, matches."""
        return self._spec.match_file(path)
