"""One pass over a syntax tree: functions with their metrics, classes, imports, resolved calls, marks on tests."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from gates.facts import asserted, marks, unchecked
from gates.facts.asserted import FunctionNode
from gates.facts.chains import chains
from gates.facts.kinds import KINDS, below, tokens_of
from gates.facts.marks import Mark, Span
from gates.facts.source import MAX_DEPTH, too_deep
from gates.facts.values import Call, Chain, Class, Function, Import
from gates.suppressions import Suppression

_BUILTINS = frozenset(dir(builtins))


class Scope(Struct):
    """A namespace while its tree is walked: what each name in it is bound to; an empty string is something local."""

    symbol: str
    parent: Scope | None
    is_class: bool = False
    names: dict[str, str] = {}
    statements: int = 0
    paths: int = 1
    nesting: int = 0
    assertions: int = 0
    reached: int = 0

    def resolve(self, name: str) -> str:
        """Return the dotted origin of a name, or an empty string when it is local or unknown."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                return scope.names[name]
            scope = scope.parent
        return f"builtins.{name}" if name in _BUILTINS else ""


_ASIDE = -1
"""The nesting of what adds no paths: decorators, parameters, bases, and what is asserted. None of it holds blocks."""

_Step = tuple[ast.AST, Scope, int, int]
"""A node to visit, its scope, its depth in the tree, and how deep in blocks it is nested. One is made for each node of
a project, so it is the plainest thing there is."""


