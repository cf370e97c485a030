"""A report read back is the report that was written."""

from __future__ import annotations

import pytest

from gates import archive
from gates.model import GatesError
from gates.reporters import json as reporter
from tests.reporters.sample import REPORT, rendered


def test_what_is_read_back_renders_to_the_same_bytes() -> None:
    written = rendered("json")
    again = archive.read(written.encode(), "report.json")
    assert reporter.document(again) == reporter.document(REPORT)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"schema": "other/1"}', b"\xff"])
def test_what_is_no_report_is_a_mistake(content: bytes) -> None:
    with pytest.raises(GatesError, match=r"^r.json is no report of gates"):
        archive.read(content, "r.json")
