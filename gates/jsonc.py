"""JSON with comments and trailing commas as a text: where its values stand, and items put in and taken out.

No other character of the text changes, and taking out what was put in gives back the text as it was. So that this can
be told from the text alone, an array or object that is made for an item begins with a line break, and an item in one
that was there and empty stands right behind its bracket.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

_DEEPEST = 100
_COMMENT = r"//[^\r\n]*|/\*[\s\S]*?\*/"
_SPACE = re.compile(rf"(?:[ \t\r\n]|{_COMMENT})*")
_COMMENTS = re.compile(_COMMENT)
_BESIDE = re.compile(r"(?:[ \t]*(?://[^\r\n]*|/\*(?:(?!\*/)[^\r\n])*\*/))*")
"""Comments behind a value that end on the line on which they begin."""

_ATOM = re.compile(
    r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"'
    r"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null"
)
_CLOSING = {"{": "}", "[": "]"}


class MalformedError(ValueError):
    """The text is no JSON, or something in it is not what an item can be put into; says where and why."""


class Node(Struct, frozen=True):
    """A value, and where it stands in the text."""

    start: int
    end: int
    value: object
    items: tuple[Item, ...] = ()

    def index(self, key: str) -> int:
        """Return which item of an object has this key, the last if there are several; -1 if none has."""
        return max((at for at, each in enumerate(self.items) if each.key == key), default=-1)


class Item(Struct, frozen=True):
    """What an array or object holds: its key, where it begins, its value, and the place of the comma behind it."""

    key: str
    start: int
    node: Node
    comma: int = -1


def parse(text: str) -> Node:
    """Return the value that a text is.

    Raises:
        MalformedError: it is none.
    """
    node = _value(text, _skip(text, 1 if text.startswith("\ufeff") else 0), 0)
    if _skip(text, node.end) < len(text):
        raise _error(text, _skip(text, node.end), "nothing more")
    return node


def added(text: str, path: Sequence[str], value: object) -> str:
    """Return the text with a value at the end of the array under the keys `path`, which are made if need be.

    Raises:
        MalformedError: the text is no JSON, or what stands at the path is something else.
    """
    node = parse(text)
    for depth, key in enumerate(path):
        _hold(isinstance(node.value, dict), path[:depth], "object")
        index = node.index(key)
        if index < 0:
            made: object = [value]
            for each in reversed(path[depth + 1 :]):
                made = {each: made}
            return _appended(text, node, made, key)
        node = node.items[index].node
    _hold(isinstance(node.value, list), path, "array")
    return _appended(text, node, value, "")


def replaced(text: str, node: Node, value: object) -> str:
    """Return the text with another value in the place of one that it holds."""
    indent = _indent(text, node.start)
    return text[: node.start] + _rendered(text, value, indent) + text[node.end :]


def removed(text: str, trail: Sequence[int], new: Mapping[str, object]) -> str:
    """Return the text without an item, and without the arrays and objects that `added` has made for it.

    `trail` leads to the item: its index in each array or object from the outermost on. The text is "" when it was made
    for the item as a whole: nothing else is in it but what a `new` text begins with.
    """
    around = [parse(text)]
    for index in trail[:-1]:
        around.append(around[-1].items[index].node)
    depth = len(trail) - 1
    while depth > 0 and _is_made(text, around[depth]):
        depth -= 1
    if depth == 0 and trail[0] == 0 and _is_new(text, around[0], new):
        return ""
    return _without(text, around[depth], trail[depth])


def dumped(value: object) -> str:
    """Return a text that holds a value and nothing else."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _value(text: str, at: int, depth: int) -> Node:
    if text[at : at + 1] in _CLOSING and at < len(text):
        return _container(text, at, depth)
    match = _ATOM.match(text, at)
    if match is None:
        raise _error(text, at, "a value")
    try:
        return Node(at, match.end(), json.loads(match.group()))
    except ValueError as error:
        raise _error(text, at, "a number that is not that long") from error


def _container(text: str, at: int, depth: int) -> Node:
    if depth > _DEEPEST:
        raise _error(text, at, "less nesting")
    keyed, closing = text[at] == "{", _CLOSING[text[at]]
    items: list[Item] = []
    position = _skip(text, at + 1)
    while not text.startswith(closing, position):
        if items and items[-1].comma < 0:
            raise _error(text, position, f"`,` or `{closing}`")
        item = _keyed(text, position, depth) if keyed else Item("", position, _value(text, position, depth + 1))
        position = _skip(text, item.node.end)
        if text.startswith(",", position):
            item = Item(item.key, item.start, item.node, position)
            position = _skip(text, position + 1)
        items.append(item)
    value = {each.key: each.node.value for each in items} if keyed else [each.node.value for each in items]
    return Node(at, position + 1, value, tuple(items))


