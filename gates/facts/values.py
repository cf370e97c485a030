"""The facts of one file. They depend on its content alone, not on its path: the cache is keyed by content.

There are a hundred thousand of them in a large project: values that hold no circles need no garbage collector.
"""

from msgspec import Struct

from gates.suppressions import Suppression


class Unreadable(Struct, frozen=True, array_like=True, gc=False):
    """Why a file has no facts. `kind` is a rule of the gate `files`, or `permission` or `crash`, which break it."""

    kind: str
    message: str
    line: int = 1
    column: int = 1


class Function(Struct, frozen=True, array_like=True, gc=False):
    """A function or method, with its metrics.

    `symbol` is the qualified name inside the module; `line` is that of `def`, `first_line` that of the first
    decorator. `cognitive` is None where complexipy gives no value of its own: functions nested in functions.

    `assertions` is how many of them one run makes, with those of the functions of the file that it calls. Of functions
    named as tests, `cases` is how often a run is parametrized (0 when that cannot be told) and `shape` a number for
    each line of the body, the same for lines that differ in variables and literals only; an empty body has none.
    """

    symbol: str
    line: int
    column: int
    end_line: int
    end_column: int
    first_line: int
    cyclomatic: int
    cognitive: int | None
    nesting: int
    arguments: int
    statements: int
    typed: bool
    method: bool
    assertions: int = 0
    cases: int = 1
    shape: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The bare name, as after `def`."""
        return self.symbol.rpartition(".")[2]

    @property
    def lines(self) -> int:
        """Physical lines from `def` to the last statement, both included; decorators are not."""
        return self.end_line - self.line + 1


class Class(Struct, frozen=True, array_like=True, gc=False):
    """A class and its span; decorators are not part of it."""

    symbol: str
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def lines(self) -> int:
        """Physical lines from `class` to the last statement, both included."""
        return self.end_line - self.line + 1


class Import(Struct, frozen=True, array_like=True, gc=False):
    """One imported name: `module` (with leading dots when relative), the name taken from it, and where."""

    module: str
    name: str
    line: int
    column: int
    symbol: str


class Call(Struct, frozen=True, array_like=True, gc=False):
    """A call whose target is known through imports or is a builtin, as a dotted name, with the enclosing symbol."""

    target: str
    line: int
    column: int
    symbol: str


class Chain(Struct, frozen=True, array_like=True, gc=False):
    """An `if` with its `elif` that ask which constant one value equals: first and last line, and how many tests."""

    line: int
    end_line: int
    tests: int


class Size(Struct, frozen=True, array_like=True, gc=False):
    """How many nodes of syntax stand between two lines; to the end of the file when `end_line` is 0."""

    line: int
    end_line: int
    nodes: int


class FileFacts(Struct, frozen=True, array_like=True, gc=False):
    """Everything that is known of one file; with `unreadable` set, all else but `lines` and `size` is empty.

    `size` is in bytes, `tokens` a lower bound on the number of tokens; `sizes` are those of what is large.
    """

    lines: int
    size: int = 0
    tokens: int = 0
    unreadable: Unreadable | None = None
    functions: tuple[Function, ...] = ()
    classes: tuple[Class, ...] = ()
    imports: tuple[Import, ...] = ()
    calls: tuple[Call, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    conflicts: tuple[int, ...] = ()
    chains: tuple[Chain, ...] = ()
    sizes: tuple[Size, ...] = ()
