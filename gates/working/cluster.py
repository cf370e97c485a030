"""Workers of a dask cluster, which do what a crew would let processes of this machine do."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any

from gates.model import BrokenError, GatesError
from gates.text import visible
from gates.working import Elsewhere

_SCHEME = "dask://"
_SECONDS = 10.0
"""Within which a scheduler has to answer."""


@contextlib.contextmanager
def connected(address: str) -> Iterator[Elsewhere]:
    """Connect with the scheduler at `dask://HOST:PORT`, for as long as its workers are needed.

    Raises:
        GatesError: it is no such address, or the extra `cluster` is not installed.
        BrokenError: nobody answers there, or the scheduler has no workers.
    """
    shown = visible(address)
    if not address.startswith(_SCHEME):
        raise GatesError(f"`{shown}` is no executor", f"Name the scheduler of a dask cluster: {_SCHEME}HOST:PORT")
    try:
        client = _client(f"tcp://{address.removeprefix(_SCHEME)}")
    except ImportError as error:
        raise GatesError(
            f"`{shown}` needs the extra `cluster`", "Install it: python -m pip install 'quality-gates[cluster]'"
        ) from error
    except (OSError, ValueError) as error:
        raise BrokenError(f"no scheduler answers at `{shown}`", "Start it, or correct the address.") from error
    with client:
        slots = sum(client.nthreads().values())
        if not slots:
            raise BrokenError(
                f"the scheduler at `{shown}` has no workers", "Start some, or check without `--executor`."
            )
        yield Elsewhere(client.get_executor(pure=False), slots)


def _client(address: str) -> Any:
    """Return a client of dask, which is not annotated."""
    return importlib.import_module("distributed").Client(address, timeout=_SECONDS, set_as_default=False)
