"""Types are consistent at the chosen strictness, and enough functions are annotated."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Struct

from gates.config import Percent, Policy, option
from gates.model import Finding, GatesError, Inspection, Location, Measure, Rule
from gates.project import Project, module_name, package_folders, source_root
from gates.tools import mypy

READS = "project"
RULES = (
    Rule(
        "typed-functions",
        "at least `typed-functions` percent of the functions are fully annotated",
        "Annotate the parameters and the result of functions in the files named, most used functions first.",
    ),
    Rule(
        "*",
        "mypy's check with this error code holds",
        "Make the two sides agree where the wrong one is written; do not widen the type to silence it.",
    ),
)

_BASIC = {"ignore_missing_imports": True}
_STANDARD = {"check_untyped_defs": True, "strict_equality": True, "warn_unused_ignores": True}
_STRICT = _STANDARD | {
    "disallow_any_generics": True,
    "disallow_subclassing_any": True,
    "disallow_untyped_calls": True,
    "disallow_untyped_defs": True,
    "disallow_incomplete_defs": True,
    "disallow_untyped_decorators": True,
    "warn_return_any": True,
    "implicit_reexport": False,
    "extra_checks": True,
}
FLAGS: Mapping[str, Mapping[str, bool]] = {"basic": _BASIC, "standard": _STANDARD, "strict": _STRICT}
"""What each strictness means in mypy's words. `strict` is what `--strict` of mypy 2.4 switches on, written out: a later
mypy cannot change it. Each flag may differ by module; `warn_redundant_casts` may not, and is always on."""

_MODULE = re.compile(r"[\w.-]+")


class Options(Struct, frozen=True, rename="kebab"):
    """How strictly types are checked, and against which installed packages."""

    strictness: Annotated[
        Literal["basic", "standard", "strict"], option("Which published list of mypy's flags holds.", stricter="later", by_path=True)
    ]
    python: Annotated[
        str, option("The interpreter whose packages are imported; default: the active or the project's environment.", stricter="none")
    ] = ""
    typed_functions: Annotated[
        Percent, option("Fully annotated functions in percent, at least.", stricter="higher")
    ] = "off"
    inherit: Annotated[
        bool, option("Let the project's own configuration of mypy choose the flags instead.", stricter="none")
    ] = False


def plan(project: Project, policy: Policy[Options]) -> tuple[str, ...]:
    """Types depend on the modules that are imported: the whole project is checked, whatever was asked for."""
    return project.whole


def check(project: Project, policy: Policy[Options]) -> Inspection:
    """Run mypy over the files that parse, in as few runs as their module names allow."""
    unread = project.unread(project.whole)
    special = [path for path in project.whole if _is_special(project, path)]
    if special:
        return Inspection(blocked=f"files/not-a-file in {special[0]}", unread=unread)
    paths = project.readable(project.whole)
    packages = package_folders(project.whole)
    findings: list[Finding] = []
    for index, partition in enumerate(partitions(paths, packages)):
        roots = _roots(project, packages) if index else ()
        findings.extend(mypy.check(project, _run(project, policy, partition, packages, roots)))
    functions = [(path, each) for path in paths for each in project.facts(path).functions]
    untyped = Counter(path for path, each in functions if not each.typed)
    share = 100.0 * (len(functions) - untyped.total()) / len(functions) if functions else 100.0
    findings.extend(_typed(share, policy.base.typed_functions, untyped))
    return Inspection(
        findings=tuple(findings),
        inspected=frozenset(paths),
        unread=unread,
        counts={"functions": len(functions)},
        measures={"typed_functions": round(share, 2)},
        tools={"mypy": project.version(mypy.MYPY)},
    )


def partitions(paths: Iterable[str], packages: frozenset[str]) -> list[dict[str, str]]:
    """Split files into the fewest groups in which no module name occurs twice; mypy refuses such pairs.

    Each group maps module names to paths.
    """
    groups: list[dict[str, str]] = []
    for path in paths:
        name = module_name(path, packages)
        group = next((each for each in groups if name not in each), None)
        if group is None:
            groups.append({name: path})
        else:
            group[name] = path
    return groups


def settings(partition: Mapping[str, str], policy: Policy[Options], roots: Sequence[str]) -> str:
    """Return the configuration file of mypy for a group of files: the base flags, and a section for each strictness.

    `roots` are folders to import the rest of the project from, for groups that do not hold it.
    """
    base = policy.base.strictness
    by_strictness: dict[str, list[str]] = {}
    for module, path in sorted(partition.items()):
        strictness = policy.at(path).strictness
        if strictness != base:
            if not _MODULE.fullmatch(module):
                raise GatesError(f"`typing.strictness` cannot differ for `{path}`: mypy cannot name that module")
            by_strictness.setdefault(strictness, []).append(module)
    every = {key: False for flags in FLAGS.values() for key in flags} | {"implicit_reexport": True}
    search = [f"mypy_path = {':'.join(roots)}"] if roots else []
    sections = [["[mypy]", "warn_redundant_casts = True", *search, *_flags(every | FLAGS[base])]]
    for strictness, modules in sorted(by_strictness.items()):
        names = ",".join(f"mypy-{modules[0]}" if not index else name for index, name in enumerate(modules))
        sections.append([f"[{names}]", *_flags(every | FLAGS[strictness])])
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _flags(values: Mapping[str, bool]) -> list[str]:
    return [f"{key} = {value}" for key, value in sorted(values.items())]


def _run(
    project: Project,
    policy: Policy[Options],
    partition: Mapping[str, str],
    packages: frozenset[str],
    roots: Sequence[str],
) -> mypy.Run:
    wrong = sorted({folder for folder in packages if folder and not folder.rpartition("/")[2].isidentifier()})
    if wrong:
        raise GatesError(
            f"`{wrong[0]}` has an `__init__` but no name that Python can import, and mypy refuses it",
            "Rename the folder, remove its `__init__`, or exclude it.",
        )
    inherited = _own_configuration(project) if policy.base.inherit else ""
    text = "" if inherited else settings(partition, policy, roots)
    return mypy.Run(tuple(partition.values()), text, inherited, _python(project, policy.base.python))


def _roots(project: Project, packages: frozenset[str]) -> list[str]:
    """Return the folders that hold top-level packages. A first group needs none: mypy finds the roots of its files."""
    tops = {source_root(f"{folder}/__init__.py", packages) for folder in packages}
    return sorted(f"{project.root}/{top}".rstrip("/") for top in tops)


def _python(project: Project, chosen: str) -> str:
    """Return the interpreter whose packages mypy sees: the one chosen, the active environment's, the project's, ours."""
    if chosen:
        path = project.root / chosen
        if not os.access(path, os.X_OK):
            raise GatesError(f"`typing.python` names `{chosen}`, which is no interpreter", "Create it, or correct the path.")
        return str(path)
    active = os.environ.get("VIRTUAL_ENV", "")
    folders = [Path(active)] if active else [project.root / ".venv", project.root / "venv"]
    for folder in folders:
        if os.access(folder / "bin" / "python", os.X_OK):
            return str(folder / "bin" / "python")
    return sys.executable


def _own_configuration(project: Project) -> str:
    for name in ("mypy.ini", ".mypy.ini", "pyproject.toml", "setup.cfg"):
        path = project.root / name
        if path.is_file() and (name.endswith("mypy.ini") or b"mypy" in path.read_bytes()):
            return name
    raise GatesError("`typing.inherit` is true, but the project has no configuration of mypy", "Remove `inherit`.")


def _is_special(project: Project, path: str) -> bool:
    """A pipe or device that mypy would open when something imports it, and wait for."""
    reason = project.facts(path).unreadable
    return reason is not None and reason.kind == "not-a-file" and not (project.root / path).is_symlink()


def _typed(share: float, limit: Percent, untyped: Counter[str]) -> tuple[Finding, ...]:
    if limit == "off" or share >= limit:
        return ()
    worst = sorted(untyped, key=lambda path: (-untyped[path], path))[:5]
    return (
        Finding(
            rule="typing/typed-functions",
            message=f"{share:.1f} % of the functions are fully annotated, lower bound {limit:g} %",
            location=Location(worst[0]),
            related=tuple(Location(path, note=f"{untyped[path]} without full annotations") for path in worst),
            measure=Measure(round(share, 2), limit, "percent"),
            identity="project",
        ),
    )
