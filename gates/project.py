"""What a gate may see: the root, the files, their facts, and a way to run a tool."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from gates.baseline import Baseline, Entry
from gates.cache import Store, digest, known_code, unpacked, write_atomically
from gates.config import Loosened
from gates.facts import FileFacts
from gates.facts.source import UnreadableError, decode, read
from gates.model import Completed, Tool, Unread
from gates.process import ToolError, Waiting, killed_by
from gates.programs import program
from gates.snapshots import Snapshot, stamp
from gates.text import visible
from gates.working import Crew

Kept = TypeVar("Kept")

NO_POLICY = "the base has no policy"
"""Why a change is not held against a policy when it brings the first one."""

_SAID_BYTES = 10_000_000
"""Bytes that are kept of what a tool said and nobody understood."""

PROJECT = "project"
"""The identity of a finding about the project as a whole."""


class Base(Struct, frozen=True, kw_only=True):
    """What the change under review started from, as far as gates compare with it.

    `touched` are the files of any kind that the change added, altered or removed, each with that word; `before` are
    the Python files among them as they were, by path. `loosened` are the values of the policy that the change made less
    strict, `unverified` is why the base has no policy to hold it against; `ci` says whether this is a run in CI.
    """

    commit: str
    touched: Mapping[str, str] = {}
    before: Mapping[str, Snapshot] = {}
    loosened: tuple[Loosened, ...] = ()
    unverified: str = ""
    ci: bool = False


class Stale(Struct, frozen=True, kw_only=True):
    """An entry of the baseline, and the line it stands on, that accepts more than there is: `found` findings are fewer
    than it counts, or their worst value `now` is better. `inherited`: it did so in the base already."""

    entry: Entry
    line: int
    found: int
    now: float | None = None
    inherited: bool = False

    @property
    def is_gone(self) -> bool:
        """Whether fewer findings are there than are accepted."""
        return self.found < self.entry.count

    @property
    def is_better(self) -> bool:
        """Whether what is still there has a better value than is accepted."""
        return self.now is not None and self.entry.value is not None and self.now < self.entry.value


class Results(Struct, frozen=True, kw_only=True):
    """What the gates over code came to, for the gates that judge the record itself (`READS` is `results` or `record`).

    `gates` are those that reached a verdict; `used` the inline allowances of ours (path, line) that silenced something;
    `stale` what the baseline accepts in vain, and `locked` whether that fails. `baseline` is the file of the baseline,
    `known` what stands in it, None when there is none or only a part of the project was asked for; `fresh` are those of
    its entries that the change added or loosened.
    """

    gates: frozenset[str] = frozenset()
    used: frozenset[tuple[str, int]] = frozenset()
    stale: tuple[Stale, ...] = ()
    accepted: int = 0
    baseline: str = ""
    known: Baseline | None = None
    fresh: tuple[Entry, ...] = ()
    locked: bool = False


class Project(Struct, frozen=True, kw_only=True):
    """A project at the moment of the check. `scratch` is for generated files, `store` for what is known by its content,
    which checkouts share, `own` for what tools may keep of this one.

    `files` are the paths of the check, relative to `root`, POSIX, sorted; `whole` those of the whole project, which
    gates over graphs need even when fewer were asked for; `asked` are those that findings may be about, when
    `files` are only the ones of them that have to be looked at; `outside` are Python files that the policy leaves
    out, `absent` those that it does not, but that git has not checked out. `base` is what the change started from, when
    there is one to compare with; `results` is for gates that read them. `home` is the checkout, where environments are
    looked for, when `root` is a copy of another state of it. `untrusted`: nothing that the project names or holds may
    be started.
    """

    root: Path
    files: tuple[str, ...]
    whole: tuple[str, ...]
    snapshots: Mapping[str, Snapshot]
    scratch: Path
    store: Store
    own: Path
    crew: Crew
    pins: Mapping[str, str]
    asked: tuple[str, ...] = ()
    hoped: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    requires_python: str = ""
    home: Path | None = None
    base: Base | None = None
    results: Results = Results()
    record: bool = False
    untrusted: bool = False

    def facts(self, path: str) -> FileFacts:
        """Return the facts of a file of the project."""
        return self.snapshots[path].facts

    def readable(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Return the paths that could be read and parsed."""
        return tuple(path for path in paths if self.facts(path).unreadable is None)

    def unread(self, paths: Sequence[str]) -> tuple[Unread, ...]:
        """Return the paths that could not be read or parsed, each with the reason."""
        found = ((path, self.facts(path).unreadable) for path in paths)
        return tuple(Unread(path, reason.message) for path, reason in found if reason is not None)

    def promising(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Return the paths that are readable as far as is known by now, without waiting for what is not."""
        return tuple(path for path in paths if self.snapshots[path].is_promising)

    def text(self, path: str) -> str:
        """Return the source of a readable file.

        Raises:
            UnreadableError: it can no longer be read.
        """
        return decode(read(self.root / path))

    def lines(self, path: str) -> list[str]:
        """Return the source lines of a file; none when it cannot be read or decoded."""
        try:
            return self.text(path).split("\n")
        except UnreadableError:
            return []

    def shown(self, paths: Sequence[str]) -> dict[str, str]:
        """Return the paths by the absolute names that tools print, in which bytes that are not UTF-8 are replaced.

        Raises:
            ToolError: two names cannot be told apart in this form.
        """
        found: dict[str, str] = {}
        for path in paths:
            name = f"{self.root}/{path}".encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            if name in found:
                names = f"{visible(found[name])} and {visible(path)}"
                raise ToolError(f"tools cannot tell {names} apart: neither name is UTF-8", "Rename one of them.")
            found[name] = path
        return found

    def kept(
        self,
        kind: type[Kept],
        name: str,
        beside: Mapping[str, str],
        find: Callable[[tuple[str, ...]], Mapping[str, Kept]],
    ) -> dict[str, Kept]:
        """Return what was found in each of some files, now or before when everything was the same that decides it.

        Args:
            kind: the type of what is found in a file.
            name: what looks, and for what.
            beside: by path all that it depends on beside this product, the name and the content of the file; a name
                that is no file of the project has no content.
            find: looks into the files of which nothing is known yet, and leaves out what it could not look into.
        """
        keys = {path: self.kept_as(name, (path,), each) for path, each in beside.items()}
        blobs = self.store.get(keys.values())
        known = {path: found for path, key in keys.items() if (found := unpacked(blobs.get(key), kind)) is not None}
        missing = tuple(path for path in beside if path not in known)
        new = find(missing) if missing else {}
        self.store.put({keys[path]: msgspec.msgpack.encode(each) for path, each in new.items() if self.stands(path)})
        return {**known, **new}

    def worked(
        self, kind: type[Kept], task: str, beside: Mapping[str, str], payload: Callable[[str], bytes]
    ) -> dict[str, Kept]:
        """Return what a task answers about each of some files, as `kept`; workers do what nobody did before.

        Args:
            kind: the type of an answer.
            task: the module of the product that does the work.
            beside: as for `kept`.
            payload: gives what the task needs to know of a file.

        Raises:
            ToolError: a file kills whoever works on it.
            Stopped: the check was interrupted.
        """

        def find(missing: tuple[str, ...]) -> dict[str, Kept]:
            keys = {str(index): path for index, path in enumerate(missing)}
            found: dict[str, Kept] = {}
            for answers in self.crew.answers(task, {key: payload(path) for key, path in keys.items()}):
                for key, answer in answers.items():
                    if isinstance(answer, ToolError):
                        raise ToolError(f"{visible(keys[key])}: {answer.message}", answer.hint)
                    found[keys[key]] = msgspec.msgpack.decode(answer, type=kind)
            return found

        return self.kept(kind, task, beside, find)

    def stands(self, path: str) -> bool:
        """Whether a file is as it was read; all of them for what is found in none of them alone. What a tool finds in
        a file that changes under its hands is nothing to keep under the name of the old content."""
        read = [path] if path in self.snapshots else self.whole
        known = ((each, self.snapshots[each].stamp) for each in read if each in self.snapshots)
        return all(sign in ((), stamp(f"{self.root}/{each}")) for each, sign in known)

    def kept_as(self, name: str, paths: Sequence[str], beside: str) -> str:
        """Return the key of what was found in some files together; for the rest see `kept`."""
        found = ((path, self.snapshots.get(path)) for path in paths)
        files = (part for path, each in found for part in (path, each.digest if each else ""))
        parts = (known_code(self.store), sys.version, name, beside, *files)
        return digest(*(each.encode("utf-8", "surrogateescape") for each in parts))

    def _in_vain(self) -> Callable[[], bool] | None:
        """Return what tells whether one of the hoped files has turned out not to parse; None when all are known to."""
        unsure = self.hoped

        def in_vain() -> bool:
            nonlocal unsure
            known = tuple(path for path in unsure if self.snapshots[path].is_known)
            if self.promising(known) != known:
                return True
            unsure = tuple(sorted(frozenset(unsure).difference(known)))
            return False

        return in_vain if in_vain() or unsure else None

    def version(self, tool: Tool) -> str:
        """Return the installed version of a tool.

        Raises:
            ToolError: it is not installed, not in the tested range, or not the version that the project pins.
        """
        return checked_version(tool, self.pins)

    def run(
        self,
        tool: Tool,
        arguments: Sequence[str],
        *,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        heard: Callable[[bytes], None] | None = None,
    ) -> Completed:
        """Run a tool in the root of the project; in vain when one of the `hoped` files turns out not to parse. What it
        says is also `heard` as it comes.

        Raises:
            ToolError: it could not be run, or its exit code does not mean that it did its work.
        """
        done = self.crew.spawner.run(
            [*program(tool), *arguments],
            cwd=self.root,
            timeout=self.crew.timeout,
            stdin=stdin,
            env=env,
            waiting=Waiting(self._in_vain(), heard),
        )
        if done.code not in tool.ran:
            said = visible((done.stderr.strip() or done.stdout.strip())[-400:])
            told = f": {said}" if said else ", and said nothing"
            crash = f" ({number}: it crashed)" if (number := killed_by(done.code)) else ""
            raise ToolError(
                f"{tool.name} ended with exit code {done.code}{crash}{told}", f"If it is damaged: {tool.install}"
            )
        return done

    @contextlib.contextmanager
    def understood(self, tool: Tool, said: bytes) -> Iterator[None]:
        """Keep what a tool said where it can be looked at, when whoever reads it does not understand it."""
        try:
            yield
        except ToolError as error:
            place = self.own / f"said-{tool.name}.txt"
            try:
                write_atomically(place, said[:_SAID_BYTES])
            except OSError:
                raise error from None
            raise ToolError(error.message, f"What {tool.name} said is kept in {place}.") from error


def module_name(path: str, packages: frozenset[str]) -> str:
    """Return the dotted name under which Python imports a file, given the folders that have an `__init__`."""
    folder, _, file = path.rpartition("/")
    stem = file.rpartition(".")[0]
    parts = [] if stem == "__init__" else [stem]
    while folder in packages and folder:
        folder, _, name = folder.rpartition("/")
        parts.insert(0, name)
    return ".".join(parts) or stem


def source_root(path: str, packages: frozenset[str]) -> str:
    """Return the folder, relative to the root of the project, from which Python imports a file."""
    folder = path.rpartition("/")[0]
    while folder in packages and folder:
        folder = folder.rpartition("/")[0]
    return folder


def package_folders(paths: Sequence[str]) -> frozenset[str]:
    """Return the folders that are regular packages."""
    inits = (path.rpartition("/") for path in paths)
    return frozenset(folder for folder, _, file in inits if file in ("__init__.py", "__init__.pyi"))


def installed(distribution: str) -> str:
    """Return the version of a distribution on our own import path, or an empty string.

    Reading the names of the metadata folders is 30 times faster than `importlib.metadata`.
    """
    begin, end = f"{distribution.replace('-', '_')}-", ".dist-info"
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            version = name[len(begin) : -len(end)]
            if name.lower() == f"{begin}{version}{end}".lower() and version and "-" not in version:
                return version
    return ""


def checked_version(tool: Tool, pins: Mapping[str, str]) -> str:
    """Return the installed version of a tool.

    Raises:
        ToolError: it is not installed, not in the tested range, or not the version that is pinned under its name.
    """
    found = installed(tool.distribution)
    pinned = pins.get(tool.name, "")
    if not found:
        raise ToolError(f"{tool.name} is not installed beside this Python", f"Install it: {tool.install}")
    if pinned and found != pinned:
        exact = f"python -m pip install {shlex.quote(f'{tool.distribution}=={pinned}')}"
        raise ToolError(
            f"{tool.name} {visible(found)} is installed, but this project pins {visible(pinned)}", f"Run: {exact}"
        )
    if not within(found, tool.tested):
        raise ToolError(
            f"{tool.name} {visible(found)} is installed, but only {tool.tested} was tested", f"Run: {tool.install}"
        )
    return found


def within(version: str, tested: str) -> bool:
    """Whether a version lies in a range of the form `>=A,<B`."""
    lower, upper = (_numbers(each.lstrip("<>=")) for each in tested.split(","))
    return lower <= _numbers(version) < upper


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d+", version))
