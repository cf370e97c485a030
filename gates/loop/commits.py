"""Whether commits lead anywhere: each is judged as the attempts of a loop are, all by the same rules.

A number of errors means the same only under the same rules, and who loosens them resolves nothing. So the stricter of
the policies at both ends holds, key by key, and the debt that was accepted at the beginning.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gates import baseline, config, engine, git, policies
from gates.asking import Loaded, Request
from gates.baseline import Baseline
from gates.config import Config
from gates.engine import Examined
from gates.git import Entry
from gates.loop import convergence, judging, memory
from gates.loop.convergence import Health, Progress, Seen, Thresholds, Trend
from gates.loop.memory import Memory
from gates.model import Finding, GatesError
from gates.process import Spawner
from gates.text import visible


class Row(Struct, frozen=True, kw_only=True):
    """A commit: what it resolved and brought in, how many errors and causes it leaves open, or why nobody can say."""

    commit: str
    subject: str
    progress: Progress = Progress()
    open: int = 0
    causes: int = 0
    stalled: bool = False
    undecided: str = ""


class History(Struct, frozen=True, kw_only=True):
    """Commits after `base`, oldest first, and what follows from them."""

    base: str
    began: int
    rows: tuple[Row, ...]
    resolved_per_commit: float
    stalls: int
    trend: Trend
    health: Health


class Fixed(Loaded, frozen=True):
    """A project whose rules hold for every state of it, whatever that says itself."""

    def policy_in(self, folder: Path) -> Config:
        """Return the rules that hold."""
        return self.config


class Judge:
    """Judges commits of one project by the rules that hold from one of them to another."""

    def __init__(self, loaded: Loaded, base: str, tip: str, *, jobs: int) -> None:
        self._loaded = loaded
        self._root = loaded.config.root
        self._base = base
        self._jobs = jobs
        self._spawner = Spawner()
        self._rules = self._stricter(base, tip)
        self._accepted = self._baseline()

    def examined(self, commit: str) -> Examined:
        """Check what a commit holds.

        Raises:
            GatesError: the rules cannot be applied to it.
            BrokenError: git does not answer.
        """
        return engine.examined(self._request(commit, traces=True, accepted=lambda: self._accepted))

    def added(self, commit: str) -> tuple[Finding, ...]:
        """Return the notes on suppressions that came since the beginning.

        Raises:
            GatesError: the rules cannot be applied to the commit.
            BrokenError: git does not answer.
        """
        gates = tuple(each for each in self._loaded.gates if each.name == "suppressions")
        return engine.check(self._request(commit, gates=gates, since=self._base)).open()

    def _request(self, commit: str, **given: object) -> Request:
        present = [each.path for each in git.tree(self._spawner, self._root, commit)]
        source = [each for each in self._rules.source if any(_is_below(path, each) for path in present)]
        self._check_source(commit, frozenset(self._rules.source).difference(source))
        rules = msgspec.structs.replace(self._rules, overrides=(), source=tuple(source) or self._rules.source)
        loaded = Fixed(rules, self._loaded.gates, self._loaded.cache, self._loaded.trusts)
        asked = Request(loaded=loaded, commit=commit, jobs=self._jobs, timeout=rules.timeout)
        return msgspec.structs.replace(asked, **given)

    def _check_source(self, commit: str, absent: frozenset[str]) -> None:
        """Refuse a commit that moved what its own policy says is to be judged: nothing would look at it."""
        try:
            own = self._policy(commit).source if absent else ()
        except GatesError:
            return
        if gone := [each for each in own if each in absent]:
            raise GatesError(
                f"`source` entry `{visible(gone[0])}` matches nothing", "Correct the entry in that commit."
            )

    def _stricter(self, base: str, tip: str) -> Config:
        now = self._policy(tip)
        try:
            before = self._policy(base)
        except GatesError:
            return now
        return config.stricter(before, now) if before.document.name else now

    def _policy(self, commit: str) -> Config:
        contents = self._contents(commit, policies.FILES)
        with tempfile.TemporaryDirectory(prefix="gates-") as folder:
            for name, content in contents.items():
                (Path(folder) / name).write_bytes(content)
            return self._loaded.policy_in(Path(folder))

    def _baseline(self) -> Baseline | None:
        name = self._rules.baseline
        content = self._contents(self._base, (name,)).get(name)
        return None if content is None else baseline.parse(content, name)

    def _contents(self, commit: str, names: Sequence[str]) -> dict[str, bytes]:
        entries = (each for each in git.tree(self._spawner, self._root, commit) if each.path in names)
        found: list[Entry] = [each for each in entries if each.mode.startswith("100")]
        contents = git.blobs(self._spawner, self._root, [each.oid for each in found])
        return {each.path: contents[each.oid] for each in found}


def history(
    judge: Judge, base: str, commits: Sequence[tuple[str, str]], limits: Thresholds, watch: Callable[[str], None]
) -> History:
    """Judge commits, each against the one before it.

    Raises:
        GatesError: the beginning cannot be judged.
        BrokenError: git does not answer.
    """
    watch(base)
    found = judge.examined(base)
    if undecided := judging.undecided(found.report):
        raise GatesError(f"the beginning of the range cannot be judged: {visible(undecided)}", "Begin later.")
    known = memory.recognised(Memory(), 0, found)
    before = Seen(known.open)
    rows = tuple(_rows(judge, before, known.memory, commits, watch))
    return _concluded(base, before, rows, limits)


def _rows(
    judge: Judge, before: Seen, known: Memory, commits: Sequence[tuple[str, str]], watch: Callable[[str], None]
) -> Iterator[Row]:
    for number, (commit, subject) in enumerate(commits, 1):
        watch(commit)
        row = Row(commit=commit, subject=subject)
        try:
            found = judge.examined(commit)
            undecided = judging.undecided(found.report)
            added = judge.added(commit)
        except GatesError as error:
            undecided = error.message
        if undecided:
            yield msgspec.structs.replace(row, undecided=undecided)
            continue
        result = memory.recognised(known, number, found, tuple(before.open), added)
        now, known = Seen(result.open, result.silenced), result.memory
        step = convergence.progress(before, now)
        stalled = bool(before.open) and step.is_stall
        yield msgspec.structs.replace(row, progress=step, open=len(now.open), causes=now.causes, stalled=stalled)
        before = now


def _concluded(base: str, start: Seen, rows: tuple[Row, ...], limits: Thresholds) -> History:
    judged = [each for each in rows if not each.undecided]
    left = [len(start.open), *(each.open for each in judged)]
    rate = sum(each.progress.causes for each in judged) / max(sum(map(bool, left[:-1])), 1)
    stalls = next((number for number, each in enumerate(reversed(judged)) if not each.stalled), len(judged))
    return History(
        base=base,
        began=len(start.open),
        rows=rows,
        resolved_per_commit=round(rate, 2),
        stalls=stalls,
        trend=convergence.trend([start.causes, *(each.causes for each in judged)]),
        health=convergence.health(rate, stalls, done=not left[-1], limits=limits),
    )


def _is_below(path: str, source: str) -> bool:
    return source in (".", path) or path.startswith(f"{source.rstrip('/')}/")
