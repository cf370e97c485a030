"""Types are consistent at the chosen strictness, and enough functions are annotated."""

import functools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Struct

from gates import environments
from gates.config import Percent, Policy, inherited, mypy_settings, option
from gates.model import (
    BrokenError,
    Finding,
    GatesError,
    Inspection,
    Location,
    Measure,
    Rule,
)
from gates.project import PROJECT, Project, package_folders, source_root
from gates.text import is_utf8, visible
from gates.tools import mypy

READS = "project"
WAITS = 3
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

_HELP = {
    "arg-type": "Pass what the function asks for; look at its declaration before changing it.",
    "assignment": "Give the name the type that all its values share, or use two names.",
    "attr-defined": "Correct the name, or define it where the type is declared.",
    "call-arg": "Call the function as it is declared; after a change of its signature, mend all callers in one step.",
    "import-not-found": "Install the package where `typing.python` points, or correct the name of the import.",
    "import-untyped": "Install the stubs of the package (often `types-NAME`), or suppress this import with a reason.",
    "no-any-return": "Convert or check the value before it is returned, where its type is still unknown.",
    "no-untyped-call": "Annotate the function that is called.",
    "no-untyped-def": "Annotate each parameter and the result with the types that callers really pass and get.",
    "return-value": "Return what the signature promises, or correct the promise and its callers.",
    "type-arg": "Say what the container holds, as in `dict[str, int]`.",
    "union-attr": "Handle the other case first, `None` above all: return, raise, or ask for a value that always is.",
    "unused-ignore": "Remove the suppression; nothing needs it any more.",
}
"""What usually is the right fix, for frequent error codes of mypy."""

