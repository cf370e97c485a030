"""A check that several machines share: how it is divided, what each hands over, and how the parts become one again.

A part holds raw findings and decides nothing: which of them are known, are the same as others or are silenced in vain
shows only when all are there. Files are divided among the parts, a gate that needs all of them belongs to one.
"""

from gates.sharding.division import READS, Shard, Share, divided, sizes
from gates.sharding.part import BASE, NOW, Asked, Look, Part, content, is_part, looked, made, parsed, written
from gates.sharding.together import Parts

__all__ = [
    "Asked",
    "BASE",
    "Look",
    "NOW",
    "Part",
    "Parts",
    "READS",
    "Shard",
    "Share",
    "content",
    "divided",
    "is_part",
    "looked",
    "made",
    "parsed",
    "sizes",
    "written",
]
