"""What gets less strict between two configurations of mypy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gates.config.change import Change, compared, entries, is_longer
from gates.config.document import Document, Key, Table, inside

GLOBAL = ""
"""The name of the section that holds for every module."""

_STRICT = {
    "check_untyped_defs": True,
    "disallow_any_generics": True,
    "disallow_incomplete_defs": True,
    "disallow_subclassing_any": True,
    "disallow_untyped_calls": True,
    "disallow_untyped_decorators": True,
    "disallow_untyped_defs": True,
    "extra_checks": True,
    "implicit_reexport": False,
    "strict_equality": True,
    "warn_redundant_casts": True,
    "warn_return_any": True,
    "warn_unused_ignores": True,
}
"""What `strict = true` means in mypy 2.4."""

_ON = {
    "disable_bytearray_promotion",
    "disable_memoryview_promotion",
    "implicit_reexport",
    "local_partial_types",
    "strict_bytes",
    "strict_optional",
    "warn_no_return",
}
"""The flags that are on when nothing is said."""

_STRICTER = (
    r"disallow_\w+|check_\w+|warn_(?!incomplete_stub)\w+|strict_\w+|extra_checks|local_partial_types"
    r"|disable_\w+_promotion"
)
_DISALLOW = r"disallow_(any_\w+|subclassing_any|incomplete_defs|untyped_(calls|decorators|defs))"
_LOOSER = r"ignore_errors|ignore_missing_imports|allow_\w+|implicit_\w+|exclude_gitignore|report_deprecated_as_note"
_MORE = {"enable_error_code"}
_FEWER = {"disable_error_code", "exclude", "untyped_calls_exclude", "deprecated_calls_exclude"}
_IMPORTS = ("skip", "silent", "normal")
"""The values of `follow_imports` that have an order; with `error` mypy says more and knows less."""

_WITHOUT_JUDGEMENT = (
    r"show_\w+|hide_\w+|pretty|color_output|error_summary|cache_\w+|sqlite_cache|incremental|verbosity|\w+_report"
    r"|junit_\w+|dump_\w+|pdb|raise_exceptions|output|files|packages|modules|scripts_are_modules|reveal_verbose_types"
    r"|fast_\w+|native_parser|num_workers"
)
"""Keys that change no verdict: the files are given, and what mypy prints is read by us."""

_WRITES = r"\w+_report|junit_xml"
"""Keys that make mypy write files."""

_HARMLESS = (
    r"strict|follow_imports(_for_stubs)?|always_(true|false)|python_version|platform|namespace_packages"
    r"|explicit_package_bases|no_site_packages|show_\w+|hide_\w+|pretty|color_output|error_summary|incremental"
    r"|sqlite_cache|cache_(dir|fine_grained)|verbosity|output|files|packages|modules|scripts_are_modules"
    r"|follow_untyped_imports|enable_incomplete_feature|disable_expression_cache|pos_only_special_methods"
    r"|local_partial_types|allow_redefinition\w*|native_parser|fixed_format_cache|num_workers|warn_\w+"
)
"""Keys that let mypy start nothing, and read nothing but the project and what is installed."""

Sections = Mapping[str, Mapping[str, Any]]
"""Keys and values by pattern of modules, flags under the name that mypy knows them by."""


def sections(name: str, text: str) -> Sections:
    """Read a file; nothing when mypy could not."""
    raw = _toml(text) if name == "pyproject.toml" else _ini(text)
    found: dict[str, dict[str, Any]] = {}
    for pattern, table in raw:
        found.setdefault(pattern, {}).update(_normal(key, value) for key, value in table.items())
    return found


def writing(found: Sections) -> str:
    """Return a key that makes mypy write files; nothing when there is none."""
    return min((key for key in _all(found) if re.fullmatch(_WRITES, key)), default="")


def reaching(found: Sections) -> str:
    """Return a key that may let mypy start a program or a plugin, or read what is not the project's; nothing when there
    is none. What is not known here counts."""
    known = (key for key in _all(found) if not (re.fullmatch(_HARMLESS, key) or _flag(key) or key in _MORE | _FEWER))
    return min(known, default="")


def _all(found: Sections) -> set[str]:
    return {key for section in found.values() for key in section}


def line(name: str, text: str, place: tuple[Key, ...]) -> int:
    """Return the line of a key (pattern, key), or where its section begins; 1 when there is neither."""
    pattern, key = (str(each) for each in place)
    if name != "pyproject.toml":
        return _ini_line(text, pattern, key)
    document = Document(name, text, ("tool", "mypy"), inside(text, "tool", "mypy") or {})
    if not pattern:
        return document.nearest((key,))
    mine = [index for index, each in _overrides(document.table) if pattern in _modules(each)]
    return document.nearest(("overrides", mine[-1], key)) if mine else 1


def changes(before: Sections, after: Sections) -> Iterator[Change]:
    """Yield what is less strict in later sections of mypy, or differs without an order."""
    for pattern in sorted({*before, *after}):
        for key in _keys(before.get(pattern, {}), after.get(pattern, {})):
            values = (_effective(before, pattern, key), _effective(after, pattern, key))
            ordered = _is_looser(key, *values)
            if ordered is not None:
                name = f"mypy[{pattern}].{key}" if pattern else f"mypy.{key}"
                yield compared(name, values, (pattern, key), ordered=ordered)


def _keys(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return the keys that either section sets and that change a verdict."""
    given = {*then, *now}
    keys = given - {"strict"} | ({*_STRICT} if "strict" in given else set())
    return sorted(key for key in keys if not re.fullmatch(_WITHOUT_JUDGEMENT, key))


