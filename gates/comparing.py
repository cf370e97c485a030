"""The other side of a comparison: the base of a change, its policy, what the change touched, what the gates found there.

All of it comes from git's objects, and is kept by what it was made of: it is computed once for each base and policy.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import msgspec
from msgspec import Struct

from gates import __version__, baseline, git, trees
from gates.baseline import Entry as Accepted
from gates.cache import Store, digest
from gates.config import Config
from gates.facts import Snapshot
from gates.facts.source import UnreadableError, read
from gates.git import Entry
from gates.judging import Judged, Known
from gates.model import GatesError, Status, Verdict
from gates.process import Spawner
from gates.project import Project, installed
from gates.registry import Gate
from gates.running import Run, run
from gates.scope import SUFFIXES
from gates.states import Shelf, State
from gates.tracing import latent, traced

_POLICIES = ("pyproject.toml", "gates.toml")
_TOOL_FILES = (*_POLICIES, "mypy.ini", ".mypy.ini", "setup.cfg", "ruff.toml", ".ruff.toml")
_WATCHED = frozenset({"", ".toml", ".cfg", ".ini", ".yml", ".yaml", ".json", ".sh"})
_MAX_WATCHED = 1 << 20


class Side(Struct, frozen=True):
    """The base of a change: its commit ("" before the first one), and the files that it holds."""

    commit: str
    entries: tuple[Entry, ...]

    @property
    def digest(self) -> str:
        """A name for all that the base holds of what tools read."""
        return digest(
            *(f"{each.mode} {each.oid} {each.path}".encode("utf-8", "surrogateescape") for each in self._read)
        )

    @property
    def _read(self) -> tuple[Entry, ...]:
        return trees.needed(self.entries)


def side(spawner: Spawner, root: Path, since: str) -> Side:
    """Return the base: where HEAD left `since`, or HEAD itself when no ref is given.

    Raises:
        GatesError: there is no such ref, no common ancestor, or no repository.
        ToolError: git does not answer.
    """
    commit = git.merge_base(spawner, root, since) if since else git.head(spawner, root)
    return Side(commit, git.tree(spawner, root, commit))


def contents(spawner: Spawner, root: Path, entries: Iterable[Entry], names: Sequence[str]) -> dict[str, bytes]:
    """Return the contents of those of the named files that are among the entries.

    Raises:
        ToolError: git does not answer.
    """
    wanted = {each.path: each.oid for each in entries if each.path in names and each.mode.startswith("100")}
    found = git.blobs(spawner, root, tuple(wanted.values())) if wanted else {}
    return {path: found[oid] for path, oid in wanted.items()}


def policy_folder(spawner: Spawner, root: Path, entries: Iterable[Entry], scratch: Path) -> Path:
    """Return a folder that holds the configuration of a state, ours and that of tools, and nothing else.

    Raises:
        ToolError: git does not answer.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    for name, content in contents(spawner, root, entries, _TOOL_FILES).items():
        (scratch / name).write_bytes(content)
    return scratch


def tool_files(folder: Path) -> dict[str, str]:
    """Return the texts of the files in which tools are configured, by name; what is no text is left out."""
    found = {}
    for name in _TOOL_FILES:
        try:
            found[name] = read(folder / name).decode("utf-8")
        except (UnreadableError, UnicodeDecodeError):
            continue
    return found


def touched(head: State, snapshots: Mapping[str, Snapshot], side: Side) -> dict[str, str]:
    """Return the files that a change added, changed or removed, each with that word.

    Of other files than Python those count that may guard or configure: at the root, in hidden folders and in `hooks`.
    """
    before = {each.path: each.oid for each in side.entries}
    names = set(head.names or ()) | set(snapshots)
    now = {path: oid for path in sorted(names) if (oid := _oid(head, snapshots, path, before.get(path, "")))}
    found = {path: "added" for path in now if path not in before}
    found |= {path: "changed" for path in now if path in before and now[path] != before[path]}
    found |= {path: "removed" for path in before if path not in now and _is_watched(path)}
    return dict(sorted(found.items()))


def before(
    spawner: Spawner, root: Path, side: Side, changed: Mapping[str, str], shelf: Shelf
) -> tuple[Path, tuple[str, ...]]:
    """Put the Python files that a change altered or removed into a folder, as they were; return it and their paths.

    Raises:
        ToolError: git does not answer, or they cannot be written.
    """
    wanted = [
        each
        for each in side.entries
        if each.path.endswith(SUFFIXES) and each.mode.startswith("100") and each.path in changed
    ]
    folder = shelf.scratch / "before"
    trees.exported(wanted, folder, lambda oids: git.blobs(spawner, root, oids))
    return folder, tuple(each.path for each in wanted)


