"""Tickets: what is written for a person, how it is found again, and how it is answered."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec.structs import replace

from gates import tickets
from gates.model import Finding, GatesError, Location, Measure
from gates.tickets import Row, Ticket
from tests.project import Project

MOMENT = "2026-11-21T22:00:00+00:00"
LONG = Finding(
    rule="complexity/cyclomatic",
    message="`settle` has cyclomatic complexity 17, limit 10",
    location=Location("shop/orders.py", 41, symbol="shop.orders:settle"),
    measure=Measure(17, 10, "paths"),
    id="complexity-7f3a91c2",
)
TICKET = Ticket(
    id="ticket-3f2a91c0",
    title="Rename `save` everywhere",
    task="Rename save to store.\nKeep the tests.",
    reason="two attempts in a row resolved nothing",
    open=(
        LONG,
        *(
            Finding(
                rule="typing/attr-defined",
                message='"OrderStore" has no attribute "save"',
                location=Location(f"shop/m{number}.py", 5, symbol=f"shop.m{number}:place"),
                id=f"typing-0000000{number}",
            )
            for number in range(2)
        ),
    ),
    history=(
        Row(attempt=1, resolved=4, introduced=0, suppressed=0, unchanged=3, health="warning"),
        Row(attempt=2, resolved=0, introduced=0, suppressed=1, unchanged=3, health="critical", note="a | b"),
    ),
    best="9f3c1a2",
    tried=("Renamed each call by hand.",),
    cause="the class moved",
    questions=("Is `save` still public?",),
    created=MOMENT,
)
PAGE = """\
# Rename `save` everywhere

Ticket `ticket-3f2a91c0`, `2026-11-21T22:00:00+00:00`. An agent could not finish this; a person answers it:

```text
gates tickets answer ticket-3f2a91c0 --cause "…" --guidance "…" --rule RULE
```

## What was asked

```text
Rename save to store.
Keep the tests.
```

## Why it stopped

two attempts in a row resolved nothing

The best tree that was seen: `9f3c1a2`.

## What is open

3 findings in 3 files, by cause:

- `OrderStore` has no attribute `save` (2 findings, `typing/attr-defined`)
  - `shop/m0.py:5` `typing-00000000`
  - `shop/m1.py:5` `typing-00000001`
- `settle` has cyclomatic complexity 17, limit 10 (1 finding, `complexity/cyclomatic`)
  - `shop/orders.py:41` `complexity-7f3a91c2`

## Attempts

| attempt | resolved | introduced | suppressed | unchanged | health | note |
| --- | --- | --- | --- | --- | --- | --- |
| 1 | 4 | 0 | 0 | 3 | warning |  |
| 2 | 0 | 0 | 1 | 3 | critical | a \\| b |

## What was tried

- Renamed each call by hand.

## Suspected cause

the class moved

## Questions for a person

