"""Modules import only what the architecture allows: layers, forbidden and protected modules, independence, cycles."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from gates.config import Policy, option
from gates.model import Finding, GatesError, Inspection, Location, Rule, Unread
from gates.project import Project, module_name, package_folders
from gates.tools import import_linter
from gates.tools.import_linter import Answer, Break, Edge

READS = "project"
WAITS = 1
RULES = (
    Rule(
        "*",
        "the contract with this id holds",
        "Move the import, or what it needs, to a module that may know it; do not import inside a function to hide it.",
    ),
)


_Some = Annotated[list[str], Meta(min_length=1)]
_Names = list[str] | None
_Flag = bool | None


class _Common(Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True, tag_field="type"):
    id: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]*$")]
    why: Annotated[str, Meta(pattern=r"\w")]
    ignore_imports: Annotated[
        _Names, option("Imports that are left out, as `importer -> imported`.", stricter="fewer")
    ] = None


class Layers(_Common, frozen=True, tag="layers"):
    """A list from high to low: a module imports from lower layers only. `a | b` are independent, `a : b` may meet."""

    layers: Annotated[_Some, option("The layers, from high to low.", stricter="longer")]
    containers: Annotated[_Names, option("Packages in each of which the layers are.", stricter="none")] = None
    exhaustive: Annotated[_Flag, option("Whether each child of a container is in a layer.", stricter="true")] = None
    exhaustive_ignores: Annotated[_Names, option("Children that need not be.", stricter="fewer")] = None


class Forbidden(_Common, frozen=True, tag="forbidden"):
    """The source modules may not import the forbidden ones, directly or, unless allowed, through others."""

    source_modules: Annotated[_Some, option("Modules that may not import.", stricter="more")]
    forbidden_modules: Annotated[_Some, option("Modules that they may not import.", stricter="more")]
    allow_indirect_imports: Annotated[
        _Flag, option("Whether they may import them through others.", stricter="false")
    ] = None
    as_packages: Annotated[_Flag, option("Whether a module stands for all below it.", stricter="none")] = None


class Independence(_Common, frozen=True, tag="independence"):
    """None of the modules may import another of them."""

    modules: Annotated[_Some, option("The modules.", stricter="more")]


class Protected(_Common, frozen=True, tag="protected"):
    """Only the allowed importers may import the protected modules directly."""

    protected_modules: Annotated[_Some, option("Modules that only some may import.", stricter="more")]
    allowed_importers: Annotated[list[str], option("Who may import them.", stricter="fewer")]
    as_packages: Annotated[_Flag, option("Whether a module stands for all below it.", stricter="none")] = None


class Acyclic(_Common, frozen=True, tag="acyclic"):
    """The children of each ancestor package do not import each other in a circle."""

    ancestors: Annotated[_Some, option("The packages.", stricter="more")]
    depth: Annotated[int | None, option("How many levels below them.", stricter="none")] = None
    skip_descendants: Annotated[_Names, option("Packages whose insides are not looked at.", stricter="fewer")] = None


_OUTSIDE = "lies in a folder without `__init__.py`, or has no importable name: import-linter does not see it"
_GONE = "lies in none of the packages that the base names: the change removed them"

Contract = Layers | Forbidden | Independence | Protected | Acyclic


class Options(Struct, frozen=True, rename="kebab"):
    """Which packages are looked at, and what must hold among their modules."""

    packages: Annotated[list[str], option("Top-level packages of the project.", stricter="more")] = []
    external: Annotated[bool, option("Whether contracts may name packages outside the project.", stricter="true")] = (
        False
    )
    contracts: Annotated[list[Contract], option("What must hold, each with an `id` and a `why`.", stricter="more")] = []


def plan(project: Project, policy: Policy[Options]) -> tuple[str, ...]:
    """What lies in the folders of the packages, whatever was asked for: contracts are about all of it."""
    folders = tuple(f"{folder}/" for folder in _folders(project, policy).values()) or ("",)
    return tuple(path for path in project.whole if path.startswith(folders) and path.endswith(".py"))


def check(project: Project, policy: Policy[Options]) -> Inspection:
    """Check the contracts over the import graph and locate each break at the import that causes it."""
    options = policy.base
    _check_contracts(options)
    modules = _modules(project, options)
    unread = project.unread(tuple(modules.values()))
    if unread:
        return Inspection(blocked=_blocker(project, unread[0].path), unread=unread)
    if not _folders(project, policy):
        return Inspection(unread=tuple(Unread(path, _GONE) for path in plan(project, policy)))
    answer = import_linter.ask(project, _question(project, policy))
    _check_answer(policy.written, answer)
    inspected = frozenset(modules[name] for name in answer.modules if name in modules)
    outside = frozenset(plan(project, policy)) - frozenset(modules.values())
    return Inspection(
        findings=tuple(_findings(project, modules, options, answer)),
        inspected=inspected,
        unread=tuple(Unread(path, _OUTSIDE) for path in sorted(outside)),
        counts={"modules": len(modules), "contracts": len(options.contracts)},
        tools={"import-linter": project.version(import_linter.IMPORT_LINTER)},
    )


def _check_contracts(options: Options) -> None:
    if not options.packages or not options.contracts:
        raise GatesError(
            "the gate `layers` is on, but `layers.packages` or `layers.contracts` is empty",
            "Declare a contract, or turn the gate off with a `why`.",
        )
    for each in options.contracts:
        if alone := _alone(each):
            raise GatesError(
                f"contract `{each.id}` has {alone}, which always holds", "Name at least two, or remove it."
            )
    ids = [each.id for each in options.contracts]
    if twice := sorted({each for each in ids if ids.count(each) > 1}):
        raise GatesError(f"two contracts have the id `{twice[0]}`", "The id names the rule; give each its own.")


def _check_answer(written: Options, answer: Answer) -> None:
    """Refuse a contract that cannot be checked, unless it is one of before the change, whose modules may be gone."""
    mine = {each.id for each in written.contracts}
    for name, reason in answer.invalid:
        if name in mine:
            external = "include_external_packages" in reason
            hint = "Set `layers.external = true`." if external else "Correct it under [tool.gates.layers]."
            raise GatesError(f"contract `{name}` cannot be checked: {reason}", hint)


def _alone(contract: Contract) -> str:
    """Return what a contract has only one of, although it is about several."""
    match contract:
        case Layers(layers=[only], containers=None) if not re.search(r"[|:]", only):
            return "one layer"
        case Independence(modules=[only]) if "*" not in only:
            return "one module"
    return ""


def _blocker(project: Project, path: str) -> str:
    reason = project.facts(path).unreadable
    return f"files/{reason.kind} in {path}" if reason is not None else path


def _question(project: Project, policy: Policy[Options]) -> import_linter.Question:
    folders = {name: str(project.root / folder) for name, folder in _folders(project, policy).items()}
    return import_linter.Question(folders, policy.base.external, [_asked(each) for each in policy.base.contracts])


def _modules(project: Project, options: Options) -> dict[str, str]:
    """Return the importable modules of the packages, by dotted name. Stubs and scripts are not part of the graph."""
    packages = package_folders(project.whole)
    named = ((module_name(path, packages), path) for path in project.whole if path.endswith(".py"))
    wanted = frozenset(options.packages)
    inside = ((name, path) for name, path in named if name.partition(".")[0] in wanted)
    return {name: path for name, path in inside if _importable(name) and _in_package(path, packages)}


def _importable(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def _in_package(path: str, packages: frozenset[str]) -> bool:
    return path.rpartition("/")[0] in packages


def _folders(project: Project, policy: Policy[Options]) -> dict[str, str]:
    """Return the folder of each package, relative to the root; without packages that only the base names and that the
    change has removed."""
    packages = package_folders(project.whole) - {""}
    folders: dict[str, str] = {}
    for name in policy.base.packages:
        found = [
            each
            for each in sorted(packages)
            if each.rpartition("/")[2] == name and each.rpartition("/")[0] not in packages
        ]
        if len(found) != 1 and name not in policy.written.packages:
            continue
        if len(found) != 1:
            raise GatesError(
                f"`layers.packages` names `{name}`, of which the project has {len(found) or 'none'}",
                "Name top-level packages: folders with an `__init__.py`.",
            )
        folders[name] = found[0]
    return folders


def _asked(contract: Contract) -> Mapping[str, Any]:
    """Put a contract into import-linter's words."""
    options = {
        key.replace("-", "_"): value for key, value in msgspec.to_builtins(contract).items() if value is not None
    }
    options.pop("why")
    return options


