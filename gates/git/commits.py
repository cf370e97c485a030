"""From a name that a user gives to a commit, and from two histories to where they parted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from gates.git.ask import answer, is_id, refusal, repository, run
from gates.model import Completed, GatesError
from gates.process import Spawner
from gates.text import visible

_SHALLOW = "This clone is shallow; fetch more history: git fetch --unshallow (in CI: fetch-depth: 0)."


_SWAPPED = (("main", "master"), ("master", "main"))
_LIKENESS = 0.8


class _Situation(Struct, frozen=True):
    """Why a commit may not be found: whether git answers at all, and has a commit of HEAD and the whole history; a
    remote's branch of the name that was asked for; and the names of all branches and tags."""

    answered: bool
    unborn: bool
    shallow: bool
    remote: str
    names: tuple[str, ...]


def commit(spawner: Spawner, root: Path, ref: str) -> str:
    """Return the full id of the commit that a user's `ref` names.

    Raises:
        GatesError: there is no such commit here, or no repository.
        ToolError: git is missing or refuses to answer.
    """
    _named(root, ref)
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    done = run(spawner, root, asked)
    found = done.stdout.strip()
    if done.code != 0 or not is_id(found):
        raise _unknown(spawner, root, ref, done)
    return found


def merge_base(spawner: Spawner, root: Path, ref: str, tip: str = "HEAD") -> str:
    """Return the id of the commit where the history of HEAD, or of another `tip`, left that of `ref`.

    When branches were merged both ways there are several equally good ones; this is then the first that git names.

    Raises:
        GatesError: there is no such ref or no common ancestor, as far as this clone reaches, or no repository.
        ToolError: git is missing or refuses to answer.
    """
    _named(root, ref)
    _named(root, tip)
    done = run(spawner, root, ("merge-base", "--end-of-options", ref, tip))
    if done.code == 1:
        raise _unrelated(spawner, root, ref)
    if done.code != 0:
        raise _unknown(spawner, root, ref, done)
    return done.stdout.strip()


def head(spawner: Spawner, root: Path) -> str:
    """Return the id of the commit of HEAD, or "" before the first commit.

    Raises:
        GatesError: there is no repository.
        ToolError: git is missing or refuses to answer.
    """
    repository(root)
    done = run(spawner, root, ("rev-parse", "--verify", "--quiet", "HEAD"))
    return "" if done.code == 1 else answer(done, "find HEAD").decode("ascii").strip()


def published(spawner: Spawner, root: Path, oid: str, remote: str) -> str | None:
    """Return the commit that stands before the first one that `remote`, as far as it is known, lacks of a history: ""
    when it lacks all of it, None when it lacks nothing.

    Raises:
        ToolError: git is missing or refuses to answer.
    """
    asked = ("rev-list", "--topo-order", "--reverse", "--parents", oid, "--not", f"--remotes={remote}")
    lines = answer(run(spawner, root, asked), "list what is pushed").decode("ascii").splitlines()
    if not lines:
        return None
    return "".join(lines[0].split()[1:2])


def line(spawner: Spawner, root: Path, base: str, tip: str) -> tuple[tuple[str, str], ...]:
    """Return the commits that lead from `base`, which is left out, to `tip` along first parents, oldest first: the id
    of each, and its subject.

    Raises:
        ToolError: git is missing or refuses to answer.
    """
    asked = ("log", "--first-parent", "--reverse", "--no-show-signature", "--format=%H %s", f"{base}..{tip}", "--")
    lines = answer(run(spawner, root, asked), "list commits").decode("utf-8", "replace").splitlines()
    return tuple((each[: each.find(" ")], each.partition(" ")[2]) for each in lines)


def _named(root: Path, ref: str) -> None:
    repository(root)
    if not ref or ref.startswith(("-", "^")) or not ref.isprintable():
        raise GatesError(
            f"`{visible(ref)}` is no name of a commit", "Name a branch, a tag or a commit, such as `origin/main`."
        )


def _unknown(spawner: Spawner, root: Path, ref: str, done: Completed) -> GatesError:
    here = _situation(spawner, root, ref)
    if not here.answered:
        return refusal(done, "find a commit")
    message = f"git knows no commit `{visible(ref)}`"
    if here.remote:
        return GatesError(message, f"Did you mean `{visible(here.remote)}`?")
    if here.unborn:
        return GatesError(f"{message}: nothing is committed yet", "Make a first commit, or check the whole project.")
    if near := _near(ref, here.names):
        return GatesError(message, f"Did you mean `{visible(near)}`?")
    if here.shallow:
        return GatesError(message, _SHALLOW)
    return GatesError(message, "Look at `git branch --all`; a branch of a remote has to be fetched first: git fetch.")


def _near(ref: str, names: Sequence[str]) -> str:
    """Return the name that was probably meant: main and master stand for each other; "" when none is near."""
    swapped = (ref.replace(*pair) for pair in _SWAPPED)
    first = next((name for name in swapped if name != ref and name in names), "")
    if first:
        return first
    import difflib

    return next(iter(difflib.get_close_matches(ref, names, n=1, cutoff=_LIKENESS)), "")


def _unrelated(spawner: Spawner, root: Path, ref: str) -> GatesError:
    if _situation(spawner, root, ref).shallow:
        return GatesError(f"`{visible(ref)}` and HEAD have no common ancestor in this clone", _SHALLOW)
    return GatesError(f"`{visible(ref)}` and HEAD have no common ancestor", "Name a commit of this history.")


def _situation(spawner: Spawner, root: Path, ref: str) -> _Situation:
    done = run(spawner, root, ("rev-parse", "--is-shallow-repository", "--symbolic", "--all", "HEAD"))
    first, *lines = done.stdout.split("\n")
    refs = [each.removeprefix("refs/") for each in lines if each.startswith("refs/")]
    names = tuple(each.partition("/")[2] for each in refs)
    remote = next((name for name in names if f"remotes/{name}" in refs and name.partition("/")[2] == ref), "")
    return _Situation(first in {"true", "false"}, done.code != 0, first == "true", remote, names)


def main_branch(spawner: Spawner, root: Path) -> str:
    """Return the branch that the remote `origin` begins with, else the one that is checked out; nothing when neither is
    known.

    Raises:
        ToolError: git is missing.
    """
    for name in ("refs/remotes/origin/HEAD", "HEAD"):
        done = run(spawner, root, ("symbolic-ref", "--quiet", "--short", name))
        if done.code == 0:
            return done.stdout.strip().removeprefix("origin/")
    return ""
