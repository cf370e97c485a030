"""How many tokens the prompt needs, against the raw output of the tools that found the same.

`python benchmarks/tokens.py [NAME ...]` prints a Markdown table; without names it also writes it into
docs/prompt-size.md. Each tool is run by hand in its default text format; what is compared is asserted to be the same.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from gates.checks.typing import partitions
from gates.tools.mypy import module_names
from tests.oracle.corpora import by_hand, script, sources, unpacked
from tests.oracle.test_layers import CONTRACTS, Value, written

TOKENIZER = "rs-bpe==0.1.0"
"""Brings the vocabulary `o200k_base` along, so that nothing is fetched when it runs."""

PAGE = Path(__file__).parents[1] / "docs" / "prompt-size.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
RULES = "E4,E7,E9,F,W6,B,SIM,UP,S,ASYNC,C4,RET,PIE,BLE"
TWICE = "found twice under different module names"
ANSI = re.compile(r"\x1b\[[0-9;]*m")
PATH = re.compile(r"[\w./-]+\.pyi?")
NUMBER = re.compile(r"(?<![\w.])\d+(?!\w)")
MODULES, PLACES = 30, 214

CONFIG = """
preset = "production"
source = {source}
[size]
enabled = false
why = "No tool of the comparison measures it."
[suppressions]
enabled = false
why = "No tool of the comparison looks at them."
[complexity]
nesting = "off"
arguments = "off"
[duplication]
max-percent = 0
"""
NO_LAYERS = """
[layers]
enabled = false
why = "The tree declares no contracts."
"""

Count = Callable[[str], int]


@dataclass(frozen=True)
class Tree:
    """A tree to measure: its root, the folder that is judged ("" is everything), the oldest Python, and contracts."""

    name: str
    root: Path
    folder: str = ""
    target: str = "py311"
    contracts: Mapping[str, Mapping[str, Value]] | None = None

    @property
    def judged(self) -> str:
        """What the tools are told to look at."""
        return self.folder or "."


@dataclass(frozen=True)
class Row:
    """What was measured of one tree."""

    name: str
    findings: int
    causes: int
    raw: int
    bare: int
    quoting: int

    def __str__(self) -> str:
        """Return the row of the table."""
        numbers = (self.findings, self.causes, self.raw, self.bare, f"{self.fewer(self.bare):.1f} %", self.quoting)
        shown = (f"{each:,}" if isinstance(each, int) else each for each in numbers)
        return f"| {self.name} | {' | '.join(shown)} | {self.fewer(self.quoting):.1f} % |"

    def fewer(self, prompt: int) -> float:
        """Return how much smaller than the raw text a prompt is, in percent."""
        return 100 * (1 - prompt / self.raw)


HEADER = (
    "| tree | findings | causes | raw tokens | prompt tokens | fewer | with excerpts | fewer |",
    "|---|--:|--:|--:|--:|--:|--:|--:|",
)


def trees(base: Path) -> Iterator[Tree]:
    """Unpack or write the trees, one after the other."""
    kept = {name: options for name, options in CONTRACTS.items() if options["type"] != "acyclic_siblings"}
    yield Tree("planted cascade", planted(base / "planted"))
    yield Tree("flask", unpacked("flask", base), target="py39", contracts=kept)
    yield Tree("httpx", unpacked("httpx", base), target="py38")
    yield Tree("django", unpacked("django", base), folder="django", target="py310")


def planted(root: Path) -> Path:
    """Write a package in which the method `save`, now `store`, is still called at 214 places in 30 modules."""
    package = root / "shop"
    package.mkdir(parents=True)
    package.joinpath("__init__.py").write_text("", "utf-8")
    body = "class OrderStore:\n    def store(self, order: str) -> int:\n        return len(order)\n"
    package.joinpath("orders.py").write_text(f'"""Where orders are kept."""\n\n\n{body}', "utf-8")
    share, more = divmod(PLACES, MODULES)
    for number in range(MODULES):
        calls = range(share + (number < more))
        package.joinpath(f"module_{number:02}.py").write_text(caller(number, len(calls)), "utf-8")
    return root


def caller(number: int, calls: int) -> str:
    """Return a module that calls the old name."""
    lines = ["from shop.orders import OrderStore", ""]
    for call in range(calls):
        header = f"def place_{number}_{call}(store: OrderStore, order: str) -> None:"
        lines += ["", header, f'    store.save(f"{number}-{call}-{{order}}")', ""]
    return "\n".join(lines)


def tokenizer(base: Path) -> Count:
    """Install the tokenizer into a folder that goes away, and return how many tokens a text has."""
    folder = base / "tokenizer"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--target", str(folder), TOKENIZER], check=True)
    sys.path.insert(0, str(folder))
    module: Any = importlib.import_module("rs_bpe")
    encoding = module.bpe.openai.o200k_base()
    return lambda text: len(encoding.encode(text))


def report(tree: Tree) -> dict[str, Any]:
    """Judge a tree with the real command; return its JSON report, which is also written beside the tree."""
    source = json.dumps([tree.folder] if tree.folder else ["."])
    tree.root.joinpath("gates.toml").write_text(CONFIG.format(source=source) + layers(tree), "utf-8")
    done = by_hand([script("gates"), "check", "--output-format", "json", "--timeout", "900"], tree.root, ours(tree))
    assert done.code == 1, done.err + done.out[-2000:]
    saved(tree).write_text(done.out, "utf-8")
    found: dict[str, Any] = json.loads(done.out)
    return found


def ours(tree: Tree) -> dict[str, str]:
    """Return the environment of our command."""
    return {"GATES_CACHE": str(tree.root.with_name(f"{tree.root.name}.cache"))}


def saved(tree: Tree) -> Path:
    """Return where the JSON report of a tree is kept."""
    return tree.root.with_name(f"{tree.root.name}.json")


def layers(tree: Tree) -> str:
    """Return the contracts of a tree in our words."""
    if tree.contracts is None:
        return NO_LAYERS
    lines = ["[layers]", f'packages = ["{tree.name}"]', "external = true"]
    for name, options in tree.contracts.items():
        named = {key.replace("_", "-"): value for key, value in options.items()}
        lines += ["[[layers.contracts]]", f'id = "{name}"', 'why = "The benchmark asks."', *written(named)]
    return "\n".join(lines) + "\n"


def prompt(tree: Tree, *options: str) -> str:
    """Return the prompt without a bound for the kept report."""
    argv = [script("gates"), "prompt", "--max-chars", "0", *options, str(saved(tree))]
    done = by_hand(argv, tree.root, ours(tree))
    assert done.code == 0, done.err
    return done.out


def raw(tree: Tree, scratch: Path) -> dict[str, str]:
    """Return what each tool says of a tree, as text, with the thresholds of the preset."""
    tools = {"lint": ruff, "typing": mypy, "cyclomatic": radon, "cognitive": complexipy, "duplication": jscpd}
    scratch.mkdir()
    said = {name: tool(tree, scratch) for name, tool in tools.items()}
    return said | {"layers": lint_imports(tree, scratch) if tree.contracts else ""}


def ruff(tree: Tree, _: Path) -> str:
    """Run ruff in its default format."""
    chosen = ["--isolated", "--no-cache", "--select", RULES, "--line-length", "100", "--target-version", tree.target]
    return by_hand([script("ruff"), "check", *chosen, tree.judged], tree.root).out


def mypy(tree: Tree, scratch: Path) -> str:
    """Run mypy in its default format, once for each set of files without two modules of one name."""
    paths = sources(tree.root, tree.folder)
    groups = partitions(module_names(tree.root, paths))
    return "".join(_mypy(tree, scratch, tuple(group.values()), other=bool(index)) for index, group in enumerate(groups))


def _mypy(tree: Tree, scratch: Path, paths: Sequence[str], *, other: bool) -> str:
    """Run mypy on some files; what it says of files that these import is left out."""
    listing = scratch / "files.txt"
    listing.write_text("\n".join(paths), "utf-8")
    argv = [sys.executable, "-m", "mypy", "--config-file=", "--cache-dir", os.devnull, "--strict"]
    env = {"MYPYPATH": ":".join(tops(tree))} if other else {}
    done = by_hand([*argv, f"@{listing}"], tree.root, env)
    if done.code == 2 and TWICE in done.out + done.err:
        done = by_hand([*argv, "--no-namespace-packages", f"@{listing}"], tree.root, env)
    assert done.code in (0, 1), done.out + done.err
    given = set(paths)
    kept = [line for line in done.out.splitlines() if ".py:" not in line or line.partition(":")[0] in given]
    return "\n".join(kept) + "\n"


def tops(tree: Tree) -> list[str]:
    """Return the folders from which the packages of a tree are imported."""
    packages = {os.path.dirname(each) for each in sources(tree.root, tree.folder) if each.endswith("/__init__.py")}
    above = {os.path.dirname(each) for each in packages}
    return sorted(str(tree.root / each) for each in above - packages)


def radon(tree: Tree, scratch: Path) -> str:
    """Run radon with its numbers, from rank C on: more than 10."""
    argv = [script("radon"), "cc", "--show-complexity", "--min", "C", str(tree.root / tree.folder)]
    return by_hand(argv, scratch).out.replace(f"{tree.root}/", "")


def complexipy(tree: Tree, scratch: Path) -> str:
    """Run complexipy with our limit; only what it calls failed."""
    argv = [script("complexipy"), "--max-complexity-allowed", "15", "--failed", "--cache-dir", str(scratch)]
    return by_hand([*argv, tree.judged], tree.root).out


def jscpd(tree: Tree, _: Path) -> str:
    """Run jscpd with its default reporter; its `--min-lines` is exclusive. Its colours are left out."""
    argv = [script("jscpd"), "--format", "python", "--min-tokens", "50", "--min-lines", "4", tree.judged]
    return ANSI.sub("", by_hand(argv, tree.root).out)


def lint_imports(tree: Tree, scratch: Path) -> str:
    """Run lint-imports on the same contracts, in its own words."""
    lines = ["[tool.importlinter]", f'root_packages = ["{tree.name}"]', "include_external_packages = true"]
    for name, options in (tree.contracts or {}).items():
        lines += ["[[tool.importlinter.contracts]]", f'id = "{name}"', f'name = "{name}"', *written(options)]
    config = scratch / "contracts.toml"
    config.write_text("\n".join(lines) + "\n", "utf-8")
    argv = [script("lint-imports"), "--config", str(config), "--no-cache"]
    return by_hand(argv, scratch, {"PYTHONPATH": str(tree.root / "src")}).out


def findings(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is open in a report and no note."""
    every = (each for outcome in found["outcomes"] for each in outcome["findings"])
    return [each for each in every if each["status"] == "open" and each["severity"] != "note"]


