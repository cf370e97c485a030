"""From every way in which a command can end to an exit code."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from gates import __version__
from gates.model import GatesError
from gates.shortage import HINT, shortage
from gates.text import visible

BROKEN = 3
INTERRUPTED = 130
TERMINATED = 143


def end(command: Callable[[], object]) -> NoReturn:
    """Run a command and end the process: with the exit code that it returns, or the one that its error means."""
    _listen()
    try:
        code = command()
    except GatesError as error:
        code = _said(f"error: {error.message}" + (f"\n{error.hint}" if error.hint else ""), error.exit_code)
    except KeyboardInterrupt:
        code = _said("interrupted", INTERRUPTED)
    except BrokenPipeError:
        sys.stdout = None
        code = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a bug of ours must be told from a mistake of the user
        code = _failed(error)
    sys.exit(code if isinstance(code, int) else 0)


def _listen() -> None:
    """Let signals end what was started, too. Who starts us may ignore some: SIGHUP as `nohup` does, SIGINT as a shell
    in the background, and SIGCHLD, without which no exit code is ever seen."""
    signal.signal(signal.SIGTERM, _terminated)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _terminated)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupted)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _failed(error: Exception) -> int:
    """Say of an error that nobody expected what the machine has too little of, or that it is a bug of ours."""
    if lack := shortage(error):
        return _said(f"error: this machine has too little: {lack}\n{HINT}", BROKEN)
    import platform
    import traceback

    traceback.print_exception(error)
    versions = f"quality-gates {__version__}, Python {platform.python_version()}"
    return _said(f"internal error: {type(error).__name__} ({versions}). This is a bug; please report it.", BROKEN)


def _said(message: str, code: int) -> int:
    """Say something on standard error, where there is somebody to hear it, and return the exit code."""
    if sys.stderr is not None:
        for line in message.split("\n"):
            sys.stderr.write(f"{visible(line)}\n")
        sys.stderr.flush()
    return code


def _terminated(number: int, frame: FrameType | None) -> None:
    _hear_no_more()
    sys.exit(TERMINATED)


def _interrupted(number: int, frame: FrameType | None) -> None:
    _hear_no_more()
    raise KeyboardInterrupt


def _hear_no_more() -> None:
    """Ignore signals once one has come: what is left to do takes seconds, and impatience would leave tools running."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
