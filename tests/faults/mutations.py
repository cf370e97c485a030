"""Ways to make a violation disappear, each one applied to a project as an edit that anybody could commit."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.violations import CONFIG, VIOLATIONS, path_of
from tests.project import Project, unprivileged


@dataclass
class Mutant:
    """A project that is changed, and how it is checked then. `paths` is where each known violation stands by now."""

    project: Project
    chance: random.Random
    paths: dict[str, str] = field(default_factory=lambda: {name: path_of(name) for name in VIOLATIONS})
    arguments: list[str] = field(default_factory=list)
    under: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)

    def one(self) -> tuple[str, Path]:
        """Return one of the violations and its file."""
        name = self.chance.choice(sorted(self.paths))
        return name, self.project.root / self.paths[name]

    def edit(self, change: Callable[[bytes], bytes]) -> None:
        """Change one file that has a violation."""
        _, path = self.one()
        if path.is_file() and not path.is_symlink():
            path.write_bytes(change(path.read_bytes()))

    def move(self, new: str) -> None:
        """Give one file that has a violation another place."""
        name, path = self.one()
        target = self.project.root / os.fsencode(new).decode("utf-8", "surrogateescape")
        inside = target.resolve().is_relative_to(self.project.root.resolve())  # behind a link git tracks nothing
        if path.is_file() and inside and not os.path.lexists(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
            self.paths[name] = new
            self.git("add", "-f", "--", new)

    def git(self, *arguments: str) -> None:
        """Run git, unless another edit has damaged the repository."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.project.git(*arguments)


Mutation = Callable[[Mutant], None]

