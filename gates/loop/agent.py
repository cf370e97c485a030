"""One run of the agent: its prompt, its surroundings, and what it says."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from gates import descendants, process
from gates.loop.journal import Ended
from gates.model import BrokenError, GatesError
from gates.process import Spawner, ToolError

RUN = "GATES_LOOP"
"""The variable that tells an agent, and us, to which loop a process belongs."""

_PROMPT_FILE = "{prompt_file}"
_COST = re.compile(rb'"total_cost_usd"\s*:\s*(\d+(?:\.\d+)?(?:e-?\d+)?)')


class Call(Struct, frozen=True, kw_only=True):
    """How the agent is started: the command, where, with which prompt, and for how many seconds at most."""

    command: tuple[str, ...]
    cwd: Path
    prompt: Path
    log: Path
    seconds: float
    variables: Mapping[str, str]


def called(spawner: Spawner, attempt: int, call: Call) -> Ended:
    """Run the agent to its end, or to the end of its time, and return how it ended. Nothing of it is left running.

    Raises:
        GatesError: there is no such program.
        Stopped: the loop was interrupted.
    """
    content = call.prompt.read_bytes()
    by_file = any(_PROMPT_FILE in each for each in call.command)
    argv = [each.replace(_PROMPT_FILE, str(call.prompt)) for each in call.command]
    started = time.monotonic()
    try:
        with descendants.nothing_left(RUN, call.variables[RUN]), call.log.open("wb") as log:
            done = spawner.attend(
                argv,
                cwd=call.cwd,
                timeout=call.seconds,
                stdin=b"" if by_file else content,
                env=process.whole_environment(call.variables),
                log=log,
            )
        cost = _cost(call.log)
    except OSError as error:
        what = f"the transcript cannot be written: {error.strerror}"
        raise BrokenError(what, "Make room for the cache; when somebody emptied it: --no-resume.") from error
    except ToolError as error:
        raise GatesError(error.message, "Correct the command behind `--`.") from error
    seconds = round(time.monotonic() - started, 3)
    return Ended(attempt=attempt, how=_how(done.code, call.seconds), seconds=seconds, said=done.size, cost=cost)


def found(command: Sequence[str], cwd: Path) -> None:
    """Refuse a command that does not exist.

    Raises:
        GatesError: it does not.
    """
    import shutil

    if not command:
        raise GatesError("there is no agent to run", "Name its command: gates loop -- COMMAND …")
    if shutil.which(command[0], path=None) is None and not (cwd / command[0]).is_file():
        raise GatesError(f"there is no program `{command[0]}`", "Correct the command behind `--`.")


def _how(code: int | None, seconds: float) -> str:
    if code is None:
        return f"it did not end within {seconds:g} seconds and was killed"
    if code < 0:
        return f"it died of {process.killed_by(128 - code) or 'a signal'}"
    return f"it ended with exit code {code}" if code else ""


def _cost(log: Path) -> float | None:
    """Return what the agent says of its cost, as Claude Code does in its JSON; None when it says nothing."""
    said = _COST.findall(log.read_bytes())
    return float(said[-1]) if said else None
