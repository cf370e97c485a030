"""One file in `gates/checks` and one page in `docs/gates` are a gate: configured, listed, run, explained."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.project import Project

ROOT = Path(__file__).parent.parent
SOURCE = '''"""No file holds the word that this project bans."""

from typing import Annotated

from msgspec import Struct

from gates.config import Policy, option
from gates.model import Finding, Inspection, Location, Rule
from gates.project import Project

READS = "file"
RULES = (Rule("word", "the banned word is nowhere", "Say it in another way."),)


class Options(Struct, frozen=True, rename="kebab"):
    """The word."""

    banned_word: Annotated[str, option("The word.", stricter="none", by_path=True)] = "foo"


def check(project: Project, policy: Policy[Options]) -> Inspection:
    """Look for the word."""
    found = [
        Finding(rule="words/word", message=f"line has `{policy.at(path).banned_word}`", location=Location(path, number))
        for path in project.readable(project.files)
        for number, line in enumerate(project.lines(path), 1)
        if policy.at(path).banned_word in line
    ]
    seen = frozenset(project.readable(project.files))
    return Inspection(findings=tuple(found), inspected=seen, unread=project.unread(project.files))
'''
PAGE = "# words\n\nA word is banned.\n\n## Rules\n\n### word\n\nIt confuses people.\n"


def test_two_files_are_a_gate(tmp_path: Path) -> None:
    house = tmp_path / "house"
    shutil.copytree(ROOT / "gates", house / "gates", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "docs" / "gates", house / "docs" / "gates")
    (house / "gates" / "checks" / "words.py").write_text(SOURCE)
    (house / "docs" / "gates" / "words.md").write_text(PAGE)
    project = Project(tmp_path)
    project.write(
        "gates.toml", '[words]\nbanned-word = "bar"\n[[overrides]]\npaths=["n.py"]\nwhy="w"\nwords.banned-word = "x"\n'
    )
    project.write("m.py", "foo = 1\nbar = 2\n")
    project.write("n.py", "bar = 1\n")

    def gates(*arguments: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "gates", *arguments]
        env = project.environment({"PYTHONPATH": str(house)})
        return subprocess.run(argv, cwd=project.root, env=env, capture_output=True, text=True, check=False)

    checked = gates("check", "--gate", "words", "--output-format", "concise")
    assert checked.stdout.splitlines() == [
        "m.py:2:1: error words/word line has `bar`",
        "failed: 1 open finding, 0 of 1 gate passed, 2 files",
    ]
    assert checked.returncode == 1
    assert "words (on)\n  No file holds the word that this project bans.\n" in gates("list").stdout
    assert gates("explain", "words/word").stdout == "# words\n\n### word\n\nIt confuses people.\n"
    assert "words" in json.loads(gates("schema", "config").stdout)["properties"]
    assert 'words.banned-word = "bar"  # gates.toml:2' in gates("config", "words").stdout
