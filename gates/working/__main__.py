"""A worker: `python -P -m gates.working TASK` reads `[[key, payload], …]` as MessagePack, and answers in kind."""

import importlib
import sys

import msgspec

if __name__ == "__main__":
    work = importlib.import_module(sys.argv[1]).work
    given = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[tuple[str, bytes]])
    sys.stdout.buffer.write(msgspec.msgpack.encode([(key, work(payload)) for key, payload in given]))
