"""What people know of this code: their answers to tickets, in `.gates/knowledge/`, told to agents where they apply.

Knowledge changes no verdict. It is information with an author and a date, and whether a commit before the change that
is judged holds it is said with it: whoever makes a change could write some of it, too.
"""

from gates.knowledge.counts import Use, judged, shown, use
from gates.knowledge.files import FOLDER, add, every, place
from gates.knowledge.matching import applies, applying, concerns
from gates.knowledge.told import INTRODUCTION, lines

__all__ = [
    "FOLDER",
    "INTRODUCTION",
    "Use",
    "add",
    "applies",
    "applying",
    "concerns",
    "every",
    "judged",
    "lines",
    "place",
    "shown",
    "use",
]
