"""Where git looks for the hooks of a repository."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from gates.git.ask import answer, repository, run
from gates.process import Spawner


class Hooks(Struct, frozen=True):
    """The folder of hooks, what `core.hooksPath` says, and whether it is this repository's own.

    `usual` is the folder that holds without `core.hooksPath`, `scope` says whose setting that is: `local`, `global`, ….
    """

    folder: Path
    configured: str
    own: bool
    usual: Path
    scope: str = ""


def hooks(spawner: Spawner, top: Path) -> Hooks:
    """Return the folder from which git runs hooks in the work tree `top`, whatever we tell git for ourselves.

    Raises:
        GatesError: there is no repository.
        ToolError: git is missing or refuses to answer.
    """
    repository(top)
    asked = ("config", "--null", "--show-scope", "--type=path", "--get-all", "core.hooksPath")
    done = run(spawner, top, asked)
    fields = [os.fsdecode(each) for each in done.out.split(b"\0")]
    said = [(scope, value) for scope, value in list(pairwise(fields))[::2] if scope != "command"]
    out = answer(run(spawner, top, ("rev-parse", "--git-common-dir")), "find its directory")
    common = Path(os.path.realpath(top / os.fsdecode(out.removesuffix(b"\n"))))
    usual = common / "hooks"
    scope, value = said[-1] if said else ("", "")
    if not value:
        return Hooks(usual, "", own=True, usual=usual)
    folder = Path(os.path.realpath(top / value))
    own = folder.is_relative_to(os.path.realpath(top)) or folder.is_relative_to(common)
    return Hooks(folder, value, own, usual, scope)
