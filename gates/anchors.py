"""What a finding is fastened to, in a form that survives reformatting: the part of a statement, or the body around it.

Statements are written anew from the syntax tree, so that line breaks, quotes, parentheses and trailing commas do not
matter. A body is summed up by a sketch of its statements.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from gates import sketches
from gates.cache import digest
from gates.facts.kinds import below
from gates.facts.source import UnreadableError, decode, parse
from gates.facts.statements import BLOCKS, Decorated, Statement, inside, owners

MAX_NODES = 60
"""Nodes of syntax that the part of a statement may have; of a larger one only what lies around the finding counts."""

MAX_CODE = 160
"""Characters of code that are kept as they are; the rest is told by a hash."""

_SHINGLE = 4
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"\w+")


class Place(NamedTuple):
    """Where a finding begins and ends in a file, 1-based, columns in code points; `body` asks for what lies inside, to
    the end of the file when `end_line` is 0."""

    line: int
    column: int
    end_line: int
    body: bool


class Anchor(Struct, frozen=True, array_like=True, gc=False):
    """The code that a finding is about; for one about a whole function, class or file the sketch of its body, and its
    `size` in nodes of syntax, which neither formatting nor comments change."""

    code: str = ""
    body: str = ""
    size: int = 0


def asked(content: bytes, places: Sequence[Place]) -> bytes:
    """Return the payload of `work` for places in a file."""
    return msgspec.msgpack.encode((content, places))


def work(payload: bytes) -> bytes:
    """Return the anchors of places in a file, encoded as MessagePack; of a file that cannot be decoded empty ones."""
    content, places = msgspec.msgpack.decode(payload, type=tuple[bytes, list[Place]])
    try:
        text = decode(content)
    except UnreadableError:
        text = ""
    return msgspec.msgpack.encode(anchors(text, places))


def anchors(text: str, asked: Sequence[Place]) -> list[Anchor]:
    """Return what each place in a module is fastened to. A module that does not parse is taken line by line."""
    lines = text.split("\n")
    places = [each._replace(line=min(each.line, len(lines))) for each in asked]
    try:
        module = _Module(parse(text), lines)
        return [module.anchor(place) for place in places]
    except (UnreadableError, RecursionError):
        return [Anchor(_line(lines, place)) for place in places]


def of_text(text: str) -> tuple[Anchor, int]:
    """Return what a passage of code is told by, and its number of words: for copies, which are no whole statements."""
    words = _WORD.findall(text)
    shingles = {" ".join(words[start : start + _SHINGLE]) for start in range(max(len(words) - _SHINGLE + 1, 1))}
    return Anchor(
        f"sha:{digest(' '.join(words).encode('utf-8', 'surrogatepass'))[:16]}", sketches.sketch(shingles)
    ), len(words)


def short(code: str) -> str:
    """Return code on one line, squeezed; of a long one the beginning, and a hash of it all."""
    squeezed = _SPACE.sub(" ", code).strip()
    if len(squeezed) <= MAX_CODE:
        return squeezed
    return f"{squeezed[: MAX_CODE - 20]} … {digest(squeezed.encode('utf-8', 'surrogatepass'))[:16]}"


class _Stable(ast.NodeTransformer):
    """Writes formatted strings as calls and squeezes text over several lines: no Python or formatter changes these."""

    def visit(self, node: ast.AST) -> Any:
        """Leave names and signs as they are: they are more than half of all nodes, and hold no text."""
        if type(node) is ast.Name or not node._fields:
            return node
        return getattr(self, f"visit_{type(node).__name__}", self.generic_visit)(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        parts = [self.visit(each) for each in node.values]
        return ast.copy_location(ast.Call(ast.Name("f", ast.Load()), parts, []), node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        return self.visit(node.value)  # type: ignore[no-any-return]  # visit is declared to return anything

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        value = _SPACE.sub(" ", node.value).strip() if isinstance(node.value, str) else node.value
        return ast.copy_location(ast.Constant(value), node)


_STABLE = _Stable()


class _Module:
    """A module whose statements are written when they are asked for, each once."""

    def __init__(self, tree: ast.Module, lines: Sequence[str]) -> None:
        self._lines = lines
        self._owners = owners(tree, len(lines))
        self._headers: dict[int, _Header] = {}

    def anchor(self, place: Place) -> Anchor:
        """Return what a place is fastened to."""
        return self.body(place) if place.body else Anchor(code=self.code(place))

    def code(self, place: Place) -> str:
        """Return the part of the statement around a place; a comment, or a line without code, stands for itself."""
        owner = self._owners[place.line] if place.line < len(self._owners) else None
        line = self._lines[place.line - 1]
        if owner is None or line[place.column - 1 :].startswith("#"):
            return _line(self._lines, place)
        offset = len(line[: place.column - 1].encode("utf-8", "surrogatepass"))
        try:
            return self._part(owner, place.line, offset)
        except (RecursionError, ValueError):
            return _line(self._lines, place)

    def body(self, place: Place) -> Anchor:
        """Return the sketch of the statements inside a place, and their size."""
        headers = [self._header(each) for each in self._inside(place)]
        written = [each.squeezed for each in headers if each.squeezed is not None]
        return Anchor(body=sketches.exact(written), size=sum(each.size for each in headers))

    def _inside(self, place: Place) -> Collection[Statement]:
        return inside(self._owners, place.line, place.end_line)

    def _header(self, node: Statement) -> _Header:
        if id(node) not in self._headers:
            self._headers[id(node)] = _Header(node)
        return self._headers[id(node)]

    def _part(self, owner: Statement, line: int, offset: int) -> str:
        """Return the largest part around a position that is not too large; a whole statement where it is small."""
        if isinstance(owner, Decorated) and line < owner.lineno:
            around = (each for each in owner.decorator_list if _holds(each, line, offset))
            return short(_written(_STABLE.visit(next(around, owner))))
        header = self._header(owner)
        if header.size <= MAX_NODES:
            return header.short
        part: ast.AST = header.node
        while _size(part) > MAX_NODES:
            inside = next((each for each in ast.iter_child_nodes(part) if _holds(each, line, offset)), None)
            if inside is None:
                break
            part = inside
        return short(_written(part))


class _Header:
    """A statement without the blocks and decorators that hang on it, in the form that no formatter changes."""

    def __init__(self, node: Statement) -> None:
        self.node: ast.AST = _STABLE.visit(_headed(node))

    @functools.cached_property
    def size(self) -> int:
        """Its nodes of syntax."""
        return _size(self.node)

    @functools.cached_property
    def short(self) -> str:
        """Its code on one line, shortened; raises what `ast.unparse` raises."""
        return short(_written(self.node))

    @functools.cached_property
    def squeezed(self) -> str | None:
        """Its code on one line; None for what cannot be written."""
        try:
            return _SPACE.sub(" ", _written(self.node))
        except (RecursionError, ValueError):
            return None


def _line(lines: Sequence[str], place: Place) -> str:
    text = lines[place.line - 1] if place.line <= len(lines) else ""
    rest = text[place.column - 1 :]
    return short(rest if rest.startswith("#") else text)


def _headed(node: Statement) -> Statement:
    """Return a statement without the blocks and decorators that hang on it."""
    if not any(hasattr(node, name) for name in BLOCKS):
        return node
    held = [name for name in (*BLOCKS, "decorator_list") if hasattr(node, name)]
    return type(node)(**(vars(node) | {name: [ast.Pass()] if name == "body" else [] for name in held}))


def _written(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text.removesuffix("pass").rstrip().removesuffix(":") if any(hasattr(node, each) for each in BLOCKS) else text


def _holds(node: ast.AST, line: int, offset: int) -> bool:
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
    if not first:
        return any(_holds(each, line, offset) for each in ast.iter_child_nodes(node))
    start = (first, node.col_offset)  # type: ignore[attr-defined]  # what has a line has a column
    end = (last, node.end_col_offset)  # type: ignore[attr-defined]  # and an end
    return start <= (line, offset) < end


def _size(node: ast.AST) -> int:
    nodes = [node]
    for each in nodes:  # which grows on the way
        nodes += below(each, each._fields)
    return len(nodes)