def _effective(found: Sections, pattern: str, key: str) -> Any:
    """Return what holds for the modules of a pattern, as far as this section and the global one decide it."""
    for name in dict.fromkeys((pattern, GLOBAL)):
        section = found.get(name, {})
        if key in section:
            return section[key]
        if section.get("strict") is True and key in _STRICT:
            return _STRICT[key]
        if key in _MORE | _FEWER:
            return []  # these add to what is global
    if _flag(key):
        return key in _ON
    return "normal" if key == "follow_imports" else None


def _flag(key: str) -> bool:
    return bool(re.fullmatch(_STRICTER, key) or re.fullmatch(_LOOSER, key))


def _is_looser(key: str, before: Any, after: Any) -> bool | None:
    """Return whether a value is less strict; False when there is no order, None when it is as strict."""
    if before == after:
        return None
    if key in _FEWER:
        return is_longer(before, after)
    if key in _MORE:
        return is_longer(after, before)
    if _flag(key):
        return True if bool(after) is bool(re.fullmatch(_LOOSER, key)) else None
    return _imports_are_looser(before, after) if key == "follow_imports" else False


def _imports_are_looser(before: Any, after: Any) -> bool | None:
    if before not in _IMPORTS or after not in _IMPORTS:
        return False
    return True if _IMPORTS.index(after) < _IMPORTS.index(before) else None


def _toml(text: str) -> Iterator[tuple[str, Table]]:
    found = inside(text, "tool", "mypy")
    table = found if isinstance(found, dict) else {}
    yield GLOBAL, {key: value for key, value in table.items() if key != "overrides"}
    for _, each in _overrides(table):
        for module in _modules(each):
            yield module, {key: value for key, value in each.items() if key != "module"}


def _overrides(table: Table) -> Iterator[tuple[int, Table]]:
    found = table.get("overrides")
    return (
        (index, each) for index, each in enumerate(found if isinstance(found, list) else ()) if isinstance(each, dict)
    )


def _modules(override: Table) -> list[str]:
    named = override.get("module", [])
    return [named] if isinstance(named, str) else entries(named)


def _ini(text: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    import configparser

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    for name in parser.sections():
        for pattern in _patterns(name):
            yield pattern, parser[name]


def _patterns(section: str) -> list[str]:
    """Return the patterns of modules that a section of an INI file is about."""
    if section == "mypy":
        return [GLOBAL]
    return [each.strip() for each in section.removeprefix("mypy-").split(",")] if section.startswith("mypy-") else []


def _ini_line(text: str, pattern: str, key: str) -> int:
    found, within = 1, False
    for number, row in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\[(.+)\]", row):
            within = pattern in _patterns(header[1])
            found = number if within else found
        elif within and (given := re.match(r"(\w+)\s*[=:]", row)) and _named(given[1])[0] == key:
            return number
    return found


def _normal(key: str, value: Any) -> tuple[str, Any]:
    """Return a setting under mypy's own name for it, with a value of the type that mypy makes of it."""
    name, inverted = _named(key)
    if name == "strict" or _flag(name):
        import configparser

        on = configparser.RawConfigParser.BOOLEAN_STATES.get(str(value).lower(), False)
        return name, on is not inverted
    if name in _MORE | _FEWER:
        separator = r"\n" if name == "exclude" else r"[,\s]+"
        listed = re.split(separator, value) if isinstance(value, str) else entries(value)
        return name, [each.strip() for each in listed if each.strip()]
    return name, value


def _named(key: str) -> tuple[str, bool]:
    """Return the name that mypy knows a key by, and whether its value is turned round."""
    if key.startswith("no_") and _flag(key[3:]):
        return key[3:], True
    if key.startswith("allow_") and re.fullmatch(_DISALLOW, f"dis{key}"):
        return f"dis{key}", True
    if key.startswith("disallow_") and not re.fullmatch(_DISALLOW, key):
        return key[3:], True
    return key, False