_BASIC = {"ignore_missing_imports": True}
_STANDARD = {"check_untyped_defs": True, "strict_equality": True, "warn_unused_ignores": True}
_STRICT = {
    **_STANDARD,
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
FLAGS: Mapping[str, dict[str, bool]] = {"basic": _BASIC, "standard": _STANDARD, "strict": _STRICT}
"""What each strictness means in mypy's words. `strict` is what `--strict` of mypy 2.4 switches on, written out: a later
mypy cannot change it. Each flag may differ by module; `warn_redundant_casts` may not, and is always on."""

_UNCALLED = r'"Callable\[\[\], |Function "\w+" could always be true'
_WANTED = r'expected "(?:Optional\[)?Callable|variable has type "(?:Optional\[)?Callable'
_READ = r"\.\s*(\w+)\b(?!\s*\()"
"""An attribute that is read and not called."""

_MODULE = r"[\w.-]+"


class Options(Struct, frozen=True, rename="kebab"):
    """How strictly types are checked, and against which installed packages."""

    strictness: Annotated[
        Literal["basic", "standard", "strict"],
        option("Which published list of mypy's flags holds.", stricter="later", by_path=True),
    ]
    python: Annotated[
        str,
        option(
            "The interpreter whose packages are imported; default: the active or the project's environment.",
            stricter="none",
        ),
    ] = ""
    typed_functions: Annotated[
        Percent, option("Fully annotated functions in percent, at least.", stricter="higher")
    ] = "off"
    inherit: Annotated[
        bool, option("Let the project's own configuration of mypy choose the flags instead.", stricter="false")
    ] = False


def plan(project: Project, policy: Policy[Options]) -> tuple[str, ...]:
    """Types depend on the modules that are imported: the whole project is checked, whatever was asked for."""
    return project.whole


def check(project: Project, policy: Policy[Options]) -> Inspection:
    """Run mypy over the files that parse, in as few runs as their module names allow."""
    promising = project.promising(project.whole)
    special = _special(project, frozenset(project.whole).difference(promising))
    if special:
        return Inspection(blocked=f"files/not-a-file in {special}", unread=project.unread(project.whole))
    found = _found_early(project, policy, promising)
    paths = project.readable(project.whole)
    if found is None or paths != promising:
        found = _found(project, policy, paths)
    annotated = _annotated(project, paths)
    return Inspection(
        findings=(*_helpful(_with_names(project, found)), *_typed(annotated, policy.base)),
        inspected=frozenset(paths),
        unread=project.unread(project.whole),
        counts={"functions": annotated.functions},
        measures={"typed_functions": annotated.percent},
        tools={"mypy": project.version(mypy.MYPY)},
    )


def _found_early(project: Project, policy: Policy[Options], paths: tuple[str, ...]) -> list[Finding] | None:
    """Return what mypy finds in files of which some may turn out not to parse; None when it stops, maybe over these.

    mypy takes longest of all: it starts while files are still analysed.
    """
    try:
        return _found(msgspec.structs.replace(project, hoped=paths), policy, paths)
    except (BrokenError, GatesError):
        if project.readable(paths) == paths:
            raise
        return None


def _found(project: Project, policy: Policy[Options], paths: Sequence[str]) -> list[Finding]:
    """Return what mypy finds. Folders without `__init__` count as namespace packages, as is mypy's way, unless that
    gives one file two names."""
    try:
        return _checked(project, _runs(project, policy, paths, namespaces=True))
    except mypy.TwiceError:
        return _checked(project, _runs(project, policy, paths, namespaces=False))


def _checked(project: Project, runs: Iterable[mypy.Run]) -> list[Finding]:
    return [each for run in runs for each in mypy.check(project, run)]


def _with_names(project: Project, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings; where a method stands as a value, mypy says only of which type it is, and we its name."""
    lines, methods = functools.cache(project.lines), functools.cache(lambda: _methods(project))
    for each in findings:
        if not _is_of_method(each.message):
            yield each
            continue
        place = each.location
        line = "".join(lines(place.path)[place.line - 1 : place.line])[place.column - 1 :]
        name = next((name for name in re.findall(_READ, line) if name in methods()), "")
        said = f'{each.message}; "{name}" is a method and is not called' if name else each.message
        yield msgspec.structs.replace(each, message=said)


def _is_of_method(message: str) -> bool:
    """Whether a message may be about a method that stands as a value, where no callable is wanted."""
    if "Callable[[], " not in message and "could always be true" not in message:
        return False
    return bool(re.search(_UNCALLED, message)) and not re.search(_WANTED, message)


def _methods(project: Project) -> set[str]:
    names = (each.symbol.rpartition(".") for path in project.whole for each in project.facts(path).functions)
    return {name for owner, _, name in names if owner}


def _helpful(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Put what usually is the fix before what mypy notes."""
    for each in findings:
        fix = _HELP.get(each.tool_code)
        said = f"{fix} {each.help}" if each.help else fix
        yield msgspec.structs.replace(each, help=said) if fix else each


class _Annotated(Struct, frozen=True):
    """How many functions there are, the share of fully annotated ones in percent, and the others by file."""

    functions: int
    percent: float
    untyped: Counter[str]


def _annotated(project: Project, paths: Iterable[str]) -> _Annotated:
    functions = [(path, each) for path in paths for each in project.facts(path).functions]
    untyped = Counter(path for path, each in functions if not each.typed)
    share = 1 - untyped.total() / len(functions) if functions else 1.0
    return _Annotated(len(functions), round(100 * share, 2), untyped)


def partitions(names: Mapping[str, str]) -> list[dict[str, str]]:
    """Split files into the fewest groups in which no module name occurs twice; mypy refuses such pairs.

    `names` are the module names by path; each group maps module names to paths.
    """
    groups: list[dict[str, str]] = []
    for path, name in names.items():
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
    search = [f"mypy_path = {':'.join(roots)}"] if roots else []
    sections = [["[mypy]", "warn_redundant_casts = True", *search, *_flags(base)]]
    for level, modules in sorted(_by_strictness(partition, policy).items()):
        first, *others = modules
        sections.append([f"[{','.join([f'mypy-{first}', *others])}]", *_flags(level)])
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _by_strictness(partition: Mapping[str, str], policy: Policy[Options]) -> dict[str, list[str]]:
    """Return the modules whose strictness differs from the project's."""
    found: dict[str, list[str]] = {}
    for module, path in sorted(partition.items()):
        strictness = policy.at(path).strictness
        if strictness == policy.base.strictness:
            continue
        if not re.fullmatch(_MODULE, module):
            raise GatesError(f"`typing.strictness` cannot differ for `{path}`: mypy cannot name that module")
        found.setdefault(strictness, []).append(module)
    return found


def _flags(strictness: str) -> list[str]:
    """Return every flag that any strictness sets, so that a section never falls back on another one."""
    off = {key: not value for flags in FLAGS.values() for key, value in flags.items()}
    return [f"{key} = {value}" for key, value in sorted((off | FLAGS[strictness]).items())]


def _runs(project: Project, policy: Policy[Options], paths: Sequence[str], *, namespaces: bool) -> list[mypy.Run]:
    packages = package_folders(project.whole)
    _check_names(packages, paths)
    own = _own_configuration(project) if policy.base.inherit else ""
    environment = environments.found(project.home or project.root, policy.base.python, untrusted=project.untrusted)
    given = frozenset(paths)
    broken = tuple(path for path in project.whole if path not in given)
    runs = []
    options = () if namespaces else ("--no-namespace-packages",)
    groups = partitions(mypy.module_names(project.root, paths, namespaces=namespaces))
    roots = _roots(project, packages) if len(groups) > 1 else ()
    for index, partition in enumerate(groups):
        text = settings(partition, policy, roots if index else ())
        name = f"{policy.base.strictness}-{index}"
        runs.append(
            mypy.Run(name, tuple(partition.values()), "" if own else text, own, environment.python, broken, options)
        )
    return runs


def _check_names(packages: frozenset[str], paths: Sequence[str]) -> None:
    names = {folder: folder.rpartition("/")[2].removesuffix("-stubs") for folder in packages if folder}
    wrong = sorted(folder for folder, name in names.items() if not name.isidentifier())
    if wrong:
        raise GatesError(
            f"`{wrong[0]}` has an `__init__` but no name that Python can import, and mypy refuses it",
            "Rename the folder, remove its `__init__`, or exclude it.",
        )
    odd = [path for path in paths if not is_utf8(path)]
    if odd:
        raise BrokenError(
            f"the name of {odd[0]} is not UTF-8, and mypy crashes on it", "Rename the file, or exclude it."
        )


def _roots(project: Project, packages: frozenset[str]) -> list[str]:
    """Return the folders that hold top-level packages. A first group needs none: mypy finds the roots of its files."""
    tops = {source_root(f"{folder}/__init__.py", packages) for folder in packages}
    roots = sorted(f"{project.root}/{top}".rstrip("/") for top in tops)
    if any(separator in root for root in roots for separator in ",:"):
        raise BrokenError(f"mypy cannot be told to look in {roots[0]}: it takes `,` and `:` for separators")
    return roots


def _own_configuration(project: Project) -> str:
    """Return the file in which the project configures mypy, which may write no report, and start nothing when the
    project is not trusted."""
    name = inherited.mypy_file(inherited.texts(project.root))
    if not name:
        raise GatesError("`typing.inherit` is true, but the project has no configuration of mypy", "Remove `inherit`.")
    found = mypy_settings.sections(name, (project.root / name).read_text("utf-8", "replace"))
    if said := mypy_settings.writing(found):
        raise GatesError(
            f"{name} sets `{said}` for mypy, and a check writes nothing", "Set it where mypy is run by hand."
        )
    said = mypy_settings.reaching(found) if project.untrusted else ""
    if said:
        raise BrokenError(
            f"{name} sets `{visible(said)}` for mypy, which may start a program, and this run trusts nothing here",
            "Have someone look at the change, and check it where it is trusted.",
        )
    return name


def _special(project: Project, paths: Collection[str]) -> str:
    """Return a pipe or device that mypy would open when something imports it, and wait for."""
    for path in sorted(paths):
        reason = project.facts(path).unreadable
        if reason is not None and reason.kind == "not-a-file" and not (project.root / path).is_symlink():
            return path
    return ""


def _typed(annotated: _Annotated, options: Options) -> tuple[Finding, ...]:
    limit, share, untyped = options.typed_functions, annotated.percent, annotated.untyped
    if limit == "off" or share >= limit:
        return ()
    worst = sorted(untyped, key=lambda path: (-untyped[path], path))[:5]
    return (
        Finding(
            rule="typing/typed-functions",
            message=f"{share:g} % of the functions are fully annotated, lower bound {limit:g} %",
            location=Location(worst[0]),
            related=tuple(Location(path, note=f"{untyped[path]} without full annotations") for path in worst),
            measure=Measure(share, limit, "percent"),
            identity=PROJECT,
            debt=float(annotated.untyped.total()),
        ),
    )
