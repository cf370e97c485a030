"""A change that breaks 30 files in three ways, and an agent without a mind that mends what it is told about."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

FILES, EXTRA = 30, 4
SITES = FILES * 7 + EXTRA
"""Three calls, two errors and two reads in each file, and a call more in some: 214."""

CONFIG = (
    'preset = "production"\n'
    'layers = { enabled = false, why = "No contracts." }\n'
    'duplication = { enabled = false, why = "Thirty callers are alike on purpose." }\n'
)
JOBS = '''"""Jobs: `begin` was `start`, `state` was a field, and `fail` took a `QueueError`."""


class QueueError(Exception):
    """The queue has no room."""


class JobError(Exception):
    """A job cannot go on."""


class Job:
    """A piece of work."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.steps = 0

    def begin(self, step: str) -> int:
        """Begin a step, and return how many have begun."""
        self.steps += len(step) > 0
        return self.steps

    def state(self) -> str:
        """Return how far it is."""
        return "done" if self.steps else "new"


def fail(error: JobError) -> None:
    """Give up."""
    raise error
'''


def plant(root: Path) -> None:
    """Write the project: the package `shop`, whose 30 modules still use jobs as they were."""
    (root / "shop").mkdir(parents=True)
    (root / "gates.toml").write_text(CONFIG)
    (root / "shop" / "__init__.py").write_text("")
    (root / "shop" / "jobs.py").write_text(JOBS)
    for number in range(FILES):
        (root / "shop" / f"module_{number:02}.py").write_text(_module(number))


def _module(number: int) -> str:
    calls = [f'    job.start("{number}-{call}")' for call in range(3 + (number < EXTRA))]
    lines = [
        "from shop.jobs import Job, QueueError, fail",
        "",
        "",
        f"def work_{number}(job: Job) -> None:",
        *calls,
        '    if job.state == "new":',
        f'        fail(QueueError("{number} is new"))',
        "",
        "",
        f"def told_{number}(job: Job) -> str:",
        "    if not job.name:",
        f'        fail(error=QueueError("{number} has no name"))',
        "    return job.state",
    ]
    return "\n".join(lines) + "\n"


class Site(Struct, frozen=True):
    """Where something is wrong, and what: the words of a cause and of a finding."""

    path: str
    line: int
    column: int
    said: str


_KIND = re.compile(r"^  [a-z]+\) [\d,]+ sites?: (?P<said>.*)$", re.MULTILINE)
_PLACES = re.compile(r"^     at (?P<path>\S+) (?P<places>[\d:, ]+)$", re.MULTILINE)
_MISSING = re.compile(r'"(?P<owner>\w+)" has no attribute "(?P<name>\w+)"')
_TYPES = re.compile(r'has incompatible type "(?P<given>\w+)"; expected "(?P<wanted>\w+)"')
_UNCALLED = re.compile(r'"(?P<name>\w+)" is a method and is not called')


def sites(plan: str) -> Iterator[Site]:
    """Yield every site that a plan lists."""
    for kind in re.split(r"(?m)^(?=  [a-z]+\) )", plan)[1:]:
        said = _KIND.match(kind)
        assert said is not None, kind
        for found in _PLACES.finditer(kind):
            for place in found["places"].split(", "):
                line, _, column = place.partition(":")
                yield Site(found["path"], int(line), int(column), said["said"])


def mend(root: Path, site: Site, declared: str) -> None:
    """Mend one site by what was said of it; `declared` is the text that shows what there is now."""
    path = root / site.path
    lines = path.read_text().split("\n")
    line = lines[site.line - 1]
    before, after = line[: site.column - 1], line[site.column - 1 :]
    if match := _UNCALLED.search(site.said):
        after = re.sub(rf"\.{match['name']}\b(?!\()", f".{match['name']}()", after, count=1)
    elif match := _TYPES.search(site.said):
        after = after.replace(match["given"], match["wanted"], 1)
    elif match := _MISSING.search(site.said):
        after = after.replace(f".{match['name']}(", f".{_alike(match['name'], declared)}(", 1)
    lines[site.line - 1] = before + after
    path.write_text(_with_imports("\n".join(lines)))


def _alike(name: str, declared: str) -> str:
    """Return the method that is called now: one that takes an argument, as the call does, and is no `__init__`."""
    defined = re.findall(r"def (?!__)(\w+)\(self, \w+", declared)
    (found,) = difflib.get_close_matches(name, defined, n=1, cutoff=0)
    return str(found)


def _with_imports(text: str) -> str:
    """Return the text with the errors imported that it uses, and no others."""
    used = sorted(name for name in ("JobError", "QueueError") if f"{name}(" in text)
    return re.sub(r"^from .* import .*", f"from shop.jobs import {', '.join(['Job', *used, 'fail'])}", text, count=1)


def follow(root: Path, plan: str) -> int:
    """Do what a plan says, by nothing but its text and the files; return how many sites were mended."""
    found = list(sites(plan))
    for each in found:
        mend(root, each, plan)
    return len(found)


def mend_first(root: Path, report: Mapping[str, Any]) -> None:
    """Mend the first open finding of a report, and nothing else, with the whole package at hand."""
    first = next(each for outcome in report["outcomes"] for each in outcome["findings"] if each["status"] == "open")
    place = first["location"]
    declared = "\n".join(path.read_text() for path in sorted((root / "shop").glob("*.py")))
    mend(root, Site(place["path"], place["line"], place["column"], first["message"]), declared)