def _keyed(text: str, at: int, depth: int) -> Item:
    match = _ATOM.match(text, at)
    colon = _skip(text, match.end()) if match else at
    if match is None or text[at] != '"' or not text.startswith(":", colon):
        raise _error(text, at, "`NAME:` in double quotes, or `}`")
    return Item(json.loads(match.group()), at, _value(text, _skip(text, colon + 1), depth + 1))


def _error(text: str, at: int, wanted: str) -> MalformedError:
    before = text[:at].replace("\r\n", "\n").replace("\r", "\n")
    line, column = before.count("\n") + 1, at - _line(text, at) + 1
    return MalformedError(f"line {line}, column {column}: {wanted} is expected")


def _hold(holds: bool, path: Sequence[str], wanted: str) -> None:
    if not holds:
        raise MalformedError(f"{f'`{path[-1]}`' if path else 'what it holds'} is no {wanted}")


def _appended(text: str, around: Node, value: object, key: str) -> str:
    named = f"{json.dumps(key, ensure_ascii=False)}: " if key else ""
    if not around.items:
        at = around.start + 1
        return text[:at] + named + _rendered(text, value, _indent(text, at)) + text[at:]
    last = around.items[-1]
    beside = text[_line(text, last.start) : last.start].strip()
    indent = _indent(text, around.start) + _unit(text) if beside else _indent(text, last.start)
    item = _line_end(text) + indent + named + _rendered(text, value, indent)
    if last.comma >= 0:
        at = _beside(text, last.comma + 1)
        return f"{text[:at]}{item},{text[at:]}"
    end, at = last.node.end, _beside(text, last.node.end)
    return f"{text[:end]},{text[end:at]}{item}{text[at:]}"


def _without(text: str, around: Node, index: int) -> str:
    """Comments before the item and behind it stay."""
    item = around.items[index]
    before = around.items[index - 1].comma if index else around.start
    start = max((each.end() for each in _COMMENTS.finditer(text, before + 1, item.start)), default=before + 1)
    end = item.node.end
    if item.comma >= 0:
        return text[:start] + text[end : item.comma] + text[item.comma + 1 :]
    if index:
        return text[:before] + text[before + 1 : start] + text[end:]
    return text[:start] + text[end:]


def _is_made(text: str, around: Node) -> bool:
    """Return whether an array or object was made for the one item that it holds."""
    behind = text[around.items[0].node.end : around.end - 1]
    alone = len(around.items) == 1 and behind.strip() in ("", ",") and behind.endswith(tuple("\r\n\t "))
    return alone and _is_broken(text, around)


def _is_new(text: str, root: Node, new: Mapping[str, object]) -> bool:
    first, *others = root.items
    known = all(each.key in new and new[each.key] == each.node.value for each in others)
    bare = not _COMMENTS.search(text[first.node.end :]) if known else False
    return bare and root.start == 0 and _is_broken(text, root) and len(others) == len(new)


def _is_broken(text: str, around: Node) -> bool:
    """Return whether a line break, and no comment, stands before the first item."""
    before = text[around.start + 1 : around.items[0].start]
    return not before.strip() and ("\n" in before or "\r" in before)


def _rendered(text: str, value: object, indent: str) -> str:
    lines = json.dumps(value, indent=_unit(text), ensure_ascii=False).split("\n")
    return f"{_line_end(text)}{indent}".join(lines)


def _unit(text: str) -> str:
    match = re.search(r'^([ \t]+)"', text, re.MULTILINE)
    return match.group(1) if match else "  "


def _line_end(text: str) -> str:
    match = re.search(r"\r\n|\n|\r", text)
    return match.group() if match else "\n"


def _indent(text: str, at: int) -> str:
    """Return the white space with which the line of a place begins."""
    match = re.compile(r"[ \t]*").match(text, _line(text, at))
    return match.group() if match else ""


def _line(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _beside(text: str, at: int) -> int:
    match = _BESIDE.match(text, at)
    return match.end() if match else at
