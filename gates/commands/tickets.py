"""gates tickets: what agents could not finish, and what people say to it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import click

from gates import asking, git, knowledge, tickets
from gates.model import Advice, Finding, GatesError
from gates.process import Spawner
from gates.registry import Gate
from gates.text import counted, visible
from gates.tickets import Ticket

_TITLE = 60


@click.group("tickets", short_help="List, read and answer what agents could not finish.")
def command() -> None:
    """What agents could not finish, under `.gates/tickets/`. An answer becomes knowledge: prompts tell it where it
    applies."""


@command.command("list")
def listed() -> int:
    """List the tickets, the oldest first, with what is open in each and whether it is answered."""
    root = asking.load().config.root
    found, flaws = tickets.every(root)
    known = {each.id: each for each in knowledge.every(root)}
    for each in found:
        click.echo(visible(_row(each, known.get(each.id))))
    for flaw in (*flaws, *(each.flaw for each in known.values() if each.flaw)):
        click.echo(f"damaged: {visible(flaw)}", err=True)
    if not found and not flaws:
        click.echo("there are no tickets")
    return GatesError.exit_code if flaws else 0


@command.command("show", short_help="Show a ticket, its answer, and how that fared.")
@click.argument("name", metavar="ID")
def show(name: str) -> int:
    """Show the ticket whose id is, or begins with, ID, and what became of its answer in this checkout."""
    loaded = asking.load()
    ticket = tickets.named(loaded.config.root, name)
    for line in tickets.page(ticket).splitlines():
        click.echo(visible(line))
    answer = next((each for each in knowledge.every(loaded.config.root) if each.id == ticket.id), None)
    click.echo()
    for line in _answer(answer, knowledge.use(loaded.folders.own, ticket.id)):
        click.echo(visible(line))
    return 0


@command.command("answer", short_help="Answer a ticket: prompts tell it where it applies.")
@click.argument("name", metavar="ID")
@click.option("--cause", required=True, help="What is behind it, in a sentence or two.")
@click.option("--guidance", required=True, help="What to do about it.")
@click.option("--rule", default="", help="It applies to findings of this rule.")
@click.option("--symbol", default="", help="It applies inside of this module, class or function, or where it is named.")
@click.option("--path", default="", metavar="GLOB", help="It applies to files that match this pattern.")
@click.option("--author", default="", metavar="NAME", help="Who says so; default: `user.name` of git.")
def answer(name: str, cause: str, guidance: str, author: str, **applies: str) -> int:
    """Answer a ticket. At least one of --rule, --symbol and --path is needed, and where all that are named fit, prompts
    for agents tell it.

    It is written to `.gates/knowledge/`, to be committed and reviewed as code is.
    """
    loaded = asking.load()
    root = loaded.config.root
    ticket = tickets.named(root, name)
    if applies["rule"]:
        _check_rule(applies["rule"], loaded.gates, ticket.open)
    said = Advice(
        id=ticket.id,
        author=author or _author(root),
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        cause=cause,
        guidance=guidance,
        rule=applies["rule"],
        symbol=applies["symbol"],
        path=applies["path"],
        ticket=ticket.id,
    )
    written = knowledge.add(root, said)
    fits = sum(knowledge.applies(said, each) for each in ticket.open)
    click.echo(f"answered {ticket.id} in {visible(written.as_posix())}; commit it, so that others have it too")
    click.echo(f"it applies to {fits:,} of the {counted(len(ticket.open), 'open finding')} of the ticket")
    return 0


def _row(ticket: Ticket, answer: Advice | None) -> str:
    title = ticket.title if len(ticket.title) <= _TITLE else f"{ticket.title[: _TITLE - 1]}…"
    number = len(ticket.open) + ticket.left_out
    state = "waits for an answer"
    if answer is not None:
        state = "answer damaged" if answer.flaw else f"answered by {answer.author}, {answer.date}"
    return f"{ticket.id}  {ticket.created}  {title}  {number:,} open  {state}"


def _answer(answer: Advice | None, use: knowledge.Use) -> Iterator[str]:
    if answer is None:
        yield "No answer yet."
        return
    yield from knowledge.lines([answer])
    if not answer.flaw:
        told = f"Shown in {counted(use.shown, 'prompt')} for {counted(use.findings, 'finding')}"
        yield f"{told}; {use.resolved:,} resolved after (counted in this checkout)."


def _check_rule(rule: str, gates: tuple[Gate, ...], findings: tuple[Finding, ...]) -> None:
    """Refuse a rule that there is not: an answer that applies nowhere would never be told."""
    name = rule.partition("/")[0]
    of_ticket = {each.rule for each in findings}
    if rule in of_ticket or any(each.name == name and each.rule(rule) is not None for each in gates):
        return
    import difflib

    known = sorted({*of_ticket, *(f"{gate.name}/{each.name}" for gate in gates for each in gate.rules)})
    near = difflib.get_close_matches(rule, known, n=1)
    hint = f"Did you mean `{visible(near[0])}`?" if near else "`gates list` names rules."
    raise GatesError(f"there is no rule `{visible(rule)}`", hint)


def _author(root: Path) -> str:
    spawner = Spawner()
    try:
        found = git.setting(spawner, root, "user.name").strip() if git.toplevel(root) else ""
    finally:
        spawner.stop()
    if not found:
        raise GatesError("git does not say who you are", 'Say it with --author "NAME", or set `user.name`.')
    return found
