"""What is wrong with the file of accepted debt is said, and it is never read as less than it is."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from gates import baseline
from gates.model import GatesError
from tests.project import Project, unprivileged

NAME = "gates-baseline.json"
CONFIG = 'preset = "prototype"\n[complexity]\nenabled = true\narguments = 2\n'
SOURCE = "import os\nimport re\n\n\ndef add(a, b, c):\n    return a + b + c\n"
HOSTILE = "\x1b[2J\u202e\u200b::error::x"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with three findings, all accepted."""
    project = Project(tmp_path)
    project.write("gates.toml", CONFIG)
    project.write("a.py", SOURCE)
    assert project.gates("baseline", "create").code == 0
    return project


CORRUPT: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "is no baseline"),
    "white space": (b" \n", "is no baseline"),
    "a list": (b"[]", "is no baseline"),
    "another file": (b'{"version": 2, "results": []}', "missing required field `schema`"),
    "a later version": (b'{"schema": "gates.baseline/2", "entries": []}', "reads `gates.baseline/1`\nUpdate quality"),
    "an earlier version": (b'{"schema": "gates.baseline/0", "entries": []}', "reads `gates.baseline/1`"),
    "a later version with more": (b'{"schema": "gates.baseline/2", "more": 1}', "Update quality-gates."),
    "no entries": (b'{"schema": "gates.baseline/1"}', "missing required field `entries`"),
    "entries of null": (b'{"schema": "gates.baseline/1", "entries": null}', "Expected `array`"),
    "an unknown key": (b'{"schema": "gates.baseline/1", "entries": [], "allow": 1}', "unknown field `allow`"),
    "not UTF-8": (b'{"schema": "gates.baseline/1", "entries": [{"rule": "a/\xff"}]}', "is no baseline"),
    "UTF-16": ('{"schema": "gates.baseline/1", "entries": []}'.encode("utf-16"), "is no baseline"),
    "nested deeply": (b'{"schema": "gates.baseline/1", "entries": ' + b"[" * 200_000, "is no baseline"),
    "two files": (b'{"schema": "gates.baseline/1", "entries": []}' * 2, "is no baseline"),
    "conflict": (
        b'{"schema": "gates.baseline/1", "entries": [\n<<<<<<< HEAD\n  {"rule":"lint/F401"}\n=======\n'
        b'  {"rule":"lint/F402"}\n>>>>>>> b\n]}\n',
        "Resolve the merge conflict in it.",
    ),
}
ENTRIES: dict[str, tuple[str, str]] = {
    "an unknown key": ('{"rule": "lint/F401", "paths": "a"}', "unknown field `paths`"),
    "no rule": ('{"path": "a.py"}', "missing required field `rule`"),
    "half a rule": ('{"rule": "lint"}', "entry 1 has no rule that can be accepted"),
    "a rule without a gate": ('{"rule": "/F401"}', "entry 1 has no rule that can be accepted"),
    "a file that cannot be read": ('{"rule": "files/syntax"}', "entry 1 has no rule that can be accepted"),
    "the record itself": ('{"rule": "baseline/stale"}', "entry 1 has no rule that can be accepted"),
    "no number": ('{"rule": "lint/F401", "count": "1"}', "Expected `int`"),
    "half a count": ('{"rule": "lint/F401", "count": 1.5}', "Expected `int`"),
    "none": ('{"rule": "lint/F401", "count": 0}', "a count below 1"),
    "less than none": ('{"rule": "lint/F401", "count": -3}', "a count below 1"),
    "more than there can be": ('{"rule": "lint/F401", "count": 1000001}', "accepts more than 1,000,000 findings"),
    "a huge count": (f'{{"rule": "lint/F401", "count": 1{"0" * 40}}}', "accepts more than 1,000,000 findings"),
    "a value in words": ('{"rule": "size/file-lines", "value": "9"}', "Expected `float | null`"),
    "NaN": ('{"rule": "size/file-lines", "value": NaN}', "is no baseline"),
    "Infinity": ('{"rule": "size/file-lines", "value": Infinity}', "is no baseline"),
    "beyond a float": ('{"rule": "size/file-lines", "value": 1e999}', "is no baseline"),
    "beyond a float, in digits": (f'{{"rule": "size/file-lines", "value": 1{"0" * 400}}}', "is no baseline"),
    "a lone surrogate": ('{"rule": "lint/F401", "path": "\\ud800"}', "is no baseline"),
    "twice": ('{"rule": "lint/F401"}, {"rule": "lint/F401", "path": "b"}', "lists an entry twice: lint/F401"),
}


@pytest.mark.parametrize(("content", "part"), CORRUPT.values(), ids=CORRUPT)
def test_what_is_no_baseline_is_refused(content: bytes, part: str) -> None:
    with pytest.raises(GatesError) as raised:
        baseline.parse(content, NAME)
    assert part in f"{raised.value.message}\n{raised.value.hint}"
    assert raised.value.exit_code == 2


@pytest.mark.parametrize("name", ["nothing", "a later version", "conflict"])
def test_what_is_no_baseline_ends_the_check(project: Project, name: str) -> None:
    content, part = CORRUPT[name]
    project.write(NAME, content)
    for verb in (["check"], ["baseline", "update"], ["baseline", "create"], ["baseline", "show"]):
        result = project.gates(*verb)
        assert result.code == 2
        assert part in result.said
    assert (project.root / NAME).read_bytes() == content


@pytest.mark.parametrize(("text", "part"), ENTRIES.values(), ids=ENTRIES)
def test_what_is_no_entry_is_refused(text: str, part: str) -> None:
    with pytest.raises(GatesError) as raised:
        baseline.parse(f'{{"schema": "{baseline.SCHEMA}", "entries": [{text}]}}'.encode(), NAME)
    assert part in raised.value.message
    assert raised.value.exit_code == 2


