"""Contents of files as they were committed, by git's id of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from gates.git.ask import answer, is_id, missing, repository, run
from gates.process import Spawner, ToolError
from gates.text import visible


def blobs(spawner: Spawner, root: Path, oids: Sequence[str]) -> dict[str, bytes]:
    """Return the content of objects by id, as committed: no filter, no line ending is applied.

    Raises:
        GatesError: there is no repository.
        ToolError: git is missing or refuses to answer, or an object is missing, damaged, or no file.
    """
    repository(root)
    wanted = sorted(set(oids))
    strange = [oid for oid in wanted if not is_id(oid)]
    if strange:
        raise ToolError(f"`{visible(strange[0])}` is no id of an object")
    if not wanted:
        return {}
    done = run(spawner, root, ("cat-file", "--batch", "--buffer"), stdin="\n".join([*wanted, ""]).encode())
    return dict(_contents(answer(done, "read objects"), wanted))


def sizes(spawner: Spawner, root: Path, oids: Sequence[str]) -> dict[str, int]:
    """Return the sizes of objects by id, in bytes.

    Raises:
        GatesError: there is no repository.
        ToolError: git is missing or refuses to answer, or an object is missing.
    """
    repository(root)
    wanted = sorted(set(oids))
    if not wanted:
        return {}
    done = run(spawner, root, ("cat-file", "--batch-check"), stdin="\n".join([*wanted, ""]).encode())
    rows = [each.split(" ") for each in answer(done, "read objects").decode("ascii", "replace").splitlines()]
    if lacking := [each[0] for each in rows if each[1:] == ["missing"]]:
        raise missing(f"object {lacking[0]} is missing")
    return {each[0]: int(each[2]) for each in rows}


def blob_id(content: bytes, like: str) -> str:
    """Return git's id of a file's content, in the hash of another id of the same repository: SHA-1 or SHA-256."""
    framed = b"blob %d\0" % len(content) + content
    if len(like) == 64:
        return hashlib.sha256(framed).hexdigest()
    return hashlib.sha1(framed, usedforsecurity=False).hexdigest()


def _contents(out: bytes, wanted: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    at = 0
    for oid in wanted:
        end = out.find(b"\n", at)
        header = out[at:end].decode("ascii", "replace").split(" ")
        if header[1:] == ["missing"]:
            raise missing(f"object {oid} is missing")
        if end < 0 or header[:2] != [oid, "blob"]:
            raise ToolError(f"git could not read objects: {oid} is not the content of a file")
        at = end + 1 + int(header[2])
        content = out[end + 1 : at]
        if blob_id(content, oid) != oid:
            raise ToolError(f"git could not read objects: {oid} is damaged", "Run `git fsck`.")
        at += 1
        yield oid, content
