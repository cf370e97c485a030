"""The hooks of coding agents' hosts: each is started as its host does, and has to answer as that host understands.

Nothing that a host remembers is read: whether it trusts a hook can only be seen there.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from gates import hosts, installing
from gates.diagnosing import Diagnosis, Place, ok, problem, warning
from gates.diagnosing.hooks import firing, switches
from gates.hosts import GUARD, Answer, Decision, Host
from gates.installing import Hook, Step
from gates.model import UNDECODABLE, Completed, GatesError
from gates.process import ToolError

_CLEAN = "planted = 1\n"
_REFUSED = "git commit --no-verify -m planted"
_TEXT = "planted refusal"
_SESSION = "gates-doctor"
_LOST = "finds no `gates`, neither in .venv/bin nor in PATH"
_HOST = re.compile(r"--host[ =](?P<name>[a-z-]+)")
_GIT = "git"


def examine(place: Place) -> Sequence[Diagnosis]:
    """Return what is so of the hooks of each host that is to run us."""
    found: list[Diagnosis] = []
    for name in installing.targets():
        target = installing.target(name)
        hooks = () if name == _GIT else target.hooks(place.here)
        if hooks:
            found += [*fired(place, name, hooks), *switches.off(place, name)]
            with contextlib.suppress(GatesError):
                found += unlike(place, name, target.install(place.here))
    return found


def unlike(place: Place, target: str, steps: Sequence[Step]) -> Iterator[Diagnosis]:
    """Yield the files that an installation would change now: a hook may be missing there, or be of another version."""
    for path in dict.fromkeys(step.path for step in steps):
        said = f"{target}: {place.shown(path)} has not all that is installed today"
        yield warning(said, run=f"gates install {target}")


def fired(place: Place, target: str, hooks: Sequence[Hook]) -> Iterator[Diagnosis]:
    """Fire the hooks of one host, and yield what is wrong with them, or that nothing is."""
    with ThreadPoolExecutor() as pool:
        answers = list(zip(hooks, pool.map(lambda hook: _wrong(place, hook), hooks), strict=True))
    for hook, said in answers:
        if said:
            told = f"{target}: the hook `{hook.kind}` in {place.shown(hook.path)} {said}"
            yield problem(told, run=place.path_with_ours if said == _LOST else f"gates install {target}")
    good = [hook.kind for hook, said in answers if said == ""]
    if good:
        yield ok(f"{target}: {', '.join(good)} answer as they have to{switches.unseen(target)}")
    silent = [hook.kind for hook, said in answers if said is None]
    if silent:
        yield ok(f"{target}: {', '.join(silent)} not fired, since the form of its events is not known")


def _wrong(place: Place, hook: Hook) -> str | None:
    """Return what a hook did instead of what it has to: nothing when it did that, None when it was not fired."""
    named = _HOST.search(" ".join(hook.command))
    if named is None or named["name"] not in hosts.names():
        return "names no host that there is"
    if hook.target in hosts.names() and hook.target != named["name"]:
        return f"answers as if `{named['name']}` ran it"
    host = hosts.host(named["name"])
    with firing.thrown_away("", _CLEAN) as (_, project), tempfile.TemporaryDirectory(prefix="gates-doctor-") as store:
        about = _REFUSED if hook.kind == GUARD else str(project / firing.PLANTED)
        event = hosts.written(host, hook.kind, session=_SESSION, cwd=str(project), about=about)
        if not event:
            return None
        try:
            done = firing.answer(place, hook.command, event, Path(store))
        except ToolError as error:
            return f"does not run: {error.message}"
    return _against(place, host, hook, done)


def _against(place: Place, host: Host, hook: Hook, done: Completed) -> str:
    """Hold an answer against the one that the host is to get; the wording of a refusal does not matter."""
    guards = hook.kind == GUARD
    if done.code and place.lacks_gates and "not found" in done.stderr:
        return _LOST
    if _is_alike(done, host.write(Decision(kind=hook.kind, blocks=guards, text=_TEXT if guards else ""))):
        return ""
    if guards and _is_alike(done, host.write(Decision(kind=GUARD))):
        return f"lets `{_REFUSED}` pass"
    return f"does not answer as the host wants it: {firing.last_words(done)}"


def _is_alike(done: Completed, expected: Answer) -> bool:
    spoke = bool(done.stderr.strip()) == bool(expected.stderr.strip())
    return spoke and done.code == expected.exit_code and _fits(_said(done.stdout), _said(expected.stdout))


def _said(text: str) -> object:
    try:
        return msgspec.json.decode(text) if text.strip() else None
    except (UnicodeError, *UNDECODABLE):
        return text


def _fits(said: object, expected: object) -> bool:
    """Return whether JSON is what is expected, where any text may stand for the one of a refusal."""
    if isinstance(said, dict) and isinstance(expected, dict):
        return said.keys() == expected.keys() and all(_fits(said[key], expected[key]) for key in said)
    return isinstance(said, str) and bool(said) if expected == _TEXT else said == expected
