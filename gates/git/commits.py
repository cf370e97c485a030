"""From a name that a user gives to a commit, and from two histories to where they parted."""

from __future__ import annotations

from pathlib import Path

from gates.git.ask import answer, is_id, repository, run
from gates.model import GatesError
from gates.process import Spawner
from gates.text import visible

_SHALLOW = "This clone is shallow; fetch more history: git fetch --unshallow (in CI: fetch-depth: 0)."


def commit(spawner: Spawner, root: Path, ref: str) -> str:
    """Return the full id of the commit that a user's `ref` names.

    Raises:
        GatesError: there is no such commit here, or no repository.
        ToolError: git is missing or refuses to answer.
    """
    _named(root, ref)
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    done = run(spawner, root, asked)
    if done.code == 1:
        raise _unknown(spawner, root, ref)
    found = answer(done, "find a commit").decode("ascii", "replace").strip()
    if not is_id(found):
        raise _unknown(spawner, root, ref)
    return found


def merge_base(spawner: Spawner, root: Path, ref: str) -> str:
    """Return the id of the commit where the history of HEAD left that of `ref`.

    When branches were merged both ways there are several equally good ones; this is then the first that git names.

    Raises:
        GatesError: there is no such ref or no common ancestor, as far as this clone reaches, or no repository.
        ToolError: git is missing or refuses to answer.
    """
    _named(root, ref)
    done = run(spawner, root, ("merge-base", "--end-of-options", ref, "HEAD"))
    if done.code == 1:
        raise _unrelated(spawner, root, ref)
    if done.code != 0 and "Not a valid " in done.stderr:
        raise _unknown(spawner, root, ref)
    return answer(done, "find a common ancestor").decode("ascii", "replace").strip()


def head(spawner: Spawner, root: Path) -> str:
    """Return the id of the commit of HEAD, or "" before the first commit.

    Raises:
        GatesError: there is no repository.
        ToolError: git is missing or refuses to answer.
    """
    repository(root)
    done = run(spawner, root, ("rev-parse", "--verify", "--quiet", "HEAD"))
    return "" if done.code == 1 else answer(done, "find HEAD").decode("ascii", "replace").strip()


def _named(root: Path, ref: str) -> None:
    repository(root)
    if not ref or ref.startswith(("-", "^")) or not ref.isprintable():
        raise GatesError(
            f"`{visible(ref)}` is no name of a commit", "Name a branch, a tag or a commit, such as `origin/main`."
        )


def _unknown(spawner: Spawner, root: Path, ref: str) -> GatesError:
    unborn, shallow, remote = _situation(spawner, root, ref)
    message = f"git knows no commit `{visible(ref)}`"
    if remote:
        return GatesError(message, f"Did you mean `{visible(remote)}`?")
    if unborn:
        return GatesError(f"{message}: nothing is committed yet", "Make a first commit, or check the whole project.")
    if shallow:
        return GatesError(message, _SHALLOW)
    return GatesError(message, "Look at `git branch --all`; a branch of a remote has to be fetched first: git fetch.")


def _unrelated(spawner: Spawner, root: Path, ref: str) -> GatesError:
    _, shallow, _ = _situation(spawner, root, ref)
    if shallow:
        return GatesError(f"`{visible(ref)}` and HEAD have no common ancestor in this clone", _SHALLOW)
    return GatesError(f"`{visible(ref)}` and HEAD have no common ancestor", "Name a commit of this history.")


def _situation(spawner: Spawner, root: Path, ref: str) -> tuple[bool, bool, str]:
    """Return whether HEAD is unborn, whether the clone is shallow, and a remote's branch with the name of the ref."""
    asked = ("rev-parse", "--is-shallow-repository", "--symbolic", f"--glob=refs/remotes/*/{ref}", "HEAD")
    done = run(spawner, root, asked)
    lines = done.stdout.splitlines()
    branches = [each.removeprefix("refs/remotes/") for each in lines if each.startswith("refs/remotes/")]
    return done.code != 0, "true" in lines[:1], branches[0] if branches else ""
