"""What a check stands on: the state that is judged, what it is compared with, the policy, the files and their facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gates import comparing, policies, states
from gates.asking import Target
from gates.comparing import Side
from gates.config import Config
from gates.judging import Known
from gates.model import GatesError
from gates.policies import Policies, Reader
from gates.preparing import Workbench
from gates.project import Base, Project
from gates.registry import Gate
from gates.running import Inspect, listed, look
from gates.scope import Files
from gates.snapshots import Snapshot, stamp
from gates.states import State
from gates.threads import Later


class Ground(Struct, frozen=True, kw_only=True):
    """The state that is judged and its policy, the base, the files of the whole project, and the `paths` to look at.

    In `shown` their contents can still be read after the check.
    `snapshots` gives the facts of all files, `before` those of the touched files as they were in the base, `known` what
    gates find there.
    """

    bench: Workbench
    state: State
    shown: Path
    side: Side | None
    policies: Policies
    files: Files
    paths: tuple[str, ...]
    snapshots: Callable[[], Mapping[str, Snapshot]]
    before: Callable[[Mapping[str, str]], Mapping[str, Snapshot]]
    known: Callable[[Sequence[Gate]], dict[str, Known]]

    def base(self, project: Project) -> Base | None:
        """Return what gates may know of the base, and of what the change touched; None without a base.

        Raises:
            ToolError: git does not answer.
        """
        if self.side is None:
            return None
        touched = comparing.touched(self.state, project.snapshots, self.side)
        return Base(
            commit=self.side.commit,
            touched=touched,
            before=self.before(touched),
            loosened=self.policies.loosened((*project.whole, *project.outside)),
            unverified=self.policies.unverified,
        )

    def check_overrides(self) -> None:
        """An override that matches nothing is a rule that silently does not hold.

        Raises:
            GatesError: there is one.
        """
        config, paths = self.policies.now, (*self.files.paths, *self.files.absent)
        for index, patterns in enumerate(config.overrides):
            if paths and not any(patterns.match(path) for path in paths):
                where = config.document.where(("overrides", index))
                raise GatesError(f"{where}: this override matches no file", "Correct its `paths`, or remove it.")

    def now(self) -> Callable[[], Sequence[str]]:
        """Begin to look which files of the project there are by now, and return who waits for them; that one raises
        ToolError when git does not answer."""
        if self.state.entries is not None:  # of a tree of git's it is known what belongs to it
            return lambda: self.files.paths
        spawner, root, policies = self.bench.spawner, self.state.root, self.policies.every
        return Later(lambda: states.files(states.working(spawner, root), *policies).paths).result

    def changed(self, snapshots: Mapping[str, Snapshot], now: Sequence[str]) -> str:
        """Say which files are no longer as they were read, or came or went by `now`: gates may then have judged other
        contents than there are. A tool that writes into the checkout is found out by this, too."""
        read = ((path, snapshots[path].stamp) for path in self.paths)
        changed = {path for path, known in read if known and known != stamp(f"{self.state.root}/{path}")}
        changed |= set(now) ^ set(self.files.paths)
        return f"files changed while they were checked: {listed(sorted(changed))}; check again" if changed else ""


def whole(bench: Workbench, target: Target, config: Config, reader: Reader, inspect: Inspect = look) -> Ground:
    """Return the ground on which all files are looked at; in the base by who lets gates `inspect` it.

    Raises:
        GatesError: the configuration or the target cannot be followed.
        ToolError: git does not answer.
    """
    side = comparing.side(bench, target.since, target.commit) if target.compares else None
    bench = msgspec.structs.replace(bench, like=side.like if side else "")
    state = _state(bench, target)
    rules = _policies(bench, state, side, config, reader)
    files = states.files(state, *rules.every, strict=True)
    return Ground(
        bench=bench,
        state=state,
        shown=state.root,
        side=side,
        policies=rules,
        files=files,
        paths=files.paths,
        snapshots=lambda: bench.facts(state.root, files.paths),
        before=lambda touched: comparing.before(bench, side, touched) if side else {},
        known=lambda gates: comparing.known(bench, side, rules, gates, inspect) if side else {},
    )


def _state(bench: Workbench, target: Target) -> State:
    if target.commit:
        return states.at(bench.spawner, bench.home, target.commit, bench.shelf)
    if target.staged:
        return states.staged(bench.spawner, bench.home, bench.shelf)
    return states.working(bench.spawner, bench.home, target.listing)


def _policies(bench: Workbench, state: State, side: Side | None, config: Config, reader: Reader) -> Policies:
    now = Policies(now=config, folder_now=bench.home)
    if state.entries is not None:
        now = policies.of_index(bench, state.entries, reader)
    if side is None:
        return now
    if not side.commit:
        return msgspec.structs.replace(now, unverified="nothing was committed before")
    return policies.with_base(bench, now, side.entries, reader)
