"""import-linter: contracts about who may import whom.

It runs in a child of ours that answers in JSON: the command line has one exit code for everything and no such output.
The child finds the packages in the project's folders and nowhere else, uses no cache (grimp's answers for the wrong
options), and is started with a fixed hash seed, on which the chains depend, as they do on the order of modules.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from gates.answers import Number, understood
from gates.cache import digest
from gates.facts.source import UnreadableError, read
from gates.model import Tool
from gates.process import ToolError
from gates.project import Project, installed

IMPORT_LINTER = Tool(
    name="import-linter",
    distribution="import-linter",
    tested=">=2.16,<2.17",
    ran=(0,),
    module="gates.tools.import_linter",
    library="importlinter",
)


class Question(Struct, frozen=True):
    """What the child is asked: contracts over packages, each package with the folder it lies in."""

    packages: Mapping[str, str]
    external: bool
    contracts: Sequence[Mapping[str, Any]]


class Edge(Struct, frozen=True, order=True):
    """One direct import between modules, and the lines on which it is written."""

    importer: str
    imported: str
    lines: tuple[Number, ...]


class Break(Struct, frozen=True):
    """A way in which a contract is broken: the import that breaks it, and the chain that it begins."""

    contract: str
    edge: Edge
    chain: tuple[Edge, ...]


class Answer(Struct, frozen=True):
    """What the child found: breaks, contracts that are invalid (id, reason), and the modules of the graph."""

    breaks: tuple[Break, ...] = ()
    undeclared: tuple[tuple[str, str], ...] = ()
    invalid: tuple[tuple[str, str], ...] = ()
    modules: tuple[str, ...] = ()
    failure: str = ""


def ask(project: Project, question: Question) -> Answer:
    """Check the contracts; the last answer stands while no file in the packages comes, goes or imports something else.

    Raises:
        ToolError: the child could not be run, could not build the graph, or answered nonsense.
    """
    beside = (
        project.version(IMPORT_LINTER),
        installed("grimp"),
        *_asked(project, question),
        *_imports(project, question),
    )
    return project.kept(Answer, IMPORT_LINTER.name, {"": repr(beside)}, lambda _: {"": _answered(project, question)})[
        ""
    ]


def _asked(project: Project, question: Question) -> tuple[str, ...]:
    """Return the question as it is asked of any checkout."""
    folders = sorted((name, os.path.relpath(folder, project.root)) for name, folder in question.packages.items())
    return (repr(folders), str(question.external), msgspec.json.encode(question.contracts).decode())


def _imports(project: Project, question: Question) -> Iterator[str]:
    """Yield what each Python file in the packages imports and on which lines, and the content of those of which that is
    not known: git or the policy may leave out what lies there."""
    for top in question.packages.values():
        for path in sorted(_modules_below(project.root, os.path.relpath(top, project.root))):
            yield f"{path} {_imported(project, path)}"


def _modules_below(root: Path, top: str) -> Iterator[str]:
    """Yield every Python file below a folder of the project, in any order; folders behind links are none of it."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        with contextlib.suppress(OSError), os.scandir(f"{root}/{folder}") as entries:
            for each in entries:
                if each.is_dir(follow_symlinks=False):
                    waiting.append(f"{folder}/{each.name}")
                elif each.name.endswith(".py"):
                    yield f"{folder}/{each.name}".removeprefix("./")


def _imported(project: Project, path: str) -> str:
    if path in project.snapshots and project.facts(path).unreadable is None:
        imports = [(each.module, each.name, each.line) for each in project.facts(path).imports]
        return digest(msgspec.msgpack.encode(imports))
    try:
        return digest(read(project.root / path))
    except UnreadableError as error:
        return str(error)


def _answered(project: Project, question: Question) -> Answer:
    done = project.run(IMPORT_LINTER, (), stdin=msgspec.json.encode(question))
    with project.understood(IMPORT_LINTER, done.out):
        answer = parse(done.out, question)
    if answer.failure:
        raise ToolError(f"import-linter could not build the import graph: {answer.failure}")
    return answer


