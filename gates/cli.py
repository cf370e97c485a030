"""From the command line to a command."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from pathlib import Path
from typing import NoReturn

import click

from gates import __version__, exits

_COMMANDS = Path(__file__).parent / "commands"
_DECLARED = re.compile(r'^@click\..*short_help="(?P<said>[^"]+)"(?P<hidden>, hidden=True)?', re.MULTILINE)


class _Commands(click.Group):
    """The verbs: one module each in `gates/commands`, imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(each.name for each in pkgutil.iter_modules([str(_COMMANDS)]))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs with what their sources say of themselves: importing all of them takes a tenth of a second."""
        rows = [(name, said) for name in self.list_commands(ctx) if (said := _short_help(name))]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if not _is_command(cmd_name):
            return None
        command: click.Command = importlib.import_module(f"gates.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb; an unknown one is refused with the one that is spelled nearly so."""
        if not args[0].startswith("-") and (near := self._near(ctx, args[0])):
            ctx.fail(f"No such command {args[0]!r}. Did you mean `gates {near}`?")
        return super().resolve_command(ctx, args)

    def _near(self, ctx: click.Context, name: str) -> str:
        """Return the verb that a wrong name probably means; nothing for a right one."""
        if _is_command(name):
            return ""
        import difflib

        return next(iter(difflib.get_close_matches(name, filter(_short_help, self.list_commands(ctx)), n=1)), "")


def _is_command(name: str) -> bool:
    return name.isidentifier() and name != "__init__" and os.path.isfile(_COMMANDS / f"{name}.py")


def _short_help(name: str) -> str:
    """Return what a verb says of itself in one line; nothing for a hidden one."""
    source = (_COMMANDS / f"{name}.py").read_text(encoding="utf-8")
    found = _DECLARED.search(source)
    return "" if found is None or found["hidden"] else found["said"]


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="gates", message="%(prog)s %(version)s")
def cli() -> None:
    """Quality gates for Python, with one report that leads to the right fix.

    \b
    gates init                       set up a project: rules, baseline, hooks
    gates check                      judge this project
    gates check src/shop             judge what lies below a path
    gates explain ID                 why a finding matters and how to fix it
    gates config                     every rule in force, and where it comes from

    Exit codes: 0 passed, 1 failed, 2 usage or configuration, 3 could not decide, 130 or 143 interrupted.
    """


def main() -> NoReturn:
    """Run the command line, and turn every way in which it can end into an exit code."""
    exits.end(_command)


def _command() -> object:
    try:
        return cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        return error.exit_code