def _findings(project: Project, modules: Mapping[str, str], options: Options, answer: Answer) -> Iterator[Finding]:
    contracts = {each.id: each for each in options.contracts}
    for each in (found for found in answer.breaks if found.edge.importer in modules):
        yield _finding(project, modules, each, contracts[each.contract])
    for name, module in ((name, module) for name, module in answer.undeclared if module in modules):
        yield Finding(
            rule=f"layers/{name}",
            message=f"`{module}` is in no layer of contract `{name}`, which must name all",
            location=Location(modules[module], symbol=module),
            help=f"Put `{module}` into the layer where it belongs. Why the contract: {contracts[name].why}",
            identity=module,
        )


def _finding(project: Project, modules: Mapping[str, str], found: Break, contract: Contract) -> Finding:
    kind = type(contract).__name__.lower()
    edge, target = found.edge, found.chain[-1].imported
    reach = f" and so reaches `{target}`" if target != edge.imported else ""
    against = f"which contract `{found.contract}` ({kind}) does not allow"
    first, *others = _places(project, modules, edge)
    return Finding(
        rule=f"layers/{found.contract}",
        message=f"`{edge.importer}` imports `{edge.imported}`{reach}, {against}",
        location=first,
        related=(*others, *(place for each in found.chain[1:] for place in _places(project, modules, each)[:1])),
        help=f"Move the import, or what it needs, to where the contract allows it. Why the contract: {contract.why}",
        identity=f"{edge.importer} -> {edge.imported}",
    )


def _places(project: Project, modules: Mapping[str, str], edge: Edge) -> list[Location]:
    path = modules.get(edge.importer, "")
    if not path:  # a file of the package that the policy excludes
        return []
    columns = {each.line: each.column for each in project.facts(path).imports}
    note = f"`{edge.importer}` imports `{edge.imported}`"
    return [Location(path, line, columns.get(line, 1), symbol=edge.importer, note=note) for line in edge.lines or (1,)]