class Walk:
    """The walk over one module. It keeps its own stack, so that no tree is too deep for it to say so."""

    def __init__(self, tree: ast.Module, lines: list[str]) -> None:
        self._lines = lines
        self._functions: list[tuple[FunctionNode, Scope]] = []
        self._classes: list[tuple[ast.ClassDef, str]] = []
        self._named: list[tuple[ast.Call, str, str, Scope]] = []
        self._references: list[tuple[ast.expr, Scope]] = []
        self._called: set[int] = set()
        self._conditions: list[ast.If] = []
        self._skipping: list[ast.BoolOp | ast.match_case] = []
        self._body = tree.body
        self.imports: list[Import] = []
        self.tokens = 0
        self._run(tree)
        self._calls = [
            (_called(*each), each[-1]) for each in self._named
        ]  # names are bound by now, wherever they stand

    def functions(self, cognitive: dict[tuple[int, int], int]) -> Iterator[Function]:
        """Yield every function and method, also those inside functions; `cognitive` is by span, decorators included."""
        assertions = self._assertions()
        for node, scope in self._functions:
            test = node.name.startswith(asserted.TEST)
            method = scope.parent is not None and scope.parent.is_class
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            end = node.end_lineno or node.lineno
            yield Function(
                symbol=scope.symbol,
                line=node.lineno,
                column=self._column(node.lineno, node.col_offset),
                end_line=end,
                end_column=self._column(end, node.end_col_offset or 0),
                first_line=first,
                cyclomatic=scope.paths,
                cognitive=cognitive.get((first, end)),
                nesting=scope.nesting,
                arguments=_arguments(node, method),
                statements=scope.statements,
                typed=_typed(node, method),
                method=method,
                assertions=assertions[scope.symbol],
                cases=asserted.cases(node) if test else 1,
                shape=asserted.shape(node, self._lines) if test else (),
            )

    def classes(self) -> Iterator[Class]:
        """Yield every class with its span."""
        for node, symbol in self._classes:
            end = node.end_lineno or node.lineno
            column, end_column = self._column(node.lineno, node.col_offset), self._column(end, node.end_col_offset or 0)
            yield Class(symbol, node.lineno, column, end, end_column)

    def calls(self) -> Iterator[Call]:
        """Yield the calls whose target imports or builtins tell."""
        for each, _ in self._calls:
            if each.origin:
                node = each.node
                yield Call(each.origin, node.lineno, self._column(node.lineno, node.col_offset), each.symbol)

    def chains(self) -> Iterator[Chain]:
        """Yield the chains of `if` and `elif` that are a table in disguise."""
        return chains(self._conditions)

    def marks(self) -> Iterator[Suppression]:
        """Yield what makes a tool look away without a comment: marks, calls that skip tests, conditions."""
        found = [
            self._mark(each.node, origin)
            for each, _ in self._calls
            if (origin := marks.marking(each.origin or each.tail, method=each.root in asserted.OWNERS))
        ]
        for node, scope in self._references:
            root, tail = _named(node)
            if id(node) not in self._called and (origin := marks.marking(scope.resolve(root) + tail)):
                found.append(self._mark(node, origin))
        found += self._unchecked(frozenset(each.line for each in found))
        return marks.suppressions(found, list(self._spans()) if found else (), self._lines)

    def _mark(self, node: ast.expr, origin: str) -> Mark:
        return Mark(node, origin, *self._place(node, node))

    def _unchecked(self, marked: Collection[int]) -> Iterator[Mark]:
        """Yield what makes mypy pass over code, but for the statements that skip a whole file of tests, and no
        expression that is part of a condition."""
        origins = {id(each.node): each.origin for each, _ in self._calls}

        def origin(call: ast.Call) -> str:
            return origins.get(id(call), "")

        found = [*unchecked.by_condition(self._conditions, origin)]
        ends = [each for each in unchecked.by_end(self._body, origin) if each.first.lineno not in marked]
        known = {each.first.lineno for each in (*found, *ends)}
        parts = [each for each in unchecked.by_expression(self._skipping) if each.first.lineno not in known]
        for each in (*found, *ends, *parts):
            yield Mark(None, each.name, *self._place(each.first, each.last))

    def _place(self, first: ast.expr | ast.stmt, last: ast.expr | ast.stmt) -> tuple[int, int, int, int]:
        """Return where the first begins and the last ends."""
        end = last.end_lineno or last.lineno
        column, end_column = self._column(first.lineno, first.col_offset), self._column(end, last.end_col_offset or 0)
        return first.lineno, column, end, end_column

    def _assertions(self) -> dict[str, int]:
        """Return by symbol how many assertions a run of each function makes."""
        ordered = sorted(self._functions, key=lambda each: each[0].lineno)
        last = {scope.symbol: scope for _, scope in ordered}  # of two with one name, Python runs the later one
        own = {symbol: scope.assertions for symbol, scope in last.items()}
        calls = (
            each for each, scope in self._calls if last.get(each.symbol) is scope and each.node.lineno <= scope.reached
        )
        return asserted.totals(own, calls)

    def _spans(self) -> Iterator[Span]:
        nodes = [(node, scope.symbol) for node, scope in self._functions]
        for node, symbol in [*nodes, *self._classes]:
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            yield Span(first, node.end_lineno or node.lineno, symbol)

    def _run(self, tree: ast.Module) -> None:
        stack: list[_Step] = [(tree, Scope("", None, names={}), 0, 0)]
        while stack:
            step = stack.pop()
            node, scope, depth, nesting = step
            if depth > MAX_DEPTH:
                raise too_deep(getattr(node, "lineno", 1))
            of = type(node)
            tokens, statement, paths, fields = KINDS[of]
            self.tokens += tokens
            if statement:
                scope.statements += 1
            if paths and nesting != _ASIDE:
                scope.paths += paths(node)
            if of in _ENTER:
                stack += _ENTER[of](self, node, step)
                continue
            if of in _NOTE:
                _NOTE[of](self, node, scope)
            stack += self._inside(node, fields, step)

    def _inside(self, node: ast.AST, fields: Sequence[str], step: _Step) -> list[_Step]:
        """Return the steps to what is inside a node, but for names and constants, which are half of all nodes: they are
        dealt with here. Just above the limit of depth they are stepped to as well, to see what is below them."""
        _, scope, depth, nesting = step
        if depth >= MAX_DEPTH - 1:
            return [(each, scope, depth + 1, nesting) for each in _children(node, depth)]
        found: list[_Step] = []
        for name in fields:
            value = getattr(node, name)
            for each in value if type(value) is list else (value,):
                of = type(each)
                if of is ast.Name:
                    self.tokens += 1
                    self._bind_name(each, scope)
                elif of is ast.Constant:
                    self.tokens += 1
                elif of in KINDS:
                    found.append((each, scope, depth + 1, nesting))
        return found

    def _enter_assert(self, node: ast.Assert, step: _Step) -> Iterable[_Step]:
        _, scope, depth, _ = step
        scope.assertions += node.lineno <= scope.reached and asserted.says_something(node)
        return [(each, scope, depth + 1, _ASIDE) for each in _children(node, depth)]

    def _forget_tokens(self, node: ast.JoinedStr, _: Scope) -> None:
        """Take out what a formatted string holds: before Python 3.12 it is one token."""
        self.tokens -= tokens_of(node)

    def _note_attribute(self, node: ast.Attribute, scope: Scope) -> None:
        if node.attr in marks.REFERENCES:
            self._references.append((node, scope))

    def _note_raised(self, node: ast.Raise, scope: Scope) -> None:
        if isinstance(node.exc, ast.Name | ast.Attribute):
            self._references.append((node.exc, scope))

    def _note_skipping(self, node: ast.BoolOp | ast.match_case, _: Scope) -> None:
        self._skipping.append(node)

    def _enter_condition(self, node: ast.If, step: _Step) -> Iterable[_Step]:
        self._conditions.append(node)
        return self._enter_block(node, step)

    def _enter_block(self, node: ast.AST, step: _Step) -> Iterable[_Step]:
        _, scope, depth, outer = step
        nesting = outer + 1
        scope.nesting = max(scope.nesting, nesting)
        for child in _children(node, depth):
            yield child, scope, depth + 1, outer if _is_elif(node, child) else nesting

    def _enter_function(self, node: FunctionNode, step: _Step) -> Iterable[_Step]:
        _, scope, depth, _ = step
        inner = _inner(scope, node.name, is_class=False)
        inner.reached = asserted.reached(node)
        self._functions.append((node, inner))
        self._references.extend((each, scope) for each in node.decorator_list if isinstance(each, ast.Name))
        spec = node.args
        for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg):
            if argument is not None:
                inner.names[argument.arg] = ""
        body: list[_Step] = [(child, inner, depth + 1, 0) for child in node.body]
        around = [*node.decorator_list, spec, *([node.returns] if node.returns else [])]
        return body + [(child, scope, depth + 1, _ASIDE) for child in around]

    def _enter_class(self, node: ast.ClassDef, step: _Step) -> Iterable[_Step]:
        _, scope, depth, _ = step
        inner = _inner(scope, node.name, is_class=True)
        self._classes.append((node, inner.symbol))
        self._references.extend((each, scope) for each in node.decorator_list if isinstance(each, ast.Name))
        body: list[_Step] = [(child, inner, depth + 1, 0) for child in node.body]
        around = (*node.decorator_list, *node.bases, *node.keywords)
        return body + [(child, scope, depth + 1, _ASIDE) for child in around]

    def _add_import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        column = self._column(node.lineno, node.col_offset)
        for alias in node.names:
            if isinstance(node, ast.Import):
                bound, module, name = alias.asname or alias.name.partition(".")[0], alias.name, ""
                origin = alias.name if alias.asname else bound
            else:
                bound, module, name = alias.asname or alias.name, "." * node.level + (node.module or ""), alias.name
                origin = f"{module}{'' if module.endswith('.') else '.'}{name}"
            scope.names[bound] = origin
            self.imports.append(Import(module, name, node.lineno, column, scope.symbol))

    def _add_call(self, node: ast.Call, scope: Scope) -> None:
        self._called.add(id(node.func))
        root, tail = _named(node.func)
        if root:
            self._named.append((node, root, tail, scope))
        elif asserted.asserts(tail.rpartition(".")[2]):
            scope.assertions += node.lineno <= scope.reached

    def _bind_name(self, node: ast.Name, scope: Scope) -> None:
        if type(node.ctx) is not ast.Load:
            scope.names.setdefault(node.id, "")

    def _bind_caught(self, node: ast.ExceptHandler, scope: Scope) -> None:
        if node.name:
            scope.names.setdefault(node.name, "")

    def _column(self, line: int, offset: int) -> int:
        """Turn a UTF-8 byte offset of the syntax tree into a 1-based column that counts code points."""
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        return (offset if text.isascii() else len(text.encode("utf-8")[:offset].decode("utf-8", "replace"))) + 1


