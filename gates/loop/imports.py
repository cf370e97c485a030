"""Imports of the project's own modules that led somewhere before an attempt and lead nowhere after it.

Nothing is run, and where the gate `typing` is on it sees more. An import counts as lost only when that is sure: its
module is gone, or the name that it takes was defined there and does not occur there any more.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping

from gates.facts.values import Import
from gates.scope import SUFFIXES

_DYNAMIC = re.compile(r"^from .* import \*|__getattr__", re.MULTILINE)


def lost(imports: Mapping[str, Iterable[Import]], before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return in words the imports that are lost, by place.

    Args:
        imports: what each file imports now.
        before: the texts of the files that there were, by path.
        now: the texts of those that there are.
    """
    sides = _Side(before), _Side(now)
    found = ((path, each, _said(path, each, *sides)) for path in sorted(imports) for each in imports[path])
    return [f"{path}:{each.line}: {said}" for path, each, said in found if said]


class _Side:
    """The modules of one side, by every name under which they could be imported, from whatever folder."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._paths: dict[str, str] = {}
        for path in sorted(texts):
            for name in _names(path) if path.endswith(SUFFIXES) else ():
                self._paths.setdefault(name, path)

    def has(self, module: str) -> bool:
        """Whether there is such a module."""
        return module in self._paths

    def text(self, module: str) -> str:
        """Return its text; nothing when there is none."""
        return self._texts[self._paths[module]] if module in self._paths else ""


def _said(path: str, each: Import, before: _Side, now: _Side) -> str:
    module = _absolute(path, each.module)
    if module.partition(".")[0] in sys.stdlib_module_names:
        return ""
    inner = f"{module}.{each.name}"
    for gone in (module, inner):
        if before.has(gone) and not now.has(gone) and not _occurs(each.name, now.text(module)):
            return f"there is no module `{gone}` any more"
    if now.has(inner) or not _defines(each.name, before.text(module)) or _occurs(each.name, now.text(module)):
        return ""
    return f"`{module}` has no `{each.name}` any more"


def _defines(name: str, text: str) -> bool:
    found = rf"^(?:(?:async )?def |class )?{re.escape(name)}\b"
    return bool(name) and re.search(found, text, re.MULTILINE) is not None


def _occurs(name: str, text: str) -> bool:
    """Whether a module may still have a name."""
    return bool(_DYNAMIC.search(text)) or (bool(name) and re.search(rf"\b{re.escape(name)}\b", text) is not None)


def _names(path: str) -> Iterator[str]:
    parts = path.rpartition(".")[0].split("/")
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    for index in range(len(parts)):
        yield ".".join(parts[index:])


def _absolute(path: str, module: str) -> str:
    """Return a name of the module that a file means; of a relative one from the root of the project."""
    name = module.lstrip(".")
    level = len(module) - len(name)
    if not level:
        return name
    above = path.split("/")[:-level]
    return ".".join([*above, *([name] if name else [])])
