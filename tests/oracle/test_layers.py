"""A run of our gate `layers` agrees with `lint-imports` on contracts written for flask.

lint-imports prints text only. Compared are the contracts that it calls broken, the direct imports that begin its chains
with all their lines, and the modules that it misses in an exhaustive contract. Of a circle it prints no imports, but
how many between which children of a package; ours are counted the same way.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from .conftest import Corpora
from .corpora import assert_same, by_hand, outcome, script

Value = str | bool | list[str]
Import = tuple[str, str, str, tuple[int, ...]]
"""Contract, importer, imported, lines."""

CONTRACTS: Mapping[str, Mapping[str, Value]] = {
    "order": {
        "type": "layers",
        "containers": ["flask"],
        "layers": ["cli", "app | blueprints", "sessions : templating : testing", "helpers", "ctx", "globals"],
        "exhaustive": True,
    },
    "floor": {"type": "layers", "layers": ["flask.views", "flask.json.tag", "flask.signals"]},
    "no-werkzeug": {
        "type": "forbidden",
        "source_modules": ["flask.logging", "flask.json", "flask.config"],
        "forbidden_modules": ["werkzeug"],
    },
    "no-jinja-directly": {
        "type": "forbidden",
        "source_modules": ["flask"],
        "forbidden_modules": ["jinja2"],
        "allow_indirect_imports": True,
    },
    "no-dotenv": {"type": "forbidden", "source_modules": ["flask.signals"], "forbidden_modules": ["dotenv"]},
    "together": {"type": "independence", "modules": ["flask.views", "flask.sessions", "flask.logging"]},
    "apart": {"type": "independence", "modules": ["flask.signals", "flask.typing"]},
    "guarded": {
        "type": "protected",
        "protected_modules": ["flask.globals", "flask.json"],
        "allowed_importers": ["flask.ctx", "flask.helpers"],
    },
    "main": {"type": "protected", "protected_modules": ["flask.__main__"], "allowed_importers": ["flask.app"]},
    "no-circles": {"type": "acyclic_siblings", "ancestors": ["flask"]},
    "no-circles-in-json": {"type": "acyclic_siblings", "ancestors": ["flask.json"]},
}
BROKEN = {"order", "no-werkzeug", "no-jinja-directly", "together", "guarded", "no-circles"}
"""What must be broken, so that this test cannot pass by comparing nothing."""

MODULES = 21
"""flask has 24, but `flask/sansio` has no `__init__.py`: import-linter does not look into it, and so do we."""

SHOWN = 5
"""How many pairs lint-imports prints for a package with circles."""

RESULT = re.compile(r"(\S+) (KEPT|BROKEN)")
LINK = re.compile(r"(?:-\s+|  & )?(\S+)(?: -> (\S+))? \((l\.\d+(?:, (?:l\.)?\d+)*)\)")
PAIR = re.compile(r"- (\.\w+) -> (\.\w+) \((\d+) imports?\)")
MESSAGE = re.compile(r"`(\S+)` imports `(\S+)`(?: and so reaches `\S+`)?, .+")


@pytest.fixture(scope="module")
def said(corpus: Corpora, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what lint-imports says of flask."""
    folder = tmp_path_factory.mktemp("lint-imports")
    config = folder / "contracts.toml"
    config.write_text(theirs_written(), "utf-8")
    argv = [script("lint-imports"), "--config", str(config), "--no-cache", "--no-logo"]
    done = by_hand(argv, folder, {"PYTHONPATH": str(corpus("flask") / "src"), "COLUMNS": "1000"})
    assert done.code == 1, done.out + done.err
    return done.out


@pytest.fixture(scope="module")
def found(corpus: Corpora) -> dict[str, Any]:
    """Return what our gate says of flask."""
    return outcome(corpus("flask"), "layers", ours_written())


def test_the_same_contracts_are_broken(said: str, found: dict[str, Any]) -> None:
    """A contract has findings if and only if lint-imports calls it broken."""
    results = dict(RESULT.findall(said))
    assert results.keys() == CONTRACTS.keys()
    broken = {name for name, result in results.items() if result == "BROKEN"}
    assert {contract(each) for each in found["findings"]} == broken == BROKEN
    assert found["inspected"] == {"files": MODULES, "modules": MODULES, "contracts": len(CONTRACTS)}


def test_the_same_imports_break_them(said: str, found: dict[str, Any]) -> None:
    """Each direct import that begins a chain of lint-imports is one finding, and nothing else is."""
    theirs = {each for name, text in sections(said).items() for each in first_imports(name, text)}
    ours = [imported(each) for each in found["findings"] if MESSAGE.fullmatch(each["message"])]
    circles = [each for each in ours if circular(each[0])]
    assert assert_same((each for each in ours if not circular(each[0])), theirs)
    assert circles


