"""What runs the gates from now on: hooks, a workflow, and how git merges the baseline."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from gates import git, installing, managed
from gates.installing import Step
from gates.model import GatesError
from gates.process import Spawner
from gates.proposing.writing import Writing
from gates.text import visible

HOOKS = ("git", "pre-commit", "none")
WORKFLOWS = ("github", "gitlab", "none")
_INCLUDE = "include:\n  - local: ci/gitlab.yml\n"
_PLACE = "OWNER/quality-gates"
_BRANCH = "main"
_COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Around(Struct, frozen=True):
    """Files to write, what to put into git, and what is left for a person to do."""

    writings: tuple[Writing, ...] = ()
    steps: tuple[Step, ...] = ()
    todo: tuple[str, ...] = ()


def around(root: Path, hooks: str, workflow: str) -> Around:
    """Return what hooks and workflow need, of those that were asked for.

    Raises:
        GatesError: they cannot be had here: there is no repository, or somebody else manages its hooks.
    """
    made = {"git": _git_hooks, "pre-commit": _pre_commit, "github": _github, "gitlab": _gitlab}
    parts = [made[each](root) for each in (hooks, workflow) if each in made]
    return Around(
        tuple(each for part in parts for each in part.writings),
        tuple(each for part in parts for each in part.steps),
        tuple(each for part in parts for each in part.todo),
    )


def merging(root: Path, baseline: str) -> Iterator[Writing]:
    """Yield the line that lets git merge the baseline by what its lines mean, when it is not there yet."""
    path = root / ".gitattributes"
    line = f"{baseline} merge=gates-baseline".encode()
    before = path.read_bytes() if path.is_file() else b""
    if git.toplevel(root) is None or line in before.splitlines():
        return
    gap = b"" if not before or before.endswith(b"\n") else b"\n"
    yield Writing(path=path, content=before + gap + line + b"\n", why="how git merges the baseline")


def _git_hooks(root: Path) -> Around:
    return Around(steps=tuple(installing.target("git").install(root)))


def _pre_commit(root: Path) -> Around:
    top = _top(root, "hooks need", "Choose `--hooks git`, which knows where the project lies.")
    install = "Run: pre-commit install   (or prek install)"
    there = next((name for name in managed.NAMES if (top / name).exists()), "")
    if there:
        asked = managed.configuration(top)
        if asked is not None and asked.ours():
            return Around(todo=(f"{there} names our hooks already, and stays as it is.", install))
        return Around(todo=(f"Add to {there}:\n{managed.to_add(there).rstrip()}", install))
    path = top / managed.NAMES[0]
    content = managed.to_add(path.name).encode()
    return Around((Writing(path=path, content=content, why="the gates before each commit and push"),), (), (install,))


_PACKAGES = "There, install what the project imports into .venv: else its types are others than here."


def _github(root: Path) -> Around:
    top = _top(root, "a workflow needs")
    path = top / ".github" / "workflows" / "quality-gates.yml"
    below = os.path.relpath(root, top)
    text = _template("github.yml")
    place, commit = _origin()
    branch = git.main_branch(Spawner(), top) or _BRANCH
    if branch != _BRANCH:
        text = text.replace(f"branches: [{_BRANCH}]", f"branches: [{json.dumps(branch)}]")
    text = text.replace(f"{_PLACE}@{_COMMIT}", f"{place}@{commit}")
    if below != ".":
        text += f"        with:\n          working-directory: {json.dumps(below)}\n"
    where = f"Put into {_shown(path, root)} where quality-gates lives, and a commit of it."
    todo = (where, _PACKAGES) if place == _PLACE else (_PACKAGES,)
    return _unless_there(root, [(path, text)], "the same check on GitHub", todo)


def _gitlab(root: Path) -> Around:
    top = _top(
        root,
        "a pipeline needs",
        "Write by hand a job that changes to the folder of the project and runs `gates check`.",
    )
    files = [(top / "ci" / name, _template(name)) for name in ("gitlab.yml", "gates.sh")]
    main = top / ".gitlab-ci.yml"
    todo = ["Set GATES_REPOSITORY and GATES_COMMIT in ci/gitlab.yml: where quality-gates lives, and a commit of it."]
    if main.exists():
        todo.append(f"Add to {main.name}:\n{_INCLUDE.rstrip()}")
    else:
        files.append((main, _INCLUDE))
    return _unless_there(root, files, "the same check on GitLab", (*todo, _PACKAGES))


def _unless_there(root: Path, files: Sequence[tuple[Path, str]], why: str, todo: tuple[str, ...]) -> Around:
    """Return the files to write; one that is there already stays, whatever it holds."""
    there = [path for path, _ in files if path.exists()]
    kept = tuple(f"{_shown(path, root)} is there already, and stays as it is." for path in there)
    new = [Writing(path=path, content=text.encode(), why=why) for path, text in files if path not in there]
    return Around(tuple(new), (), (*kept, *(todo if new else ())))


def _top(root: Path, what: str, below: str = "") -> Path:
    """Return the top of the work tree; `below` is what to do when the project has to lie there and does not."""
    top = git.toplevel(root)
    if top is None:
        raise GatesError(f"{what} a git work tree, and there is none here", "Run `git init`, or choose `none`.")
    if below and top != root:
        raise GatesError(f"{what} the project at the top of the repository, and it lies below", below)
    return top


def _template(name: str) -> str:
    shipped = Path(__file__).parent.parent / "ci"
    folder = shipped if shipped.is_dir() else Path(__file__).parent.parent.parent / "examples" / "ci"
    return (folder / name).read_text("utf-8")


def _origin() -> tuple[str, str]:
    """Return the repository on GitHub and the commit that this was installed from, else placeholders."""
    try:
        said = importlib.metadata.distribution("quality-gates").read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        said = None
    known = json.loads(said or "{}")
    match = re.search(r"github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?$", str(known.get("url", "")))
    commit = str(known.get("vcs_info", {}).get("commit_id", ""))
    return (match[1], commit) if match and re.fullmatch("[0-9a-f]{40}", commit) else (_PLACE, _COMMIT)


def _shown(path: Path, root: Path) -> str:
    return visible(os.path.relpath(path, root))
