"""What one parse of one file yields; most gates are pure functions over it."""

from gates.facts.collect import Snapshot, collect, stamp
from gates.facts.gathered import Gathered
from gates.facts.values import Call, Chain, Class, FileFacts, Function, Import, Unreadable

__all__ = [
    "Call",
    "Chain",
    "Class",
    "FileFacts",
    "Function",
    "Gathered",
    "Import",
    "Snapshot",
    "Unreadable",
    "collect",
    "stamp",
]