def accepted_before(spawner: Spawner, root: Path, side: Side, name: str) -> tuple[Accepted, ...]:
    """Return what the baseline of the base accepted; nothing when it had none, or one that cannot be read.

    Raises:
        ToolError: git does not answer.
    """
    content = contents(spawner, root, side.entries, (name,)).get(name)
    if content is None:
        return ()
    try:
        return baseline.parse(content, name).entries
    except GatesError:
        return ()


class Memory:
    """What the gates found in a base, kept by everything that it depends on."""

    def __init__(self, cache: Path, side: Side, config: Config, environment: Path | None) -> None:
        self._store = Store(cache / "facts.sqlite")
        parts = (_own_code(), side.digest, config.digest, sys.version, *_versions(), _packages(environment))
        self._key = digest(*(each.encode("utf-8", "surrogateescape") for each in parts))

    def known(self, gates: Sequence[Gate]) -> dict[str, Known]:
        """Return what is kept of these gates."""
        keys = {gate.name: f"base:{self._key}:{gate.name}" for gate in gates}
        blobs = self._store.get(keys.values())
        return {name: known for name, key in keys.items() if (known := _decoded(blobs.get(key, b""))) is not None}

    def keep(self, found: Mapping[str, Known]) -> None:
        """Keep verdicts; that a gate could not decide is tried again next time."""
        decided = {name: each for name, each in found.items() if not each.undecided}
        self._store.put({f"base:{self._key}:{name}": msgspec.msgpack.encode(each) for name, each in decided.items()})


def found(asked: Run, project: Project) -> dict[str, Known]:
    """Run gates over the base and return what they found, by gate.

    Raises:
        Stopped: the check was interrupted.
    """
    known: dict[str, Known] = {}
    for outcome in run(asked, project, Judged):
        if outcome.verdict in (Verdict.PASSED, Verdict.FAILED):
            standing = [each for each in outcome.findings if each.status is not Status.SUPPRESSED]
            known[outcome.gate] = Known((*traced(project, standing), *latent(project, outcome.latent)))
        else:
            known[outcome.gate] = Known(undecided=outcome.reason or "it came to no verdict")
    return known


def _oid(head: State, snapshots: Mapping[str, Snapshot], path: str, like: str) -> str:
    """Return git's id of a file as it is now, nothing for one that is gone or that nobody watches."""
    if head.oids is not None:
        return head.oids.get(path, "")
    snapshot = snapshots.get(path)
    if snapshot is not None:
        return snapshot.oid or "unreadable"
    if not _is_watched(path):
        return ""
    return _read_oid(head.root / path, like)


def _read_oid(path: Path, like: str) -> str:
    try:
        if path.lstat().st_size > _MAX_WATCHED:
            return like
        return git.blob_id(read(path), like)
    except UnreadableError:
        return "unreadable" if os.path.lexists(path) else ""
    except OSError:
        return ""


def _is_watched(path: str) -> bool:
    name = PurePosixPath(path)
    if name.suffix in SUFFIXES:
        return True
    first, _, rest = path.partition("/")
    return (name.suffix in _WATCHED or name.name.startswith(".")) and (
        not rest or first.startswith(".") or first == "hooks"
    )


def _decoded(blob: bytes) -> Known | None:
    try:
        return msgspec.msgpack.decode(blob, type=Known)
    except msgspec.MsgspecError:
        return None


def _own_code() -> str:
    """Return a name for the whole product as it is: what was found by other code is not trusted."""
    folder = Path(__file__).parent
    state = hashlib.blake2b(digest_size=16)
    for path in sorted((*folder.rglob("*.py"), *folder.rglob("*.toml"))):
        state.update(path.read_bytes())
    return state.hexdigest()


def _versions() -> Iterator[str]:
    yield __version__
    for name in ("ruff", "mypy", "radon", "jscpd", "import-linter", "grimp", "complexipy"):
        yield installed(name)


def _packages(environment: Path | None) -> str:
    """Return a name for the packages that types are looked up in: theirs are part of what was found."""
    folder = environment if environment is not None else Path(sys.prefix)
    names = sorted(each.name for each in folder.glob("lib*/python*/site-packages/*.dist-info"))
    return digest(str(folder).encode(), *(name.encode() for name in names))
