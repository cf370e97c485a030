"""Fixtures of the oracle tests: each corpus in a fresh folder outside of our work tree, where git would list less."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .corpora import unpacked

Corpora = Callable[[str], Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.oracle)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpora:
    """Return a function from the name of a corpus to its root; each worker of a session unpacks what it needs once."""
    roots: dict[str, Path] = {}

    def root(name: str) -> Path:
        if name not in roots:
            roots[name] = unpacked(name, tmp_path_factory.mktemp(name))
        return roots[name]

    return root
