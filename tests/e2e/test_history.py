"""A generated history: each regression is found in its own commit, and nothing new in any other.

GATES_COMMITS says how long it is (`make history`).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

from tests.comparisons import Change, opened
from tests.edits import blank_lines, moved_file, moved_function, reformatted, renamed_function, sources
from tests.oracle.corpora import unpacked
from tests.project import only

COMMITS = int(os.environ.get("GATES_COMMITS", "40"))
SEED = int(os.environ.get("GATES_SEED", "20261121"))
POLICY = """preset = "internal"
[typing]
strictness = "basic"
[duplication]
max-percent = 1.0
[size]
file-lines = 100000
functions-per-module = 1000
[layers]
packages = ["flask"]
[[layers.contracts]]
id = "json-apart"
type = "forbidden"
source-modules = ["flask.json"]
forbidden-modules = ["flask.cli"]
allow-indirect-imports = true
why = "What writes JSON knows no command line."
"""

GATES = ("files", "lint", "complexity", "size", "duplication", "layers")
"""What runs at each commit; `typing` takes as long as all of them, and runs at those about it and at every fifth."""

Regression = Callable[[Path, random.Random, str], str]


def unused_import(package: Path, chance: random.Random, name: str) -> str:
    """Import something that nobody uses."""
    path = chosen(package, chance)
    insert(path, f"import json as {name}")
    return "lint/F401"


def undefined_name(package: Path, chance: random.Random, name: str) -> str:
    """Call what is not there."""
    append(chosen(package, chance), f"def {name}() -> int:\n    return missing_{name}()\n")
    return "lint/F821 typing/name-defined"


def swapped_import(package: Path, chance: random.Random, name: str) -> str:
    """Import something else that nobody uses in the place of what was planted before."""
    for path in sources_of(package):
        text = path.read_text("utf-8")
        if "import json as planted" in text:
            first, _, rest = text.partition("import json as planted")
            path.write_text(f"{first}import json as swapped_{name}{rest[rest.index(chr(10)) :]}", "utf-8")
            return "lint/F401"
    return unused_import(package, chance, name)


def tangled(package: Path, chance: random.Random, name: str) -> str:
    """Add a function that nobody can read."""
    lines = "".join(f"    if a == {number}:\n        return {number * 7}\n" for number in range(17))
    append(chosen(package, chance), f"def {name}(a: int) -> int:\n{lines}    return a\n")
    return "complexity/cyclomatic"


def worse(package: Path, chance: random.Random, name: str) -> str:
    """Give the most tangled planted function, or a new one, one more branch."""
    for path in sources_of(package):
        text = path.read_text("utf-8")
        if "        return 112\n    return a\n" in text:
            more = f"        return 112\n    if a == 99:\n        return {len(name)}\n    return a\n"
            path.write_text(text.replace("        return 112\n    return a\n", more, 1), "utf-8")
            return "complexity/cyclomatic"
    return tangled(package, chance, name)


def wrong_type(package: Path, chance: random.Random, name: str) -> str:
    """Give a name what it cannot hold."""
    append(chosen(package, chance), f'{name}: int = "{name}"\n')
    return "typing/assignment"


def many_arguments(package: Path, chance: random.Random, name: str) -> str:
    """Add a function that wants to know too much."""
    arguments = ", ".join(f"a{number}: int" for number in range(9))
    append(chosen(package, chance), f"def {name}({arguments}) -> int:\n    return a0\n")
    return "complexity/arguments"


def long_function(package: Path, chance: random.Random, name: str) -> str:
    """Add a function without an end."""
    lines = "".join(f"    a = a * {number} + {chance.randrange(9999)}\n" for number in range(110))
    append(chosen(package, chance), f"def {name}(a: int) -> int:\n{lines}    return a\n")
    return "size/function-lines"


def copied(package: Path, chance: random.Random, name: str) -> str:
    """Write a function that is new, and write it again elsewhere."""
    lines = "".join(f"    print(a, [a, {number}, sum(range({number}))])\n" for number in range(12))
    one, other = chance.sample(sources_of(package), 2)
    for path, end in ((one, "one"), (other, "two")):
        append(path, f"def {name}_{end}(a: int) -> None:\n    print({name!r})\n{lines}")
    return "duplication/clone"


def forbidden(package: Path, chance: random.Random, name: str) -> str:
    """Import what a contract forbids."""
    path = package / "json" / f"{name}.py"
    path.write_text('"""What was added."""\n\nfrom flask import cli\n\nrun = cli\n', "utf-8")
    return "layers/json-apart"


def broken(package: Path, chance: random.Random, name: str) -> str:
    """Add a file that does not parse; it is gone in the next commit."""
    (package / "broken_for_once.py").write_text("def (\n", "utf-8")
    return "files/syntax"


REGRESSIONS: tuple[Regression, ...] = (
    unused_import,
    tangled,
    wrong_type,
    swapped_import,
    worse,
    many_arguments,
    long_function,
    copied,
    forbidden,
    undefined_name,
    unused_import,
    wrong_type,
)


def comment(package: Path, chance: random.Random) -> None:
    """Say something."""
    insert(chosen(package, chance), f"# A remark, number {chance.randrange(9999)}.")


def clean_function(package: Path, chance: random.Random) -> None:
    """Add a function that is as it should be."""
    number = chance.randrange(10**9)
    append(chosen(package, chance), f"def clean_{number}(a: int) -> int:\n    return a + {number}\n")


def clean_module(package: Path, chance: random.Random) -> None:
    """Add a module that is as it should be."""
    number = chance.randrange(10**9)
    (package / f"clean_{number}.py").write_text(f'"""What was added."""\n\nVALUE_{number} = {number}\n', "utf-8")


def no_code(package: Path, chance: random.Random) -> None:
    """Change what no gate reads."""
    (package.parent.parent / "CHANGES.rst").write_text(f"{chance.random()}\n", "utf-8")


def edited(edit: Callable[[Path, random.Random], object]) -> Callable[[Path, random.Random], object]:
    """Make an edit of a whole project one of its package."""
    return lambda package, chance: edit(package.parent.parent, chance)


HARMLESS = (
    *[comment, clean_function, clean_module, no_code] * 3,
    *(edited(each) for each in (blank_lines, reformatted, moved_file, moved_function, renamed_function)),
)


def sources_of(package: Path) -> list[Path]:
    return sources(package.parent.parent)


def chosen(package: Path, chance: random.Random) -> Path:
    return chance.choice(sources_of(package))


def append(path: Path, text: str) -> None:
    path.write_text(f"{path.read_text('utf-8').rstrip()}\n\n\n{text}", "utf-8")


def insert(path: Path, line: str) -> None:
    """Put a line behind the imports of the future, where it may stand in any module."""
    lines = path.read_text("utf-8").split("\n")
    at = next((number for number, each in enumerate(lines, 1) if each.startswith("from __future__")), 0)
    lines.insert(at, line)
    path.write_text("\n".join(lines), "utf-8")


def test_each_regression_is_found_in_its_own_commit(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    change = Change(tmp_path)
    change.root.rmdir()
    unpacked("flask", tmp_path).rename(change.root)
    change.write("gates.toml", POLICY)
    change.git("init", "-q", "-b", "main")
    change.save({})
    package = change.root / "src" / "flask"
    places = sorted(chance.sample(range(COMMITS), len(REGRESSIONS)))
    planted = dict(zip(places, REGRESSIONS, strict=True))
    wrong: list[str] = []
    for number in range(COMMITS):
        expected, what = "", planted.get(number)
        if what is not None:
            name = f"planted_{number}"
            expected = what(package, chance, name)
            said = what.__name__
        else:
            harmless = chance.choice(HARMLESS)
            said = f"{getattr(harmless, '__name__', '')} {harmless(package, chance)}"
        change.save({}, f"commit {number}")
        gates = only(*GATES, *(["typing"] if "typing" in expected or number % 5 == 0 else []))
        found = sorted({each.split()[1] for each in opened(change.since("HEAD~1", *gates))})
        if found != expected.split():
            wrong.append(f"{number} {said}: {found}, expected {expected.split()}")
    assert not wrong, "\n".join(wrong)
