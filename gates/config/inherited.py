"""What a change makes less strict in the configuration of a tool that the project keeps for itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from gates.config.change import Change
from gates.config.document import Document, Table, inside
from gates.config.values import Config, Loosened

RUFF_FILES = (".ruff.toml", "ruff.toml", "pyproject.toml")
MYPY_FILES = ("mypy.ini", ".mypy.ini", "pyproject.toml", "setup.cfg")
"""Where, at the root, ruff and mypy look for their configuration, in their order."""

_CHOSEN = {"lint": ("select", "ignore", "line-length"), "typing": ("strictness",)}
"""The options of a gate that say nothing where it inherits."""

Texts = Mapping[str, str]
"""Files by name."""


def texts(root: Path) -> dict[str, str]:
    """Return the files in which ruff and mypy may be configured, as far as they are there."""
    paths = {name: root / name for name in (*RUFF_FILES, *MYPY_FILES)}
    return {name: path.read_text("utf-8", "replace") for name, path in paths.items() if path.is_file()}


def ruff_file(files: Texts) -> str:
    """Return the file that configures ruff; nothing when none does."""
    found = (name for name in RUFF_FILES if name in files)
    return next((name for name in found if name != "pyproject.toml" or _table(name, files[name]) is not None), "")


def goes_on(config: Config, files: Texts) -> bool:
    """Whether an inherited configuration of ruff goes on in another file, which may be called anything."""
    return _inherits(config, "lint") and extends(files)


def extends(files: Texts) -> bool:
    """Whether the configuration of ruff goes on in another file."""
    name = ruff_file(files)
    return "extend" in (_table(name, files.get(name, "")) or {})


def mypy_file(files: Texts) -> str:
    """Return the file that configures mypy; nothing when none does. To mention mypy is not enough."""
    return next((name for name in MYPY_FILES if name in files and _configures_mypy(name, files[name])), "")


def out_of_force(config: Config) -> dict[str, str]:
    """Return the keys whose values the project's own configuration of a tool replaces, each with what decides instead:
    `ruff's configuration in FILE`."""
    files = texts(config.root)
    found: dict[str, str] = {}
    for gate, tool, name in (("lint", "ruff", ruff_file(files)), ("typing", "mypy", mypy_file(files))):
        if _inherits(config, gate):
            where = f"{tool}'s configuration in {name}" if name else f"there is no configuration of {tool}"
            found.update({f"{gate}.{key}": where for key in _CHOSEN[gate]})
    return found


def loosened_tools(base: Config, head: Config, before: Texts, after: Texts) -> tuple[Loosened, ...]:
    """Return what is less strict in the tools' own configuration, where both policies let it choose the rules.

    `before` and `after` are the files at the base and now, by name. The new ones judge the change all the same: two
    configurations of a tool cannot be put together.
    """
    found: list[Loosened] = []
    if _inherits(base, "lint") and _inherits(head, "lint"):
        found += _ruff(before, after)
    if _inherits(base, "typing") and _inherits(head, "typing"):
        found += _mypy(before, after)
    return tuple(sorted(found, key=lambda each: (each.path, each.line, each.key)))


def _inherits(config: Config, gate: str) -> bool:
    settings = config.gates.get(gate)
    return settings is not None and settings.enabled and bool(getattr(settings.policy.base, "inherit", False))


def _ruff(before: Texts, after: Texts) -> Iterator[Loosened]:
    from gates.config import ruff_settings

    then, now = ruff_file(before), ruff_file(after)
    text = after.get(now, "")
    tables = [_table(name, files.get(name, "")) or {} for name, files in ((then, before), (now, after))]
    document = Document(now, text, ("tool", "ruff") if now == "pyproject.toml" else (), tables[1])
    for each in ruff_settings.changes(*tables):
        yield _located(each, now or then, document.nearest(each.place))


def _mypy(before: Texts, after: Texts) -> Iterator[Loosened]:
    from gates.config import mypy_settings

    then, now = mypy_file(before), mypy_file(after)
    text = after.get(now, "")
    for each in mypy_settings.changes(
        *(mypy_settings.sections(*named) for named in ((then, before.get(then, "")), (now, text)))
    ):
        yield _located(each, now or then, mypy_settings.line(now, text, each.place))


def _located(change: Change, path: str, line: int) -> Loosened:
    return Loosened(change.key, change.before, change.after, path, line, change.ordered, held=False)


def _table(name: str, text: str) -> Table | None:
    """Return the table of ruff in a file; None when it has none, or is not valid."""
    table = inside(text, "tool", "ruff") if name == "pyproject.toml" else inside(text)
    return table if isinstance(table, dict) else None


def _configures_mypy(name: str, text: str) -> bool:
    if name == "pyproject.toml":
        return inside(text, "tool", "mypy") is not None
    import configparser

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return name != "setup.cfg"
    return name != "setup.cfg" or parser.has_section("mypy")
