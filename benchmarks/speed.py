"""How long the gates take and how much memory they need, beside the tools that they stand on, measured in one run.

`python benchmarks/speed.py [--small]` prints a Markdown table, and writes it into docs/performance.md unless it leaves
out the large tree (`--small`). Each figure is of a whole process with its children; the two sides of a ratio are run
in turn, and the median of their ratios counts.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.oracle.corpora import script, sources, unpacked

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
HEADER = ("| case | gates | beside it | measured | target | |", "|---|--:|--:|--:|--:|---|")
COPIES = 9
PAIRS = 3
MEBIBYTE = 1 << 20
POLICY = """\
preset = "internal"
[typing]
strictness = "strict"
[layers]
packages = [{packages}]
[[layers.contracts]]
id = "helpers"
type = "forbidden"
source-modules = ["{first}.utils"]
forbidden-modules = ["{first}.contrib"]
why = "The benchmark asks for a contract."
"""
CONTRACT = """\
[tool.importlinter]
root_packages = [{packages}]
[[tool.importlinter.contracts]]
name = "helpers"
type = "forbidden"
source_modules = ["{first}.utils"]
forbidden_modules = ["{first}.contrib"]
"""
HOOKS = """\
repos:
  - repo: local
    hooks:
"""
HOOK = (
    '      - {{id: {name}, name: {name}, language: system, pass_filenames: false, verbose: false, entry: "{entry}"}}\n'
)
QUICK = ("files", "complexity", "size", "lint", "duplication", "layers", "suppressions")
"""The gates that are on, but for typing."""


@dataclass(frozen=True)
class Ran:
    """What a run took: seconds by the clock, and, when it was watched, the most bytes that all its processes had at once
    (PSS)."""

    seconds: float
    peak: int


@dataclass(frozen=True)
class Row:
    """One line of the table. What was `measured` is to be at most the target, or at least with `least`."""

    case: str
    ours: str
    theirs: str
    measured: float
    target: float
    unit: str = "×"
    least: bool = False

    def __str__(self) -> str:
        """Return the row in Markdown."""
        met = self.measured >= self.target if self.least else self.measured <= self.target
        sign = "≥" if self.least else "≤"
        said = "met" if met else "**missed**"
        digits = 2 if self.unit == "×" else 0
        measured, target = (f"{each:,.{digits}f} {self.unit}" for each in (self.measured, self.target))
        return f"| {self.case} | {self.ours} | {self.theirs} | {measured} | {sign} {target} | {said} |"


class Tree:
    """A checkout with a policy, everything in the baseline, and caches of its own for us and for mypy."""

    def __init__(self, root: Path, packages: Sequence[str]) -> None:
        self.root = root
        self.packages = packages
        self.watched = False
        self.cache = root.with_name(f"{root.name}.cache")
        self.mypy_cache = root.with_name(f"{root.name}.mypy")
        named = {"packages": ", ".join(f'"{each}"' for each in packages), "first": packages[0]}
        (root / "gates.toml").write_text(POLICY.format(**named), "utf-8")
        (root / "importlinter.toml").write_text(CONTRACT.format(**named), "utf-8")
        self.git("init", "-q")
        self.save()
        self.gates("baseline", "create")
        self.save()

    @property
    def lines(self) -> int:
        """How many lines of Python there are."""
        return sum((self.root / each).read_bytes().count(b"\n") for each in sources(self.root, ""))

    def git(self, *arguments: str) -> None:
        """Run git with a name and nothing of the user's."""
        named = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *named, *arguments], cwd=self.root, check=True, capture_output=True)

    def save(self) -> None:
        """Commit everything."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "state")

    def gates(self, *arguments: str) -> Ran:
        """Run a command of ours."""
        env = {"GATES_CACHE": str(self.cache)}
        return timed([script("gates"), *arguments], self.root, env, watched=self.watched)

    def check(self, *arguments: str) -> Ran:
        """Run `gates check` in the format that the targets are about."""
        return self.gates("check", "--output-format", "concise", *arguments)

    def mypy(self) -> Ran:
        """Run mypy alone."""
        flags = ["--config-file=", "--strict", "--output", "json", "--cache-dir", str(self.mypy_cache)]
        return timed([sys.executable, "-m", "mypy", *flags, *self.packages], self.root, watched=self.watched)

    def others(self) -> dict[str, list[str]]:
        """Return the commands of the tools that our gates stand on, as somebody would write them into hooks."""
        return {
            "ruff": [script("ruff"), "check", "--isolated", "--no-cache", "--quiet", *self.packages],
            "mypy": [sys.executable, "-m", "mypy", "--config-file=", "--strict", "--cache-dir", str(self.mypy_cache)]
            + [*self.packages],
            "radon": [script("radon"), "cc", "--min", "C", *self.packages],
            "complexipy": [script("complexipy"), "--failed", "--cache-dir", str(self.mypy_cache), *self.packages],
            "jscpd": [script("jscpd"), "--format", "python", "--silent", *self.packages],
            "imports": [script("lint-imports"), "--config", "importlinter.toml", "--no-cache"],
        }

    def forget(self) -> None:
        """Begin cold: no cache of ours and none of mypy's."""
        for folder in (self.cache, self.mypy_cache):
            shutil.rmtree(folder, ignore_errors=True)

    def edit(self, number: int = 1) -> None:
        """Change as many files, of which no other one imports anything."""
        leaves = [each for each in sources(self.root, "") if "/management/commands/" in each][:number]
        for each in leaves:
            with (self.root / each).open("a", encoding="utf-8") as stream:
                stream.write(f"\n\n_EDITED_{time.time_ns()} = 1\n")