- Is `save` still public?
"""
HOSTILE = (
    "``` \n# Heading\n~~~\n</details><script>alert(1)</script>",
    "\n\n## What was asked\n\n- [x](javascript:x) ![y](http://y)",
    "bidi \u202e zero\u200b esc \x1b[2J nul \0 half \udcff tag \U000e0041",
    "| a | b |\n| --- | --- |\n<!-- @someone #1 -->",
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("gates.toml", 'preset = "production"\nlayers = { enabled = false, why = "none" }\n')
    tickets.write(made.root, TICKET)
    return made


def test_the_page_is_for_people_and_the_record_comes_back(project: Project) -> None:
    folder = project.root / tickets.FOLDER
    assert (folder / "ticket-3f2a91c0.md").read_text() == PAGE
    ((found,), flaws) = tickets.every(project.root)
    assert (found, flaws) == (TICKET, ())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    tickets.write(project.root, found)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert sorted(before) == ["ticket-3f2a91c0.json", "ticket-3f2a91c0.md"]


def test_the_same_task_and_moment_have_one_id() -> None:
    assert tickets.identify("a", MOMENT) == tickets.identify("a", MOMENT)
    assert len({tickets.identify(*each) for each in (("a", MOMENT), ("b", MOMENT), ("a", "2026"))}) == 3


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_text_holds_the_page_has_its_own_parts_and_no_more(tmp_path: Path, text: str) -> None:
    finding = Finding(rule=text, message=text, location=Location(text, 1, symbol=text), id=text, help=text)
    row = Row(attempt=1, resolved=0, introduced=0, suppressed=0, unchanged=1, health=text, note=text)
    texts = dict.fromkeys(("title", "task", "reason", "best", "cause", "created"), text)
    hostile = replace(TICKET, open=(finding,), history=(row,), tried=(text,), questions=(text,), **texts)
    page = (tmp_path / tickets.write(tmp_path, hostile)).read_text()
    assert page.replace("\n", "").isprintable()
    tokens = MarkdownIt("commonmark").enable("table").parse(page)
    kinds, words = shown(tokens)
    assert kinds.isdisjoint({"html_block", "html_inline", "link_open", "image", "hr"})
    titles = [inner.content for each, inner in pairwise(tokens) if each.type == "heading_open"]
    assert titles[1:] == re.findall(r"^## (.*)", PAGE, re.MULTILINE)
    assert [each.type for each in tokens].count("tr_open") == 2
    assert "@" not in words
    assert tickets.named(tmp_path, TICKET.id).id == TICKET.id


def shown(tokens: list[Token]) -> tuple[set[str], str]:
    """Return all kinds of parts of a page, and its words outside of code."""
    parts = [*tokens, *(inner for each in tokens for inner in each.children or ())]
    return {each.type for each in parts}, " ".join(each.content for each in parts if each.type == "text")


def test_a_ticket_is_never_large_and_says_what_it_left_out(tmp_path: Path) -> None:
    huge = "x" * 100_000
    many = tuple(replace(LONG, id=f"complexity-{number:08x}", message=huge, help=huge) for number in range(3000))
    texts = dict.fromkeys(("title", "task", "reason", "best", "cause"), huge)
    page = tmp_path / tickets.write(tmp_path, replace(TICKET, open=many, tried=(huge,) * 999, **texts))
    assert page.stat().st_size < 250_000
    assert page.with_suffix(".json").stat().st_size < 600_000
    assert "3,000 findings in " in page.read_text()
    assert "2,750 findings of these are not in this record; `gates check` shows them." in page.read_text()
    found = tickets.named(tmp_path, TICKET.id)
    assert (len(found.open), found.left_out) == (250, 2750)


@pytest.mark.parametrize("name", ["", "../out", "Ticket", "a/b", "x" * 99])
def test_an_id_that_names_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(GatesError, match="is no id of a ticket"):
        tickets.write(tmp_path, replace(TICKET, id=name))
    assert not list(tmp_path.iterdir())


def test_tickets_are_listed_and_shown_by_the_beginning_of_their_id(project: Project) -> None:
    tickets.write(project.root, replace(TICKET, id="ticket-3f999999", title="Another", created="2026-11-20"))
    assert project.gates("tickets", "list").out.splitlines() == [
        "ticket-3f999999  2026-11-20  Another  3 open  waits for an answer",
        f"ticket-3f2a91c0  {MOMENT}  Rename `save` everywhere  3 open  waits for an answer",
    ]
    assert project.gates("tickets", "show", "3f2").out == f"{PAGE}\nNo answer yet.\n"
    several = project.gates("tickets", "show", "ticket-3f")
    assert (several.code, several.out) == (2, "")
    assert several.err == (
        "error: `ticket-3f` is the beginning of several tickets\nThey are: ticket-3f2a91c0, ticket-3f999999.\n"
    )
    unknown = project.gates("tickets", "show", "ticket-3f2a91c9")
    assert unknown.err == "error: there is no ticket `ticket-3f2a91c9`\nDid you mean `ticket-3f2a91c0`?\n"


def test_without_tickets_there_is_nothing_to_list(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert project.gates("tickets", "list").out == "there are no tickets\n"
    assert "`gates tickets list` names them." in project.gates("tickets", "show", "x").err


def test_a_damaged_record_is_told_and_hides_no_other(project: Project) -> None:
    folder = project.root / tickets.FOLDER
    (folder / "ticket-00000000.json").write_text("{")
    (folder / "ticket-11111111.json").write_bytes((folder / "ticket-3f2a91c0.json").read_bytes())
    (folder / "ticket-22222222.json").symlink_to(folder / "ticket-3f2a91c0.json")
    listed = project.gates("tickets", "list")
    assert listed.code == 2
    assert [each.partition("  ")[0] for each in listed.out.splitlines()] == ["ticket-3f2a91c0"]
    assert [each.partition(" is ")[0] for each in listed.err.splitlines()] == [
        f"damaged: {tickets.FOLDER}/ticket-{number * 8}.json" for number in "012"
    ]
    project.commit()
    doctor = project.gates("doctor").out
    assert all(f"{tickets.FOLDER}/ticket-{number * 8}.json is " in doctor for number in "012")


def test_an_answer_is_written_for_review(project: Project) -> None:
    where = ("--rule", "typing/attr-defined", "--path", "shop/**", "--symbol", "OrderStore")
    words = ("--cause", 'It is called "store".', "--guidance", "Rename the calls.\nNot the tests \u202e.")
    said = project.gates("tickets", "answer", "3f2", *words, *where, "--author", "Ada Lovelace")
    assert said.out == (
        "answered ticket-3f2a91c0 in .gates/knowledge/ticket-3f2a91c0.toml; commit it, so that others have it too\n"
        "it applies to 2 of the 3 open findings of the ticket\n"
    )
    text = (project.root / ".gates" / "knowledge" / "ticket-3f2a91c0.toml").read_text()
    assert re.sub(r"\d{4}-\d\d-\d\d", "DAY", text).partition("ticket = ")[2] == (
        '"ticket-3f2a91c0"\n'
        'author = "Ada Lovelace"\n'
        "date = DAY\n"
        'cause = "It is called \\"store\\"."\n'
        'guidance = """\nRename the calls.\nNot the tests \\U0000202E.\n"""\n'
        '\n[applies]\nrule = "typing/attr-defined"\nsymbol = "OrderStore"\npath = "shop/**"\n'
    )
    again = project.gates("tickets", "answer", "3f2", *words, *where, "--author", "Eve")
    assert again.code == 2
    assert re.fullmatch(
        r"error: `ticket-3f2a91c0` was answered by Ada Lovelace on [\d-]+: \.gates/knowledge/ticket-3f2a91c0\.toml\n"
        r"Edit that file, or remove it and answer anew\.\n",
        again.err,
    )
    assert (project.root / ".gates" / "knowledge" / "ticket-3f2a91c0.toml").read_text() == text
    assert "  answered by Ada Lovelace, " in project.gates("tickets", "list").out


def test_the_author_is_who_git_says(project: Project) -> None:
    answer = ("tickets", "answer", "3f2", "--cause", "c", "--guidance", "g", "--path", "shop/")
    unknown = project.gates(*answer)
    assert unknown.err == ('error: git does not say who you are\nSay it with --author "NAME", or set `user.name`.\n')
    project.commit()
    project.git("config", "user.name", "Grace Hopper")
    assert project.gates(*answer).code == 0
    assert 'author = "Grace Hopper"' in (project.root / ".gates/knowledge/ticket-3f2a91c0.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ((), "it is not said where the answer applies", "Name at least one of --rule, --symbol and --path"),
        (("--rule", "typing/atr-defined", "--cause", " "), "an answer needs its cause", "Say it with --cause"),
        (("--rule", "complexity/cyclomatik"), "there is no rule `complexity/cyclomatik`", "`complexity/cyclomatic`?"),
        (("--path", "!"), "`!` is no path pattern", "Correct it."),
        (("--path", "x", "--guidance", "g" * 4001), "the guidance has 4,001 characters", "Shorten it."),
    ],
)
def test_an_answer_that_nobody_could_use_is_refused(
    project: Project, arguments: tuple[str, ...], message: str, hint: str
) -> None:
    words = ("--cause", "c", "--guidance", "g", "--author", "Ada")
    said = project.gates("tickets", "answer", TICKET.id, *words, *arguments)
    assert said.code == 2
    assert message in said.err and hint in said.err
    assert not (project.root / ".gates" / "knowledge").exists()
