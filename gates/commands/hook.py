"""gates hook: what a commit or push hook runs."""

from __future__ import annotations

import os

import click

from gates import promptly
from gates.hookline import Line
from gates.text import visible


class _Command(click.Command):
    """A command that takes no file for an option: hook runners hand on whatever a repository calls its files."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse what could be meant as either, before `--`."""
        options = args[: args.index("--")] if "--" in args else args
        for each in options:
            if each.startswith("-") and os.path.lexists(each):
                raise click.UsageError(f"`{visible(each)}` may be an option or a file: put `--` before the files", ctx)
        return super().parse_args(ctx, args)


@click.command("hook", cls=_Command, short_help="Judge a commit or a push, as a hook of git.")
@click.argument("files", nargs=-1, type=click.Path())
@click.option("--gate", "names", multiple=True, metavar="NAME", help="Run only this gate; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="Run every gate, as before a push.")
@click.option("--since", default="", metavar="REF", help="Judge HEAD as a push that begins at REF.")
@click.option("--push", "remote", default="", metavar="REMOTE", help="Judge the push that standard input tells of.")
def command(files: tuple[str, ...], names: tuple[str, ...], everything: bool, since: str, remote: str) -> int:
    """Judge what is about to be committed, or pushed, and tell only what it introduces.

    A commit is judged by the gates that look at one file at a time, a push by all. FILES narrow what is reported; those
    that the project does not inspect are passed over. When there is neither, the whole project is judged by all gates.

    \b
    Examples:
      gates hook
      gates hook --all --since origin/main
      gates hook --gate complexity -- src/shop/orders.py
    """
    return promptly.judged(Line(files, names, everything, since, remote))
