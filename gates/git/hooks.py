"""Where git looks for the hooks of a repository."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from gates.git.ask import answer, repository, run
from gates.process import Spawner


class Hooks(Struct, frozen=True):
    """The folder of hooks, what `core.hooksPath` says, and whether it is this repository's own."""

    folder: Path
    configured: str
    own: bool


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
    said = [value for scope, value in list(pairwise(fields))[::2] if scope != "command"]
    out = answer(run(spawner, top, ("rev-parse", "--git-common-dir")), "find its directory")
    common = Path(os.path.realpath(top / os.fsdecode(out.removesuffix(b"\n"))))
    if not said or not said[-1]:
        return Hooks(common / "hooks", "", own=True)
    folder = Path(os.path.realpath(top / said[-1]))
    return Hooks(folder, said[-1], own=folder.is_relative_to(os.path.realpath(top)) or folder.is_relative_to(common))
