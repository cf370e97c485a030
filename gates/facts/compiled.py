"""Whether Python can also compile what it could parse: a `return` outside of a function has a syntax tree."""

from __future__ import annotations

import ast
import warnings

from gates.facts.source import UnreadableError, too_deep
from gates.facts.values import Unreadable

_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")


def check_compiles(tree: ast.Module, text: str) -> None:
    """Do nothing when Python can compile a tree, of which nothing may be wanted afterwards. Nothing is executed.

    Raises:
        UnreadableError: it cannot, so that nobody can import the file.
    """
    if "finally" in text:
        _write_once(tree)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(tree, "<file>", "exec", dont_inherit=True)
    except SyntaxError as error:
        line = max(error.lineno or 1, 1)
        raise UnreadableError(
            Unreadable("syntax", f"is not valid Python: {error.msg}", line, _column(text, line, error.offset or 1))
        ) from error
    except (RecursionError, MemoryError) as error:
        raise too_deep(1) from error


def _write_once(tree: ast.Module) -> None:
    """Let what stands in `finally` come after its `try` when nothing was raised. The compiler would write it once for
    each way out of that: twice, or a million times where twenty stand in each other."""
    waiting: list[ast.AST] = [tree]
    for each in waiting:  # which grows on the way
        waiting += [inner for name in _BLOCKS for inner in getattr(each, name, ())]
        if isinstance(each, ast.Try | ast.TryStar) and each.finalbody:
            each.orelse += each.finalbody
            each.finalbody = []
            each.handlers = each.handlers or [_caught(each)]


def _caught(node: ast.stmt) -> ast.ExceptHandler:
    """Return a handler that does nothing: without one there can be no `else`."""
    nothing = ast.copy_location(ast.Pass(), node)
    return ast.copy_location(ast.ExceptHandler(None, None, [nothing]), node)


def _column(text: str, line: int, offset: int) -> int:
    """Return the column in characters: a tree counts in bytes."""
    lines = text.split("\n")
    before = lines[line - 1].encode("utf-8", "surrogatepass")[: max(offset - 1, 0)] if line <= len(lines) else b""
    return len(before.decode("utf-8", "replace")) + 1
