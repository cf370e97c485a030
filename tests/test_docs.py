"""The page of a gate is its test: each case under `## Cases` is a project, and says what must be found in it.

A fenced block `toml` is its pyproject.toml, a block `LANGUAGE path=NAME` a file. `# error: [gate/rule] "part of the
message"` at the end of a line (or `warning`, `note`; several in a row) expects exactly that there. A block `report` is
the whole standard output of `gates check --gate GATE --output-format concise` instead, a block `error` the mistake in
the configuration that ends the check. A block `LANGUAGE path=NAME at=base` is a file as it was before the change; a
block `missing path=NAME` holds the marks of a file that is not there any more.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gates import asking, engine, pages, registry
from gates.checks import typing
from gates.model import Finding, GatesError, Report, Verdict, View
from tests.generate_docs import PAGES, options_table, table_in, with_table
from tests.project import AUTHOR

_SECTIONS = ["Rules", "Options", "What is not seen", "Cases"]
_FENCE = (
    r"^(?P<fence>`{3,})(?P<language>\w*)(?: path=(?P<path>\S+))?(?: at=(?P<at>base))?\n(?P<content>.*?)^(?P=fence)$"
)
_PART = re.compile(rf"{_FENCE}|^(?P<level>##|###) (?P<title>[^\n]*)$", re.MULTILINE | re.DOTALL)
_ONE = r"""# (error|warning|note): \[([\w*/-]+)\](?: "([^"]*)")?"""
_MARK = re.compile(_ONE)
_MARKED = re.compile(rf"\s*(?:{_ONE}\s*)+$")
_GATES = registry.gates_found()


@dataclass(frozen=True)
class Expected:
    """One finding that a case expects, and a part of its message."""

    path: str
    line: int
    severity: str
    rule: str
    part: str

    @property
    def place(self) -> tuple[str, int, str, str]:
        """Everything but the message."""
        return (self.path, self.line, self.severity, self.rule)


@dataclass
class Case:
    """One project under `## Cases`, and what must be found in it: marks, the whole report, or a mistake."""

    gate: str
    title: str
    files: dict[str, str] = field(default_factory=dict)
    base: dict[str, str] = field(default_factory=dict)
    expected: list[Expected] = field(default_factory=list)
    report: str | None = None
    error: str | None = None


def cases(gate: str, page: str) -> Iterator[Case]:
    """Read the cases of a page.

    Raises:
        ValueError: a case is not written as it should be.
    """
    case: Case | None = None
    for part in _PART.finditer(page.partition("\n## Cases\n")[2]):
        if part["level"]:
            if case:
                yield _sound(case)
            case = Case(gate, part["title"])
        elif case is None:
            raise ValueError(f"{gate}.md: a block stands before the first case")
        else:
            _add_block(case, part)
    if case:
        yield _sound(case)


def _add_block(case: Case, part: re.Match[str]) -> None:
    path, content = part["path"], part["content"]
    if path is not None:
        _add_file(case, part, path, content)
    elif part["language"] == "report":
        case.report = content
    elif part["language"] == "error":
        case.error = content.strip()
    elif part["language"] == "toml":
        case.files["pyproject.toml"] = content
    else:
        raise ValueError(f"{case.gate}.md, {case.title}: a block without a path")


def _add_file(case: Case, part: re.Match[str], path: str, content: str) -> None:
    if path in (case.base if part["at"] else case.files):
        raise ValueError(f"{case.gate}.md, {case.title}: a block with the path of another")
    if part["at"]:
        case.base[path] = content
        return
    lines = list(_unmarked(case, path, content))
    if part["language"] != "missing":
        case.files[path] = "".join(lines)


def _unmarked(case: Case, path: str, content: str) -> Iterator[str]:
    """Take the marks out of a file: inside it they would be comments that a tool reads."""
    for number, line in enumerate(content.splitlines(keepends=True), start=1):
        marked = _MARKED.search(line)
        for mark in _MARK.finditer(line if marked else ""):
            case.expected.append(Expected(path, number, mark[1], mark[2], mark[3] or ""))
        yield f"{line[: marked.start()]}\n" if marked else line


