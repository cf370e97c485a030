"""What tests of more than one module are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repository import Repository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    return Repository(tmp_path, monkeypatch)
