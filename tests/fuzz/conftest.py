"""What has to be so before hypothesis looks."""

from __future__ import annotations

import pytest

from gates.facts.analyse import analyse


@pytest.fixture(scope="session", autouse=True)
def recursion() -> None:
    """The first analysis in a process raises its limit of recursion, which hypothesis must not see happen in a test."""
    assert analyse(b"").unreadable is None
