"""The command `gates`, which is also `python -m gates`."""

import contextlib
import gc
import os
import sys
import threading

from gates import __version__, lean

_GARBAGE = 200_000
"""Objects after which cycles are looked for, of which there are hardly any. Python's own 700 is reached a hundred times
while modules are loaded; with findings by the ten thousand, 50,000 cost two tenths of a second."""

_STACK = 8 << 20
"""Bytes of stack that each thread gets, as on most systems anyway: where it is less, syntax that is nested as deeply as
we allow would crash the process."""


def main() -> None:
    """Run the command line, and spend no time on taking apart what goes with the process."""
    gc.set_threshold(_GARBAGE)
    threading.stack_size(_STACK)
    try:
        _command(sys.argv[1:])
    except SystemExit as ended:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            try:
                stream.flush()
            except (OSError, ValueError):  # Python says of it what there is to say
                raise ended from None
        os._exit(ended.code if isinstance(ended.code, int) else 1)


def _command(arguments: list[str]) -> None:
    """Run a command. A commit waits for its hook, and an agent for its check: they are not kept waiting by what reads
    all other command lines; nor is who asks which version this is."""
    if arguments == ["--version"]:
        with contextlib.suppress(OSError):  # the others know what to say of it
            print(f"gates {__version__}", flush=True)
            raise SystemExit(0)
    lean.load()
    if arguments[:1] == ["hook"]:
        from gates import exits, hookline, promptly

        line = hookline.plain(arguments[1:])
        if line is not None:
            exits.end(lambda: promptly.judged(line))
    if arguments[:1] == ["check"]:
        from gates import checkline, exits, promptly

        asked = checkline.plain(arguments[1:])
        if asked is not None:
            exits.end(lambda: promptly.checked(asked))
    from gates import cli

    cli.main()


if __name__ == "__main__":
    main()
