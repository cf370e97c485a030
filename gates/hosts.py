"""What an agent's host tells us and what it is told: events and decisions. `gates/agents` has a file for each host."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from gates import patches
from gates.model import UNDECODABLE, GatesError
from gates.text import ascii_json, visible

STOP, POST_EDIT, GUARD = "stop", "post-edit", "guard"
KINDS = (STOP, POST_EDIT, GUARD)


class Event(Struct, frozen=True, kw_only=True):
    """What a host says: a turn ends (`stop`), a file was edited (`post-edit`), a tool is about to run (`guard`).

    `kind` is the host's own name of an event that is none of these, and "" when the host does not say it. `continued`:
    the turn goes on only because a hook blocked its end; `rounds` is how often that happened. `background` counts what
    still works for the agent, `interrupted` says that a person or an error ended the turn.
    """

    kind: str = ""
    session: str = ""
    cwd: str = ""
    command: str = ""
    paths: tuple[str, ...] = ()
    continued: bool = False
    rounds: int = 0
    background: int = 0
    interrupted: bool = False


class Malformed(Struct, frozen=True):
    """An event that cannot be understood, and why."""

    reason: str


class Decision(Struct, frozen=True, kw_only=True):
    """What a host is told about an event of a kind.

    With `blocks` a turn does not end, or a tool does not run, because of `text`; without it `text` is a note. It is for
    the agent, `notice` for the person.
    """

    kind: str
    blocks: bool = False
    text: str = ""
    notice: str = ""


class Answer(Struct, frozen=True):
    """What a hook leaves behind: the streams and the exit code that its host reads."""

    stdout: str = ""
    stderr: str = ""
    exit_code: int = 0


class Host(Struct, frozen=True):
    """An agent host: how its events are read and decisions written, how many characters of a text it takes, and its
    names for things."""

    name: str
    read: Callable[[bytes], Event | Malformed]
    write: Callable[[Decision], Answer]
    limit: int
    dialect: Dialect


def names() -> tuple[str, ...]:
    """Return the names of the hosts, without importing one."""
    folder = str(Path(__file__).parent / "agents")
    return tuple(sorted(each.name.replace("_", "-") for each in pkgutil.iter_modules([folder])))


def host(name: str) -> Host:
    """Return the host with this name.

    Raises:
        GatesError: there is none.
    """
    if name not in names():
        raise GatesError(f"there is no agent host `{visible(name)}`", f"Hosts: {', '.join(names())}.")
    module = importlib.import_module(f"gates.agents.{name.replace('-', '_')}")
    return Host(name, module.read, module.write, module.LIMIT, module.DIALECT)


class Fields:
    """A JSON object that may hold anything: what is not there, or of another type, is empty."""

    def __init__(self, values: object) -> None:
        self._values: Mapping[str, object] = values if isinstance(values, dict) else {}

    def text(self, *names: str) -> str:
        """Return the first text under one of these names that is not empty."""
        found = (self._values.get(name) for name in names)
        return next((each for each in found if isinstance(each, str) and each), "")

    def flag(self, name: str) -> bool:
        """Return whether this is true."""
        return self._values.get(name) is True

    def number(self, name: str) -> int:
        """Return a count, 0 for anything else."""
        found = self._values.get(name)
        return found if isinstance(found, int) and not isinstance(found, bool) else 0

    def length(self, name: str) -> int:
        """Return how many items a list has."""
        found = self._values.get(name)
        return len(found) if isinstance(found, list) else 0

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts in a list."""
        found = self._values.get(name)
        return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()

    def inside(self, *names: str) -> Fields:
        """Return the first object under one of these names; some hosts write it as JSON in a text."""
        for name in names:
            found = self._values.get(name)
            if isinstance(found, str):
                found = _decoded(found.encode("utf-8", "surrogatepass"))
            if isinstance(found, dict):
                return Fields(found)
        return Fields({})


class Dialect(Struct, frozen=True, kw_only=True):
    """How a host says things: its names of events, of the tools that run commands, of those that edit files (with the
    words for edits in their `command`, where reading is the same tool), and the names of the fields. A tool may stand
    in an object, `use`; without `cwd` the first of the `folders` counts."""

    kinds: Mapping[str, str]
    shells: frozenset[str]
    editors: frozenset[str]
    reading: frozenset[str] = frozenset({"view"})
    kind: tuple[str, ...] = ("hook_event_name",)
    session: tuple[str, ...] = ("session_id",)
    cwd: tuple[str, ...] = ("cwd",)
    folders: str = ""
    use: tuple[str, ...] = ()
    tool: tuple[str, ...] = ("tool_name",)
    given: tuple[str, ...] = ("tool_input",)


_PATHS = ("file_path", "path", "filePath", "notebook_path", "target_file")
_PATCHES = ("command", "input", "patch", "patchText")


