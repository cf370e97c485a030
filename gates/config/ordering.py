"""Which of two values of an option is the stricter one, by the order that the option declares."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import Struct

from gates.config.options import declared

Options = TypeVar("Options", bound=Struct)

_LOOSEST = float("-inf")
_NAMES = ("id", "why")
"""What a rule in a list is called; it does not make it more or less strict."""

SUFFIX = "-as-before"


class Loose(Struct, frozen=True):
    """An option whose later value is less strict; not `ordered`: whose values differ, and no order says how."""

    name: str
    key: str
    ordered: bool
    by_path: bool = False


def joined(base: Options, head: Options) -> Options:
    """Return the stricter of two sets of options, key by key; head's value where there is no order.

    Options with keys that act together have a method `together(base)`, which returns those keys.
    """
    changes: dict[str, object] = {
        each.name: _joined(each.type, getattr(base, each.name), getattr(head, each.name))
        for each in _fields(type(head))
    }
    together = getattr(head, "together", None)
    if together is not None:
        changes.update(together(base))
    return msgspec.structs.replace(head, **changes)


def loose(base: Struct, head: Struct) -> Iterator[Loose]:
    """Yield each option that is less strict in head than in base, or differs without an order."""
    strict = joined(base, head)
    for each in _fields(type(head)):
        before, now = getattr(base, each.name), getattr(head, each.name)
        about = declared(each.type)
        ordered = getattr(strict, each.name) != now
        if ordered or (before != now and about["stricter"] == "none"):
            yield Loose(each.name, each.encode_name, ordered, about["by_path"])


def loose_rule(base: Struct, head: Struct) -> Iterator[Loose]:
    """Yield what is less strict in a rule of a list, such as a contract, than in an earlier one with the same id."""
    if type(base) is not type(head):
        yield Loose("type", "type", ordered=True)
        return
    yield from (each for each in loose(base, head) if each.name not in _NAMES)


def are_rules(values: object) -> bool:
    """Return whether a value is a list of rules with ids."""
    return isinstance(values, list) and any(isinstance(each, Struct) and hasattr(each, "id") for each in values)


@functools.cache
def _fields(options: type[Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(options)  # evaluates annotations anew each time


def _joined(annotation: Any, base: Any, head: Any) -> Any:
    """Return the stricter value; head's own when it is as strict as base's."""
    order = declared(annotation)["stricter"]
    if order in _LISTS:
        found = _LISTS[order](base or [], head or [])
        return head if found == (head or []) else found
    if isinstance(head, dict):
        return _each(order, base, head)
    if order == "later":
        choices = get_args(get_args(annotation)[0])
        return max((head, base), key=choices.index)
    return max((head, base), key=_RANKS[order]) if order in _RANKS else head


def _each(order: str, base: dict[str, Any], head: dict[str, Any]) -> dict[str, Any]:
    """Return a table of limits with the stricter value of each; one that only one side sets is a limit all the same."""
    rank = _RANKS[order]
    known = base | head
    both = base.keys() & head.keys()
    return known | {key: max((head[key], base[key]), key=rank) for key in both}


def _number(value: Any) -> float:
    return _LOOSEST if value == "off" else float(value)


_RANKS: dict[str, Callable[[Any], Any]] = {
    "lower": lambda value: _LOOSEST if value == "off" else -value,
    "higher": _number,
    "true": bool,
    "false": lambda value: not value,
}
"""What makes a value of an option larger the stricter it is; `off` is the loosest on either side."""


def _more(base: list[Any], head: list[Any]) -> list[Any]:
    if are_rules(base):
        return [*head, *_former(base, head)]
    return [*head, *(each for each in base if each not in head)]


def _fewer(base: list[Any], head: list[Any]) -> list[Any]:
    return [each for each in head if each in base]


def _longer(base: list[Any], head: list[Any]) -> list[Any]:
    rest = iter(head)
    return head if all(each in rest for each in base) else base


_LISTS: dict[str, Callable[[list[Any], list[Any]], list[Any]]] = {"more": _more, "fewer": _fewer, "longer": _longer}


def _former(base: list[Any], head: list[Any]) -> Iterator[Any]:
    """Yield the rules of base that are gone, and as another rule those for which head has a less strict one."""
    now = {each.id: each for each in head}
    taken = set(now) | {each.id for each in base}
    for each in base:
        if each.id not in now:
            yield each
        elif any(loose_rule(each, now[each.id])):
            name = each.id + SUFFIX
            while name in taken:
                name += SUFFIX
            taken.add(name)
            yield msgspec.structs.replace(each, id=name)
