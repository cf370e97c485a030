"""A change is judged by the stricter of the policy it started from and its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates import asking, config, engine
from gates.checks import lint
from gates.config import Config, codes, ordering
from gates.config.options import declared
from gates.model import GatesError, Report, Verdict
from tests.policies import GATES, PATHS, looser, options, policy
from tests.project import Project

CONTRACT = '[[layers.contracts]]\nid = "{id}"\ntype = "{type}"\nwhy = "w"\n{rest}\n'


def contracts(*each: tuple[str, str, str]) -> str:
    """Return a table of layers with contracts: id, type, the rest."""
    head = '[layers]\npackages = ["shop"]\n'
    return head + "".join(CONTRACT.format(id=name, type=kind, rest=rest) for name, kind, rest in each)


DOWN = ("down", "layers", 'layers = ["shop.web", "shop.store"]')
APART = ("apart", "independence", 'modules = ["shop.a", "shop.b"]')
SINKS = (
    "sinks",
    "forbidden",
    'source-modules = ["shop.a"]\nforbidden-modules = ["shop.b"]\nallow-indirect-imports = false',
)
CONTRACTS: dict[str, tuple[str, str, list[str], list[str]]] = {
    "equal": (contracts(DOWN), contracts(DOWN), ["down"], []),
    "another reason": (contracts(DOWN), contracts(DOWN).replace('"w"', '"x"'), ["down"], []),
    "one more": (contracts(DOWN), contracts(DOWN, APART), ["down", "apart"], []),
    "another order": (contracts(DOWN, APART), contracts(APART, DOWN), ["apart", "down"], []),
    "gone": (contracts(DOWN, APART), contracts(APART), ["apart", "down"], ["layers.contracts[down]"]),
    "a layer in between": (
        contracts(DOWN),
        contracts(DOWN).replace('"shop.store"', '"shop.service", "shop.store"'),
        ["down"],
        [],
    ),
    "a layer less": (
        contracts(DOWN).replace('"shop.store"', '"shop.service", "shop.store"'),
        contracts(DOWN),
        ["down", "down-as-before"],
        ["layers.contracts[down].layers"],
    ),
    "layers the other way round": (
        contracts(DOWN),
        contracts(("down", "layers", 'layers = ["shop.store", "shop.web"]')),
        ["down", "down-as-before"],
        ["layers.contracts[down].layers"],
    ),
    "an import let through": (
        contracts(DOWN),
        contracts((*DOWN[:2], DOWN[2] + '\nignore-imports = ["shop.store -> shop.web"]')),
        ["down", "down-as-before"],
        ["layers.contracts[down].ignore-imports"],
    ),
    "an import no longer let through": (
        contracts((*DOWN[:2], DOWN[2] + '\nignore-imports = ["shop.store -> shop.web"]')),
        contracts(DOWN),
        ["down"],
        [],
    ),
    "indirect imports": (
        contracts(SINKS),
        contracts(SINKS).replace("= false", "= true"),
        ["sinks", "sinks-as-before"],
        ["layers.contracts[sinks].allow-indirect-imports"],
    ),
    "not said, and said as it is anyway": (
        contracts(SINKS).replace("allow-indirect-imports = false", ""),
        contracts(SINKS),
        ["sinks"],
        [],
    ),
    "another type": (
        contracts(APART),
        contracts(("apart", "layers", 'layers = ["shop.a", "shop.b"]')),
        ["apart", "apart-as-before"],
        ["layers.contracts[apart].type"],
    ),
    "what has no order": (
        contracts(DOWN),
        contracts((*DOWN[:2], DOWN[2] + '\ncontainers = ["shop"]')),
        ["down", "down-as-before"],
        ["layers.contracts[down].containers"],
    ),
    "packages": (
        contracts(DOWN).replace('["shop"]', '["shop", "mart"]'),
        contracts(DOWN),
        ["down"],
        ["layers.packages"],
    ),
}


@pytest.mark.parametrize("name", CONTRACTS)
def test_contracts_are_kept_as_they_were_when_they_get_looser(name: str) -> None:
    base, head, ids, keys = CONTRACTS[name]
    judge = config.stricter(policy(base), policy(head))
    assert [each.id for each in options(judge, "layers").contracts] == ids
    assert [key for key, *_ in looser(base, head)] == keys
    assert all(each.held for each in config.loosened(policy(base), policy(head), PATHS))


def test_the_judge_of_a_gate_that_is_turned_off_is_the_base() -> None:
    base, head = policy("[size]\nfile-lines = 7"), policy('[size]\nenabled = false\nwhy = "w"\nfile-lines = 5')
    judge = config.stricter(base, head)
    assert judge.gates["size"].enabled
    assert options(judge, "size").file_lines == 7
    assert judge.gates["size"].policy.written.file_lines == 5  # type: ignore[attr-defined]  # any gate's options


def test_what_is_not_a_limit_is_as_it_is_now() -> None:
    base = policy('timeout = 5\nsource = ["app"]\n[tools.ruff]\nversion = "1"\n[typing]\npython = "a"')
    head = policy('timeout = 6\nexclude = ["x"]\n[typing]\npython = "b"')
    judge = config.stricter(base, head)
    assert (judge.timeout, judge.source, judge.exclude, judge.pins) == (6, (), ("x",), {})
    assert options(judge, "typing").python == "b"
    assert not judge.improve_touched
    for one, other in ((base, policy("improve-touched = true")), (policy("improve-touched = true"), head)):
        assert config.stricter(one, other).improve_touched
    assert judge.document is head.document
    assert judge.digest not in {base.digest, head.digest}
    assert config.stricter(head, head).digest == head.digest


def judged(base: str, project: Project, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Check the layers of a project by the stricter of a policy and its own."""
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("GATES_CACHE", str(project.cache))
    loaded = asking.load()
    loaded = msgspec.structs.replace(loaded, config=config.stricter(policy(base), loaded.config))
    return engine.check(asking.Request(loaded=loaded, gates=loaded.chosen(["layers"])))


