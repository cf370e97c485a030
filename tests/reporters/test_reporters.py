"""One sample report in every format: read the snapshots; `python -m tests.reporters.sample` writes them anew."""

from __future__ import annotations

import json
import re
import unicodedata

import jsonschema
import pytest

from gates import registry
from gates.model import Report
from tests.project import Project
from tests.reporters.sample import (
    BETTER,
    FOLDER,
    HOSTILE,
    REPORT,
    REPORTS,
    SINCE,
    rendered,
)

ALLOWED = {"\n"}


@pytest.mark.parametrize("name", registry.reporter_names())
@pytest.mark.parametrize("variant", REPORTS)
def test_a_snapshot(name: str, variant: str) -> None:
    assert rendered(name, REPORTS[variant]) == (FOLDER / f"{name}{variant}.txt").read_text("utf-8")


def test_there_is_no_snapshot_of_nothing() -> None:
    names = {f"{name}{variant}.txt" for name in registry.reporter_names() for variant in REPORTS}
    assert {each.name for each in FOLDER.iterdir()} == names


@pytest.mark.parametrize("name", registry.reporter_names())
def test_nothing_from_the_repository_steers_the_reader(name: str) -> None:
    text = rendered(name)
    assert not [each for each in text if unicodedata.category(each)[0] == "C" and each not in ALLOWED]
    assert name == "github" or not re.search(r"^\s*::", text, re.MULTILINE)
    text.encode("utf-8")


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_the_json_report_fits_its_published_schema(report: Report) -> None:
    import gates.reporters.json as reporter

    schema = reporter.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(rendered("json", report)))


def test_a_path_that_is_no_text_is_exact_in_base64() -> None:
    import base64

    place = json.loads(rendered("json"))["outcomes"][3]["findings"][0]["location"]
    assert base64.b64decode(place["path_b64"]) == HOSTILE.encode("utf-8", "surrogateescape")
    assert place["path"] == "evil\\n::error::x\\x1b[2J\\u202e##\\x5berror]\\xff.py"


def test_counts_agree_in_every_format() -> None:
    summary = json.loads(rendered("json"))["summary"]
    assert summary["open"] == len(REPORT.open()) == 2
    assert (summary["accepted"], summary["out_of_scope"], summary["introduced"]) == (1, 1, 0)
    assert len(re.findall(r"^\S+:\d+:\d+: (?:error|warning) ", rendered("concise"), re.MULTILINE)) == 2
    assert len(re.findall(r"^\S.*:\d+:\d+  (?:error|warning)  ", rendered("text"), re.MULTILINE)) == 2


SUMMARY = {
    "open": 5,
    "introduced": 3,
    "worsened": 1,
    "inherited": 1,
    "accepted": 4,
    "suppressed": 1,
    "out_of_scope": 0,
    "resolved": 4,
}
ERRORS = "4 errors (2 new, 1 worsened, 1 inherited)"
KNOWN = "3 in the base, 1 in the baseline, 1 suppressed"
TOLD = {
    "text": (f"  {ERRORS}, 1 noted  ", f"\n5 known: {KNOWN}\n"),
    "github": (f": {ERRORS}, 1 noted in ", f"\n5 known: {KNOWN}\n"),
    "markdown": (f"\n**{ERRORS}**, 1 noted, 5 known, **4 resolved**. ", f"\nKnown: {KNOWN}.\n"),
    "concise": ("\nfailed: 5 open findings, 5 known, 4 resolved, 1 of 3 gates passed, 34 files\n",),
    "prompt": (". 4 open errors from 5 causes in 2 files (2 new, 1 worsened, 1 inherited), 5 known, 4 resolved. ",),
    "html": (
        '<dd class="sub">in 2 files, 2 new, 1 worsened, 1 inherited</dd>',
        f'<dt>Known</dt><dd>5</dd><dd class="sub">{KNOWN}</dd>',
        '<dt>Resolved</dt><dd class="passed">4</dd><dd class="sub">compared with 9f3c1a2</dd>',
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_numbers_by_origin_agree_in_every_format(name: str) -> None:
    assert not [each for each in TOLD[name] if each not in rendered(name, SINCE)]


def test_the_summaries_for_machines_agree() -> None:
    assert json.loads(rendered("json", SINCE))["summary"] == SUMMARY
    first = json.loads(rendered("jsonl", SINCE).splitlines()[0])
    assert {name: first[name] for name in SUMMARY} == SUMMARY


GATE = "1 new, 1 worsened, 1 inherited, 3 known, 3 resolved"


@pytest.mark.parametrize("name", ["text", "github", "markdown", "html"])
def test_the_line_of_a_gate_has_its_numbers(name: str) -> None:
    assert GATE in rendered(name, SINCE)


NEW_FIRST = {
    "text": r"^\S+:\d+:\d+  error  complexity.*  (\w+)$",
    "concise": r"error complexity/.*\[(\w+)\]$",
    "prompt": r"^- complexity.*\[(\w+)\]$",
    "github": r"^::error .*title=complexity\S+ \S+ \((\w+)\)::",
    "gitlab": r'"description": "complexity.*(?:`(old|settle|cancel)`)',
    "rdjson": r'"message": "`(old|settle|cancel)`',
    "junit": r'failure message="`(old|settle|cancel)`',
    "markdown": r"^\| `app/orders.py.*\((\w+)\b.*\) \|",
}


@pytest.mark.parametrize("name", NEW_FIRST)
def test_what_is_new_comes_first_and_says_so(name: str) -> None:
    found = re.findall(NEW_FIRST[name], rendered(name, SINCE), re.MULTILINE)
    short = {"new": "introduced", "worse": "worsened", "old": "inherited"}
    short |= {"cancel": "introduced", "settle": "worsened"}
    assert [short.get(each, each) for each in found] == ["introduced", "worsened", "inherited"]


@pytest.mark.parametrize("name", [each for each in registry.reporter_names() if each not in ("json", "jsonl")])
def test_a_value_that_was_another_one_is_told_and_one_that_was_the_same_is_not(name: str) -> None:
    text = rendered(name, SINCE)
    assert "complexity 17, limit 10, was 14" in text
    assert "complexity 12, limit 10, was" not in text


@pytest.mark.parametrize("name", ["text", "prompt", "github", "markdown", "html"])
def test_a_change_that_improves_is_told_so(name: str) -> None:
    told = re.compile("this change resolves 4 findings and adds none", re.IGNORECASE)
    assert told.search(rendered(name, BETTER))
    assert not told.search(rendered(name, SINCE))
    assert re.search("resolved 4 findings since `?9f3c1a2", rendered(name, SINCE), re.IGNORECASE)


@pytest.mark.parametrize("name", registry.reporter_names())
def test_without_a_base_nothing_is_called_new(name: str) -> None:
    text = re.sub(r"<script>.*?</script>|<style>.*?</style>|<footer>.*", "", rendered(name), flags=re.DOTALL)
    assert not re.search(r"\bnew\b", text.replace("reported as a new finding", ""))


def test_the_published_schema_of_the_command_is_that_of_the_reporter(tmp_path_factory: pytest.TempPathFactory) -> None:
    import gates.reporters.json as reporter

    printed = Project(tmp_path_factory.mktemp("schema")).gates("schema", "report").out
    assert json.loads(printed) == reporter.schema()
