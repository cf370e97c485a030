"""Layers as a project has them today: an order of its packages in which every import points down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from gates.facts import FileFacts
from gates.project import module_name, package_folders
from gates.proposing.shape import Shape
from gates.text import counted

_FEW = 3
"""Children that a package needs for an order of them to say something."""

Graph = Mapping[str, frozenset[str]]
"""What each node imports."""


class Contract(Struct, frozen=True):
    """A contract of the type `layers` that holds today."""

    id: str
    layers: tuple[str, ...]


class Layering(Struct, frozen=True):
    """The contracts that hold, over which top-level packages, and why there are none of the others."""

    packages: tuple[str, ...] = ()
    contracts: tuple[Contract, ...] = ()
    reasons: tuple[str, ...] = ()


def layering(shape: Shape) -> Layering:
    """Return the layers among the top-level packages of a project, and inside of each."""
    names = _names(shape)
    imports = _imports(shape.files)
    contracts = _among(imports, names)
    reasons = []
    for name in names:
        graph = _children(imports, name)
        inside = _contract(name.lower().replace("_", "-").strip("-"), graph) if len(graph) >= _FEW else []
        contracts += inside
        reasons += [] if inside else [_why_not(name, graph)]
    used = tuple(name for name in names if _is_named(name, contracts))
    return Layering(used, tuple(contracts), tuple(reasons))


def _among(imports: Graph, names: Sequence[str]) -> list[Contract]:
    """Return the contract over the top-level packages, when there are several."""
    if len(names) < 2:
        return []
    graph = {
        name: frozenset(_top(each) for each in _below(imports, name)).intersection(names) - {name} for name in names
    }
    return _contract("packages", graph)


def layers(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Return the nodes from high to low; each imports from lower layers, or inside of its own."""
    circles = _circles(graph)
    home = {node: index for index, circle in enumerate(circles) for node in circle}
    height: list[int] = []
    for index, circle in enumerate(circles):  # what a circle imports comes before it
        below = {home[each] for node in circle for each in graph[node]} - {index}
        height.append(1 + max((height[each] for each in below), default=-1))
    found: list[list[str]] = [[] for _ in range(max(height, default=-1) + 1)]
    for circle, level in zip(circles, height, strict=True):
        found[level].extend(circle)
    return tuple(tuple(sorted(each)) for each in reversed(found))


def _contract(name: str, graph: Graph) -> list[Contract]:
    """Return the contract over a graph, when its largest circle leaves at least half of it in order."""
    levels = layers(graph)
    if len(levels) < 2 or max(map(len, _circles(graph))) > max(1, len(graph) // 2):
        return []
    return [Contract(name, tuple(" : ".join(each) for each in levels))]


def _why_not(name: str, graph: Graph) -> str:
    if len(graph) < _FEW:
        return f"{name} has {counted(len(graph), 'module')}"
    largest = max(map(len, _circles(graph)))
    if largest == 1:
        return f"the {len(graph)} modules of {name} do not import each other"
    return f"{largest} of the {len(graph)} modules of {name} import each other in circles"


def _names(shape: Shape) -> list[str]:
    """Return the names of the packages that are there once and whose files can all be read."""
    names = [each.rpartition("/")[2] for each in shape.packages]
    broken = {each.pattern.strip("/") for each in shape.left_out}
    whole = [
        name
        for name, folder in zip(names, shape.packages, strict=True)
        if not any(each.startswith(f"{folder}/") for each in broken)
    ]
    return sorted(name for name in whole if names.count(name) == 1)


def _imports(files: Mapping[str, FileFacts]) -> dict[str, frozenset[str]]:
    """Return by module which modules of the project it imports."""
    packages = package_folders(tuple(files))
    names = {path: module_name(path, packages) for path in files if path.endswith(".py")}
    known = frozenset(names.values())
    found: dict[str, frozenset[str]] = {}
    for path, name in names.items():
        package = name if path.endswith("__init__.py") else name.rpartition(".")[0]
        targets = {_known(target, known) for target in _targets(files[path], package)}
        found[name] = found.get(name, frozenset()) | (targets - {"", name})
    return found


def _targets(facts: FileFacts, package: str) -> Iterator[str]:
    for each in facts.imports:
        plain = each.module.lstrip(".")
        dots = len(each.module) - len(plain)
        base = package.split(".")[: len(package.split(".")) - dots + 1] if dots else []
        yield ".".join(part for part in (*base, plain, each.name) if part)


def _known(target: str, known: frozenset[str]) -> str:
    """Return the module that an import reaches: the name itself, or what it is taken from."""
    while target and target not in known:
        target = target.rpartition(".")[0]
    return target


def _children(imports: Mapping[str, frozenset[str]], package: str) -> dict[str, frozenset[str]]:
    """Return the modules directly below a package, with what each imports: what goes through the package's own
    `__init__` reaches all that this imports."""
    through = frozenset(_child(each, package) for each in imports.get(package, frozenset()))
    graph: dict[str, frozenset[str]] = {}
    for name in imports:
        child = _child(name, package)
        if not child:
            continue
        targets = {_child(each, package) for each in imports[name]}
        if package in imports[name]:
            targets |= through
        graph[child] = graph.get(child, frozenset()) | (targets - {"", child})
    return graph


def _child(module: str, package: str) -> str:
    """Return the module directly below a package that another one is or lies in; nothing for those outside."""
    if not module.startswith(f"{package}."):
        return ""
    return f"{package}.{module[len(package) + 1 :].partition('.')[0]}"


def _below(imports: Mapping[str, frozenset[str]], package: str) -> frozenset[str]:
    return frozenset(each for name, found in imports.items() if _top(name) == package for each in found)


def _top(module: str) -> str:
    return module.partition(".")[0]


def _is_named(package: str, contracts: Sequence[Contract]) -> bool:
    named = {_top(each) for contract in contracts for layer in contract.layers for each in layer.split(" : ")}
    return package in named


def _circles(graph: Graph) -> list[list[str]]:
    """Return the strongly connected components, each after those that it imports."""
    order: list[str] = []
    seen: set[str] = set()
    for start in sorted(graph):
        order.extend(_finished(graph, start, seen))
    back: dict[str, set[str]] = {node: set() for node in graph}
    for node, targets in graph.items():
        for each in targets:
            back[each].add(node)
    seen = set()
    reverse = {node: frozenset(each) for node, each in back.items()}
    found = [circle for node in reversed(order) if (circle := _finished(reverse, node, seen))]
    return found[::-1]


def _finished(graph: Graph, start: str, seen: set[str]) -> list[str]:
    """Return what can be reached from a node and was not seen, in the order in which a search leaves it."""
    if start in seen:
        return []
    seen.add(start)
    done: list[str] = []
    stack = [(start, iter(sorted(graph[start])))]
    while stack:
        node, rest = stack[-1]
        target = next((each for each in rest if each not in seen), None)
        if target is None:
            done.append(node)
            stack.pop()
        else:
            seen.add(target)
            stack.append((target, iter(sorted(graph[target]))))
    return done