def _sound(case: Case) -> Case:
    answers = [case.report is not None, case.error is not None, bool(case.expected)]
    if sum(answers) > 1:
        raise ValueError(f"{case.gate}.md, {case.title}: marks, a report and an error exclude each other")
    if not case.base and not any(path.endswith((".py", ".pyi")) for path in case.files):
        raise ValueError(f"{case.gate}.md, {case.title}: there is no Python file")
    return case


def _page(gate: str) -> str:
    return (PAGES / f"{gate}.md").read_text(encoding="utf-8")


_CASES = [case for gate in _GATES for case in cases(gate.name, _page(gate.name))]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all cases of a worker: mypy would read its own library anew for each."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def folder(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a project, as current directory and with the shared cache."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GATES_CACHE", str(cache))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    return folder


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case.gate}: {case.title}")
def test_case(case: Case, folder: Path) -> None:
    judge(case, folder)


def judge(case: Case, folder: Path) -> None:
    """Write the project of a case into a folder, the current directory, check it, and compare."""
    usual = {} if case.files.keys() & {"pyproject.toml", "gates.toml"} else {"pyproject.toml": "[tool.gates]\n"}
    if case.base:
        _commit(folder, usual | case.base)
        _write(folder, {"unchanged.py": ""})
    _write(folder, usual | case.files)
    if case.error is not None:
        with pytest.raises(GatesError) as raised:
            _checked(case.gate)
        assert raised.value.message == case.error
        assert raised.value.exit_code == 2
    elif case.report is not None:
        assert registry.reporter("concise")(_checked(case.gate), View()) == case.report
    elif case.base:
        _compare(case, _open(_checked(case.gate, "files", since="HEAD")))
    else:
        _compare(case, _open(_checked(*_chosen(case.gate))))


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def _commit(folder: Path, files: Mapping[str, str]) -> None:
    """Make a folder a repository that holds these files, and take them out of the work tree again."""
    _write(folder, files)
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "base")):
        subprocess.run(["git", *AUTHOR, *arguments], cwd=folder, check=True, capture_output=True)
    for name in files:
        (folder / name).unlink()


def _chosen(name: str) -> tuple[str, ...]:
    """Return the gates that a case runs; one that judges the record of others needs all that are on."""
    gate = next(each for each in _GATES if each.name == name)
    return () if gate.reads == "record" else (name, "files")


def _checked(*names: str, since: str = "") -> Report:
    loaded = asking.load()
    gates = loaded.chosen(names, base=bool(since))
    return engine.check(asking.Request(loaded=loaded, gates=gates, since=since, timeout=60.0))


def _open(report: Report) -> tuple[Finding, ...]:
    undecided = [
        (each.gate, each.reason) for each in report.outcomes if each.verdict in (Verdict.BROKEN, Verdict.SKIPPED)
    ]
    assert undecided == []
    return report.open()


def _compare(case: Case, findings: Iterable[Finding]) -> None:
    found = [
        Expected(each.location.path, each.location.line, each.severity.value, each.rule, each.message)
        for each in findings
    ]
    order = sorted(case.expected, key=lambda each: each.place)
    assert sorted(each.place for each in found) == [each.place for each in order]
    for each in order:
        messages = [other.part for other in found if other.place == each.place]
        assert any(each.part in message for message in messages), messages


@pytest.mark.parametrize("gate", _GATES, ids=lambda gate: gate.name)
def test_page_has_the_agreed_form(gate: registry.Gate) -> None:
    page = _page(gate.name)
    headings = [(each["level"], each["title"]) for each in _PART.finditer(page) if each["level"]]
    assert page.startswith(f"# {gate.name}\n\n")
    assert [title for level, title in headings if level == "##"] == _SECTIONS
    rules = page.partition("\n## Rules\n")[2].partition("\n## Options\n")[0]
    assert {rule.name for rule in gate.rules} <= {each["title"] for each in _PART.finditer(rules) if each["level"]}
    titles = [case.title for case in cases(gate.name, page)]
    assert titles
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("gate", _GATES, ids=lambda gate: gate.name)
def test_every_rule_is_explained(gate: registry.Gate) -> None:
    page = _page(gate.name)
    for rule in gate.rules:
        section = pages.section(page, rule.name)
        assert section.startswith(f"# {gate.name}\n\n### {rule.name}\n\n")
        assert section.count("\n### ") == 1
        assert section.count("```") % 2 == 0
    assert "## Cases" not in pages.section(page, "")


