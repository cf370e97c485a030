"""TOML within bounds: what a parser takes for ever over, or gives up on in its own way, is not valid."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

_STRINGS = (
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*+(?:"{3,5}|\Z)',
    r"'''(?:[^']|'{1,2}(?!'))*+(?:'{3,5}|\Z)",
    r'"(?:[^"\\\n]|\\.)*+(?:"|$)',
    r"'[^'\n]*+(?:'|$)",
)
_TOKEN = re.compile(rf"{'|'.join(_STRINGS)}|#[^\n]*|[\[\]{{}}\n]", re.DOTALL | re.MULTILINE)
"""Strings, comments, brackets and line ends; without an end, a string goes as far as it may."""

_MAX_PARTS = 100
"""Parts of one key. The parser takes time by their square: a second for ten thousand."""

_LONG_KEY = re.compile(rf"(?:\.[ \t]*+[\w-]*+[ \t]*+){{{_MAX_PARTS}}}")


def parse(text: str) -> dict[str, Any]:
    """Return what a text in TOML holds.

    Raises:
        tomllib.TOMLDecodeError: it is not valid, or has a key of more than 100 parts, values nested too deeply, or a
            number of thousands of digits.
    """
    if any(line.count(".") >= _MAX_PARTS for line in text.split("\n")):  # a key goes over no line's end
        bare = _TOKEN.sub(lambda found: _without_dots(found[0]), text)
        if match := _LONG_KEY.search(bare):
            line = bare.count("\n", 0, match.start()) + 1
            raise tomllib.TOMLDecodeError(f"A key of more than {_MAX_PARTS} parts (at line {line}, column 1)")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError as error:
        raise tomllib.TOMLDecodeError("Values are nested too deeply") from error
    except ValueError as error:
        raise tomllib.TOMLDecodeError("A number has too many digits") from error


def _without_dots(token: str) -> str:
    """Return something in the place of a string, as many lines long; comments and brackets become nothing."""
    return ("q" if token[0] in "\"'" else "") + "\n" * token.count("\n")


def ends(text: str) -> Iterator[int]:
    """Yield the number of each line at whose end no value is open."""
    number, depth = 1, 0
    for match in _TOKEN.finditer(f"{text}\n"):
        part = match.group()
        if part == "\n" and depth <= 0:
            yield number
        number += part.count("\n")
        depth += (part in ("[", "{")) - (part in ("]", "}"))
