"""One machine's part of a check: its share of the project as it is, and of its base, looked at and not judged."""

from __future__ import annotations

from collections.abc import Sequence

from gates import comparing
from gates.cache import digest
from gates.grounds import Ground
from gates.project import Project
from gates.registry import Gate
from gates.scope import Files
from gates.sharding import BASE, NOW, READS, Asked, Part, Shard, Share, content, divided, looked, made, sizes
from gates.snapshots import Gathered
from gates.states import State


def part(ground: Ground, gates: Sequence[Gate], shard: Shard, asked: Asked) -> Part:
    """Return what gates find in one part of the states that a check is about.

    Raises:
        GatesError: the configuration of a gate cannot be followed.
        ToolError: git does not answer.
    """
    config = ground.policies.effective
    gates = [gate for gate in gates if gate.reads in READS]
    shown = {NOW: (ground.state, ground.files)}
    if ground.side and ground.side.commit:
        shown[BASE] = comparing.based(ground.bench, ground.side, ground.policies)
    shares = {name: divided(gates, sizes(state.root, files.paths), shard) for name, (state, files) in shown.items()}
    mine = {name: each[shard.number - 1] for name, each in shares.items()}
    projects = {name: _project(ground, *shown[name], share) for name, share in mine.items()}
    return Part(
        made=made(),
        policy=config.digest,
        asked=asked,
        shard=shard.number,
        of=shard.of,
        division=digest(repr(shares).encode()),
        states=contents(ground),
        looks=tuple(each for name in shown for each in looked(name, projects[name], config, gates, mine[name])),
    )


def contents(ground: Ground) -> dict[str, str]:
    """Return names for the contents of the states that a check is about."""
    here = {NOW: content(ground.state.root, ground.files.paths)}
    return here | ({BASE: ground.side.digest} if ground.side else {})


def _project(ground: Ground, state: State, files: Files, share: Share) -> Project:
    """Return what gates may see who look at a share of a state; facts of other files are there when asked for."""
    others = tuple(path for path in files.paths if path not in frozenset(share.files))
    facts = ground.bench.facts(state.root, share.files)
    snapshots = Gathered(facts, files.paths, lambda: ground.bench.facts(state.root, others))
    record = state is not ground.state
    return ground.bench.project(state, files, snapshots, ground.policies.effective, record=record)
