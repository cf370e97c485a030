"""Root causes: open findings that one edit would resolve, across gates and tools."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from gates.facts import Class, Function
from gates.model import Finding, Group, Location, Outcome
from gates.snapshots import Snapshot

BATCH_FILES = 10
BATCH_FINDINGS = 25
"""Above either of these, one edit over all sites together is the right size of step."""

_EDITS: Mapping[str, str] = {
    "attribute": "Use what the declaration offers now, or put back what it lacks.",
    "uncalled": "Call it: put `()` behind the name, with the arguments that the declaration asks for.",
    "signature": "Give what the declaration asks for; import what that needs, and drop imports that nothing needs now.",
    "name": "Import the name, or use the one that there is now.",
    "module": "Name the module as it is called now, or install what provides it.",
    "untyped": "Annotate the function; its callers follow.",
    "clone": "Put the code in one place, and call it from the others.",
    "edge": "Move the import, or what it needs, to where the contract allows it.",
}
"""What resolves a finding, by the kind of its cause."""

_STAGES: Mapping[str, int] = {"files": 0, "typing": 2, "layers": 3, "calls": 4, "tests": 5}
_MEASURED = frozenset({"complexity", "size", "duplication"})
_NAMES = frozenset({"typing/attr-defined", "typing/name-defined", "typing/import-not-found", "typing/import-untyped"})
_NAMES_STAGE, _MEASURED_STAGE, _LAST_STAGE = 1, 6, 7

_ATTRIBUTE = r'"(?:[Tt]ype\[)?(?P<owner>[\w.]+)[^"]*" has no attribute "(?P<name>\w+)"'
_UNCALLED = r'; "(?P<name>\w+)" is a method and is not called'
_CALLEE = r'(?:to|for|in call to) "(?P<name>[\w.]+)"(?: of "(?P<owner>[\w.]+)")?'
_MODULE = r'module named "(?P<name>[\w]+)'
_UNDEFINED = r'(?:Name "(?P<mypy>\w+)" is not defined|Undefined name `(?P<ruff>\w+)`)'
_UNTYPED_CALL = r'untyped function "(?:[\w.]+\.)?(?P<name>\w+)"'
_UNTYPED = frozenset({"typing/no-untyped-call", "typing/no-untyped-def"})
_LEADING = frozenset({"attribute", "name", "signature", "uncalled"})
_FOLLOWING = "typing/no-any-return"
_SIGNATURE = frozenset({"typing/call-arg", "typing/arg-type", "typing/call-overload"})

Declared = Callable[[str, str], Location | None]
"""Where a name is declared in the project: `(owner, name)`, the owner may be empty."""


class Cause(NamedTuple):
    """What findings may have in common: a key, the words for it, and the declaration to look at, as owner and name."""

    key: tuple[str, ...]
    words: str
    declared: tuple[str, str] = ("", "")


class Grouped(Struct, frozen=True):
    """The groups in the order in which they are best worked on, and the group of each finding that has one, by id."""

    groups: tuple[Group, ...]
    members: Mapping[str, str]


class Declarations:
    """Where the project declares a class or a function; the facts are searched once, when somebody asks."""

    def __init__(self, snapshots: Mapping[str, Snapshot]) -> None:
        self._snapshots = snapshots
        self._places: dict[str, Location] = {}

    def __call__(self, owner: str, name: str) -> Location | None:
        """Return the first place, in the order of paths, that declares this name."""
        if not self._places:
            self._places = dict(self._declared())
        wanted = f"{owner.rpartition('.')[2]}.{name.rpartition('.')[2]}".lstrip(".")
        return self._places.get(wanted)

    def _declared(self) -> Iterator[tuple[str, Location]]:
        """Yield names with and without their owner, the first one in the order of paths last, so that it stays."""
        for path, snapshot in sorted(self._snapshots.items(), reverse=True):
            spans: tuple[Function | Class, ...] = (*snapshot.facts.functions, *snapshot.facts.classes)
            for each in spans:
                place = Location(path, each.line, each.column, each.end_line, each.end_column, each.symbol)
                yield each.symbol.rpartition(".")[2], place
                yield ".".join(each.symbol.split(".")[-2:]), place


def stage(rule: str) -> int:
    """Return when a rule's findings are best mended: first what hides others, last what only measures.

    0 unreadable, 1 names and imports, 2 types, 3 layers, 4 calls, 5 tests, 6 complexity, size, duplication, 7 the rest.
    """
    if rule in _NAMES or rule == "lint/F821":
        return _NAMES_STAGE
    gate = rule.partition("/")[0]
    return _MEASURED_STAGE if gate in _MEASURED else _STAGES.get(gate, _LAST_STAGE)


def edit(finding: Finding) -> str:
    """Return the kind of edit that resolves a finding, in a sentence."""
    cause = _cause(finding)
    return _EDITS.get(cause.key[0] if cause else "", finding.help)


def grouped(findings: Iterable[Finding], declared: Declared) -> Grouped:
    """Group open findings by cause; a cause with a single finding is no group."""
    found: dict[tuple[str, ...], tuple[Cause, list[Finding]]] = {}
    for finding in findings:
        cause = _cause(finding)
        if cause is not None:
            found.setdefault(cause.key, (cause, []))[1].append(finding)
    _join_followers(found)
    several = [(cause, group) for cause, group in found.values() if len(group) > 1 and _belong(cause, group)]
    several.sort(key=lambda each: _order(each[1]))
    groups: list[Group] = []
    members: dict[str, str] = {}
    for number, (cause, group) in enumerate(several, 1):
        name = f"g{number}"
        groups.append(_group(name, cause, group, declared))
        members.update((each.id, name) for each in group)
    return Grouped(tuple(groups), members)


def _join_followers(found: dict[tuple[str, ...], tuple[Cause, list[Finding]]]) -> None:
    """Let `no-any-return` join the cause on its own line: the unknown type comes from what that cause is about."""
    leaders = _leaders(found)
    for cause, group in list(found.values()):
        for each in [each for each in group if each.rule == _FOLLOWING and _line(each) in leaders]:
            leaders[_line(each)].append(each)
            group.remove(each)
        if not group:
            del found[cause.key]


def _leaders(found: Mapping[tuple[str, ...], tuple[Cause, list[Finding]]]) -> dict[tuple[str, int], list[Finding]]:
    groups = [group for (kind, *_), (_, group) in found.items() if kind in _LEADING and len(group) > 1]
    return {_line(each): group for group in groups for each in group}


def _line(finding: Finding) -> tuple[str, int]:
    return (finding.location.path, finding.location.line)


def _belong(cause: Cause, findings: Sequence[Finding]) -> bool:
    """Whether findings that look alike have one cause.

    The same message in files of the same name has, when the files are copies, but not inside one file. Functions
    without annotations that only share their name have not.
    """
    if cause.key[0] == "copy":
        return len({each.location.path for each in findings}) > 1
    if cause.key[0] == "untyped":
        return sum(each.rule == "typing/no-untyped-def" for each in findings) <= 1
    return True


def with_groups(outcome: Outcome, members: Mapping[str, str]) -> Outcome:
    """Return the outcome with each finding in its group, or in none."""
    return msgspec.structs.replace(outcome, findings=tuple(_with_group(each, members) for each in outcome.findings))


def _with_group(finding: Finding, members: Mapping[str, str]) -> Finding:
    name = members.get(finding.id, "")
    return finding if name == finding.group else msgspec.structs.replace(finding, group=name)


def _cause(finding: Finding) -> Cause | None:
    gate = finding.gate
    if gate in ("typing", "lint"):
        return _of_types(finding)
    if gate == "duplication" and finding.related and finding.rule.endswith("/clone"):
        first = finding.related[0]
        return Cause(
            ("clone", first.path, str(first.line)), f"copies of the code in `{first.path}` at line {first.line}"
        )
    if gate == "layers":
        last = finding.related[-1] if finding.related else finding.location
        return Cause(("edge", last.path, str(last.line)), f"the import in `{last.path}` at line {last.line}")
    if gate in _MEASURED and finding.measure is not None:
        return _of_measures(finding)
    return None


def _of_measures(finding: Finding) -> Cause | None:
    place = finding.location
    if finding.rule.startswith("duplication/"):
        return None
    name = place.symbol.partition(":")[2]
    if name and finding.identity == name:
        return Cause(("symbol", place.path, name), f"`{name}` does too much")
    return Cause(("file", place.path), f"`{place.path}` does too much") if place.line == 1 else None


def _of_attributes(finding: Finding) -> Cause | None:
    if match := re.search(_UNCALLED, finding.message):
        name = match["name"]
        return Cause(("uncalled", name), f"`{name}` is a method and is used as a value", ("", name))
    if match := re.search(_ATTRIBUTE, finding.message):
        owner, name = match["owner"], match["name"]
        return Cause(("attribute", owner, name), f"`{owner}` has no attribute `{name}`", ("", owner))
    return None


def _of_types(finding: Finding) -> Cause | None:
    if cause := _of_attributes(finding):
        return cause
    if match := re.search(_UNDEFINED, finding.message):
        name = match["mypy"] or match["ruff"]
        return Cause(("name", name), f"the name `{name}` is not defined", ("", name))
    if finding.rule in _SIGNATURE and (match := re.search(_CALLEE, finding.message)):
        owner, name = match["owner"] or "", match["name"]
        shown = f"{owner}.{name}".lstrip(".")
        return Cause(("signature", owner, name), f"calls do not fit the signature of `{shown}`", (owner, name))
    if finding.rule in _UNTYPED:
        return _of_untyped(finding)
    if finding.rule in _NAMES and (match := re.search(_MODULE, finding.message)):
        return Cause(("module", match["name"]), f"the module `{match['name']}` cannot be imported, or has no types")
    return Cause(("copy", finding.rule, finding.message, finding.location.path.rpartition("/")[2]), finding.message)


def _of_untyped(finding: Finding) -> Cause | None:
    """A function without annotations, and every call of it."""
    match = re.search(_UNTYPED_CALL, finding.message)
    name = match["name"] if match else finding.location.symbol.rpartition(":")[2].rpartition(".")[2]
    return Cause(("untyped", name), f"`{name}` has no complete annotations", ("", name))


def _group(name: str, cause: Cause, findings: Sequence[Finding], declared: Declared) -> Group:
    files = len({each.location.path for each in findings})
    first = min(findings, key=lambda each: (each.location.path, each.location.line))
    place = (declared(*cause.declared) if cause.declared[1] else None) or first.location
    batch = files > BATCH_FILES or len(findings) > BATCH_FINDINGS
    return Group(name, cause.words, first.rule, place, len(findings), files, batch)


def _order(findings: Sequence[Finding]) -> tuple[int, int, str, int]:
    first = min(findings, key=lambda each: (each.location.path, each.location.line)).location
    return (min(stage(each.rule) for each in findings), -len(findings), first.path, first.line)