def assert_same_findings(said: Mapping[str, str], open_: Sequence[Mapping[str, Any]]) -> None:
    """Both sides must report the same number of findings. radon leaves out some functions: those count for it."""
    rules = Counter(each["rule"] for each in open_)
    gates = Counter(each["gate"] for each in open_)
    assert len(re.findall(r"^ +--> ", said["lint"], re.MULTILINE)) == gates["lint"]
    assert len(re.findall(r"^\S+:\d+: error: ", said["typing"], re.MULTILINE)) == gates["typing"]
    assert said["duplication"].count("Clone found") == rules["duplication/clone"]
    assert len(re.findall(r"^ +[FM] \d+:", said["cyclomatic"], re.MULTILINE)) <= rules["complexity/cyclomatic"]
    assert said["cognitive"].count("FAILED") <= rules["complexity/cognitive"]
    assert gates["layers"] == 0 or "BROKEN" in said["layers"]


def causes(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the root causes of a report: groups, and single findings that are open."""
    return [*found.get("groups", ()), *(each for each in findings(found) if not each.get("group"))]


def assert_equal_information(text: str, found: Mapping[str, Any]) -> None:
    """Each root cause must be named with its place, what was measured with value and limit in the same entry.

    The place of a group is its declaration; a prompt that tells a group by its sites must name them all.
    """
    named = entries_by_place(text, found)
    of_group: dict[str, list[dict[str, Any]]] = {}
    for each in findings(found):
        of_group.setdefault(each["group"], []).append(each)
    for cause in causes(found):
        members = of_group[cause["id"]] if "cause" in cause else [cause]
        place = cause["location"]
        if (place["path"], place["line"]) not in named:
            assert "cause" in cause, cause
            assert all((at["path"], at["line"]) in named for at in (each["location"] for each in members)), cause
            place = members[0]["location"]
        candidates = named[place["path"], place["line"]]
        assert any(all(shows(entry, number) for number in measures(members)) for entry in candidates), cause


def measures(members: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return the values and limits of the findings of one cause."""
    return [each["measure"][key] for each in members if each["measure"] for key in ("value", "limit")]


def entries_by_place(text: str, found: Mapping[str, Any]) -> dict[tuple[str, int], list[str]]:
    """Return the entries of a prompt by the places that they name."""
    paths = {each["location"]["path"] for each in (*findings(found), *found["groups"])}
    named: dict[tuple[str, int], list[str]] = {}
    for entry in entries(text):
        for key in set(places(entry, paths)):
            named.setdefault(key, []).append(entry)
    return named


def entries(text: str) -> list[str]:
    """Return the entries of a prompt."""
    return re.split(r"^- ", text, flags=re.MULTILINE)[1:]


def places(entry: str, paths: Set[str]) -> Iterator[tuple[str, int]]:
    """Yield each path with each number behind it: on its line, or on the lines below it that begin with no path."""
    current = ""
    for line in entry.splitlines():
        spans = [each for each in PATH.finditer(line) if each[0] in paths]
        if spans and (not current or line.strip().startswith(spans[0][0])):
            current = spans[0][0]
        yield from ((current, int(number)) for number in NUMBER.findall(PATH.sub("", line)))
        for span in spans:
            yield from ((span[0], int(number)) for number in NUMBER.findall(line[span.end() :]))


def shows(entry: str, number: float) -> bool:
    """Return whether an entry holds a number."""
    return re.search(rf"(?<![\d.]){number:g}(?![\d])", entry) is not None


def measured(tree: Tree, count: Count) -> Row:
    """Measure one tree."""
    found = report(tree)
    said = raw(tree, tree.root.with_name(f"{tree.root.name}.scratch"))
    open_ = findings(found)
    assert_same_findings(said, open_)
    bare, quoting = prompt(tree, "--no-excerpts"), prompt(tree)
    for text in (bare, quoting):
        assert_equal_information(text, found)
    parts = ", ".join(f"{name} {count(text):,}" for name, text in said.items())
    print(f"{tree.name}: {parts}", file=sys.stderr)
    return Row(tree.name, len(open_), len(causes(found)), count("".join(said.values())), count(bare), count(quoting))


def publish(table: str) -> None:
    """Write the table into its page, between the marks."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}", "utf-8")


def main(names: Sequence[str]) -> None:
    """Measure the trees, or only those named, and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        count = tokenizer(base)
        rows = [measured(tree, count) for tree in trees(base) if not names or tree.name in names]
    table = "\n".join([*HEADER, *map(str, rows)])
    print(table)
    if not names:
        publish(table)


if __name__ == "__main__":
    main(sys.argv[1:])