def parse(output: bytes, question: Question) -> Answer:
    """Read what the child answered.

    Raises:
        ToolError: it is no answer, or speaks of what nobody asked about.
    """
    try:
        answer = understood(output, Answer)
    except msgspec.MsgspecError as error:
        raise ToolError(f"import-linter's answer cannot be read: {error}") from error
    asked = {each["id"] for each in question.contracts}
    if any(each.contract not in asked or each.edge.importer not in answer.modules for each in answer.breaks):
        raise ToolError("import-linter spoke of a contract or a module that it was not asked about")
    return answer


def _answer(question: Question) -> Answer:
    from grimp.exceptions import GrimpException
    from importlinter.configuration import configure

    configure()
    try:
        graph = _graph(question)
    except (ValueError, UnicodeError, GrimpException) as error:
        return Answer(failure=str(error) or type(error).__name__)
    parts = [_checked(options, question, graph) for options in question.contracts]
    return Answer(
        breaks=tuple(each for part in parts for each in part.breaks),
        undeclared=tuple(each for part in parts for each in part.undeclared),
        invalid=tuple(each for part in parts for each in part.invalid),
        modules=tuple(sorted(graph.modules)),
    )


def _checked(options: Mapping[str, Any], question: Question, graph: Any) -> Answer:
    """Check one contract."""
    from importlinter.domain.contract import InvalidContractOptions
    from importlinter.domain.helpers import MissingImport

    name = str(options["id"])
    if unmatched := _unmatched(options, graph.modules):
        return Answer(invalid=((name, f"`{unmatched}` matches no module"),))
    try:
        check = _contract(options, question).check(graph=_copy(graph), verbose=False)
    except InvalidContractOptions as error:
        return Answer(invalid=tuple((name, f"{field}: {reason}") for field, reason in sorted(error.errors.items())))
    except (ValueError, MissingImport) as error:
        return Answer(invalid=((name, str(error)),))
    found = _breaks(str(options["type"]), check.metadata, graph)
    undeclared = sorted(check.metadata.get("undeclared_modules", ()))
    return Answer(tuple(Break(name, *each) for each in found), tuple((name, module) for module in undeclared))


def _unmatched(options: Mapping[str, Any], modules: Iterable[str]) -> str:
    """Return an expression with wildcards that matches nothing; import-linter takes it for an empty list."""
    listed = [
        each for key, value in options.items() if key != "ignore_imports" and isinstance(value, list) for each in value
    ]
    for each in listed:
        pattern = re.escape(each).replace(r"\*\*", r"[\w.]+").replace(r"\*", r"\w+")
        if "*" in each and not any(re.fullmatch(pattern, module) for module in modules):
            return str(each)
    return ""


def _graph(question: Question) -> Any:
    import grimp
    from grimp.application.config import settings
    from grimp.application.ports.packagefinder import AbstractPackageFinder

    class Finder(AbstractPackageFinder):
        def determine_package_directories(self, package_name: str, file_system: Any) -> set[str]:
            return {question.packages[package_name]}

    settings.configure(PACKAGE_FINDER=Finder())
    packages = sorted(question.packages)
    return _ordered(grimp.build_graph(*packages, include_external_packages=question.external, cache_dir=None))


def _ordered(graph: Any) -> Any:
    """Return the same graph, put together by name. Of chains of one length that is told to which grimp comes first, and
    the order in which it came to modules depends on the times of their files, and on where these lie."""
    from grimp import ImportGraph

    ordered = ImportGraph()
    for module in sorted(graph.modules):
        ordered.add_module(module, is_squashed=graph.is_module_squashed(module))
    for importer in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            details = graph.get_import_details(importer=importer, imported=imported)
            for each in sorted(details, key=lambda each: (each["line_number"], each["line_contents"])):
                ordered.add_import(**each)
    return ordered


def _copy(graph: Any) -> Any:
    """Contracts change the graph that they check."""
    from copy import deepcopy

    return deepcopy(graph)


