"""The pages of the gates, as Markdown: the part that explains one rule."""

from __future__ import annotations

import re

_CASES = "## Cases"


def section(page: str, rule: str) -> str:
    """Return what a page says of a rule: its title, and the section under the rule's name.

    Without a rule, or without a section for it (the page then speaks of all rules in one), the whole page up to its
    test cases.
    """
    explained = page.partition(f"\n{_CASES}")[0].strip()
    match = (
        re.search(rf"^### `?{re.escape(rule)}`?\s*$.*?(?=^##|\Z)", explained, re.MULTILINE | re.DOTALL)
        if rule
        else None
    )
    if match is None:
        return explained
    title = explained.partition("\n")[0]
    return f"{title}\n\n{match.group().strip()}"
