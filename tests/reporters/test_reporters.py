"""One sample report in every format: read the snapshots; `python -m tests.reporters.sample` writes them anew."""

from __future__ import annotations

import json
import re
import unicodedata

import jsonschema
import pytest

from gates import registry
from tests.project import Project
from tests.reporters.sample import FOLDER, HOSTILE, REPORT, rendered

ALLOWED = {"\n"}


@pytest.mark.parametrize("name", registry.reporter_names())
def test_a_snapshot(name: str) -> None:
    assert rendered(name) == (FOLDER / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", registry.reporter_names())
def test_nothing_from_the_repository_steers_the_reader(name: str) -> None:
    text = rendered(name)
    assert not [each for each in text if unicodedata.category(each)[0] == "C" and each not in ALLOWED]
    assert name == "github" or not re.search(r"^\s*::", text, re.MULTILINE)
    text.encode("utf-8")


def test_the_json_report_fits_its_published_schema() -> None:
    import gates.reporters.json as reporter

    schema = reporter.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(rendered("json")))


def test_a_path_that_is_no_text_is_exact_in_base64() -> None:
    import base64

    place = json.loads(rendered("json"))["outcomes"][3]["findings"][0]["location"]
    assert base64.b64decode(place["path_b64"]) == HOSTILE.encode("utf-8", "surrogateescape")
    assert place["path"] == "evil\\n::error::x\\x1b[2J\\u202e##\\x5berror]\\xff.py"


def test_counts_agree_in_every_format() -> None:
    summary = json.loads(rendered("json"))["summary"]
    assert summary["open"] == len(REPORT.open()) == 2
    assert (summary["accepted"], summary["out_of_scope"], summary["introduced"]) == (1, 1, 1)
    assert len(re.findall(r"^\S+:\d+:\d+: (?:error|warning) ", rendered("concise"), re.MULTILINE)) == 2
    assert len(re.findall(r"^\S.*:\d+:\d+  (?:error|warning)  ", rendered("text"), re.MULTILINE)) == 2


def test_the_published_schema_of_the_command_is_that_of_the_reporter(tmp_path_factory: pytest.TempPathFactory) -> None:
    import gates.reporters.json as reporter

    printed = Project(tmp_path_factory.mktemp("schema")).gates("schema", "report").out
    assert json.loads(printed) == reporter.schema()
