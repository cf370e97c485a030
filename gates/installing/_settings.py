"""Hosts whose settings are JSON: our hooks are put between what is there, and found again by their commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from gates import jsonc
from gates.installing import Hook, Step
from gates.installing._places import PREFIX, Place, missing, place, project, writable
from gates.jsonc import MalformedError, Node
from gates.model import GatesError
from gates.roots import find_root

Kind = Literal["stop", "post-edit", "guard"]

SECONDS: Mapping[Kind, int] = {"stop": 300, "post-edit": 30, "guard": 10}
"""How long a hook may take."""

_COMMANDS = ("command", "bash", "linux")
_OURS = re.compile(
    r'(?:\w+=(?:"[^"]*"|[^\s"]*) +)*(?:\S+ run +|(?:[^\s;|&]*/)?python[0-9.]* +-m +)?(?:[^\s;|&]*/)?gates'
    r" +agent +(?P<kind>stop|post-edit|guard)(?P<options>(?: +[\w=.-]+)*)(?: \|\| exit 1)?"
)
"""A command that runs us and nothing else. One with more around it is somebody's own."""


class Entry(Struct, frozen=True, kw_only=True):
    """What is put into the list of an event. It runs a command itself, or holds `hooks` that do, beside a matcher."""

    kind: Kind
    event: str
    value: Mapping[str, Any]


