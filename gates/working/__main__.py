"""A worker: `python -P -m gates.working TASK` reads `[[key, payload], …]` as MessagePack, and answers in kind."""

import gc
import importlib
import sys

import msgspec

if __name__ == "__main__":
    gc.disable()  # a syntax tree has no cycles, and to look for some in it takes a tenth of the time
    work = importlib.import_module(sys.argv[1]).work
    given = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[tuple[str, bytes]])
    sys.stdout.buffer.write(msgspec.msgpack.encode([(key, work(payload)) for key, payload in given]))