def test_a_part_of_the_file_is_no_file(project: Project) -> None:
    content = (project.root / NAME).read_bytes()
    whole = baseline.parse(content, NAME)
    for end in range(len(content)):
        try:
            part = baseline.parse(content[:end], NAME)
        except GatesError as error:
            assert error.exit_code == 2
        else:
            assert part == whole
            assert end == len(content) - 1


def test_bytes_that_were_changed_never_accept_what_the_file_does_not(project: Project) -> None:
    content = (project.root / NAME).read_bytes()
    keys = {each.key for each in baseline.parse(content, NAME).entries}
    chance = random.Random(5)
    for _ in range(3000):
        at = chance.randrange(len(content))
        changed = content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
        try:
            found = baseline.parse(changed, NAME)
        except GatesError:
            continue
        assert len(found.entries) == 3
        assert len({each.key for each in found.entries} & keys) >= 2


@pytest.mark.parametrize(
    "rewritten",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.rstrip(b"\n"),
        lambda text: json.dumps(json.loads(text), indent=4).encode(),
        lambda text: json.dumps(json.loads(text)).encode(),
        lambda text: json.dumps(dict(reversed(json.loads(text).items()))).encode(),
        lambda text: json.dumps(json.loads(text) | {"entries": json.loads(text)["entries"][::-1]}).encode(),
    ],
    ids=["BOM", "CRLF", "no last line end", "indented", "one line", "other order of keys", "other order of entries"],
)
def test_the_form_does_not_matter(project: Project, rewritten: Any) -> None:
    path = project.root / NAME
    before = path.read_bytes()
    path.write_bytes(rewritten(before))
    assert project.gates("check", "--locked").code == 0
    assert project.gates("baseline", "update").code == 0
    assert path.read_bytes() == before


def test_a_folder_in_its_place_is_no_baseline(project: Project) -> None:
    (project.root / NAME).unlink()
    (project.root / NAME).mkdir()
    for verb in (["check"], ["baseline", "create"], ["baseline", "update"]):
        result = project.gates(*verb)
        assert (result.code, f"the baseline {NAME} cannot be read: " in result.said) == (2, True)


def test_a_pipe_in_its_place_does_not_hang(project: Project) -> None:
    (project.root / NAME).unlink()
    os.mkfifo(project.root / NAME)
    assert "it is no regular file" in project.gates("check").said


@pytest.mark.parametrize("target", ["other.json", "../outside.json", "/etc/passwd", "nowhere"])
def test_a_link_in_its_place_is_refused(project: Project, target: str) -> None:
    path = project.root / NAME
    content = path.read_bytes()
    project.write("other.json", content)
    (project.base / "outside.json").write_bytes(content)
    path.unlink()
    path.symlink_to(target)
    for verb in (["check"], ["baseline", "create"], ["baseline", "update"]):
        result = project.gates(*verb)
        assert (result.code, "is a link, and links are not followed" in result.said) == (2, True)
    assert path.is_symlink()
    assert (project.base / "outside.json").read_bytes() == content


def test_a_file_that_may_not_be_read_is_an_error(project: Project) -> None:
    (project.root / NAME).chmod(0)
    result = project.gates("check", under=unprivileged())
    assert (result.code, "cannot be read: Permission denied" in result.said) == (2, True)


def test_a_file_that_is_too_large_is_an_error(project: Project) -> None:
    with (project.root / NAME).open("r+b") as stream:
        stream.truncate((64 << 20) + 1)
    result = project.gates("check")
    assert (result.code, "is larger than 64 MiB" in result.said) == (2, True)


def test_a_folder_that_is_not_writable_keeps_the_file(project: Project) -> None:
    before = (project.root / NAME).read_bytes()
    project.root.chmod(0o555)
    result = project.gates("baseline", "update", under=unprivileged())
    project.root.chmod(0o755)
    assert (result.code, "cannot be written: Permission denied" in result.said) == (2, True)
    assert sorted(each.name for each in project.root.iterdir()) == ["a.py", NAME, "gates.toml"]
    assert (project.root / NAME).read_bytes() == before


def _entries(*found: dict[str, Any], **top: Any) -> str:
    return json.dumps({"schema": baseline.SCHEMA, "entries": found} | top)


def test_what_is_hostile_never_reaches_the_terminal(project: Project) -> None:
    bad = {each: f"{each}{HOSTILE}" for each in ("path", "symbol", "code", "reason", "date")}
    known = json.loads((project.root / NAME).read_text())["entries"]
    project.write(NAME, _entries(*known, {"rule": f"lint/F401{HOSTILE}", **bad}))
    verbs = [["baseline", "show"], ["baseline", "explain", "lint"]]
    verbs += [["check", "--output-format", each] for each in ("text", "concise", "prompt", "github", "markdown")]
    for verb in verbs:
        assert not {"\x1b", "\u202e", "\u200b"} & set(project.gates(*verb).said), verb


@pytest.mark.parametrize(
    "text",
    [
        _entries(schema=HOSTILE),
        _entries(schema=f"gates.baseline/2{HOSTILE}"),
        _entries(**{HOSTILE: 1}),
        _entries({"rule": "lint/F401", HOSTILE: 1}),
        _entries(*[{"rule": "lint/F401", "symbol": HOSTILE}] * 2),
    ],
)
def test_what_is_hostile_never_reaches_the_terminal_in_an_error(project: Project, text: str) -> None:
    project.write(NAME, text)
    result = project.gates("check")
    assert result.code == 2
    assert not {"\x1b", "\u202e", "\u200b"} & set(result.said)