def test_the_same_modules_are_missing(said: str, found: dict[str, Any]) -> None:
    """Modules that an exhaustive contract does not name."""
    theirs = re.findall(r"^- (\S+)$", sections(said)["order"], re.MULTILINE)
    others = [each for each in found["findings"] if not MESSAGE.fullmatch(each["message"])]
    ours = ((contract(each), each["location"]["symbol"]) for each in others)
    assert assert_same(ours, (("order", each) for each in theirs))


def test_the_same_circles(said: str, found: dict[str, Any]) -> None:
    """The imports whose removal would end each circle, counted between the children of their package."""
    text = sections(said)["no-circles"]
    pairs = Counter(siblings(each) for each in map(imported, circle_findings(found)))
    packages = {package for package, _, _ in pairs}
    assert set(re.findall(r"No cycles are allowed in (\S+)\.$", text, re.MULTILINE)) == packages == {"flask"}
    shown = [(f".{importer}", f".{target}", str(number)) for (_, importer, target), number in sorted(pairs.items())]
    assert_same(shown[:SHOWN], PAIR.findall(text))
    more = re.search(r"\(and (\d+) more\)", text)
    assert len(shown) - SHOWN == int(more[1] if more else 0)


def theirs_written() -> str:
    """Return the contracts in import-linter's words."""
    lines = ["[tool.importlinter]", 'root_packages = ["flask"]', "include_external_packages = true"]
    for name, options in CONTRACTS.items():
        lines += ["[[tool.importlinter.contracts]]", f'id = "{name}"', f'name = "{name}"', *written(options)]
    return "\n".join(lines) + "\n"


def ours_written() -> str:
    """Return the same contracts in ours."""
    lines = ["[layers]", 'packages = ["flask"]', "external = true"]
    for name, options in CONTRACTS.items():
        named = {key.replace("_", "-"): value for key, value in options.items()}
        named["type"] = str(named["type"]).removesuffix("_siblings")
        lines += ["[[layers.contracts]]", f'id = "{name}"', 'why = "The oracle asks."', *written(named)]
    return "\n".join(lines) + "\n"


def written(options: Mapping[str, Value]) -> list[str]:
    """Return options as lines of TOML."""
    return [f"{key} = {json.dumps(value)}" for key, value in options.items()]


def sections(said: str) -> dict[str, str]:
    """Return what lint-imports says of each broken contract, by the heading above it."""
    details = said.partition("Broken contracts\n")[2]
    parts = re.split(r"^(\S+)\n-{3,}\n", details, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def first_imports(name: str, text: str) -> Iterator[Import]:
    """Yield the direct imports that begin the chains. Several may share one target: `- a (l.1)`, `& b -> c (l.2)`."""
    heads: list[tuple[str, tuple[int, ...]]] = []
    open_ = False
    for line in text.splitlines():
        open_ = open_ or line.startswith("- ")
        match = LINK.fullmatch(line) if open_ else None
        if not match:
            continue
        heads.append((match[1], tuple(map(int, re.findall(r"\d+", match[3])))))
        if match[2]:
            yield from ((name, importer, match[2], lines) for importer, lines in heads)
            heads, open_ = [], False


def contract(finding: Mapping[str, Any]) -> str:
    """Return the contract that a finding is about."""
    return str(finding["rule"]).removeprefix("layers/")


def imported(finding: Mapping[str, Any]) -> Import:
    """Return the import that a finding is about, with every line on which it is written."""
    match = MESSAGE.fullmatch(finding["message"])
    assert match, finding["message"]
    importer, target = match[1], match[2]
    assert module(finding["location"]["path"]) == importer
    note = f"`{importer}` imports `{target}`"
    lines = [finding["location"]["line"], *(each["line"] for each in finding["related"] if each["note"] == note)]
    return (contract(finding), importer, target, tuple(lines))


def module(path: str) -> str:
    """Return the module of a file below `src`."""
    return ".".join(Path(path).relative_to("src").with_suffix("").parts).removesuffix(".__init__")


def circular(name: str) -> bool:
    """Return whether a contract is about circles."""
    return CONTRACTS[name]["type"] == "acyclic_siblings"


def circle_findings(found: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Return the findings that are about circles."""
    return [each for each in found["findings"] if circular(contract(each))]


def siblings(each: Import) -> tuple[str, str, str]:
    """Return the package in which an import closes a circle, and the two children of it that the import joins."""
    importer, target = each[1].split("."), each[2].split(".")
    depth = next(index for index, (left, right) in enumerate(zip(importer, target, strict=False)) if left != right)
    return (".".join(importer[:depth]), importer[depth], target[depth])
