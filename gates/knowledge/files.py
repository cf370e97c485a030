"""Knowledge as files: one TOML file for each answer.

TOML, because people edit and review it: guidance of several lines is several lines of a diff, and a comment may say
why it was changed.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from gates import toml
from gates.cache import permissions, write_atomically
from gates.config.patterns import Patterns
from gates.facts.source import UnreadableError, is_behind_link, read
from gates.model import Advice, GatesError
from gates.text import visible

FOLDER = ".gates/knowledge"
_HEAD = "# A person's answer to a ticket. Agents are told it where all that is named under [applies] fits; it changes\n"
_HEAD += "# no verdict. Edit it like code: in a commit that somebody reviews.\n"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{2,63}")
_MOST = 4000
"""Characters that a text may have: it is read in prompts, whose length is bounded."""

_READ = 1 << 16


class _Applies(Struct, frozen=True, forbid_unknown_fields=True):
    rule: str = ""
    symbol: str = ""
    path: str = ""


class _Record(Struct, frozen=True, forbid_unknown_fields=True):
    author: str
    date: datetime.date
    cause: str
    guidance: str
    applies: _Applies
    ticket: str = ""


def place(name: str) -> str:
    """Return where the answer to a ticket lies, relative to the root."""
    return f"{FOLDER}/{name}.toml"


def every(root: Path) -> tuple[Advice, ...]:
    """Return all that is known, by name. A file that cannot be read is there as its flaw and nothing else."""
    found = []
    for path in sorted((root / FOLDER).glob("*.toml")):
        try:
            found.append(_read(root, path.name.removesuffix(".toml")))
        except GatesError as error:
            found.append(Advice(id=path.name.removesuffix(".toml"), flaw=error.message))
    return tuple(found)


def add(root: Path, advice: Advice) -> Path:
    """Write an answer and return its path, relative to the root.

    Raises:
        GatesError: a text is missing or too long, it is not said where it applies, the path is no pattern, there is an
            answer of this name already, or it cannot be written.
    """
    advice = msgspec.structs.replace(advice, cause=advice.cause.strip(), guidance=advice.guidance.strip())
    _check(advice)
    path = root / place(advice.id)
    if path.exists():
        raise _answered(root, advice.id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, _written(advice).encode(), permissions(path))
    except OSError as error:
        raise GatesError(f"the answer cannot be written: {error.strerror}") from error
    return Path(place(advice.id))


def _answered(root: Path, name: str) -> GatesError:
    file = place(name)
    try:
        known = _read(root, name)
    except GatesError as error:
        return GatesError(f"`{name}` is answered, but {error.message}", "Correct that file, or remove it.")
    who = f"by {visible(known.author)} on {known.date}"
    return GatesError(f"`{name}` was answered {who}: {file}", "Edit that file, or remove it and answer anew.")


def _check(advice: Advice) -> None:
    if not _NAME.fullmatch(advice.id):
        raise GatesError(f"`{visible(advice.id)}` cannot name an answer", "Use small letters, digits and hyphens.")
    for name in ("author", "cause", "guidance"):
        text = getattr(advice, name)
        if not text.strip():
            raise GatesError(f"an answer needs its {name}", f'Say it with --{name} "…".')
        if len(text) > _MOST:
            raise GatesError(f"the {name} has {len(text):,} characters, at most {_MOST:,} are told", "Shorten it.")
    if not (advice.rule or advice.symbol or advice.path):
        raise GatesError(
            "it is not said where the answer applies", "Name at least one of --rule, --symbol and --path; all must fit."
        )
    if advice.path:
        Patterns((advice.path,))


def _read(root: Path, name: str) -> Advice:
    file = place(name)
    try:
        if is_behind_link(root, file):
            raise GatesError("it lies behind a link")
        content = read(root / file)
        if len(content) > _READ:
            raise GatesError(f"it has {len(content):,} bytes, at most {_READ:,} are read")
        table = toml.parse(content.decode("utf-8"))
        return _advice(name, msgspec.convert(_dated(table), _Record))
    except UnreadableError as error:
        raise GatesError(f"{visible(file)} {error.reason.message}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError, GatesError) as error:
        raise GatesError(f"{visible(file)} is no answer that can be told: {visible(str(error))}") from error


def _dated(table: dict[str, Any]) -> dict[str, Any]:
    """Return a table whose date is a day, when it is written with a time."""
    date = table.get("date")
    return table | {"date": date.date()} if isinstance(date, datetime.datetime) else table


def _advice(name: str, record: _Record) -> Advice:
    found = Advice(
        id=name,
        author=record.author,
        date=record.date.isoformat(),
        cause=record.cause.strip(),
        guidance=record.guidance.strip(),
        rule=record.applies.rule,
        symbol=record.applies.symbol,
        path=record.applies.path,
        ticket=record.ticket,
    )
    _check(found)
    return found


def _written(advice: Advice) -> str:
    lines = [f"ticket = {_text(advice.ticket)}"] if advice.ticket else []
    lines += [f"author = {_text(advice.author)}", f"date = {advice.date}"]
    lines += [f"cause = {_text(advice.cause)}", f"guidance = {_text(advice.guidance)}", "", "[applies]"]
    lines += [f"{name} = {_text(value)}" for name in ("rule", "symbol", "path") if (value := getattr(advice, name))]
    return _HEAD + "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """Return a string of TOML. What a reviewer would not see is escaped; line ends stay line ends."""
    lines = ["".join(map(_shown, line)) for line in text.splitlines()] or [""]
    if len(lines) == 1:
        return f'"{lines[0]}"'
    return '"""\n' + "\n".join(lines) + '\n"""'


def _shown(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    number = ord(character)
    return "\ufffd" if 0xD800 <= number <= 0xDFFF else f"\\U{number:08X}"
