"""gates hook: what a commit or push hook runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import click
import msgspec

from gates import engine, git, readers, registry, views
from gates.process import Spawner
from gates.registry import Gate
from gates.text import counted

_FAST = ("file", "results")


@click.command("hook", short_help="Judge a commit or a push, as a hook of git.")
@click.argument("files", nargs=-1, type=click.Path())
@click.option("--gate", "names", multiple=True, metavar="NAME", help="Run only this gate; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="Run every gate, as before a push.")
@click.option("--since", default="", metavar="REF", help="Where a push begins; default: what the hook runner says.")
def command(files: tuple[str, ...], names: tuple[str, ...], everything: bool, since: str) -> int:
    """Judge what is about to be committed, or pushed, and tell only what it introduces.

    A commit is judged by the gates that look at one file at a time, a push by all. FILES narrow what is reported; those
    that the project does not inspect are passed over. Without anything staged the files are judged as they are.

    \b
    Examples:
      gates hook
      gates hook --all --since origin/main
      gates hook --gate complexity -- src/shop/orders.py
    """
    loaded = engine.load()
    request = _request(loaded, os.environ, since)
    compares = request.compares
    everything = everything or bool(request.since)
    gates = loaded.chosen(names, base=compares) if names else _usual(loaded, compares, everything)
    if not gates:
        click.echo("no gate that is on judges one file at a time; a push is judged by the others")
        return 0
    jobs = len(os.sched_getaffinity(0))
    found = engine.examined(
        msgspec.structs.replace(
            request, gates=gates, paths=files, passes_over=True, jobs=jobs, timeout=loaded.config.timeout
        )
    )
    if files and not found.report.files:
        click.echo(f"{counted(len(files), 'file')}: none is inspected by this project")
        return 0
    _tell(found)
    return found.report.exit_code


def _request(loaded: engine.Loaded, environ: Mapping[str, str], since: str) -> engine.Request:
    """Return what is judged: from a ref on when there is one, else the index when it holds something, else all."""
    begin = since or environ.get("PRE_COMMIT_FROM_REF", "")
    ci = readers.is_ci(environ)
    request = engine.Request(loaded=loaded, locked=ci, ci=ci)
    if begin:
        return msgspec.structs.replace(request, since=begin)
    return msgspec.structs.replace(request, staged=_has_staged(loaded))


def _has_staged(loaded: engine.Loaded) -> bool:
    root = loaded.config.root
    if git.toplevel(root) is None:
        return False
    spawner = Spawner()
    return git.index(spawner, root) != git.tree(spawner, root, git.head(spawner, root))


def _usual(loaded: engine.Loaded, compares: bool, everything: bool) -> tuple[Gate, ...]:
    on: Sequence[Gate] = loaded.chosen((), base=compares)
    return tuple(gate for gate in on if everything or gate.reads in (*_FAST, "change"))


def _tell(found: engine.Examined) -> None:
    name = readers.output_format(os.environ)
    view = views.view(found.root)
    click.echo(registry.reporter(name)(found.report, view), nl=False)