def shop(tmp_path: Path, layers: str) -> Project:
    """Return a project with the package `shop`, in which `store` imports `web`."""
    project = Project(tmp_path)
    project.write("gates.toml", layers)
    project.write("shop/__init__.py", "")
    project.write("shop/web.py", "")
    project.write("shop/store.py", "import shop.web\n")
    return project


def test_a_contract_that_was_removed_is_still_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    up = ("up", "layers", 'layers = ["shop.store", "shop.web"]')
    report = judged(contracts(DOWN, up), shop(tmp_path, contracts(up)), monkeypatch)
    assert [(each.rule, each.location.path) for each in report.open()] == [("layers/down", "shop/store.py")]


def test_a_contract_that_got_looser_is_held_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = contracts((*DOWN[:2], DOWN[2] + '\nignore-imports = ["shop.store -> shop.web"]'))
    report = judged(contracts(DOWN), shop(tmp_path, now), monkeypatch)
    assert [each.rule for each in report.open()] == ["layers/down-as-before"]


def test_what_only_the_base_names_and_is_gone_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    up = ("up", "layers", 'layers = ["shop.store", "shop.web"]')
    base = contracts(("down", "layers", 'layers = ["shop.web", "shop.gone"]'), up)
    base = base.replace('["shop"]', '["shop", "mart"]')
    report = judged(base, shop(tmp_path, contracts(up)), monkeypatch)
    assert [each.verdict for each in report.outcomes] == [Verdict.PASSED]
    with pytest.raises(GatesError, match="contract `down` cannot be checked"):
        judged("", shop(tmp_path, base.replace(', "mart"', "")), monkeypatch)
    with pytest.raises(GatesError, match="of which the project has none"):
        judged("", shop(tmp_path, base), monkeypatch)


def test_nothing_is_left_of_the_packages_of_the_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = shop(tmp_path, '[layers]\nenabled = false\nwhy = "w"')
    report = judged(contracts(DOWN).replace('["shop"]', '["mart"]'), project, monkeypatch)
    (outcome,) = report.outcomes
    assert outcome.verdict is Verdict.PASSED
    assert {each.reason for each in outcome.unread} == {
        "lies in none of the packages that the base names: the change removed them"
    }


# Properties, over configurations put together at random.

_LIMITS = st.one_of(st.integers(1, 4), st.just("off"))
_CODES = st.lists(st.sampled_from(["E", "E5", "E501", "F", "S", "S1", "SIM", "ALL"]), max_size=3, unique=True)


def _toml(value: object) -> str:
    return str(msgspec.json.encode(value), "utf-8")


