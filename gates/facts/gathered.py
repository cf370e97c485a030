"""Facts of a project of which only some files have to be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock

from gates.facts.collect import Snapshot


class Gathered(Mapping[str, Snapshot]):
    """Facts by path: some are known, all others are found together when one of them is asked for."""

    def __init__(
        self, known: Mapping[str, Snapshot], paths: Sequence[str], find: Callable[[], Mapping[str, Snapshot]]
    ) -> None:
        self._known = dict(known)
        self._paths = dict.fromkeys(paths)
        self._find = find
        self._lock = Lock()

    def __getitem__(self, path: str) -> Snapshot:
        if path not in self._known and path in self._paths:
            with self._lock:
                if path not in self._known:
                    self._known = {**self._find(), **self._known}
        return self._known[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, path: object) -> bool:
        return path in self._paths