class _Found(Struct, frozen=True):
    """An entry of ours in a text. It is a handler among those of others when it `shares` its matcher with them."""

    kind: Kind
    event: str
    trail: tuple[int, ...]
    node: Node
    shares: bool

    def handler(self) -> Mapping[str, Any]:
        """Return what names the command."""
        return _handlers(self.node.value)[0]


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of a host: their file below the root of the project, the name by which we answer, and the entries.

    A file that we make holds `new`, too, and one that is there has to. With `bare` the events may stand at the top, not
    in `hooks`, and be spelt `post_tool_use`. What is `told` a person has to know.
    """

    target: str
    host: str
    file: str
    entries: tuple[Entry, ...]
    new: Mapping[str, Any] = {}
    bare: bool = False
    told: tuple[str, ...] = ()

    def install(self, here: Path) -> Sequence[Step]:
        """Return how to have the host run us; entries that are there and not as they should be are written anew.

        Raises:
            GatesError: the settings are not what they should be, or must not be written, or this is no project.
        """
        there = place(project(here), self.file)
        text = self._merged(there)
        return () if text == there.text else (writable(there).step(text, "runs `gates agent`"),)

    def uninstall(self, here: Path) -> Sequence[Step]:
        """Return how to take out our entries, and nothing else.

        Raises:
            GatesError: the settings cannot be read, or must not be written.
        """
        there = place(find_root(here), self.file)
        text = self._cleared(there)
        return () if text == (there.text or "") else (writable(there).step(text, "without what runs `gates agent`"),)

    def hooks(self, here: Path) -> Sequence[Hook]:
        """Return the hooks that are ours.

        Raises:
            GatesError: the settings cannot be read.
        """
        there = place(find_root(here), self.file)
        return [
            Hook(target=self.target, kind=each.kind, path=there.path, command=_argv(each.handler()))
            for each in self._found(there.text or "", there)
        ]

    def advice(self, here: Path) -> Sequence[str]:
        """Return what the person has to know after an installation."""
        return (*missing(here), *self.told)

    def _cleared(self, there: Place) -> str:
        text = there.text or ""
        while found := self._found(text, there):
            text = jsonc.removed(text, found[-1].trail, self.new)
        return text

    def _merged(self, there: Place) -> str:
        text = there.text or ""
        while (stray := self._stray(text, there)) is not None:
            text = jsonc.removed(text, stray.trail, self.new)
        if not text:
            if there.text == "":
                _parsed("", there)
            events: dict[str, Any] = {each.event: [] for each in self.entries}
            for each in self.entries:
                events[each.event].append(each.value)
            return jsonc.dumped({"hooks": events, **self.new})
        self._refuse_incomplete(_parsed(text, there), there)
        for entry in self.entries:
            text = self._with(text, entry, there)
        return text

    def _with(self, text: str, entry: Entry, there: Place) -> str:
        found = next((each for each in self._found(text, there) if self._is_for(each, entry)), None)
        if found is None:
            root = _parsed(text, there)
            spelt = (each.key for each in self._section(root).items if self._is_same(each.key, entry.event))
            try:
                return jsonc.added(text, [*self._keys(root), next(spelt, entry.event)], entry.value)
            except MalformedError as error:
                raise _refused(there, error) from error
        wanted = _handlers(entry.value)[0] if found.shares else entry.value
        return text if found.node.value == wanted else jsonc.replaced(text, found.node, wanted)

    def _stray(self, text: str, there: Place) -> _Found | None:
        """Return the last of our entries that is too many: at another event, or there already."""
        found = self._found(text, there)
        kept = [next((each for each in found if self._is_for(each, entry)), None) for entry in self.entries]
        return next((each for each in reversed(found) if each not in kept), None)

    def _is_for(self, found: _Found, entry: Entry) -> bool:
        return found.kind == entry.kind and self._is_same(found.event, entry.event)

    def _is_same(self, spelt: str, event: str) -> bool:
        return spelt == event or (self.bare and _plain(spelt) == _plain(event))

    def _refuse_incomplete(self, root: Node, there: Place) -> None:
        for key, value in self.new.items():
            if root.index(key) < 0:
                hint = f'Add `"{key}": {value}`, or remove the file when nothing is in it.'
                raise GatesError(f"`{there.name}` has no `{key}`, without which its hooks are not run", hint)

    def _keys(self, root: Node) -> tuple[str, ...]:
        return () if self.bare and root.items and root.index("hooks") < 0 else ("hooks",)

    def _section(self, root: Node) -> Node:
        """Return what holds the events."""
        if not self._keys(root):
            return root
        at = root.index("hooks")
        return root.items[at].node if at >= 0 else Node(0, 0, None)

    def _found(self, text: str, there: Place) -> list[_Found]:
        if not text:
            return []
        root = _parsed(text, there)
        section = self._section(root)
        base = () if section is root else (root.index("hooks"),)
        return [
            found
            for number, event in enumerate(section.items)
            for index, item in enumerate(event.node.items)
            for found in self._ours(event.key, (*base, number, index), item.node)
        ]

    def _ours(self, event: str, trail: tuple[int, ...], node: Node) -> Iterator[_Found]:
        kinds = [self._kind(each) for each in _handlers(node.value)]
        if kinds and all(kinds):
            yield _Found(kinds[0] or "stop", event, trail, node, shares=False)
            return
        held = node.index("hooks")
        for index, kind in enumerate(kinds):
            if kind is not None:
                handler = node.items[held].node.items[index].node
                yield _Found(kind, event, (*trail, held, index), handler, shares=True)

    def _kind(self, handler: Mapping[str, Any]) -> Kind | None:
        match = _OURS.fullmatch(_line(handler))
        if match is None or not re.search(rf" --host[ =]{self.host}(?= |$)", match["options"]):
            return None
        kinds: dict[str, Kind] = {"stop": "stop", "post-edit": "post-edit", "guard": "guard"}
        return kinds[match["kind"]]


def command(kind: Kind, host: str, prefix: str = PREFIX) -> str:
    """Return the line for a shell that answers an event."""
    return f"{prefix}gates agent {kind} --host {host}"


def handler(kind: Kind, line: str) -> Mapping[str, Any]:
    """Return what runs a line for a shell, as Claude Code has made it common."""
    return {"type": "command", "command": line, "timeout": SECONDS[kind]}


def grouped(run: Callable[[Kind], Mapping[str, Any]], events: Sequence[tuple[Kind, str, str]]) -> tuple[Entry, ...]:
    """Return entries as Claude Code has made them common: each has a matcher, unless it is "", and what it runs.

    `events` are the kinds, with the host's name for each and the matcher.
    """
    values = [({"matcher": matcher} if matcher else {}) | {"hooks": [run(kind)]} for kind, _, matcher in events]
    return tuple(Entry(kind=each[0], event=each[1], value=value) for each, value in zip(events, values, strict=True))


def _handlers(value: object) -> list[Mapping[str, Any]]:
    """Return what runs commands: in the `hooks` of an entry, or the entry itself. Nothing when a part is no object."""
    if not isinstance(value, dict):
        return []
    inside = value.get("hooks", [value])
    return inside if isinstance(inside, list) and all(isinstance(each, dict) for each in inside) else []


def _plain(event: str) -> str:
    return event.replace("_", "").lower()


def _line(handler: Mapping[str, Any]) -> str:
    line = next((handler[key] for key in _COMMANDS if isinstance(handler.get(key), str)), "")
    return " ".join([line, *_arguments(handler)])


def _argv(handler: Mapping[str, Any]) -> tuple[str, ...]:
    arguments = _arguments(handler)
    return (str(handler.get("command")), *arguments) if arguments else ("sh", "-c", _line(handler))


def _arguments(handler: Mapping[str, Any]) -> list[str]:
    found = handler.get("args")
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _parsed(text: str, there: Place) -> Node:
    try:
        root = jsonc.parse(text)
    except MalformedError as error:
        raise _refused(there, error) from error
    if not isinstance(root.value, dict):
        raise _refused(there, MalformedError("what it holds is no object"))
    return root


def _refused(there: Place, error: MalformedError) -> GatesError:
    return GatesError(f"`{there.name}` is no valid settings: {error}", "Mend it by hand; nothing was changed.")
