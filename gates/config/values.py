"""Effective configuration: frozen values, each with its origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from gates.config.document import Document, Key
from gates.config.patterns import Patterns

Options = TypeVar("Options", bound=Struct)

UNTRUSTED = "untrusted"
"""The level of trust at which nothing that the project names or holds is started."""


class Policy(Generic[Options]):
    """The options of one gate: `base` for the project, `at` for a path, where overrides may differ.

    `written` is what the project's file says now; `base` may hold more when it is also judged by an earlier policy.
    """

    def __init__(
        self,
        base: Options,
        overrides: Sequence[tuple[Patterns, Mapping[str, object]]] = (),
        written: Options | None = None,
    ) -> None:
        self.base = base
        self.written = base if written is None else written
        self._overrides = tuple(overrides)
        self._by_match: dict[tuple[bool, ...], Options] = {}

    def at(self, path: str) -> Options:
        """Return the options that hold for a path; of several overrides that set a key, the last one wins."""
        if not self._overrides:
            return self.base
        matched = tuple(patterns.match(path) for patterns, _ in self._overrides)
        if matched not in self._by_match:
            changes: dict[str, object] = {}
            for hit, (_, values) in zip(matched, self._overrides, strict=True):
                changes.update(values if hit else {})
            self._by_match[matched] = msgspec.structs.replace(self.base, **changes)
        return self._by_match[matched]

    def over(self, written: Options) -> Policy[Options]:
        """Return this policy, of which the project's file now says something else."""
        return Policy(self.base, self._overrides, written)


class GateSettings(Struct, frozen=True):
    """Whether a gate runs, why not when the project turned it off, and its options."""

    enabled: bool
    why: str
    policy: Policy[Struct]


class Value(Struct, frozen=True):
    """One effective value under its dotted key. `place` are the keys under which the file gives it, else `fallback`
    names what does: `preset NAME` or `default`."""

    key: str
    value: object
    fallback: str
    place: tuple[Key, ...] = ()


class Loosened(Struct, frozen=True):
    """A value of the policy that a change made less strict, or changed where no order says which side is stricter.

    `key` is dotted, `before` and `after` are the values as the file writes them, `path` and `line` where it stands now.
    `held`: the stricter value judges the change all the same.
    """

    key: str
    before: str
    after: str
    path: str
    line: int = 1
    ordered: bool = True
    held: bool = True


class Config(Struct, frozen=True, kw_only=True):
    """Everything that decides a verdict, and where it was read.

    `trust` is what the file says; `untrusted`, whether this or whoever asked for the check says that the project is not
    trusted.
    """

    root: Path
    document: Document
    preset: str
    source: tuple[str, ...]
    exclude: tuple[str, ...]
    timeout: float
    cache: str
    baseline: str
    improve_touched: bool
    trust: str
    untrusted: bool
    pins: Mapping[str, str]
    gates: Mapping[str, GateSettings]
    overrides: tuple[Patterns, ...]
    values: tuple[Value, ...]
    digest: str
    requires_python: str

    def origin(self, value: Value) -> str:
        """Return where a value comes from: `preset NAME`, `default` or `FILE:LINE`."""
        return self.document.where(value.place) if value.place else value.fallback