PADDING: Mapping[str, Callable[[bytes], bytes]] = {
    "sum": lambda text: text + b"_PAD = " + b"0+" * 1_200 + b"0\n",
    "long sum": lambda text: text + b"_PAD = " + b"0+" * 50_000 + b"0\n",
    "brackets": lambda text: text + b"_PAD = " + b"(" * 1_000 + b")" * 1_000 + b"\n",
    "attributes": lambda text: text + b"_PAD = str" + b".x" * 5_000 + b"\n",
    "syntax": lambda text: text + b"def f(:\n",
    "parameters": lambda text: text + b"def _pad(a, a): pass\n",
    "nul": lambda text: text + b"# \0\n",
    "end of file": lambda text: b"\x1a" + text,
    "long line": lambda text: text + b"_PAD = [" + b"1, " * 300_000 + b"]\n",
    "lines": lambda text: b"\n" * 3_000 + text,
    "comments": lambda text: b"# nothing\n" * 1_000 + text,
    "literal": lambda text: b'"""' + b"x" * 1_200_000 + b'"""\n' + text,
    "form feeds": lambda text: text.replace(b"\n\n", b"\n\x0c\n"),
    "CRLF": lambda text: text.replace(b"\n", b"\r\n"),
    "CR": lambda text: text.replace(b"\n", b"\r"),
    "mark": lambda text: b"\xef\xbb\xbf" + text,
    "UTF-16": lambda text: text.decode("utf-8", "replace").encode("utf-16"),
    "UTF-16 without a mark": lambda text: text.decode("utf-8", "replace").encode("utf-16-be"),
    "latin-1": lambda text: text + b"# \xe9\n",
    "declared latin-1": lambda text: b"# coding: latin-1\n" + text + b"# \xe9\n",
    "declared nothing": lambda text: b"# coding: nope\n" + text,
    "declared rot13": lambda text: b"# coding: rot13\n" + text,
    "declared punycode": lambda text: b"# coding: punycode\n" + text,
    "declared utf-7": lambda text: b"# coding: utf-8 coding: utf-7\n" + text + b"# +AGE-\n",
    "conflict": lambda text: b"<<<<<<< ours\n" + text + b"=======\n>>>>>>> theirs\n",
    "unreachable": lambda text: b"import sys\n\nsys.exit()\n" + text,
    "other python": lambda text: b"import sys\n\nassert sys.version_info < (3,)\n" + text,
    "other platform": lambda text: b'import sys\n\nassert sys.platform == "win32"\n' + text,
    "checked types": lambda text: b"import typing\n\nassert not typing.TYPE_CHECKING\n" + text,
    "doctest": lambda text: b'"""\n>>> 1\n"""\n' + text,
}
COMMENTS = (
    *("# ruff: noqa", "# ruff: noqa: F401", "# flake8: noqa", "# ruff: disable[F401, B006, S605, BLE001, F821, E711]"),
    *(
        "# mypy: ignore-errors",
        "# mypy: ignore_errors = True",
        "# type: ignore",
        "# mypy: disable-error-code=assignment",
    ),
    *("# gates: allow[lint/F401] because", "# gates: allow", "# gates: allow[complexity/cyclomatic] we like it"),
    *("# jscpd:ignore" + "-start", "# complexipy: ignore", "# noqa: complexipy", "# radon: noqa", "# pragma: no cover"),
    *("# nosec", "# pylint: skip-file", "# fmt: off", "# isort: skip_file", "# @generated", "# pyright: ignore"),
    *("# type: ignore[assignment]", "#: noqa", "# NOQA", "#noqa:F401", "# noqa : F401", "# ruff:noqa", "#\u00a0noqa"),
)
NAMES = (
    *("app/-rf.py", "app/--exit-zero.py", "--config=x.py", "app/a b.py", "app/$(id).py", "app/a\n::error::b.py"),
    *("app/a;b.py", "app/back\\slash.py", "app/[x].py", "app/*.py", "app/!not.py", "app/#not.py", "app/@a.py"),
    *(
        "app/caf\udce9.py",
        "app/\u202eyp.py",
        "app/\x1b[2J.py",
        "app/{a,b}.py",
        "app/%0A.py",
        "app/" + "n" * 250 + ".py",
    ),
    *("json.py", "typing.py", "types.py", "app/conftest.py", "conftest.py", "setup.py", "app/types.py", "gates.py"),
    *("tests/test_a.py", "test_a.py", "docs/conf.py", "vendor/a.py", "node_modules/a.py", "build/a.py", "dist/a.py"),
    *(".hidden/a.py", "venv/a.py", ".venv/lib/a.py", "app/__pycache__/a.py", "site-packages/a.py", ".tox/a.py"),
    *("app/migrations/0001_a.py", "app/a_pb2.py", "app/stub.pyi", "app/sub/__init__.py", "APP/upper.py", "app/HEAD.py"),
    *("app/__main__.py", "sub.py/a.py", "app/a.b.py", "app/1.py", "app/class.py", "a/b/c/d/e/f/g/h/i/j/k.py"),
)
RULES = (
    ("pyproject.toml", CONFIG.replace("production", "prototype")),
    ("pyproject.toml", CONFIG.replace('"F", ', "")),
    ("pyproject.toml", CONFIG + "[tool.gates.complexity]\ncyclomatic = 90\nnesting = 90\n"),
    ("pyproject.toml", CONFIG + '[tool.gates.typing]\nenabled = false\nwhy = "slow"\n'),
    ("pyproject.toml", CONFIG.replace("[tool.gates]", '[tool.gates]\nexclude = ["app/**"]')),
    ("pyproject.toml", CONFIG.replace("[tool.gates]", '[tool.gates]\nexclude = ["**/*ed.py"]')),
    ("pyproject.toml", CONFIG.replace("[tool.gates]", '[tool.gates]\nsource = ["nowhere"]')),
    ("pyproject.toml", CONFIG + '[[tool.gates.overrides]]\npaths = ["app/**"]\nwhy = "w"\nlint.ignore = ["F", "B"]\n'),
    ("pyproject.toml", CONFIG + '[tool.ruff]\nexclude = ["app"]\n[tool.mypy]\nignore_errors = true\n'),
    ("pyproject.toml", CONFIG + "[tool.gates.typing]\ninherit = true\n[tool.mypy]\nignore_errors = true\n"),
    ("pyproject.toml", CONFIG + '[tool.gates.lint]\ninherit = true\n[tool.ruff.lint]\nselect = ["E501"]\n'),
    ("pyproject.toml", CONFIG.replace("select", "ignore")),
    ("pyproject.toml", ""),
    ("pyproject.toml", "[tool.gates"),
    ("pyproject.toml", b"\xff\xfe"),
    ("pyproject.toml", "[project]\nname = 'x'\n"),
    ("gates.toml", ""),
    ("app/gates.toml", 'preset = "prototype"\n'),
    ("app/pyproject.toml", "[tool.gates]\n"),
    ("app/ruff.toml", "lint.select = []\nexclude = ['*']\n"),
    ("ruff.toml", "lint.per-file-ignores = {'*' = ['ALL']}\n"),
    ("mypy.ini", "[mypy]\nignore_errors = True\nexclude = .*\n"),
    ("setup.cfg", "[mypy]\nignore_errors = True\n[flake8]\nexclude = app\n[importlinter]\nroot_package = app\n"),
    ("complexipy.toml", 'exclude = ["app"]\nmax-complexity-allowed = 999\n'),
    (".jscpd.json", '{"ignore": ["**"], "threshold": 100}\n'),
    (".importlinter", "[importlinter]\nroot_package = nothing\n"),
    ("app/py.typed", "partial\n"),
    ("gates-baseline.json", "{}"),
    ("gates-baseline.json", '{"schema": "gates.baseline/1", "entries": []}'),
    ("gates-baseline.json", '{"schema": "gates.baseline/9", "entries": [{"rule": "*", "path": "**", "count": 999}]}'),
)
IGNORES = (
    *((".gitignore", each) for each in ("*", "*.py", "app/", "/app", "**/*.py\n!clean.py", "[a-z]*")),
    *((name, "*\n") for name in ("app/.gitignore", ".ignore", ".ruffignore", ".jscpdignore", ".dockerignore")),
    (".git/info/exclude", "*\n"),
    *(
        (".gitattributes", f"*.py {each}\n")
        for each in ("binary", "-diff", "linguist-generated", "filter=lfs", "eol=cr")
    ),
    (".git/info/sparse-checkout", "/app/clean.py\n"),
    *((name, "home = /usr\n") for name in ("app/pyvenv.cfg", "pyvenv.cfg")),
    (".mailmap", "* *\n"),
)
LIMITS = ("--nofile=48", "--nproc=4", "--as=400000000", "--fsize=20000", "--cpu=1", "--stack=100000")


