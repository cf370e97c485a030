"""Pieces of the page that its parts share: prose, links to filtered lists, what was left out."""

from __future__ import annotations

from gates.text import html, uri, visible

LISTED = 500
"""Root causes, flags and uninspected files that are listed; of more, their number."""


def prose(text: str) -> str:
    """Return text in which what stands between backticks becomes code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return html(text)
    return "".join(f"<code>{html(part)}</code>" if index % 2 else html(part) for index, part in enumerate(parts))


def filtered(wanted: str, shown: str) -> str:
    """Return a text that the script turns into a link to a filtered list; without it there is nothing to link to."""
    return f'<span data-filter="{html(wanted)}">{html(shown)}</span>'


def more(number: int) -> str:
    """Return how many of so many are not listed."""
    left = number - LISTED
    hint = "gates check --output-format json"
    return f'<p class="quiet">and {left:,} more: <code>{hint}</code></p>' if left > 0 else ""


def anchor(path: str) -> str:
    """Return the id of a file's findings."""
    return f"file={uri(visible(path))}"