def _called(node: ast.Call, root: str, tail: str, scope: Scope) -> asserted.Called:
    origin = scope.resolve(root)
    return asserted.Called(node, root, tail, scope.symbol, f"{origin}{tail}" if origin else "")


def _named(node: ast.expr) -> tuple[str, str]:
    """Split `a.b.c` into `a` and `.b.c`; the first part is empty when it is no name."""
    tail = ""
    while isinstance(node, ast.Attribute):
        tail = f".{node.attr}{tail}"
        node = node.value
    return (node.id if isinstance(node, ast.Name) else ""), tail


def _children(node: ast.AST, depth: int) -> list[ast.AST]:
    """Return what is inside a node; of the mute ones only those that would be too deep."""
    return below(node, KINDS[type(node)].fields if depth < MAX_DEPTH else node._fields)


def _inner(outer: Scope, name: str, *, is_class: bool) -> Scope:
    outer.names.setdefault(name, "")
    return Scope(f"{outer.symbol}.{name}".lstrip("."), outer, is_class=is_class, names={})


def _is_elif(node: ast.AST, child: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(child, ast.If)
        and node.orelse == [child]
        and child.col_offset == node.col_offset
    )


def _own(node: FunctionNode, method: bool) -> list[ast.arg]:
    """Return the named parameters without the `self` or `cls` of a method."""
    named = [*node.args.posonlyargs, *node.args.args]
    static = any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list)
    return named[1:] if method and not static else named