@st.composite
def tables(draw: st.DrawFn, prefix: str = "") -> list[str]:
    """Return lines of a table of options, those that may differ by path."""
    values: dict[str, st.SearchStrategy[Any]] = {
        "complexity.cyclomatic": _LIMITS,
        "complexity.maintainability": st.one_of(st.sampled_from([20.0, 30.0]), st.just("off")),
        "size.file-lines": _LIMITS,
        "lint.select": _CODES.filter(bool),
        "lint.ignore": _CODES,
        "lint.warn": _CODES,
        "typing.strictness": st.sampled_from(["basic", "standard", "strict"]),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(values)), max_size=4, unique=True))
    return [f"{prefix}{key} = {_toml(draw(values[key]))}" for key in chosen]


BUDGETS = ["F401", "pytest"]


@st.composite
def policies(draw: st.DrawFn) -> str:
    """Return a configuration with limits, gates turned off, and overrides."""
    lines = [f'preset = "{draw(st.sampled_from(["prototype", "internal"]))}"', *draw(tables())]
    lines += [f"suppressions.limits.{key} = {draw(st.integers(0, 3))}" for key in BUDGETS if draw(st.booleans())]
    if draw(st.booleans()):
        lines += ["duplication.enabled = false", 'duplication.why = "w"']
    for _ in range(draw(st.integers(0, 2))):
        folders = draw(st.lists(st.sampled_from(["app", "app/core", "tests", "tools"]), min_size=1, max_size=2))
        lines += ["[[overrides]]", f"paths = {_toml(folders)}", 'why = "w"', *draw(tables())]
    return "\n".join(lines)


CODES = ["E501", "E502", "E301", "E401", "E701", "E901", "F401", "S101", "S201", "SIM102", "B006", "ASYNC100", "UP006"]
CODES += ["RUF100"]


def strictness(of: Config) -> Iterator[tuple[str, Any]]:
    """Yield each key for the project and each path, with something that is larger when it is stricter."""
    for gate, path in itertools.product(GATES, ("", *PATHS)):
        enabled = of.gates[gate.name].enabled
        yield f"{gate.name}.enabled", enabled
        values = options(of, gate.name, path)
        if isinstance(values, lint.Options):
            choice = codes.Choice(values.select, values.ignore, values.warn)
            yield from ((f"{path} {code}", enabled and codes._fate(choice, code)) for code in CODES)
        for each in ordering._fields(gate.options):
            for key, rank in _ranks(declared(each.type)["stricter"], each.type, getattr(values, each.name)):
                yield f"{path} {gate.name}.{each.name}{key}", rank if enabled else float("-inf")


def _ranks(order: str, annotation: Any, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((key, -value.get(key, float("inf"))) for key in BUDGETS)
    elif order == "later":
        yield "", get_args(get_args(annotation)[0]).index(value)
    elif order in ordering._RANKS:
        yield "", ordering._RANKS[order](value)


def at_least(head: Config, base: Config) -> bool:
    """Return whether a policy is nowhere less strict than another."""
    return all(now >= then for (_, now), (_, then) in zip(strictness(head), strictness(base), strict=True))


def same(one: Config, other: Config) -> bool:
    """Return whether two policies judge alike."""
    return list(strictness(one)) == list(strictness(other))


@settings(deadline=None, max_examples=60)
@given(policies(), policies())
def test_the_judge_is_never_looser_than_either(before: str, after: str) -> None:
    base, head = policy(before), policy(after)
    judge = config.stricter(base, head)
    assert at_least(judge, base)
    assert at_least(judge, head)
    assert same(judge, config.stricter(head, base))
    assert same(config.stricter(judge, head), judge)
    assert config.loosened(base, judge, PATHS) == ()


@settings(deadline=None, max_examples=40)
@given(policies())
def test_a_policy_is_its_own_judge(text: str) -> None:
    one = policy(text)
    judge = config.stricter(one, one)
    assert same(judge, one)
    assert judge.digest == one.digest
    assert config.loosened(one, one, PATHS) == ()
    assert all(options(judge, name) == options(one, name) for name in one.gates)


@settings(deadline=None, max_examples=100)
@given(policies(), policies())
def test_a_loosening_is_named_exactly_when_there_is_one(before: str, after: str) -> None:
    base, head = policy(before), policy(after)
    found = [each for each in config.loosened(base, head, PATHS) if each.ordered]
    assert (not found) is at_least(head, base), found
    assert len({each.key for each in found}) == len(found)