def written(host: Host, kind: str, *, session: str, cwd: str, about: str) -> bytes:
    """Return an event as a host writes it: a turn ends, the file `about` was edited, a shell is about to run `about`.

    Nothing when that would not be understood: then the host has no such event, or it is none of this form.
    """
    said = host.dialect
    name = next((name for name, each in said.kinds.items() if each == kind), "")
    values: dict[str, object] = {said.kind[0]: name, said.session[0]: session, said.cwd[0]: cwd}
    tools = {GUARD: said.shells, POST_EDIT: said.editors}.get(kind)
    if tools:
        given = {"command": about} if kind == GUARD else {"file_path": about}
        use = {said.tool[0]: min(tools), said.given[0]: given}
        values |= {said.use[0]: use} if said.use else use
    if said.folders:
        values[said.folders] = [cwd]
    event = msgspec.json.encode(values)
    understood = host.read(event)
    expected = {GUARD: (about, ()), POST_EDIT: ("", (about,))}.get(kind, ("", ()))
    if isinstance(understood, Malformed) or (understood.kind, understood.cwd) != (kind, cwd):
        return b""
    return event if (understood.command, understood.paths) == expected else b""


def heard(event: bytes, dialect: Dialect) -> tuple[Event, Fields] | Malformed:
    """Return an event and all its fields."""
    values = _decoded(event)
    if not isinstance(values, dict):
        said = "nothing" if not event.strip() else "no JSON object"
        return Malformed(f"the event is {said}")
    fields = Fields(values)
    kind = fields.text(*dialect.kind)
    found = Event(
        kind=dialect.kinds.get(kind, kind),
        session=fields.text(*dialect.session),
        cwd=fields.text(*dialect.cwd) or next(iter(fields.texts(dialect.folders)), ""),
        continued=fields.flag("stop_hook_active"),
        background=fields.length("background_tasks"),
    )
    return _with_use(found, fields, dialect), fields


def _with_use(event: Event, fields: Fields, dialect: Dialect) -> Event:
    """Add what a tool is used for: the command that it runs, or the files that it edits."""
    use = _use(fields, dialect)
    tool, given = use.text(*dialect.tool), use.inside(*dialect.given)
    if tool in dialect.shells:
        return msgspec.structs.replace(event, command=given.text("command"))
    if tool not in dialect.editors or given.text("command") in dialect.reading:
        return event
    path = given.text(*_PATHS)
    return msgspec.structs.replace(event, paths=(path,) if path else patches.edited(given.text(*_PATCHES)))


def _use(fields: Fields, dialect: Dialect) -> Fields:
    return fields.inside(*dialect.use) if dialect.use else fields


def understood(event: bytes, dialect: Dialect) -> Event | Malformed:
    """Return an event that says nothing but what `heard` reads. A tool that is used for nothing is malformed."""
    found = heard(event, dialect)
    if isinstance(found, Malformed):
        return found
    said, fields = found
    tool = _use(fields, dialect).text(*dialect.tool)
    if said.kind in (GUARD, POST_EDIT) and not tool:
        return Malformed("the event names no tool")
    if said.kind == GUARD and tool in dialect.shells and not said.command:
        return Malformed(f"the tool `{visible(tool)}` is to run no command")
    return said


def claude_style(decision: Decision) -> Answer:
    """Return the JSON that Claude Code has made common."""
    said: dict[str, object] = {}
    if decision.kind == STOP and decision.blocks:
        said |= {"decision": "block", "reason": decision.text}
    elif decision.kind == GUARD and decision.blocks:
        denied = {"permissionDecision": "deny", "permissionDecisionReason": decision.text}
        said["hookSpecificOutput"] = {"hookEventName": "PreToolUse"} | denied
    elif decision.kind == POST_EDIT and decision.text:
        said["hookSpecificOutput"] = {"hookEventName": "PostToolUse", "additionalContext": decision.text}
    if decision.notice:
        said["systemMessage"] = decision.notice
    return Answer(stdout=json(said) if said else "")


def by_exit_code(decision: Decision) -> Answer:
    """Return exit code 2 with standard error, which many hosts understand.

    Standard output stays empty: some would take it for the reason. Exit code 1 is what is shown to the person alone.
    """
    if decision.blocks or decision.text:
        return Answer(stderr=f"{decision.text.rstrip()}\n", exit_code=2)
    return Answer(stderr=f"{decision.notice}\n", exit_code=1) if decision.notice else Answer()


def json(said: Mapping[str, object]) -> str:
    """Return one line of JSON in ASCII, which arrives whole whatever the locale."""
    return ascii_json(msgspec.json.encode(_encodable(said))) + "\n"


def _encodable(value: object) -> object:
    if isinstance(value, dict):
        return {name: _encodable(each) for name, each in value.items()}
    return value.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(value, str) else value


def _decoded(content: bytes) -> object:
    try:
        return msgspec.json.decode(content)
    except UNDECODABLE:
        return None