def _arguments(node: FunctionNode, method: bool) -> int:
    return len(_own(node, method)) + len(node.args.kwonlyargs)


def _typed(node: FunctionNode, method: bool) -> bool:
    extra = [each for each in (node.args.vararg, node.args.kwarg) if each is not None]
    parameters = [*_own(node, method), *node.args.kwonlyargs, *extra]
    returns = node.returns is not None or (node.name == "__init__" and bool(parameters))
    return returns and all(each.annotation is not None for each in parameters)


_ENTER: Mapping[type[ast.AST], Callable[[Walk, Any, _Step], Iterable[_Step]]] = {
    ast.FunctionDef: Walk._enter_function,
    ast.AsyncFunctionDef: Walk._enter_function,
    ast.ClassDef: Walk._enter_class,
    ast.Assert: Walk._enter_assert,
    ast.If: Walk._enter_condition,
    **dict.fromkeys((ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.Match), Walk._enter_block),
}
"""By type of node, how those are entered that change where we are."""

_NOTE: Mapping[type[ast.AST], Callable[[Walk, Any, Scope], None]] = {
    ast.JoinedStr: Walk._forget_tokens,
    ast.Import: Walk._add_import,
    ast.ImportFrom: Walk._add_import,
    ast.Call: Walk._add_call,
    ast.Attribute: Walk._note_attribute,
    ast.Raise: Walk._note_raised,
    ast.BoolOp: Walk._note_skipping,
    ast.match_case: Walk._note_skipping,
    ast.Name: Walk._bind_name,
    ast.ExceptHandler: Walk._bind_caught,
}
"""By type of node, who keeps what those say that do not change where we are."""
