"""Finding, reading and judging the configuration. Any mistake in it ends the run before anything is checked."""

import functools
import hashlib
import itertools
import os
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from gates.config.document import Document, Key, Table, read
from gates.config.options import declared
from gates.config.patterns import Patterns
from gates.config.values import UNTRUSTED, Config, GateSettings, Policy, Value
from gates.model import GatesError
from gates.text import visible

DEFAULT_PRESET = "internal"
PRESETS = ("prototype", "internal", "production", "legacy")

_OF_PRESET = ("improve-touched",)
"""The keys beside the gates that differ by preset."""

_Texts = list[str]


class General(Struct, frozen=True, rename="kebab"):
    """The keys beside the gates."""

    preset: Annotated[
        Literal["prototype", "internal", "production", "legacy"],
        Meta(description="Which values hold where this file has none."),
    ] = "internal"
    source: Annotated[
        _Texts,
        Meta(
            description="Files and directories that are inspected; default: every Python file that git does not ignore."
        ),
    ] = []
    exclude: Annotated[
        _Texts, Meta(description="Patterns of files that are not inspected; every report lists them.")
    ] = []
    required_version: Annotated[
        str,
        Meta(
            description="The versions of quality-gates that may check this project, as in a requirement: `>=0.1,<0.2`."
        ),
    ] = ""
    cache: Annotated[
        str,
        Meta(
            description="Directory of cache and last reports; several checkouts may share it. GATES_CACHE overrides it."
        ),
    ] = ""
    baseline: Annotated[str, Meta(description="The file of accepted findings, inside the project.")] = (
        "gates-baseline.json"
    )
    improve_touched: Annotated[
        bool,
        Meta(description="Whether a function that is over a limit must come down by at least one when it is touched."),
    ] = False
    trust: Annotated[
        Literal["repo", "untrusted"],
        Meta(
            description="`untrusted`: no interpreter and no plugin that the project names or holds is started. "
            "`gates check --untrusted` asks for it too; nothing takes it back."
        ),
    ] = "repo"
    timeout: Annotated[float, Meta(gt=0, le=86_400, description="Seconds that one run of a tool may take.")] = 300.0


_GENERAL = frozenset(General.__struct_encode_fields__)


class Pin(Struct, frozen=True, forbid_unknown_fields=True):
    """A pinned tool: exactly this version, or the gate is BROKEN."""

    version: str


class GateSchema(Struct, frozen=True):
    """What the configuration must know of a gate: its name and the struct of its options."""

    name: str
    options: type[Struct]


def load(root: Path, schemas: Sequence[GateSchema], tools: Sequence[str], *, version: str) -> Config:
    """Read the configuration of a project and fill in its preset; `tools` are the names that may be pinned.

    Raises:
        GatesError: something in it is unknown, wrong or contradictory, or `version` is not allowed.
    """
    document, requires_python = _document(root)
    return _Loader(document, schemas, tools).config(root, requires_python, version)


def _document(root: Path) -> tuple[Document, str]:
    own, project = root / "gates.toml", root / "pyproject.toml"
    text, table = read(project, project.name) if os.path.lexists(project) else ("", {})
    ours = table.get("tool", {}).get("gates") if isinstance(table.get("tool", {}), dict) else None
    requires = table.get("project", {}).get("requires-python", "") if isinstance(table.get("project"), dict) else ""
    if os.path.lexists(own):
        if ours is not None:
            raise GatesError("gates.toml and [tool.gates] in pyproject.toml both hold rules", "Keep one of them.")
        text, table = read(own, own.name)
        return Document(own.name, text, (), table), str(requires)
    if ours is None:
        return Document("", "", (), {}), str(requires)
    if not isinstance(ours, dict):
        raise GatesError("pyproject.toml: `tool.gates` must be a table")
    return Document(project.name, text, ("tool", "gates"), ours), str(requires)


