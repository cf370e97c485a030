"""What tests of more than one module are given."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from tests.examples import SUITE
from tests.repository import Repository

settings.register_profile("suite", SUITE)
settings.load_profile("suite")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    return Repository(tmp_path, monkeypatch)
