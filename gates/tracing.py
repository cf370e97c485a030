"""From marked findings to the traces by which they are recognised in another state of the project."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence

import msgspec

from gates import anchors, identity
from gates.anchoring import Anchors, anchored, place_of
from gates.anchors import Anchor, Place
from gates.identity import Names, Trace
from gates.model import Finding, Measure
from gates.project import PROJECT, Project, module_name, package_folders

_LINES = "lines"
"""The unit of sizes. They are held against each other in nodes of syntax: a blank line makes nothing worse."""


Name = tuple[str, str]
"""The rule and the symbol of a finding."""


def name(finding: Finding) -> Name:
    """Return the rule and the symbol of a finding as its trace has them."""
    return finding.rule, _kept(finding.location.symbol)


def traced(
    project: Project, findings: Sequence[Finding], lent: Mapping[Name, str] = types.MappingProxyType({})
) -> list[Trace]:
    """Return the trace of each finding. What is parsed for them is kept by content; nothing is for a body that is
    `lent`, unless a size is wanted that is not known."""
    sought = [_place(each) if _is_fastened(each) else None for each in findings]
    borrowed = _borrowed(project, findings, sought, lent) if lent else {}
    places: dict[str, list[Place]] = {}
    for number, (finding, place) in enumerate(zip(findings, sought, strict=True)):
        if place is not None and number not in borrowed:
            places.setdefault(finding.location.path, []).append(place)
    known = anchored(project, places) if places else {}
    return [
        _fast(finding, borrowed[number]) if number in borrowed else _own(finding, place, known)
        for number, (finding, place) in enumerate(zip(findings, sought, strict=True))
    ]


def _own(finding: Finding, place: Place | None, known: Anchors) -> Trace:
    return _free(finding) if place is None else _fast(finding, known[finding.location.path][place])


def _borrowed(
    project: Project, findings: Sequence[Finding], sought: Sequence[Place | None], lent: Mapping[Name, str]
) -> dict[int, Anchor]:
    """Return what findings with a lent body are fastened to, by their number."""
    found: dict[int, Anchor] = {}
    for number, (finding, place) in enumerate(zip(findings, sought, strict=True)):
        body = lent.get(name(finding)) if place is not None and place.body else None
        size = _size(project, finding.location.path, place) if body and place and _is_size(finding) else 0
        if body and size is not None:
            found[number] = Anchor(body=body, size=size)
    return found


def _size(project: Project, path: str, place: Place) -> int | None:
    """Return the size of what stands at a place, where it is one of those that facts have."""
    snapshot = project.snapshots.get(path)
    found = snapshot.facts.sizes if snapshot else ()
    return next((each.nodes for each in found if (each.line, each.end_line) == (place.line, place.end_line)), None)


def latent(project: Project, findings: Sequence[Finding]) -> list[Trace]:
    """Return the traces of what is latent."""
    return [msgspec.structs.replace(each, latent=True) for each in traced(project, findings)]


def remembered(finding: Finding, trace: Trace | None) -> float | None:
    """Return the value that the measure of a finding had when a trace was taken of it, where there is one that tells.

    It does not of sizes, which it counts in syntax, nor of shares, for which it counts what they are made of.
    """
    measure = finding.measure
    if trace is None or trace.value is None or measure is None or measure.unit == _LINES:
        return None
    return abs(trace.value) if finding.debt is None and not finding.is_passage else None


def by_id(project: Project, findings: Sequence[Finding]) -> dict[str, Trace]:
    """Return the trace of each finding by its id."""
    return {each.id: trace for each, trace in zip(findings, traced(project, findings), strict=True)}


def defined(project: Project) -> Names:
    """Return what the project defines: modules, classes and functions."""
    packages = package_folders(project.whole)
    symbols: list[str] = []
    for path in project.whole:
        module, facts = module_name(path, packages), project.facts(path)
        symbols.append(module)
        symbols += [f"{module}:{each.symbol}" for each in facts.functions]
        symbols += [f"{module}:{each.symbol}" for each in facts.classes]
    return identity.names(_kept(each) for each in symbols)


def _fast(finding: Finding, anchor: Anchor) -> Trace:
    """Return the trace of a finding that is fastened to the code at its place."""
    return _made(finding, anchor, float(anchor.size) if _is_size(finding) else _value(finding.measure))


def _free(finding: Finding) -> Trace:
    """Return the trace of a finding that its identity tells from others."""
    if finding.is_passage:
        anchor, words = anchors.of_text(finding.identity)
        return msgspec.structs.replace(_made(finding, anchor, float(words)), symbol="")
    value = finding.debt if finding.debt is not None else _value(finding.measure)
    anchor = Anchor(code=anchors.short(finding.identity))
    if finding.identity == PROJECT:
        return Trace(rule=finding.rule, code=anchor.code, value=None if finding.sums else value)
    return _made(finding, anchor, value)


def _made(finding: Finding, anchor: Anchor, value: float | None) -> Trace:
    place = finding.location
    return Trace(
        rule=finding.rule,
        symbol=_kept(place.symbol),
        code=_kept(anchor.code),
        body=anchor.body,
        value=value,
        path=_kept(place.path),
    )


def _kept(name: str) -> str:
    """Return a name as files can keep it: bytes that are not UTF-8 are written as escapes."""
    return name if name.isascii() else name.encode("utf-8", "backslashreplace").decode("utf-8")


def _value(measure: Measure | None) -> float | None:
    """Return a value that is larger when it is worse: of a lower bound the negative."""
    if measure is None:
        return None
    return measure.value if measure.value > measure.limit else -measure.value


def _is_fastened(finding: Finding) -> bool:
    """Whether it is the code at its place that tells this finding from others of its rule."""
    return not finding.identity or (finding.measure is not None and finding.identity != PROJECT)


def _is_size(finding: Finding) -> bool:
    return finding.measure is not None and finding.measure.unit == _LINES


def _place(finding: Finding) -> Place:
    place = finding.location
    if finding.measure is not None:
        return Place(place.line, 1, place.end_line, True) if ":" in place.symbol else Place(1, 1, 0, True)
    return place_of(place)