@pytest.mark.parametrize("gate", _GATES, ids=lambda gate: gate.name)
def test_every_exact_rule_has_a_case_that_it_fails(gate: registry.Gate) -> None:
    exact = {f"{gate.name}/{rule.name}" for rule in gate.rules if rule.name != "*"}
    untestable = {
        "files/not-a-file",  # a page holds regular files
        "files/too-deep",  # nobody would read such a line
        "suppressions/unused",  # a case runs one gate, and this rule needs the verdicts of others
        "baseline/added",  # a page of a gate over the record is one state of a project
    }
    assert exact - _failed_in_cases(gate.name) <= untestable


def _failed_in_cases(gate: str) -> set[str]:
    mine = [case for case in _CASES if case.gate == gate]
    marked = {each.rule for case in mine for each in case.expected}
    reported = {rule for case in mine for rule in re.findall(r": error (\S+) ", case.report or "")}
    return marked | reported


@pytest.mark.parametrize("gate", _GATES, ids=lambda gate: gate.name)
def test_table_of_options_is_fresh(gate: registry.Gate) -> None:
    page = _page(gate.name)
    assert table_in(page) == options_table(gate), "run `python tests/generate_docs.py`"
    assert with_table(page, options_table(gate)) == page


def test_table_of_strictness_is_fresh() -> None:
    names = {level: {key if on else f"no_{key}" for key, on in flags.items()} for level, flags in typing.FLAGS.items()}
    names["strict"] = names["strict"] - names["standard"]
    for level, expected in names.items():
        (row,) = re.findall(rf"^\| `{level}` \|(.*)\|$", _page("typing"), re.MULTILINE)
        assert set(re.findall(r"`(\w+)`", row)) - {"standard"} == expected


def test_a_new_table_leaves_the_prose_alone() -> None:
    page = "# x\n\n## Options\n\nSome prose.\n\n| option | old |\n\n## What is not seen\n\n| other |\n"
    assert with_table(page, "| new |\n") == page.replace("| option | old |", "| new |")
    assert with_table(page.replace("| option | old |\n\n", ""), "| new |\n") == page.replace(
        "| option | old |", "| new |"
    )


_LONG = 'def f() -> None:  # error: [size/function-lines] "has 3 lines, limit 2"\n    print(1)\n    print(2)\n'


@pytest.mark.parametrize(
    ("source", "sound"),
    [
        (_LONG, True),
        (_LONG.replace("size/function-lines", "size/class-lines"), False),
        (_LONG.replace("# error", "# warning"), False),
        (_LONG.replace("limit 2", "limit 3"), False),
        (re.sub("  # error.*", "", _LONG), False),
        (f"{_LONG}x = 1  # error: [size/file-lines]\n", False),
        (f"\n{re.sub('  # error.*', '', _LONG)}# error: [size/function-lines]\n", False),
    ],
    ids=["as marked", "other rule", "other severity", "other message", "unexpected", "missing", "other line"],
)
def test_a_case_fails_when_the_findings_are_not_those_marked(source: str, sound: bool, folder: Path) -> None:
    limit = "```toml\n[tool.gates.size]\nfunction-lines = 2\n```\n"
    page = f"# size\n\n## Cases\n\n### x\n{limit}```python path=a.py\n{source}```\n"
    (case,) = cases("size", page)
    if sound:
        judge(case, folder)
    else:
        with pytest.raises(AssertionError):
            judge(case, folder)
