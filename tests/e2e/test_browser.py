"""The HTML report in a real browser: the script runs under the page's policy; without it every finding is there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from msgspec.structs import replace

from gates.model import Finding, Location, Outcome, Severity, Status, Verdict, View
from gates.reporters import html
from gates.reporters.html import listing
from tests.reporters.sample import HOSTILE, LINES, REPORT, SINCE

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
    "--virtual-time-budget=4000",
)
BLOCKED = "Content Security Policy"
ATTACK = "<img src=x onerror=document.title='taken'>"


@cache
def chromium() -> str:
    """Return the browser that CHROMIUM names, or the first that is installed; empty without one."""
    named = os.environ.get("CHROMIUM")
    return named or next((found for each in NAMES if (found := shutil.which(each))), "")


pytestmark = pytest.mark.skipif(
    not chromium(), reason=f"no browser: CHROMIUM is not set, and none of {', '.join(NAMES)}"
)


class Page:
    """A report in a file, and what a browser makes of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "report.html"

    def write(self, text: str) -> None:
        """Make the page's text the one to open."""
        self.file.write_text(text, encoding="utf-8", newline="\n")

    def run(self, *options: str, fragment: str = "", expected: str = "") -> str:
        """Open the page and return what the browser printed; the console holds what is expected, or nothing."""
        own = f"--user-data-dir={self.folder / 'profile'}"
        argv = [chromium(), *QUIET, own, *options, self.file.as_uri() + fragment]
        done = subprocess.run(argv, capture_output=True, timeout=60, check=True, text=True, encoding="utf-8")
        complaints = [each for each in done.stderr.splitlines() if "CONSOLE" in each]
        assert len(complaints) == bool(expected), complaints
        assert all(expected in each for each in complaints), complaints
        return done.stdout

    def dom(self, *options: str, fragment: str = "", expected: str = "") -> Element:
        """Open the page and return its document once the script ran."""
        text = self.run("--dump-dom", *options, fragment=fragment, expected=expected)
        document: Element = html5lib.parse(text, namespaceHTMLElements=False)
        return document


@pytest.fixture
def page(tmp_path: Path) -> Page:
    page = Page(tmp_path)
    page.write(report())
    return page


def report(per_kind: int = 3) -> str:
    """Errors in `orders.py`, warnings in `shop.py`, accepted errors in `old.py`, and one hostile finding."""
    kinds = (
        ("app/orders.py", Severity.ERROR, Status.OPEN),
        ("app/shop.py", Severity.WARNING, Status.OPEN),
        ("app/old.py", Severity.ERROR, Status.ACCEPTED),
    )
    found = [
        Finding(
            rule="lint/F401",
            message=f"`name_{number}` imported but unused",
            location=Location(path, number + 1, 1, number + 1, 5),
            severity=severity,
            status=status,
            id=f"lint-{path}-{number}",
        )
        for path, severity, status in kinds
        for number in range(per_kind)
    ]
    hostile = Finding(rule="files/syntax", message=f"{ATTACK} {HOSTILE}", location=Location(HOSTILE), id="files-1")
    outcomes = (
        Outcome(gate="files", verdict=Verdict.FAILED, findings=(hostile,), planned=4, inspected={"files": 4}),
        Outcome(gate="lint", verdict=Verdict.FAILED, findings=tuple(found), planned=4, inspected={"files": 4}),
    )
    return html.render(replace(REPORT, outcomes=outcomes), View(sources=lambda path: LINES))


def by_id(document: Element, name: str) -> Element:
    (found,) = [each for each in document.iter() if each.get("id") == name]
    return found


def texts(document: Element) -> list[str]:
    """Return the text of each finding that is listed."""
    return ["".join(each.itertext()) for each in cards(document)]


def cards(document: Element) -> Iterator[Element]:
    return (each for each in by_id(document, "list").iter("li") if each.get("class") == "finding")


def beginning(text: str) -> list[str]:
    """Severity, message and line, without what only a full card has."""
    return text.partition(", column")[0].replace("line ", " line ").split()


def said(document: Element, name: str) -> str:
    return "".join(by_id(document, name).itertext())


def driven(text: str, script: str) -> str:
    """The page with a reader who acts on it; the page's own policy would not let one in."""
    opened = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    return opened.replace("</body>", f"<script>{script}</script></body>")


def test_what_is_open_is_listed_and_can_be_filtered(page: Page) -> None:
    document = page.dom()
    assert by_id(document, "filters").get("hidden") is None
    assert said(document, "count") == "7 of 10 findings"
    assert len(texts(document)) == 7
    assert by_id(document, "pager").get("hidden") is not None


def test_a_link_holds_the_filters(page: Page) -> None:
    document = page.dom(fragment="#q=orders&severity=error")
    assert len(texts(document)) == 3
    assert said(document, "count") == "3 of 10 findings"
    assert [each.text for each in by_id(document, "list").iter("b") if "tag" not in each.get("class", "")] == [
        "app/orders.py"
    ]


