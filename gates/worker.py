"""A worker: `python -P -m gates.worker TASK` reads `[[key, payload], …]` as MessagePack, and answers in kind."""

import contextlib
import gc
import importlib
import os
import sys

from gates import lean

_NICE = 5
"""How nice a worker is, in the kernel's words: it gets a third of the time of a program that is not."""


def _yield() -> None:
    """Let tools that run meanwhile have the processors first: mypy takes longest, and everybody waits for it. Many
    kernels only listen to that within a session, and for one as a whole have to be told in their own way."""
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    with contextlib.suppress(OSError), open("/proc/self/autogroup", "w", encoding="ascii") as group:
        group.write(str(_NICE))


if __name__ == "__main__":
    _yield()
    lean.load()
    import msgspec

    gc.disable()  # a syntax tree has no cycles, and to look for some in it takes a tenth of the time
    work = importlib.import_module(sys.argv[1]).work
    given = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[tuple[str, bytes]])
    sys.stdout.buffer.write(msgspec.msgpack.encode([(key, work(payload)) for key, payload in given]))