def padded(mutant: Mutant) -> None:
    """Put something into a file that makes analysers give up."""
    mutant.edit(PADDING[mutant.chance.choice(sorted(PADDING))])


def commented(mutant: Mutant) -> None:
    """Silence a file, a line or all lines by a comment that some tool knows."""
    comment = mutant.chance.choice(COMMENTS).encode()
    place = mutant.chance.choice(("top", "first line", "every line", "end"))
    mutant.edit(lambda text: _commented(text, comment, place))


def _commented(text: bytes, comment: bytes, place: str) -> bytes:
    if place in ("top", "end"):
        return comment + b"\n" + text if place == "top" else text + comment + b"\n"
    first, *rest = text.split(b"\n")
    lines = [
        first + b"  " + comment,
        *(each + b"  " + comment if each and place != "first line" else each for each in rest),
    ]
    return b"\n".join(lines)


def renamed(mutant: Mutant) -> None:
    """Move a file to where tools do not look, or to a name that they take for something else."""
    mutant.move(mutant.chance.choice(NAMES))


def configured(mutant: Mutant) -> None:
    """Change, remove or replace a configuration: ours, or one of a tool."""
    name, content = mutant.chance.choice(RULES)
    path = mutant.project.root / name
    how = mutant.chance.choice(("written", "written", "written", "removed", "linked", "pipe", "folder"))
    if how == "written":
        mutant.project.write(name, content)
        return
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if how == "linked":
        path.symlink_to("nowhere")
    elif how == "pipe":
        os.mkfifo(path)
    elif how == "folder":
        path.mkdir()


