"""How a gate declares its options: frozen structs whose fields say what they mean and which side is stricter."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

Stricter = Literal["lower", "higher", "more", "fewer", "longer", "later", "true", "false", "none"]
"""Which of two values is stricter: a smaller or larger number, a larger or smaller set, the same list with further
entries in between, a later choice, `true` or `false`; `none` when the values cannot be ordered. Of a table of limits
each key is compared by itself, and a key that is missing is no limit."""

Count = Annotated[int, Meta(ge=1)] | Literal["off"]
"""An upper limit on a whole number, or `"off"`."""

Percent = Annotated[float, Meta(ge=0, le=100)] | Literal["off"]
"""A limit in percent, or `"off"`."""


def option(meaning: str, *, stricter: Stricter, by_path: bool = False) -> Meta:
    """Describe an option: its meaning with unit, which side is stricter, and whether an override may set it by path."""
    return Meta(description=meaning, extra={"stricter": stricter, "by_path": by_path})


def declared(annotation: Any) -> dict[str, Any]:
    """Return what `option` says of a field: `stricter` and `by_path`."""
    for meta in getattr(annotation, "__metadata__", ()):
        if isinstance(meta, Meta) and meta.extra:
            return meta.extra
    return {"stricter": "none", "by_path": False}
