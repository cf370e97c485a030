"""Findings that somebody called wrong or out of reach: one record each under `.gates/flags/`, for a person."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection
from pathlib import Path

import msgspec

from gates.cache import write_atomically
from gates.model import UNDECODABLE, Flag, GatesError

_FOLDER = Path(".gates") / "flags"
_NAME = r"[a-z][a-z0-9-]*-[0-9a-f]{8,12}"


def known(root: Path, ids: Collection[str]) -> tuple[Flag, ...]:
    """Return the flags of these findings, by id. A record that cannot be read is no flag."""
    try:
        names = sorted(os.listdir(root / _FOLDER))
    except OSError:
        return ()
    found = []
    for name in names:
        if name.endswith(".json") and name.removesuffix(".json") in ids:
            with contextlib.suppress(OSError, *UNDECODABLE):
                found.append(msgspec.json.decode((root / _FOLDER / name).read_bytes(), type=Flag))
    return tuple(found)


def add(root: Path, flag: Flag) -> Path:
    """Write a record and return its path, relative to the root.

    Raises:
        GatesError: the id is not one of a finding, the reason is empty, or the record cannot be written.
    """
    if not re.fullmatch(_NAME, flag.id):
        raise GatesError(f"`{flag.id}` is no id of a finding", "`gates check` prints them, as `complexity-7f3a91c2`.")
    if not flag.reason.strip():
        raise GatesError("a flag needs a reason", 'Say it with --reason "…".')
    folder = root / _FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / f"{flag.id}.json", msgspec.json.format(msgspec.json.encode(flag)) + b"\n")
    except OSError as error:
        raise GatesError(f"the flag cannot be written: {error.strerror}") from error
    return _FOLDER / f"{flag.id}.json"