def ignored(mutant: Mutant) -> None:
    """Write a file that tells some tool what to leave out."""
    name, content = mutant.chance.choice(IGNORES)
    mutant.project.write(name, content)


def hidden(mutant: Mutant) -> None:
    """Tell git to look away."""
    name, path = mutant.one()
    flag = mutant.chance.choice(("--assume-unchanged", "--skip-worktree", "--chmod=+x"))
    if path.is_file() and (mutant.project.root / ".git/index").is_file() and mutant.paths[name] == path_of(name):
        mutant.git("update-index", flag, "--", path_of(name))


def linked(mutant: Mutant) -> None:
    """Put something else in the place of a file or a folder: a link, a pipe, a folder."""
    name, path = mutant.one()
    aside = mutant.project.base / f"aside-{mutant.chance.randrange(10**9)}"
    how = mutant.chance.choice(
        ("link out", "link to text", "link to itself", "pipe", "folder", "device", "folder link")
    )
    if how == "folder link" and (mutant.project.root / "app").is_dir():
        (mutant.project.root / "app").rename(aside)
        (mutant.project.root / "app").symlink_to(aside)
    elif path.is_file() and not path.is_symlink():
        _replace(path, aside, how)
        if how == "folder":  # the violation is really gone
            del mutant.paths[name]


def _replace(path: Path, aside: Path, how: str) -> None:
    text = path.with_suffix(".txt")
    path.rename(aside if how != "link to text" else text)
    targets = {"link out": aside, "link to text": text, "link to itself": path, "device": Path("/dev/zero")}
    if how in targets:
        path.symlink_to(targets[how])
    elif how == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()


def locked(mutant: Mutant) -> None:
    """Take rights away, from a file or a folder."""
    _, path = mutant.one()
    target = mutant.chance.choice((path, path.parent))
    if os.path.lexists(target) and not target.is_symlink():
        target.chmod(0)
        mutant.under = tuple(_found(each) for each in unprivileged()[:1]) + unprivileged()[1:]


def limited(mutant: Mutant) -> None:
    """Let tools fail: limits of the system, no time, no git, a cache that cannot be written."""
    how = mutant.chance.choice(("limit", "limit", "time", "path", "cache", "home"))
    if how == "limit":
        mutant.under = (_found("prlimit"), mutant.chance.choice(LIMITS))
    elif how == "time":
        mutant.arguments += ["--timeout", "1"]
    else:
        place = {"path": "PATH", "cache": "GATES_CACHE", "home": "HOME"}[how]
        mutant.env[place] = mutant.chance.choice(("/nonexistent", "/dev/null", "/proc"))


def _found(program: str) -> str:
    """Return where a program lies: another edit may take PATH away from what is checked."""
    return shutil.which(program) or program


def damaged(mutant: Mutant) -> None:
    """Flip bytes in what is kept between runs, or in what git keeps."""
    files = sorted(each for each in mutant.project.cache.rglob("*") if each.is_file())
    files += [mutant.project.root / ".git" / each for each in ("index", "HEAD", "config", "packed-refs")]
    path = mutant.chance.choice(files)
    content = bytearray(path.read_bytes() if path.is_file() else b"")
    for _ in range(mutant.chance.randrange(1, 50) if content else 0):
        content[mutant.chance.randrange(len(content))] = mutant.chance.randrange(256)
    if content:
        path.write_bytes(content)


MUTATIONS: tuple[Mutation, ...] = (
    *(padded, padded, padded, commented, commented, renamed, renamed, renamed, configured, configured, ignored),
    *(hidden, linked, linked, locked, limited, damaged),
)