def timed(argv: Sequence[str], cwd: Path, env: dict[str, str] | None = None, *, watched: bool = False) -> Ran:
    """Run a program; when it is `watched`, look every few milliseconds at the memory of it and of all that it started,
    which slows it down."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    started = time.monotonic()
    with subprocess.Popen(
        list(argv), cwd=cwd, env=kept | (env or {}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        watch = Watch(process.pid) if watched else None
        process.wait()
        seconds = time.monotonic() - started
    return Ran(seconds, watch.ended() if watch else 0)


class Watch(threading.Thread):
    """Samples the proportional set size of a process and its descendants, together."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak, self.done = pid, 0, threading.Event()
        self.start()

    def ended(self) -> int:
        """Stop, and return the most that was seen."""
        self.done.set()
        self.join()
        return self.peak

    def run(self) -> None:
        """Sample until the end."""
        while not self.done.wait(0.05):
            self.peak = max(self.peak, sum(map(held, family(self.pid))))


def family(pid: int) -> Iterator[int]:
    """Yield a process and its descendants, as far as they are still there. A child that has not become another program
    yet has all memory in common with its parent, and would count it twice."""
    yield pid
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        children = [each.read_text() for each in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return
    for child in " ".join(children).split():
        with contextlib.suppress(OSError):
            if Path(f"/proc/{child}/cmdline").read_bytes() != command:
                yield from family(int(child))


def held(pid: int) -> int:
    """Return the proportional set size of a process in bytes, 0 when it is gone."""
    try:
        found = re.search(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def pairs(ours: Callable[[], Ran], theirs: Callable[[], Ran], number: int = PAIRS) -> tuple[float, float, float]:
    """Run both in turn; return the medians of their seconds and of the ratios."""
    found = [(ours().seconds, theirs().seconds) for _ in range(number)]
    ratio = statistics.median(one / other for one, other in found)
    return statistics.median(one for one, _ in found), statistics.median(other for _, other in found), ratio


def seconds(value: float) -> str:
    """Return seconds for a person."""
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.0f} ms"


def compared(case: str, found: tuple[float, float, float], target: float, *, faster: bool = False) -> Row:
    """Return the row of a ratio; with `faster` of how many times as fast we are."""
    ours, theirs, ratio = found
    return Row(case, seconds(ours), seconds(theirs), 1 / ratio if faster else ratio, target, least=faster)


def small(base: Path) -> Tree:
    """Return the package django alone."""
    root = unpacked("django", base)
    for each in root.iterdir():
        if each.name != "django":
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    return Tree(root, ["django"])


def large(base: Path, one: Tree) -> Tree:
    """Return copies of a package under other names, each of which imports itself."""
    root = base / "large"
    names = [f"{one.packages[0]}_{number}" for number in range(COPIES)]
    for name in names:
        for path in sources(one.root, ""):
            target = root / path.replace(one.packages[0], name, 1)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = (one.root / path).read_text("utf-8")
            target.write_text(re.sub(rf"\b{one.packages[0]}\b", name, text), "utf-8")
    return Tree(root, names)


def rows(base: Path, *, only_small: bool) -> Iterator[Row]:
    """Measure, case by case."""
    tree = small(base)
    yield from _whole(tree)
    yield from _changes(tree)
    yield from _parts(tree)
    if not only_small:
        yield from _scale(tree, large(base, tree))


def _cold(tree: Tree, run: Callable[[], Ran]) -> Callable[[], Ran]:
    def fresh() -> Ran:
        tree.forget()
        return run()

    return fresh


def _whole(tree: Tree) -> Iterator[Row]:
    yield compared("cold, all gates; mypy alone", pairs(_cold(tree, tree.check), _cold(tree, tree.mypy)), 1.15)
    tree.check()
    tree.mypy()
    found = pairs(tree.check, tree.mypy, 5)
    yield compared("nothing changed; mypy's own run then", found, 0.5)
    yield Row("nothing changed", seconds(found[0]), "", found[0] * 1000, 200, "ms")


def _changes(tree: Tree) -> Iterator[Row]:
    def edited(run: Callable[[], Ran]) -> Callable[[], Ran]:
        def after() -> Ran:
            tree.edit()
            return run()

        return after

    yield compared("one leaf file changed; mypy's own run then", pairs(edited(tree.check), edited(tree.mypy), 5), 1.2)
    quick = [part for gate in QUICK for part in ("--gate", gate)]
    tree.check(*quick)
    ours = statistics.median(edited(lambda: tree.check(*quick))().seconds for _ in range(5))
    yield Row("one leaf file changed, without typing", seconds(ours), "", ours * 1000, 350, "ms")
    tree.save()
    tree.edit(5)
    tree.check("--since", "HEAD")
    tree.check()
    found = pairs(lambda: tree.check("--since", "HEAD"), tree.check, 5)
    yield compared("`--since`, 5 files changed; without it", found, 1.5)
    tree.save()
    hook = statistics.median(_committed(tree).seconds for _ in range(9))
    yield Row("`gates hook`, one file staged", seconds(hook), "", hook * 1000, 150, "ms")
    tree.save()


def _committed(tree: Tree) -> Ran:
    """Run the hook on a commit that nobody has seen before."""
    tree.edit()
    tree.git("add", "-A")
    return tree.gates("hook")


def _parts(tree: Tree) -> Iterator[Row]:
    def metrics() -> Ran:
        return tree.check("--gate", "complexity", "--gate", "size")

    def radon() -> Ran:
        return timed([script("radon"), "cc", "--show-complexity", *tree.packages], tree.root)

    yield compared("complexity and size, cold; radon", pairs(_cold(tree, metrics), radon), 2, faster=True)
    hooks = [HOOK.format(name=name, entry=" ".join(argv)) for name, argv in tree.others().items()]
    (tree.root / ".pre-commit-config.yaml").write_text(HOOKS + "".join(hooks), "utf-8")
    tree.save()

    def chain() -> Ran:
        return timed([script("pre-commit"), "run", "--all-files"], tree.root)

    chained = "the tools one after another by pre-commit"
    yield compared(f"cold; {chained}", pairs(_cold(tree, tree.check), _cold(tree, chain)), 1.8, faster=True)
    tree.check()
    chain()
    yield compared(f"nothing changed; {chained}", pairs(tree.check, chain), 5, faster=True)
    tree.watched = True
    peak, alone = _cold(tree, tree.check)().peak, _cold(tree, tree.mypy)().peak
    tree.watched = False
    yield _memory("most memory at once, cold; mypy alone", peak, alone, alone * 1.2 + 60 * MEBIBYTE)
    bare = pairs(
        lambda: timed([script("gates"), "--version"], tree.root),
        lambda: timed([sys.executable, "-c", "pass"], tree.root),
        11,
    )
    more = (bare[0] - bare[1]) * 1000
    yield Row("`gates --version`, on top of the interpreter", seconds(bare[0]), seconds(bare[1]), more, 60, "ms")


def _memory(case: str, ours: int, theirs: int, target: float) -> Row:
    shown = [f"{each / MEBIBYTE:,.0f} MiB" for each in (ours, theirs)]
    return Row(case, *shown, ours / MEBIBYTE, target / MEBIBYTE, "MiB")


def _scale(one: Tree, many: Tree) -> Iterator[Row]:
    quick = [part for gate in QUICK for part in ("--gate", gate)]
    costs = [_cold(tree, lambda tree=tree: tree.check(*quick))() for tree in (one, many)]
    per_line = [cost.seconds / tree.lines * 1e6 for cost, tree in zip(costs, (one, many), strict=True)]
    yield Row(
        f"µs per line, {many.lines:,} lines; {one.lines:,} lines (both without typing, cold)",
        f"{per_line[1]:.1f}",
        f"{per_line[0]:.1f}",
        per_line[1] / per_line[0],
        1.3,
    )
    many.watched = True
    alone = max(timed(argv, many.root, watched=True).peak for argv in many.others().values())
    peak = _cold(many, many.check)().peak
    yield _memory(
        f"most memory at once, {many.lines:,} lines, cold; the largest tool", peak, alone, alone + 150 * MEBIBYTE
    )


def publish(table: str) -> None:
    """Write the table into its page, between the marks."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}", "utf-8")


def main(arguments: Sequence[str]) -> None:
    """Measure, print each row as it comes, and write the table."""
    only_small = "--small" in arguments
    table = [*HEADER]
    print("\n".join(HEADER), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(Path(folder), only_small=only_small):
            table.append(str(row))
            print(row, flush=True)
    if not only_small:
        publish("\n".join(table))


if __name__ == "__main__":
    main(sys.argv[1:])