def _contract(options: Mapping[str, Any], question: Question) -> Any:
    from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
    from importlinter.contracts.forbidden import ForbiddenContract
    from importlinter.contracts.independence import IndependenceContract
    from importlinter.contracts.layers import LayersContract
    from importlinter.contracts.protected import ProtectedContract

    kinds: dict[str, Any] = {
        "acyclic": AcyclicSiblingsContract,
        "forbidden": ForbiddenContract,
        "independence": IndependenceContract,
        "layers": LayersContract,
        "protected": ProtectedContract,
    }
    session = {"root_packages": sorted(question.packages), "include_external_packages": str(question.external)}
    chosen = {key: str(value) if isinstance(value, bool) else value for key, value in options.items()}
    return kinds[str(options["type"])](name=str(options["id"]), session_options=session, contract_options=chosen)


def _breaks(kind: str, metadata: Mapping[str, Any], graph: Any) -> list[tuple[Edge, tuple[Edge, ...]]]:
    """Return each offending direct import once, with the shortest chain that it begins, in a fixed order."""
    shortest: dict[Edge, tuple[Edge, ...]] = {}
    for edge, chain in _offending(kind, metadata, graph):
        known = shortest.get(edge)
        if known is None or (len(chain), chain) < (len(known), known):
            shortest[edge] = chain
    return sorted(shortest.items())


def _offending(kind: str, metadata: Mapping[str, Any], graph: Any) -> list[tuple[Edge, tuple[Edge, ...]]]:
    """Return offending imports with the chains they begin."""
    chains = _CHAINS[kind](metadata, graph)
    return [(chain[0], tuple(chain)) for chain in chains]


def _of_cycles(metadata: Mapping[str, Any], graph: Any) -> list[list[Edge]]:
    pairs = {pair for pairs in metadata["cycle_breakers_by_package"].values() for pair in pairs}
    return [[_detailed(graph, importer, imported)] for importer, imported in pairs]


def _of_protected(metadata: Mapping[str, Any], graph: Any) -> list[list[Edge]]:
    return [[_edge(link)] for each in metadata["illegal_imports"] for link in each.illegal_links]


def _of_forbidden(metadata: Mapping[str, Any], graph: Any) -> list[list[Edge]]:
    return [_edges(chain) for each in metadata["invalid_chains"] for chain in each["chains"]]


def _of_layers(metadata: Mapping[str, Any], graph: Any) -> list[list[Edge]]:
    return [chain for each in metadata["invalid_dependencies"] for chain in _routes(each["routes"])]


def _of_independence(metadata: Mapping[str, Any], graph: Any) -> list[list[Edge]]:
    return [chain for each in metadata["invalid_chains"] for chain in _routes(each["chains"])]


_CHAINS = {
    "acyclic": _of_cycles,
    "forbidden": _of_forbidden,
    "independence": _of_independence,
    "layers": _of_layers,
    "protected": _of_protected,
}
"""How each type of contract tells the chains that break it."""


def _routes(routes: Sequence[Mapping[str, Any]]) -> list[list[Edge]]:
    """Unfold routes: several first imports may share the rest of a chain."""
    return [
        [first, *_edges(route["chain"])[1:]]
        for route in routes
        for first in _edges([route["chain"][0], *route["extra_firsts"]])
    ]


def _edges(links: Sequence[Mapping[str, Any]]) -> list[Edge]:
    return [_edge(link) for link in links]


def _edge(link: Mapping[str, Any]) -> Edge:
    return Edge(
        str(link["importer"]), str(link["imported"]), tuple(sorted(n for n in link["line_numbers"] if n and n > 0))
    )


def _detailed(graph: Any, importer: str, imported: str) -> Edge:
    details = graph.get_import_details(importer=importer, imported=imported)
    return Edge(importer, imported, tuple(sorted(each["line_number"] for each in details)))


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_answer(msgspec.json.decode(sys.stdin.buffer.read(), type=Question))))
