"""No function has too many paths, too much to keep in mind, too deep nesting or too many arguments."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Struct

from gates.config import Count, Percent, Policy, option
from gates.facts import Chain, FileFacts, Function
from gates.model import Finding, Inspection, Location, Measure, Rule, Tool
from gates.project import Project, module_name, package_folders
from gates.tools import complexipy, radon
from gates.tools.complexipy import Advice, Span

READS = "file"
_COGNITIVE_HELP = "Return early, take nested blocks out into functions, and name compound conditions."
RULES = (
    Rule(
        "cyclomatic",
        "a function has at most `cyclomatic` independent paths",
        "Move each decision into a function named after it, or dispatch through a table instead of branches.",
    ),
    Rule(
        "cognitive",
        "a function asks its reader to hold at most `cognitive` in mind",
        _COGNITIVE_HELP,
    ),
    Rule(
        "nesting",
        "control flow is nested at most `nesting` levels deep",
        "Turn outer conditions into guard clauses, or move the inner block into a function.",
    ),
    Rule(
        "arguments",
        "a function takes at most `arguments` named arguments",
        "Group arguments that travel together into a value with a name, or split the function.",
    ),
    Rule(
        "maintainability",
        "a file has a maintainability index of at least `maintainability`",
        "Split the file along its responsibilities, largest functions first.",
    ),
)


class Options(Struct, frozen=True, rename="kebab"):
    """Limits per function, and one per file. A value equal to its limit is allowed."""

    cyclomatic: Annotated[
        Count,
        option("Independent paths through a function (McCabe 1976, as radon counts).", stricter="lower", by_path=True),
    ]
    cognitive: Annotated[
        Count,
        option(
            "Cognitive complexity of a function (Campbell 2018, as complexipy counts).", stricter="lower", by_path=True
        ),
    ]
    nesting: Annotated[
        Count,
        option("Levels of `if`, `for`, `while`, `try` and `match` inside each other.", stricter="lower", by_path=True),
    ]
    arguments: Annotated[
        Count, option("Named parameters of a function, without `self` and `cls`.", stricter="lower", by_path=True)
    ]
    maintainability: Annotated[
        Percent,
        option(
            "Lower bound on radon's maintainability index of a file, 0 to 100; slow.", stricter="higher", by_path=True
        ),
    ] = "off"


_Over = tuple[Function, Finding]
"""A function, and one of its numbers that is over the limit."""


def check(project: Project, policy: Policy[Options]) -> Inspection:
    """Hold each function against the limits for its path."""
    paths = project.readable(project.files)
    functions = [function for path in paths for function in project.facts(path).functions]
    return Inspection(
        findings=(*_functions(project, policy, paths), *_maintainability(project, policy, paths)),
        inspected=frozenset(paths),
        unread=project.unread(project.files),
        counts={"functions": len(functions)},
        measures={
            "worst_cyclomatic": max((each.cyclomatic for each in functions), default=0),
            "worst_cognitive": max((each.cognitive or 0 for each in functions), default=0),
        },
        tools={each.name: project.version(each) for each in _used(policy.at(path) for path in paths)},
    )


def _functions(project: Project, policy: Policy[Options], paths: Iterable[str]) -> Iterator[Finding]:
    """Yield what is over a limit of its path, and of what asks too much of its reader how to make it simpler."""
    packages = package_folders(project.whole)
    found = (
        (path, list(_over_limits(path, module_name(path, packages), project.facts(path), policy.at(path))))
        for path in paths
    )
    over = {path: each for path, each in found if each}
    limits = {path: asked for path, each in over.items() if (asked := _cognitive_limits(each))}
    advice = complexipy.advice(project, limits)
    for path, each in over.items():
        yield from _with_advice(each, advice.get(path, {}), project.facts(path).chains)


def _used(options: Iterable[Options]) -> Iterator[Tool]:
    """Yield the tools whose numbers are held against limits; radon's index is only asked for where it has a bound."""
    yield complexipy.COMPLEXIPY
    if any(each.maintainability != "off" for each in options):
        yield radon.RADON


def _over_limits(path: str, module: str, facts: FileFacts, options: Options) -> Iterator[_Over]:
    for function in facts.functions:
        metrics = (
            ("cyclomatic", "cyclomatic complexity", function.cyclomatic, options.cyclomatic, "paths"),
            ("cognitive", "cognitive complexity", function.cognitive or 0, options.cognitive, "points"),
            ("nesting", "nesting depth", function.nesting, options.nesting, "levels"),
            ("arguments", "argument count", function.arguments, options.arguments, "arguments"),
        )
        for rule, noun, value, limit, unit in metrics:
            if limit != "off" and value > limit:
                yield (
                    function,
                    Finding(
                        rule=f"complexity/{rule}",
                        message=f"`{function.symbol}` has {noun} {value}, limit {limit}",
                        location=_place(path, module, function),
                        measure=Measure(value, limit, unit),
                        identity=function.symbol,
                    ),
                )


def _with_advice(over: Sequence[_Over], advice: Mapping[Span, Advice], chains: Sequence[Chain]) -> Iterator[Finding]:
    """Add to a cognitive finding where its points come from, and what to begin with where that can be told."""
    for function, finding in over:
        told = advice.get((function.first_line, function.end_line))
        if told is None or finding.rule != "complexity/cognitive":
            yield finding
        else:
            tables = tuple(_as_table(each) for each in chains if _holds(function, each))
            place = finding.location.path
            related = tuple(Location(place, line, note=f"adds {points} points") for line, points in told.heaviest)
            words = " ".join((_COGNITIVE_HELP, *tables, told.plan)).strip()
            yield msgspec.structs.replace(finding, help=words, related=related)


def _cognitive_limits(over: Sequence[_Over]) -> dict[Span, float]:
    return {
        (function.first_line, function.end_line): each.measure.limit
        for function, each in over
        if each.rule == "complexity/cognitive" and each.measure is not None
    }


def _holds(function: Function, chain: Chain) -> bool:
    return function.line <= chain.line and chain.end_line <= function.end_line


def _as_table(chain: Chain) -> str:
    return (
        f"Lines {chain.line} to {chain.end_line} ask {chain.tests} times which constant one value equals: "
        "look it up in a table or registry, with a function for each constant."
    )


def _maintainability(project: Project, policy: Policy[Options], paths: Iterable[str]) -> Iterator[Finding]:
    bounds = {path: bound for path in paths if (bound := policy.at(path).maintainability) != "off"}
    for path, index in radon.maintainability(project, tuple(bounds)).items() if bounds else ():
        value, bound = round(index, 2), bounds[path]
        if value < bound:
            yield Finding(
                rule="complexity/maintainability",
                message=f"`{path}` has maintainability index {value:g}, lower bound {bound:g}",
                location=Location(path),
                measure=Measure(value, bound, "points"),
                identity=path.rpartition("/")[2],
            )


def _place(path: str, module: str, function: Function) -> Location:
    symbol = f"{module}:{function.symbol}"
    return Location(path, function.line, function.column, function.end_line, function.end_column, symbol)
