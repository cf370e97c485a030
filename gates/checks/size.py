"""No function, class, file or module outgrows what a reader can take in."""

from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec
from msgspec import Struct

from gates.config import Count, Policy, option
from gates.facts import Class, FileFacts, Function
from gates.model import Finding, Inspection, Location, Measure, Rule
from gates.project import Project, module_name, package_folders

READS = "file"
RULES = (
    Rule(
        "function-lines",
        "a function has at most `function-lines` lines",
        "Take steps that have a name of their own out into functions.",
    ),
    Rule(
        "class-lines",
        "a class has at most `class-lines` lines",
        "Find the fields that are used together and move them, with their methods, into a class of their own.",
    ),
    Rule(
        "file-lines",
        "a file has at most `file-lines` lines",
        "Split the file along its responsibilities into modules that can be named.",
    ),
    Rule(
        "functions-per-module",
        "a module defines at most `functions-per-module` functions and methods",
        "Move functions that belong together into a module of their own.",
    ),
)


class Options(Struct, frozen=True, rename="kebab"):
    """Limits in physical lines, comments and docstrings included. A value equal to its limit is allowed."""

    function_lines: Annotated[
        Count, option("Lines of a function, from `def` to its last statement.", stricter="lower", by_path=True)
    ]
    class_lines: Annotated[
        Count, option("Lines of a class, from `class` to its last statement.", stricter="lower", by_path=True)
    ]
    file_lines: Annotated[Count, option("Lines of a file.", stricter="lower", by_path=True)]
    functions_per_module: Annotated[
        Count, option("Functions and methods in a file, nested ones included.", stricter="lower", by_path=True)
    ]


def check(project: Project, policy: Policy[Options]) -> Inspection:
    """Hold each function, class and file against the limits for its path."""
    paths = project.readable(project.files)
    packages = package_folders(project.whole)
    findings: list[Finding] = []
    latent: list[Finding] = []
    for path in paths:
        facts, options, module = project.facts(path), policy.at(path), module_name(path, packages)
        findings.extend(_over(path, module, facts, options))
        if project.record:
            latent.extend(_over(path, module, facts, _halved(options)))
    every = [project.facts(path) for path in paths]
    return Inspection(
        findings=tuple(findings),
        latent=_without(latent, findings),
        inspected=frozenset(paths),
        unread=project.unread(project.files),
        counts={
            "functions": sum(len(facts.functions) for facts in every),
            "classes": sum(len(facts.classes) for facts in every),
            "lines": sum(facts.lines for facts in every),
        },
        measures={"longest_file": max((facts.lines for facts in every), default=0)},
    )


def _over(path: str, module: str, facts: FileFacts, options: Options) -> tuple[Finding, ...]:
    return (*_spans(path, module, facts, options), *_file(path, facts, options))


def _without(latent: Iterable[Finding], findings: Iterable[Finding]) -> tuple[Finding, ...]:
    found = {(each.rule, each.location) for each in findings}
    return tuple(each for each in latent if (each.rule, each.location) not in found)


def _halved(options: Options) -> Options:
    """Return half of the limits in lines: what is above these may cross the limit by being formatted otherwise."""
    halves = {
        name: "off" if limit == "off" else max(1, limit // 2)
        for name in ("function_lines", "class_lines", "file_lines")
        for limit in (getattr(options, name),)
    }
    return msgspec.structs.replace(options, **halves, functions_per_module="off")


def _spans(path: str, module: str, facts: FileFacts, options: Options) -> Iterator[Finding]:
    groups: tuple[tuple[str, tuple[Function | Class, ...], Count], ...] = (
        ("function-lines", facts.functions, options.function_lines),
        ("class-lines", facts.classes, options.class_lines),
    )
    for rule, spans, limit in groups:
        for each in spans:
            if limit != "off" and each.lines > limit:
                symbol = f"{module}:{each.symbol}"
                yield Finding(
                    rule=f"size/{rule}",
                    message=f"`{each.symbol}` has {each.lines} lines, limit {limit}",
                    location=Location(path, each.line, each.column, each.end_line, each.end_column, symbol),
                    measure=Measure(each.lines, limit, "lines"),
                    identity=each.symbol,
                )


def _file(path: str, facts: FileFacts, options: Options) -> Iterator[Finding]:
    number = len(facts.functions)
    metrics = (
        ("file-lines", facts.lines, options.file_lines, "lines"),
        ("functions-per-module", number, options.functions_per_module, "functions"),
    )
    for rule, value, limit, unit in metrics:
        if limit != "off" and value > limit:
            yield Finding(
                rule=f"size/{rule}",
                message=f"`{path}` has {value} {unit}, limit {limit}",
                location=Location(path),
                measure=Measure(value, limit, unit),
                identity=path.rpartition("/")[2],
            )