class _Loader:
    def __init__(self, document: Document, schemas: Sequence[GateSchema], tools: Sequence[str]) -> None:
        self._document = document
        self._tools = tools
        self._schemas = {each.name: each for each in schemas}
        self._table = document.table

    def config(self, root: Path, requires_python: str, version: str) -> Config:
        given = self._general()
        preset = _preset(given.get("preset", DEFAULT_PRESET))
        general = msgspec.convert({key: preset[key] for key in _OF_PRESET} | given, General)
        self._check_version(general.required_version, version)
        self._check_baseline(general.baseline)
        overrides = self._overrides()
        gates = {name: self._gate(schema, preset, overrides) for name, schema in sorted(self._schemas.items())}
        values = tuple(self._values(general, preset, gates))
        pins = {name: pin.version for name, pin in self._pins().items()}
        return Config(
            root=root,
            document=self._document,
            preset=general.preset,
            source=tuple(general.source),
            exclude=tuple(general.exclude),
            timeout=general.timeout,
            cache=general.cache,
            baseline=general.baseline,
            improve_touched=general.improve_touched,
            trust=general.trust,
            untrusted=general.trust == UNTRUSTED,
            pins=pins,
            gates=gates,
            overrides=tuple(patterns for patterns, _ in overrides),
            values=values,
            digest=_digest(values),
            requires_python=requires_python,
        )

    def _general(self) -> Table:
        """Return the keys beside the gates as far as the file gives them."""
        known = {each.encode_name: each.type for each in msgspec.structs.fields(General)}
        allowed = [*known, *self._schemas, "tools", "overrides"]
        for key in self._table:
            if key == "tool" and not self._document.prefix:
                raise self._error(
                    (key,), "`[tool.gates]` stands in gates.toml", "There, write the keys without that prefix."
                )
            if key not in allowed:
                raise self._unknown((key,), key, allowed)
        given = {key: type_ for key, type_ in known.items() if key in self._table and not self._is_gate(key)}
        return {key: self._convert((key,), self._table[key], type_) for key, type_ in given.items()}

    def _is_gate(self, key: str) -> bool:
        """Whether a key holds the table of a gate: `baseline` is the name of a file, or the gate that judges it."""
        return key in self._schemas and isinstance(self._table[key], dict)

    def _gate(self, schema: GateSchema, preset: Table, overrides: Sequence[tuple[Patterns, Table]]) -> GateSettings:
        table = self._table_of(schema.name)
        given = {key: value for key, value in table.items() if key not in ("enabled", "why")}
        enabled = self._enabled(schema.name, table, preset)
        why = self._convert((schema.name, "why"), table.get("why", ""), str)
        shipped = {key: value for key, value in preset.get(schema.name, {}).items() if key != "enabled"}
        self._check_keys((schema.name,), given, schema)
        try:
            base = msgspec.convert(shipped | given, schema.options)
        except msgspec.ValidationError as error:
            raise GatesError(
                f"the gate `{schema.name}` has an option without a value: {error}", "Give it a default."
            ) from error
        mine = [(patterns, self._override(schema, index, over)) for index, (patterns, over) in enumerate(overrides)]
        return GateSettings(enabled, why, Policy(base, [(patterns, changes) for patterns, changes in mine if changes]))

    def _table_of(self, gate: str) -> Table:
        given = self._table.get(gate, {})
        return {} if gate in _GENERAL and not isinstance(given, dict) else self._gate_table((gate,), given)

    def _gate_table(self, keys: tuple[Key, ...], table: object) -> Table:
        if not isinstance(table, dict):
            raise self._error(keys, f"`{_dotted(keys)}` must be a table")
        return table

    def _enabled(self, name: str, table: Table, preset: Table) -> bool:
        """A gate is on when the preset or a table says so; turning one off needs a reason."""
        if "enabled" in table:
            enabled: bool = self._convert((name, "enabled"), table["enabled"], bool)
            if not enabled and not str(table.get("why", "")).strip():
                raise self._error(
                    (name, "enabled"),
                    f"`{name}.enabled = false` needs a `why`",
                    'Say `why = "…"` beside it; every report shows it.',
                )
            return enabled
        return bool(name in self._table or preset.get(name, {"enabled": True})["enabled"])

    def _check_keys(self, keys: tuple[Key, ...], table: Table, schema: GateSchema) -> None:
        fields = _fields(schema.options) if table else {}
        for key, value in table.items():
            if key in ("enabled", "why") and keys[0] == "overrides":
                raise self._error(
                    (*keys, key), f"`{schema.name}` is on or off for the whole project", 'Use "off" or `exclude`.'
                )
            if key not in fields:
                raise self._unknown((*keys, key), key, [*fields, "enabled", "why"])
            self._convert((*keys, key), value, fields[key].type)

    def _overrides(self) -> list[tuple[Patterns, Table]]:
        """Read `[[overrides]]`: each has paths, a reason, and options of gates that may differ by path."""
        tables = self._table.get("overrides", [])
        if not isinstance(tables, list):
            raise self._error(("overrides",), "`overrides` must be an array of tables: `[[tool.gates.overrides]]`")
        found = []
        for index, table in enumerate(tables):
            where: tuple[Key, ...] = ("overrides", index)
            if not isinstance(table, dict):
                raise self._error(where, "each override must be a table")
            for needed, type_ in (("paths", _Texts), ("why", str)):
                if not table.get(needed):
                    raise self._error(
                        where, f"an override needs `{needed}`", "Every override says where and why it holds."
                    )
                self._convert((*where, needed), table[needed], type_)
            for key in table:
                if key not in ("paths", "why", *self._schemas):
                    raise self._unknown((*where, key), key, ["paths", "why", *self._schemas])
            found.append((Patterns(table["paths"]), table))
        return found

    def _override(self, schema: GateSchema, index: int, table: Table) -> dict[str, object]:
        where: tuple[Key, ...] = ("overrides", index, schema.name)
        given = self._gate_table(where, table.get(schema.name, {}))
        self._check_keys(where, given, schema)
        fields = _fields(schema.options) if given else {}
        for key in given:
            if not declared(fields[key].type)["by_path"]:
                raise self._error(
                    (*where, key), f"`{schema.name}.{key}` is one value for the project; it cannot differ by path"
                )
        return {fields[key].name: msgspec.convert(value, fields[key].type) for key, value in given.items()}

    def _pins(self) -> dict[str, Pin]:
        pins: dict[str, Pin] = self._convert(("tools",), self._table.get("tools", {}), dict[str, Pin])
        for name in pins:
            if name not in self._tools:
                raise self._unknown(("tools", name), name, self._tools)
        return pins

    def _values(self, general: General, preset: Table, gates: Mapping[str, GateSettings]) -> Iterator[Value]:
        fallback = f"preset {general.preset}"
        for key, value in _given(general):
            origin = fallback if key in _OF_PRESET else "default"
            yield Value(key, value, origin, self._place(key))
        for name, settings in gates.items():
            yield Value(
                f"{name}.enabled", settings.enabled, fallback, self._place(name, "enabled") or self._place(name)
            )
            for key, value in _given(settings.policy.base):
                origin = fallback if key in preset.get(name, {}) else "default"
                yield Value(f"{name}.{key}", value, origin, self._place(name, key))
        for index, table in enumerate(self._table.get("overrides", [])):
            yield Value(f"overrides[{index}]", table, "", ("overrides", index))
        for name, pin in self._pins().items():
            yield Value(f"tools.{name}.version", pin.version, "", ("tools", name))

    def _place(self, *keys: str) -> tuple[Key, ...]:
        """Return the keys when the file gives a value under them, else nothing."""
        value: Any = self._table
        for key in keys:
            if not isinstance(value, dict) or key not in value:
                return ()
            value = value[key]
        return keys

    def _check_version(self, required: str, version: str) -> None:
        if not required:
            return
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        try:
            allowed = SpecifierSet(required)
        except InvalidSpecifier as error:
            raise self._error(
                ("required-version",), f"`required-version` is no version range: {visible(required)}"
            ) from error
        if not allowed.contains(version, prereleases=True):
            raise self._error(
                ("required-version",),
                f"this project wants quality-gates {visible(required)}, this is {version}",
                f"Run: python -m pip install {shlex.quote(f'quality-gates{required}')}",
            )

    def _check_baseline(self, name: str) -> None:
        path = PurePosixPath(name)
        if not path.name or path.is_absolute() or ".." in path.parts or "\0" in name:
            raise self._error(
                ("baseline",),
                f"`baseline` must name a file inside the project, `{visible(name)}` does not",
                "Write its path relative to the root.",
            )

    def _convert(self, keys: tuple[Key, ...], value: object, type_: Any) -> Any:
        try:
            return msgspec.convert(value, type_)
        except msgspec.ValidationError as error:
            raise self._wrong(keys, str(error), type_) from error

    def _wrong(self, keys: tuple[Key, ...], message: str, type_: Any) -> GatesError:
        what, _, inside = message.partition(" - at `$")
        where = _dotted(keys) + inside.rstrip("`")
        if "unknown field" in what:
            unknown = what.split("`")[1]
            return self._unknown((*keys, unknown), unknown, _names(self._schemas.values()))
        return self._error(keys, f"`{where}`: {what[0].lower()}{what[1:]}", _allowed(what, type_))

    def _unknown(self, keys: tuple[Key, ...], key: str, allowed: Iterable[str]) -> GatesError:
        known = sorted(set(allowed))
        import difflib

        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        hint = f"Did you mean `{near[0]}`?" if near else f"Known here: {', '.join(known)}."
        return self._error(keys, f"unknown key `{visible(_dotted(keys))}`", hint)

    def _error(self, keys: tuple[Key, ...], message: str, hint: str = "") -> GatesError:
        return GatesError(f"{self._document.where(keys)}: {message}", hint)