FRAGMENTS = {
    "status=all": 10,
    "status=known": 3,
    "status=accepted": 3,
    "status=all&severity=warning": 3,
    "gate=lint": 6,
    "rule=files/syntax": 1,
    "file=app%2Fshop.py": 3,
    "file=no.py": 0,
    "q=NAME_1%20shop": 1,
    "q=lint-app/orders.py-2": 1,
    "page=99": 7,
    "severity=%3Cimg%20src=x%3E": 0,
    "q=": 7,
}


def test_filters(page: Page) -> None:
    script = f"""
      const seen = [];
      const next = ([fragment, ...others]) => {{
        if (fragment === undefined) {{ document.title = seen.join(" "); return; }}
        location.hash = fragment;
        setTimeout(() => {{ seen.push(document.querySelectorAll("#list li.finding").length); next(others); }}, 50);
      }};
      next({json.dumps(list(FRAGMENTS))});
    """
    page.write(driven(report(), script))
    (title,) = page.dom().iter("title")
    assert dict(zip(FRAGMENTS, map(int, (title.text or "").split()), strict=True)) == FRAGMENTS


def test_what_the_change_brought_can_be_filtered(page: Page) -> None:
    page.write(html.render(SINCE, View(sources=lambda path: LINES)))
    assert len(texts(page.dom(fragment="#origin=introduced"))) == 3
    assert len(texts(page.dom(fragment="#status=all&origin=inherited"))) == 4
    assert len(texts(page.dom(fragment="#status=known"))) == 5


def test_a_fragment_that_is_no_filter_changes_nothing(page: Page) -> None:
    assert len(texts(page.dom(fragment="#nothing"))) == 7


def test_without_its_script_every_finding_is_there(page: Page) -> None:
    """The policy of the page is what stops the script here, so this also shows that browsers obey it."""
    page.write(re.sub(r"script-src '[^']*'", "script-src 'none'", report()))
    document = page.dom(expected=BLOCKED)
    assert len(texts(document)) == 10
    assert by_id(document, "filters").get("hidden") is not None
    assert said(document, "count") == "10 findings"


def test_what_the_repository_says_is_never_markup(page: Page) -> None:
    document = page.dom(fragment=f"#status=all&q={ATTACK}&file={ATTACK}")
    assert list(document.iter("img")) == []
    document = page.dom(fragment="#q=onerror")
    assert len(texts(document)) == 1
    assert ATTACK in texts(document)[0]
    assert list(document.iter("img")) == []
    (title,) = document.iter("title")
    assert title.text == "Failed: 4 errors - quality-gates"


def test_what_the_page_holds_only_as_data_is_listed_too(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = texts(page.dom(fragment="#status=all"))
    monkeypatch.setattr(listing, "FULL", 0)
    page.write(report())
    document = page.dom(fragment="#status=all")
    compact = texts(document)
    assert len(compact) == 10
    assert [beginning(each) for each in compact] == [beginning(each) for each in whole]
    assert by_id(document, "rest").get("hidden") is not None


def test_pages_of_two_hundred(page: Page) -> None:
    page.write(report(per_kind=150))
    document = page.dom()
    assert len(texts(document)) == 200
    assert said(document, "page") == "Page 1 of 2"
    assert len(texts(page.dom(fragment="#page=2"))) == 101


def test_a_reader_types_turns_pages_and_clears(page: Page) -> None:
    script = """
      const seen = [];
      const look = () => seen.push(`${byName("count").textContent} ${byName("page").textContent} ${location.hash}`);
      const byName = (name) => document.getElementById(name);
      byName("next").click(); look();
      byName("q").value = "shop"; byName("q").dispatchEvent(new Event("input"));
      setTimeout(() => {
        look();
        byName("severity").value = "error"; byName("severity").dispatchEvent(new Event("change")); look();
        byName("clear").click(); look();
        document.querySelector("[data-filter] a").click();
        setTimeout(() => { look(); document.title = seen.join("; "); }, 200);
      }, 500);
    """
    page.write(driven(report(per_kind=150), script))
    (title,) = page.dom().iter("title")
    assert (title.text or "").split("; ") == [
        "301 of 451 findings Page 2 of 2 #page=2",
        "150 of 451 findings Page 1 of 1 #q=shop",
        "0 of 451 findings Page 1 of 1 #q=shop&severity=error",
        "301 of 451 findings Page 1 of 2 ",
        "1 of 451 findings Page 1 of 1 #gate=files&status=all",
    ]


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(page: Page, width: int) -> None:
    measure = "document.title = document.documentElement.scrollWidth - document.documentElement.clientWidth"
    long = report().replace("app/shop.py", "a" * 300)
    page.write(driven(long, measure))
    (title,) = page.dom(f"--window-size={width},844").iter("title")
    assert title.text == "0"


def test_a_picture_can_be_taken_of_it(page: Page) -> None:
    picture = page.folder / "phone.png"
    page.run(f"--screenshot={picture}", "--window-size=390,844")
    assert picture.read_bytes().startswith(b"\x89PNG")
