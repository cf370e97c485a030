"""A place that names a version of a distribution, what it allows, and how it is brought into line."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from msgspec import Struct
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from gates.diagnosing import Place

OURS = "quality-gates"

_LOCKS = {
    "uv.lock": "uv lock --upgrade-package {name}=={version}",
    "poetry.lock": "poetry update {name}",
    "pdm.lock": "pdm update {name}",
}


class Pin(Struct, frozen=True, kw_only=True):
    """A version that a file asks for: the text that asks, what stands on which line, and where that is.

    `exact` is the one version that is allowed, when it is one; `installs` says that it is installed where we run, and
    not somewhere of its own; `moves`, that it names a branch; `hashed`, that another version has another hash there.
    """

    name: str
    wanted: str
    path: Path
    line: int
    exact: str = ""
    installs: bool = False
    moves: bool = False
    hashed: bool = False

    def allows(self, version: str) -> bool:
        """Return whether this is a version that is asked for; what cannot be understood allows all."""
        if self.exact:
            return self.exact == version
        try:
            return SpecifierSet(self.wanted).contains(version, prereleases=True)
        except InvalidSpecifier:
            return True

    def install(self) -> str:
        """Return the command that installs what is asked for."""
        wanted = f"=={self.exact}" if self.exact else self.wanted
        return f"{shlex.quote(sys.executable)} -m pip install {shlex.quote(self.name + wanted)}"

    def mending(self, place: Place, version: str) -> dict[str, str]:
        """Return how the file is made to ask for another version: `run` or `edit`, as a diagnosis has it."""
        if self.path.name in _LOCKS:
            return {"run": _LOCKS[self.path.name].format(name=self.name, version=version)}
        if self.hashed and self.installs:
            return {"edit": f"Write {self.name}=={version} there, with its hashes."}
        if self.hashed:
            return {"edit": f"Write the commit of v{version} there, and `v{version}` behind it."}
        old, new = self.exact or self.wanted, version if self.exact else f"=={version}"
        return {"run": place.replaced(self.path, self.line, old, f"v{version}" if self.moves else new)}