def presets() -> dict[str, Table]:
    """Return every preset as shipped: gate, key, value."""
    return tomllib.loads(_shipped())


def _preset(name: str) -> Table:
    """Return one preset as shipped, without reading the others: the file is as long as all else that is configured."""
    header = f"[{name}]\n"
    tables = _shipped().partition(header)[2].split("\n[")
    own = "\n[".join([tables[0], *itertools.takewhile(lambda each: each.startswith(f"{name}."), tables[1:])])
    found: Table = tomllib.loads(header + own)[name]
    return found


def _shipped() -> str:
    return (Path(__file__).parent.parent / "presets.toml").read_text(encoding="utf-8")


def _allowed(what: str, type_: Any) -> str:
    """Return what would be right, for a value that is not."""
    if "expected `array`" in what.lower():
        return 'Write a list: `["…"]`.'
    choices = _literals(type_)
    number = any(word in str(type_) for word in ("<class 'int'>", "int,", "float,"))
    return (
        f"Allowed: {', '.join([*(['a number'] if number else []), *(f'`{each}`' for each in choices)])}."
        if choices
        else ""
    )


def _literals(type_: Any) -> list[str]:
    if get_origin(type_) is Literal:
        return [str(each) for each in get_args(type_)]
    return [each for inner in get_args(type_) for each in _literals(inner) if not isinstance(inner, Meta)]


def _names(schemas: Iterable[GateSchema]) -> set[str]:
    """Return every property name anywhere in the options of the gates."""
    _, components = msgspec.json.schema_components([each.options for each in schemas])
    return {name for each in components.values() for name in each.get("properties", {})}


def _given(values: Struct) -> Iterator[tuple[str, object]]:
    """Yield each key with its value."""
    yield from zip(values.__struct_encode_fields__, msgspec.structs.astuple(values), strict=True)


@functools.cache
def _fields(options: type[Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """Return what is declared of each key: every annotation is evaluated for that, which takes a millisecond."""
    return {each.encode_name: each for each in msgspec.structs.fields(options)}


def _dotted(keys: Sequence[Key]) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")


def _digest(values: Sequence[Value]) -> str:
    pairs = [(each.key, each.value) for each in values]
    return f"sha256:{hashlib.sha256(msgspec.json.encode(pairs, order='deterministic')).hexdigest()}"
