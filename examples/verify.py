"""Hold every example against the report that is recorded beside it: `python examples/verify.py [--update]`.

Each example is checked as a user would check it, with a cache of its own, so that neither the machine nor an earlier run
has a say. The recorded report is what `gates check --output-format json` writes, with all seconds set to 0.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

EXAMPLES = Path(__file__).resolve().parent
RECORD = "report.json"
MAX_DIFF_LINES = 40

_CHECK = [sys.executable, "-P", "-m", "gates", "check", "--output-format", "json"]
_SECONDS = re.compile(r'("seconds": )[0-9.e+-]+')


class Result(NamedTuple):
    """What one check said: the report without times, the exit code, and what went to standard error."""

    report: str
    code: int
    errors: str

    @property
    def problem(self) -> str:
        """Why this is no report that may be recorded; empty when it is one."""
        try:
            document = json.loads(self.report)
        except ValueError:
            return f"no report, exit code {self.code}: {self.errors.strip()}"
        if document["exit_code"] != self.code:
            return f"exit code {self.code}, but the report says {document['exit_code']}"
        broken = [f"{each['gate']}: {each['reason']}" for each in document["outcomes"] if each["verdict"] == "broken"]
        return "; ".join(broken)

    @property
    def verdict(self) -> str:
        """The report in three words, and the number of its open findings."""
        document = json.loads(self.report)
        number = document["summary"]["open"]
        return f"{document['verdict']} as recorded ({number} finding{'' if number == 1 else 's'})"


def main() -> int:
    """Verify or rewrite the records, one line for each; return the exit code."""
    parser = argparse.ArgumentParser(description="Hold the examples against their recorded reports.")
    parser.add_argument("--update", action="store_true", help="rewrite the records instead")
    update = parser.parse_args().update
    examples = sorted(record.parent for record in EXAMPLES.rglob(RECORD))
    if not examples:
        print(f"no {RECORD} below {EXAMPLES}", file=sys.stderr)
        return 1
    settled = [_settle(example, update) for example in examples]
    return 0 if all(settled) else 1


def check(example: Path) -> Result:
    """Run `gates check` in the directory of an example."""
    with tempfile.TemporaryDirectory(prefix="gates-example-") as cache:
        environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        environment["GATES_CACHE"] = cache
        done = subprocess.run(  # noqa: S603 - our own command, with nothing from outside in it
            _CHECK, cwd=example, env=environment, capture_output=True, encoding="utf-8", check=False
        )
    return Result(_SECONDS.sub(r"\g<1>0", done.stdout), done.returncode, done.stderr)


def _settle(example: Path, update: bool) -> bool:
    """Verify or rewrite the record of one example, print the outcome, and return whether all is well."""
    name = example.relative_to(EXAMPLES.parent).as_posix()
    result = check(example)
    record = example / RECORD
    recorded = record.read_bytes().decode("utf-8")
    if result.problem:
        print(f"FAIL {name}  {result.problem}")
    elif update:
        record.write_bytes(result.report.encode("utf-8"))
        print(f"{'same' if result.report == recorded else 'new '} {name}  {result.verdict}")
    elif result.report == recorded:
        print(f"ok   {name}  {result.verdict}")
    else:
        print(f"FAIL {name}  differs from {RECORD}")
        print("\n".join(_difference(recorded, result.report)))
        return False
    return not result.problem


def _difference(recorded: str, found: str) -> Iterator[str]:
    lines = list(difflib.unified_diff(recorded.splitlines(), found.splitlines(), "recorded", "found", lineterm=""))
    yield from lines[:MAX_DIFF_LINES]
    if len(lines) > MAX_DIFF_LINES:
        yield f"… and {len(lines) - MAX_DIFF_LINES} more lines"


if __name__ == "__main__":
    sys.exit(main())
