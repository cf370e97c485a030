"""Whether Python can also compile what it could parse: a `return` outside of a function has a syntax tree."""

from __future__ import annotations

import ast
import warnings

from gates.facts.source import UnreadableError, too_deep
from gates.facts.values import Unreadable


def check_compiles(tree: ast.Module, text: str) -> None:
    """Do nothing when Python can compile a tree, of which nothing may be wanted afterwards. Nothing is executed.

    Raises:
        UnreadableError: it cannot, so that nobody can import the file.
    """
    if "finally" in text:
        tree = _Once().visit(tree)
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


class _Once(ast.NodeTransformer):
    """Puts what stands in `finally` behind its `try`. The compiler would write it once for each way out of that: twice,
    or a million times where twenty stand in each other."""

    def visit_Try(self, node: ast.Try) -> list[ast.stmt]:
        self.generic_visit(node)
        last, node.finalbody = node.finalbody, []
        return [node, *last] if node.handlers else [*node.body, *last]

    def visit_TryStar(self, node: ast.TryStar) -> list[ast.stmt]:
        self.generic_visit(node)
        last, node.finalbody = node.finalbody, []
        return [node, *last]


def _column(text: str, line: int, offset: int) -> int:
    """Return the column in characters: a tree counts in bytes."""
    lines = text.split("\n")
    before = lines[line - 1].encode("utf-8", "surrogatepass")[: max(offset - 1, 0)] if line <= len(lines) else b""
    return len(before.decode("utf-8", "replace")) + 1
