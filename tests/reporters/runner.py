"""A model of the GitHub runner: which commands it finds in the output of a step, and what it makes of them.

Written from actions/runner, ActionCommand.cs and ActionCommandManager.cs. It compares strings by culture, for which
marks and format characters do not count; the model is as lenient as that may be.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace

ISSUES = ("error", "warning", "notice")
REGISTERED = {
    *ISSUES,
    *("debug", "group", "endgroup", "add-mask", "add-matcher", "remove-matcher", "echo", "stop-commands"),
    *("set-env", "add-path", "set-output", "save-state", "internal-set-repo-path"),
}
MAX_ISSUES = 10
MAX_MESSAGE = 4096
_DATA = {"%0D": "\r", "%0A": "\n", "%25": "%"}
_PROPERTY = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
_OLD = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]", "%25": "%"}


@dataclass(frozen=True)
class Command:
    name: str
    data: str
    properties: dict[str, str] = field(default_factory=dict)


@dataclass
class Runner:
    """One step: `commands` is all that was obeyed, `annotations` what GitHub shows, `log` what else was printed."""

    commands: list[Command] = field(default_factory=list)
    annotations: list[Command] = field(default_factory=list)
    dropped: int = 0
    log: list[str] = field(default_factory=list)
    token: str = ""

    def read(self, output: str) -> Runner:
        for line in re.split(r"\r\n|\r|\n", output):
            self._line(line)
        return self

    def _line(self, line: str) -> None:
        known = REGISTERED | ({self.token.lower()} if self.token else set())
        command = parse(line, known) or parse_old(line, known)
        if command is None or (self.token and command.name != self.token.lower()):
            self.log.append(line)
        elif self.token:
            self.token = ""
        else:
            self._obey(command)

    def _obey(self, command: Command) -> None:
        self.commands.append(command)
        if command.name == "stop-commands":
            self.token = command.data
        if command.name in ISSUES:
            shown = Counter(each.name for each in self.annotations)
            if shown[command.name] == MAX_ISSUES:
                self.dropped += 1
            else:
                self.annotations.append(replace(command, data=_cut(command.data), properties=_valid(command)))


def parse(line: str, known: set[str]) -> Command | None:
    """`::name key=value,key=value::data`, after white space and, to be on the safe side, marks."""
    line = line.lstrip()
    while line and unicodedata.category(line[0])[0] in "CM":
        line = line[1:].lstrip()
    line = _without_marks_in(line, "::")
    head, separator, data = line.removeprefix("::").partition("::")
    if not line.startswith("::") or not separator:
        return None
    name, _, properties = head.partition(" ")
    if name.lower() not in known:
        return None
    return Command(name.lower(), _unescape(data, _DATA), _properties(properties.strip(), ",", _PROPERTY))


def parse_old(line: str, known: set[str]) -> Command | None:
    """`##[name key=value;key=value]data`, anywhere in a line."""
    _, found, rest = _without_marks_in(line, "##[").partition("##[")
    head, end, data = rest.partition("]")
    name, _, properties = head.partition(" ")
    if not found or not end or name.lower() not in known:
        return None
    return Command(name.lower(), _unescape(data, _OLD), _properties(properties, ";", _OLD))


def _without_marks_in(line: str, sign: str) -> str:
    marked = "".join(each for each in line if unicodedata.category(each)[0] not in "CM")
    return line if sign in line or sign not in marked else marked


def _properties(text: str, separator: str, escapes: dict[str, str]) -> dict[str, str]:
    found = {}
    for each in text.split(separator):
        # .NET's Split without empty entries: equals signs at both ends of the first one are lost.
        name, _, value = each.lstrip("=").partition("=")
        if name and value.lstrip("="):
            found[name.lower()] = _unescape(value.lstrip("="), escapes)
    return found


def _unescape(text: str, escapes: dict[str, str]) -> str:
    for escape, character in escapes.items():
        text = text.replace(escape, character)
    return text


def _cut(message: str) -> str:
    return message.encode("utf-16-le")[: 2 * MAX_MESSAGE].decode("utf-16-le", "replace")


def _valid(command: Command) -> dict[str, str]:
    """Drop what the runner drops: columns over several lines, lines and columns that run backwards."""
    found = dict(command.properties)
    line, last = found.get("line"), found.get("endline")
    if (last and line != last) or not line:
        found.pop("col", None)
        found.pop("endcolumn", None)
    for first, end in (("line", "endline"), ("col", "endcolumn")):
        if int(found.get(end, 1 << 40)) < int(found.get(first, 1)):
            del found[first], found[end]
    return found
