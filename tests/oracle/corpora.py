"""The corpora (pinned source distributions), and how both sides of a comparison are run on them.

Nothing here reads a tool's output: each test does that itself, so that no parser of the product can hide an error.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAMES = ("flask", "httpx", "django")

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_KEPT = Path(__file__).parents[2] / "build" / "oracle"
_SHOWN = 10
_STEERING = ("RUFF_", "MYPY", "RADON", "JSCPD", "GATES_", "PYTHON", "VIRTUAL_ENV", "FORCE_COLOR")
"""Beginnings of variables in a developer's shell that change what tools look at or say."""


@dataclass(frozen=True)
class Pin:
    """One line of the requirements file: a distribution at one version with one content."""

    name: str
    version: str
    sha256: str
    line: str

    @property
    def archive(self) -> str:
        """The file name of the source distribution."""
        return f"{self.name}-{self.version}.tar.gz"


@dataclass(frozen=True)
class Done:
    """What a program left behind."""

    code: int
    out: str
    err: str


def pins() -> dict[str, Pin]:
    """Return the pinned distributions by name."""
    lines = [line for line in _REQUIREMENTS.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    found = {}
    for line in lines:
        requirement, _, digest = line.partition(" --hash=sha256:")
        name, _, version = requirement.partition("==")
        found[name] = Pin(name, version, digest, line)
    return found


def unpacked(name: str, into: Path) -> Path:
    """Unpack a corpus below `into` and return its root; the archive is fetched once and kept in `build/oracle`."""
    pin = pins()[name]
    with tarfile.open(_fetched(pin)) as archive:
        archive.extractall(into, filter="data")
    return into / f"{pin.name}-{pin.version}"


def _fetched(pin: Pin) -> Path:
    """Return the archive. One process fetches, the others wait for it; a damaged file is fetched again."""
    _KEPT.mkdir(parents=True, exist_ok=True)
    kept = _KEPT / pin.archive
    with (_KEPT / f".{pin.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.is_file() or hashlib.sha256(kept.read_bytes()).hexdigest() != pin.sha256:
            _download(pin, kept)
    return kept


def _download(pin: Pin, kept: Path) -> None:
    """Let pip fetch one archive and check its hash; what it needs to read the metadata, pip brings along as wheels."""
    with tempfile.TemporaryDirectory(dir=_KEPT) as folder:
        only = Path(folder, "requirements.txt")
        only.write_text(f"{pin.line}\n", "utf-8")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        wanted = ["--no-deps", "--no-binary", pin.name, "--require-hashes", "--requirement", str(only)]
        done = subprocess.run([*pip, *wanted, "--dest", folder], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"pip could not fetch {pin.archive}:\n{done.stderr}"
        os.replace(Path(folder, pin.archive), kept)


def script(name: str) -> str:
    """Return the path of a command that is installed beside this interpreter."""
    return str(Path(sysconfig.get_path("scripts"), name))


def by_hand(argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> Done:
    """Run a program as somebody at a shell would, without what the shell of a developer may hold."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith(_STEERING)}
    fixed = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    done = subprocess.run(
        list(argv), cwd=cwd, env=plain | fixed | dict(env or {}), capture_output=True, encoding="utf-8", check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


def outcome(root: Path, gate: str, config: str) -> dict[str, Any]:
    """Run one gate of the real command on a corpus under a configuration, and return its part of the JSON report.

    The gate `files` runs too: it is the one that reports a file that does not parse, and django has one.
    """
    root.joinpath("gates.toml").write_text(config, "utf-8")
    argv = [script("gates"), "check", "--gate", "files", "--gate", gate, "--output-format", "json"]
    done = by_hand(argv, root, {"GATES_CACHE": str(root.parent / "cache")})
    assert done.code in (0, 1), f"gates ended with {done.code}:\n{done.err}\n{done.out[-2000:]}"
    outcomes = {each["gate"]: each for each in json.loads(done.out)["outcomes"]}
    assert outcomes.keys() == {"files", gate}
    found: dict[str, Any] = outcomes[gate]
    return found


def sources(root: Path, folder: str = "") -> list[str]:
    """Return the Python files of a corpus as the product must find them without git, relative to the root, sorted."""
    every = (path.relative_to(root) for path in (root / folder).rglob("*") if path.suffix in (".py", ".pyi"))
    return sorted(path.as_posix() for path in every if not hidden(path.as_posix()))


def hidden(path: str) -> bool:
    """Return whether a file lies in a hidden folder, which the product passes over without git (django has one)."""
    return any(part.startswith(".") for part in path.split("/")[:-1])


def assert_same(ours: Iterable[Hashable], theirs: Iterable[Hashable]) -> int:
    """Assert that both sides hold the same things, each as often; return how many were compared."""
    mine, other = Counter(ours), Counter(theirs)
    missing, added = other - mine, mine - other
    lines = [f"theirs only ({missing.total()}):", *_some(missing), f"ours only ({added.total()}):", *_some(added)]
    assert not missing and not added, "\n".join(lines)
    return mine.total()


def _some(things: Counter[Hashable]) -> list[str]:
    shown = sorted(map(repr, things.elements()))
    return [f"  {each}" for each in shown[:_SHOWN]] + (["  …"] if len(shown) > _SHOWN else [])
