"""Which imports count as lost, in whole files before and after."""

from __future__ import annotations

import pytest

from gates.facts.analyse import analyse
from gates.loop import imports

STORE, WEB, NEW = "src/shop/store.py", "src/shop/web.py", "src/shop/new.py"
BEFORE = {
    "src/shop/__init__.py": "",
    STORE: "TOTAL = 1\n\n\nclass Order: ...\n\n\ndef find(): ...\n",
    WEB: "import json\nfrom shop.store import Order, TOTAL\nfrom . import store\nfrom .store import find\n",
    "tools/json.py": "",
}


def lost(now: dict[str, str]) -> list[str]:
    """Return what is lost, of files that are all there is now."""
    return imports.lost({path: analyse(text.encode()).imports for path, text in now.items()}, BEFORE, now)


def test_nothing_is_lost_when_nothing_or_something_else_changes() -> None:
    assert lost(BEFORE) == []
    now = {path: text for path, text in BEFORE.items() if path != "tools/json.py"}
    assert lost(now | {STORE: BEFORE[STORE] + "\n\ndef more(): ...\n", NEW: "import nothing_of_ours\n"}) == []


def test_a_module_that_is_gone_is_lost_to_all_who_import_it() -> None:
    now = {path: text for path, text in BEFORE.items() if path != STORE}
    assert lost(now | {NEW: BEFORE[STORE]}) == [
        "src/shop/web.py:2: there is no module `shop.store` any more",
        "src/shop/web.py:2: there is no module `shop.store` any more",
        "src/shop/web.py:3: there is no module `src.shop.store` any more",
        "src/shop/web.py:4: there is no module `src.shop.store` any more",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Order", "Purchase", ["src/shop/web.py:2: `shop.store` has no `Order` any more"]),
        ("TOTAL", "SUM", ["src/shop/web.py:2: `shop.store` has no `TOTAL` any more"]),
        ("find", "look", ["src/shop/web.py:4: `src.shop.store` has no `find` any more"]),
        ("class Order: ...", "from shop.new import Order", []),
        ("class Order: ...", "from shop.new import *", []),
    ],
)
def test_a_name_is_lost_when_its_module_no_longer_has_it(old: str, new: str, said: list[str]) -> None:
    assert lost(BEFORE | {STORE: BEFORE[STORE].replace(old, new), NEW: "class Order: ...\n"}) == said
