"""What one machine found, as a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gates.cache import digest, own_code
from gates.config import Config
from gates.facts.source import UnreadableError, read
from gates.model import GatesError
from gates.project import Project, installed
from gates.registry import Gate, tools
from gates.running import Seen, look, tried
from gates.sharding.division import Share
from gates.text import visible

SCHEMA = "gates.shard/1"
WRITE = "gates check --shard I/N > FILE"
"""How a part is written."""

NOW, BASE = "now", "base"
"""The states that a part looks at."""


class Asked(Struct, frozen=True):
    """What is checked: the gates that were named, and the commit that it is compared with; whether nobody trusts it."""

    gates: tuple[str, ...] = ()
    since: str = ""
    untrusted: bool = False


class Look(Struct, frozen=True):
    """What a gate found in its share of one state of the project."""

    state: str
    gate: str
    seen: Seen


class Part(Struct, frozen=True, tag_field="schema", tag=SCHEMA):
    """What one machine found. `made` names the product and its tools, `policy` the rules, `division` who has what, and
    `states` the content of each state that was looked at."""

    made: str
    policy: str
    asked: Asked
    shard: int
    of: int
    division: str
    states: Mapping[str, str]
    looks: tuple[Look, ...]


def content(root: Path, paths: Iterable[str]) -> str:
    """Return a name for the content of files."""
    return digest(*(part for path in paths for part in (path.encode("utf-8", "surrogateescape"), _read(root / path))))


def _read(path: Path) -> bytes:
    try:
        return read(path)
    except UnreadableError as error:
        return str(error).encode()


def made() -> str:
    """Return a name for what decides findings beside the project: this product, Python, and the tools beside it."""
    versions = (f"{each.name} {installed(each.distribution)}" for each in tools())
    return digest(*(each.encode() for each in (own_code(), sys.version, *versions)))


def looked(state: str, project: Project, config: Config, gates: Sequence[Gate], share: Share) -> tuple[Look, ...]:
    """Let gates look at a share of a state, several at a time.

    A mistake in the configuration of another state than `NOW` is what nobody asked about.

    Raises:
        GatesError: the configuration of a gate cannot be followed.
        Stopped: the check was interrupted.
    """
    own = msgspec.structs.replace(project, files=share.files)
    mine = [(gate, project) for gate in gates if gate.name in share.gates]
    mine += [(gate, own) for gate in gates if gate.reads == "file" and share.files]

    def seen(look_at: tuple[Gate, Project]) -> Look:
        gate, shown = look_at
        lenient = state != NOW
        return Look(state, gate.name, tried(gate, shown, lambda: look(gate, shown, config), lenient=lenient))

    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=project.crew.jobs + 1) as pool:
        try:
            return tuple(pool.map(seen, mine))
        except BaseException:
            project.crew.spawner.stop()
            raise


def written(part: Part) -> str:
    """Return a part as JSON. Names of files may hold bytes that are no text; JSON has escapes for them."""
    document = msgspec.to_builtins(part)
    for each in document["looks"]:  # the one set in it; counts keep the order in which a gate names them
        each["seen"]["inspection"]["inspected"].sort()
    import json  # few checks are shared out

    return json.dumps(document) + "\n"


def is_part(content: bytes) -> bool:
    """Whether a file says that it is a part of a check."""
    return SCHEMA.encode() in content[:100]


def parsed(content: bytes, name: str) -> Part:
    """Return the part in a file; `name` is for the error.

    Raises:
        GatesError: it is no part of a check.
    """
    import json

    try:
        return msgspec.convert(json.loads(content), Part)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise GatesError(f"{visible(name)} is no part of a check: {error}", f"Write it: {WRITE}") from error
