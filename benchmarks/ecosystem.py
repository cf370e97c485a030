"""What two states of this project find in real packages, and what differs: `make ecosystem`, or
`python -m benchmarks.ecosystem --base REF [--head REF] [flask httpx django]`.

Each state gets an environment of its own, whose `gates` are its sources and whose tools and libraries are those that are
installed here. A difference is no mistake, only something to look at: the exit code is 0, and 1 when a check crashed or
could not decide.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import venv
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.oracle import corpora

ROOT = Path(__file__).parents[1]
PACKAGES = ("flask", "httpx")
RULES = """\
preset = "production"
[layers]
enabled = false
why = "A package that is not ours has no contract."
"""
_SHOWN = 10
_TOOLS = ("ruff", "jscpd")


class Found(NamedTuple):
    """A finding, as far as a difference is worth a look."""

    rule: str
    path: str
    line: int
    column: int
    severity: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.severity} {self.rule} {self.message}"


class Difference(NamedTuple):
    """Findings of one rule that only the head has, only the base has, or that say something else in the same place."""

    added: list[Found]
    removed: list[Found]
    changed: list[tuple[Found, Found]]


def difference(base: Sequence[Found], head: Sequence[Found]) -> dict[str, Difference]:
    """Return what differs, by rule."""
    before, after = Counter(base), Counter(head)
    gone, new = sorted((before - after).elements()), sorted((after - before).elements())
    found: dict[str, Difference] = defaultdict(lambda: Difference([], [], []))
    waiting: dict[tuple[str, str, int], list[Found]] = defaultdict(list)
    for each in gone:
        waiting[each[:3]].append(each)
    for each in new:
        if waiting[each[:3]]:
            found[each.rule].changed.append((waiting[each[:3]].pop(0), each))
        else:
            found[each.rule].added.append(each)
    for each in sorted(left for group in waiting.values() for left in group):
        found[each.rule].removed.append(each)
    return dict(sorted(found.items()))


def told(name: str, base: Sequence[Found], head: Sequence[Found]) -> list[str]:
    """Return the lines that tell the difference in one package."""
    lines = [f"{name}: {len(base)} findings before, {len(head)} now"]
    for rule, each in difference(base, head).items():
        lines.append(f"  {rule}: {len(each.added)} added, {len(each.removed)} removed, {len(each.changed)} changed")
        rows = [f"+ {one}" for one in each.added] + [f"- {one}" for one in each.removed]
        rows += [row for old, new in each.changed for row in (f"- {old}", f"+ {new}")]
        lines += [f"    {row}" for row in rows[:_SHOWN]]
        lines += [f"    … and {len(rows) - _SHOWN} more"] if len(rows) > _SHOWN else []
    return lines


def environment(sources: Path, folder: Path) -> Path:
    """Make an environment in which `gates` are these sources, and return its interpreter."""
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "sources.pth").write_text(f"{sources}\n{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    for tool in _TOOLS:
        (folder / "bin" / tool).symlink_to(Path(sysconfig.get_path("scripts"), tool))
    return folder / "bin" / "python"


def exported(ref: str, folder: Path) -> Path:
    """Write the sources of a commit into a folder, and return it."""
    archive = subprocess.run(
        ["git", "archive", ref, "--", "gates", "docs", "examples"], cwd=ROOT, capture_output=True, check=False
    )
    if archive.returncode:
        sys.exit(f"git has no state {ref!r}: {archive.stderr.decode(errors='replace').strip()}")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


def findings(python: Path, package: Path, cache: Path) -> list[Found]:
    """Return what `gates check` finds in a package.

    Raises:
        RuntimeError: it crashed, or could not decide.
    """
    env = {"PATH": os.environ["PATH"], "HOME": str(cache), "GATES_CACHE": str(cache), "LC_ALL": "C.UTF-8"}
    argv = [str(python), "-P", "-m", "gates", "check", "--output-format", "json"]
    done = subprocess.run(argv, cwd=package, env=env, capture_output=True, check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        said = (done.stderr or done.stdout[-2000:]).decode(errors="replace")
        raise RuntimeError(f"exit code {done.returncode} in {package.name}: {said}")
    return [_read(each) for outcome in json.loads(done.stdout)["outcomes"] for each in outcome["findings"]]


def _read(finding: dict[str, object]) -> Found:
    place = finding["location"]
    assert isinstance(place, dict)
    said = (str(finding[key]) for key in ("severity", "message"))
    return Found(str(finding["rule"]), str(place["path"]), int(place["line"]), int(place["column"]), *said)


def main(argv: Sequence[str] | None = None) -> int:
    """Compare two states, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="origin/main", help="a commit of this repository")
    parser.add_argument("--head", default="", help="another one; default: what lies here")
    parser.add_argument("packages", nargs="*", default=PACKAGES, metavar="PACKAGE", help=" ".join(corpora.NAMES))
    asked = parser.parse_args(argv)
    crashed = 0
    with tempfile.TemporaryDirectory(prefix="gates-ecosystem-") as name:
        folder = Path(name).resolve()
        pythons = []
        for side, ref in (("base", asked.base), ("head", asked.head)):
            sources = exported(ref, folder / f"{side}-sources") if ref else ROOT
            pythons.append(environment(sources, folder / f"{side}-venv"))
        for package in asked.packages:
            root = corpora.unpacked(package, folder)
            (root / "gates.toml").write_text(RULES, encoding="utf-8")
            try:
                sides = [findings(each, root, folder / f"{each.parents[1].name}-cache") for each in pythons]
                print("\n".join(told(package, *sides)), flush=True)
            except RuntimeError as error:
                print(f"{package}: crashed: {error}", file=sys.stderr, flush=True)
                crashed = 1
    return crashed


if __name__ == "__main__":
    sys.exit(main())
