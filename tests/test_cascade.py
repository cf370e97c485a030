"""One edit that breaks many files is one cause: a renamed method, and a signature with one new argument."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.project import Project

FILES, CALLS = 30, 2
CALLERS = 12

STORE = '''"""Where orders are kept."""


class OrderStore:
    def store(self, order: str) -> int:
        return len(order)
'''
PRICE = '''"""What orders cost."""

RATES = {"EUR": 2, "CHF": 3}


def price(order: str, currency: str) -> int:
    return len(order) * RATES[currency]
'''


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("gates.toml", 'preset = "production"\n[layers]\nenabled = false\nwhy = "No contracts."\n')
    made.write("shop/__init__.py", "")
    return made


@pytest.fixture
def renamed(project: Project) -> Project:
    """`OrderStore.save` became `store`; every caller still says `save`. One clean fault lies beside it."""
    project.write("shop/orders.py", STORE)
    for number in range(FILES):
        calls = [f'    store.save(f"{number}-{call}-{{order}}")' for call in range(CALLS)]
        header = f"def place_{number}(store: OrderStore, order: str) -> None:"
        project.write(_module(number), "\n".join(["from shop.orders import OrderStore", "", "", header, *calls, ""]))
    project.write("shop/zebra.py", "import os\n")
    return project


@pytest.fixture
def changed(project: Project) -> Project:
    """`price` has a new required argument; every caller still leaves it out."""
    project.write("shop/prices.py", PRICE)
    for number in range(CALLERS):
        body = f"def total_{number}(order: str) -> int:\n    return price(order) + {number}\n"
        project.write(_module(number), f"from shop.prices import price\n\n\n{body}")
    return project


def test_a_renamed_method_is_one_group_at_its_class(renamed: Project) -> None:
    report = renamed.report()
    (group,) = report["groups"]
    assert group["cause"] == "`OrderStore` has no attribute `save`"
    assert (group["location"]["path"], group["location"]["line"]) == ("shop/orders.py", 4)
    assert (group["findings"], group["files"], group["batch"]) == (FILES * CALLS, FILES, True)
    members = [each for each in _findings(report) if each["group"] == group["id"]]
    assert len(members) == FILES * CALLS
    assert {each["location"]["path"] for each in members} == {_module(number) for number in range(FILES)}


def test_a_renamed_method_is_the_first_entry_of_the_prompt(renamed: Project) -> None:
    renamed.report()
    for options in ((), ("--no-excerpts",), ("--max-chars", "0"), ("--max-chars", "1500")):
        entry = _entries(renamed, *options)[0]
        first = entry.partition("\n")[0]
        assert "`OrderStore` has no attribute `save`" in first
        assert f"{FILES * CALLS} findings in {FILES} files" in first
        assert "Look first at shop/orders.py:4." in first
        assert "One edit over all sites together is the right step." in first


def test_without_a_bound_every_site_is_listed(renamed: Project) -> None:
    renamed.report()
    entry = _entries(renamed, "--max-chars", "0", "--no-excerpts")[0]
    for number in range(FILES):
        lines = entry.partition(_module(number))[2].partition("shop/orders.py")[0]
        assert all(re.search(rf"(?<!\d){5 + call}(?!\d)", lines) for call in range(CALLS)), number


def test_other_causes_come_after_it(renamed: Project) -> None:
    renamed.report()
    entries = _entries(renamed, "--max-chars", "0", "--no-excerpts")
    assert len(entries) == 2
    assert "lint/F401" in entries[1] and "shop/zebra.py" in entries[1]


def test_a_changed_signature_is_one_group_at_the_function(changed: Project) -> None:
    report = changed.report()
    (group,) = report["groups"]
    assert group["cause"] == "calls do not fit the signature of `price`"
    assert (group["location"]["path"], group["location"]["line"]) == ("shop/prices.py", 6)
    assert (group["findings"], group["files"], group["batch"]) == (CALLERS, CALLERS, True)
    entry = _entries(changed)[0]
    assert f"{CALLERS} findings in {CALLERS} files" in entry
    assert "shop/prices.py:6" in entry.partition("\n")[0]


def _module(number: int) -> str:
    return f"shop/module_{number:02}.py"


def _findings(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for outcome in report["outcomes"] for each in outcome["findings"]]


def _entries(project: Project, *options: str) -> list[str]:
    """Return the entries of the prompt, without what stands before and after them."""
    said = project.gates("prompt", *options)
    assert said.code == 0
    return re.split(r"^- ", said.out.partition("\nRe-check: ")[0], flags=re.MULTILINE)[1:]


def test_what_follows_from_a_missing_method_on_its_own_line_joins_the_group(project: Project) -> None:
    project.write("shop/orders.py", STORE)
    for number in range(12):
        body = f"def size_{number}(store: OrderStore) -> int:\n    return store.save('x') + {number}\n"
        project.write(_module(number), f"from shop.orders import OrderStore\n\n\n{body}")
    report = project.report("typing")
    assert {each["rule"] for each in report["outcomes"][0]["findings"]} == {
        "typing/attr-defined",
        "typing/no-any-return",
    }
    (group,) = report["groups"]
    assert (group["findings"], group["files"], group["batch"]) == (24, 12, True)
