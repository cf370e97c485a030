"""A tool that does what it is told: run in the place of ruff, mypy, jscpd or import-linter, it does what real ones do
badly. What it is told is Python, in the file `orders` beside it; the functions below are the words of that language.

No other module of ours is known here: it is started with nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

TOOL = ""
ARGV: list[str] = []


def obey(tool: str, orders: Path) -> NoReturn:
    """Be the tool, and do what the file says; what it says nothing of is done as a tool does that finds nothing."""
    global TOOL, ARGV  # noqa: PLW0603 - one process is one tool
    TOOL, ARGV = tool, sys.argv[1:]
    words = dict(globals())
    exec(compile(orders.read_text(), str(orders), "exec"), words)
    end(0)


def end(code: int) -> NoReturn:
    """End with this exit code, without what Python does at its end."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def asked() -> list[str]:
    """Return the absolute names of the files that the tool was asked about."""
    names = list(ARGV[ARGV.index("--") + 1 :]) if "--" in ARGV else []
    for each in ARGV:
        if each.startswith("@"):
            names = [*Path(each[1:]).read_text().split("\n"), *names]
    paths = [Path(os.getcwd(), name.removeprefix("./")) for name in names if name]
    return [str(each) for path in paths for each in (_inside(path) if path.is_dir() else [path])]


def _inside(folder: Path) -> list[Path]:
    """Return the files in a folder that are long enough to hold a clone."""
    return [each for each in sorted(folder.rglob("*.py")) if each.stat().st_size >= 50]


def attest(most: int = 1_000_000, *, finished: bool = True) -> None:
    """Say of every file, or of the first few, that it was looked at, as this tool does."""
    names = asked()[:most]
    if TOOL == "ruff":
        err("".join(f"[ruff][DEBUG] Checking: {name}\n" for name in names))
    if TOOL == "mypy":
        inner = (os.path.relpath(name) for name in names)
        err("".join(f"LOG:  Found source:           BuildSource(path={name!r}, module='m')\n" for name in inner))
        err("LOG:  Build finished in 0.009 seconds with 9 modules, and 0 errors\n" if finished else "")


def answer(content: str | bytes) -> None:
    """Give an answer where this tool gives it."""
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    if TOOL == "jscpd":
        folder = Path(ARGV[ARGV.index("--output") + 1])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "jscpd-report.json").write_bytes(raw)
    else:
        out(raw)


def clean() -> None:
    """Look at every file, and find nothing."""
    attest()
    answer(nothing())


def nothing() -> str:
    """Return the answer of a tool that finds nothing."""
    return {"ruff": "", "mypy": "", "jscpd": _report([]), "import-linter": _answer([])}[TOOL]


def finding(path: str = "", line: float = 1, column: float = 1, message: str = "said") -> str:
    """Return an answer with one finding about the first file, or about another."""
    first = path or (asked() or ["pkg.low"])[0]
    return {"ruff": _of_ruff, "mypy": _of_mypy, "jscpd": _of_jscpd, "import-linter": _of_import_linter}[TOOL](
        first, line, column, message
    )


def out(raw: bytes) -> None:
    """Write to standard output, all of it."""
    _write(1, raw)


def err(text: str) -> None:
    """Write to standard error."""
    _write(2, text.encode())


def hang(*, stubborn: bool = False) -> NoReturn:
    """Never end; a stubborn one not even when asked to."""
    if stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(60)


def leave_child(note: str, *, session: bool = False) -> None:
    """Leave somebody behind who holds all pipes and ignores SIGTERM; their process id is noted in a file."""
    if os.fork() == 0:
        if session:
            os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        Path(note).write_text(str(os.getpid()))
        time.sleep(25)
        os._exit(0)
    while not Path(note).exists() or not Path(note).read_text():
        time.sleep(0.01)


def _write(handle: int, raw: bytes) -> None:
    while raw:
        raw = raw[os.write(handle, raw) :]


def _of_ruff(path: str, line: float, column: float, message: str) -> str:
    place = {"row": line, "column": column}
    rest = {"message": message, "url": None, "fix": None}
    return json.dumps({"code": "F401", "filename": path, "location": place, "end_location": place, **rest})


def _of_mypy(path: str, line: float, column: float, message: str) -> str:
    place = {"line": line, "column": column, "end_line": line, "end_column": column}
    return json.dumps({"file": path, **place, "message": message, "hint": None, "code": "misc", "severity": "error"})


def _of_jscpd(path: str, line: float, column: float, message: str) -> str:
    place = {"line": line, "column": column}
    side = {"name": path, "startLoc": place, "endLoc": place}
    return _report([{"firstFile": side, "secondFile": side, "lines": 9, "tokens": 99, "fragment": message}])


def _report(duplicates: list[dict[str, Any]]) -> str:
    total = {"percentage": 0.0, "duplicatedLines": 0, "sources": len(asked()), "lines": 0, "tokens": 0}
    return json.dumps({"duplicates": duplicates, "statistics": {"total": total}})


def _of_import_linter(path: str, line: float, column: float, message: str) -> str:
    edge = {"importer": path, "imported": "pkg.high", "lines": [line]}
    return _answer([{"contract": "floors", "edge": edge, "chain": [edge]}], message)


def _answer(breaks: list[dict[str, Any]], message: str = "said") -> str:
    rest = {"undeclared": [["floors", message]], "invalid": [], "modules": ["pkg", "pkg.high", "pkg.low"]}
    return json.dumps({"breaks": breaks, **rest, "failure": ""})
