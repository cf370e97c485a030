"""What the words of a line become, as far as the line itself says: values, outputs and braces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from gates.guard.shell import UNKNOWN, Part, Word, pipelines

_BRACES = re.compile(r"(.*?)\{([^{}]*,[^{}]*)\}(.*)", re.DOTALL)
_MOST = 500
"""Words that braces may become before we stop to follow them."""


class Value(Struct, frozen=True):
    """What is known of a variable; `several` says that it stands for each of its words in turn."""

    text: str
    several: bool = False


def expanded(word: Word, variables: Mapping[str, Value]) -> list[str]:
    """Return the arguments that a word becomes; `UNKNOWN` stands for what cannot be told."""
    if all(part.kind == "bare" for part in word):
        return _braced("".join(part.text for part in word))
    is_kept = any(part.kind == "quoted" or part.quoted for part in word)
    return _split(_value(part, variables) for part in word) or [""] * is_kept


def text_of(word: Word, variables: Mapping[str, Value]) -> str:
    """Return a word as the one text that it is where nothing is split: a here-document, a value."""
    return "".join(_value(part, variables)[0] for part in word)


def printed(argv: list[str], fed: str | None) -> str | None:
    """Return what a command prints, when that can be told."""
    if argv[:1] in (["echo"], ["printf"]):
        words = [each for each in argv[1:] if not re.fullmatch(r"-[neE]+|--", each)]
        return " ".join(words).replace("\\n", "\n")
    return fed if argv in (["cat"], ["cat", "-"]) else None


def _split(parts: Iterable[tuple[str, bool]]) -> list[str]:
    """Return the words that are left of texts, of which some are split."""
    fields = [""]
    for text, splits in parts:
        first, *rest = re.split(r"[ \t\n]+", text) if splits else [text]
        fields[-1] += first
        fields.extend(rest)
    return [each for each in fields if each]


def _value(part: Part, variables: Mapping[str, Value]) -> tuple[str, bool]:
    """Return the text of a part, and whether it is split into words."""
    if part.kind == "variable":
        known = variables.get(part.text, Value(part.fallback))
        return known.text, known.several or not part.quoted
    if part.kind == "process":
        return UNKNOWN, False
    if part.kind == "output":
        return _output(part.text, variables), not part.quoted
    return part.text, False


def _output(text: str, variables: Mapping[str, Value]) -> str:
    found = pipelines(text)
    if len(found) != 1 or len(found[0]) != 1:
        return UNKNOWN
    command = found[0][0]
    fed = None if command.fed is None else text_of(command.fed, variables)
    said = printed([each for word in command.words for each in expanded(word, variables)], fed)
    return UNKNOWN if said is None else said.rstrip("\n")


def _braced(text: str) -> list[str]:
    """Return what `a{b,c}` becomes, in as many steps as there are pairs of braces."""
    found = [text]
    for _ in range(text.count("{")):
        if len(found) < _MOST:
            found = [each for one in found for each in _unbraced(one)]
    return found


def _unbraced(text: str) -> list[str]:
    match = _BRACES.fullmatch(text)
    return [f"{match[1]}{each}{match[3]}" for each in match[2].split(",")] if match else [text]
