"""A worker: `python -P -m gates.facts` reads `[[key, content], …]` as MessagePack and answers `[[key, facts], …]`."""

import sys

import msgspec

from gates.facts.analyse import analyse

if __name__ == "__main__":
    work = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[tuple[str, bytes]])
    sys.stdout.buffer.write(msgspec.msgpack.encode([(key, analyse(content)) for key, content in work]))
