"""A generator of odd but valid Python: templates of the grammar, filled at random from a seed until they compile.

It draws from its own random numbers and not from hypothesis, which would take most of the time; a seed that fails is
all that is needed to see the source again.
"""

from __future__ import annotations

import random
import warnings

from tests.test_cyclomatic import BLOCKS, EXPRESSIONS, PATTERNS, PLAIN, STATEMENTS

NAMES = ("x", "f", "名前", "ﬁ", "ªº", "𝔘", "__x", "_", "é", "match", "case", "type", "print", "self", "cls")
LEAVES = (
    *PLAIN,
    *(
        "-1",
        "1_0.0e1_0j",
        "0XfF",
        "0b1",
        ".5",
        "''",
        'b"\\0"',
        'rb"""\n"""',
        "'''\n\"'''",
        '"a" \'b\' f"{x!s:>{y}}"',
        "()",
    ),
    *("f'{x}' '{'", "'\\N{DIGIT ONE}\\\n'", "[]", "{}", "{*()}", "...", "True", "__debug__", "f'{{}}'", "'#' # noqa\n"),
)
OTHERS = (
    "(*{}, {})",
    "{}[*{}, ::{}]",
    "(lambda *, x={}, **y: (yield {}))",
    "({} is not {} not in {})",
    "(~ - + {})",
    "{}\n.x",
    "({} @ {} // {} ** -{})",
    "({}, )",
    "(yield from {})",
    "f'''{{ {} }}'''",
    "{}(*{}, x={}, **{}, )(y for y in {})",
    "{}[{}:{}:{}, {}]",
)
SIMPLE = (
    "x: {}",
    "(x): {} = {}",
    "x, *y = {}",
    "[x, (y, *_)] = {}",
    "x @= {}",
    "nonlocal_ = {}",
    "from . import x as y, z",
    "from .. x import (y, )",
    "from x import *",
    "raise",
    "return",
    "del (x), [y, z]",
    "'''a docstring, or none'''",
    "x = {}; y = {};",
    "assert {}, {}  # noqa: S101 - x",
    "if {}: pass; pass",
    "while {}: break",
    "class C: x = {}; y: {}",
    "with ({} as x, {}): pass",
    "x = \\\n  {}",
    "# type: ignore[x]\n{}",
    "global g1\n",
)
HEADS = (
    *BLOCKS,
    ("def {name}(x, /, y={}, *, z: {} = {}, **k) -> {}:",),
    ("async def {name}(*{name}):",),
    ("@{}\n# between\n@{}\nclass {name}({}, metaclass={}):",),
    ("try:", "except ({}):", "finally:"),
    ("with {} as (x, y), {} as z.a:",),
    ("for x.a, *y in {}, {}:", "else:"),
    ("match {}, {}:\n case {{**rest}}:",),
    ("match {}:\n case [1, *_] | (x, 'y') if {}:",),
    ("if {}:", *["elif {}:"] * 6, "else:"),
)
INDENTS = (" ", "  ", "\t", "    ", " \t")


def source(seed: int, *, depth: int = 3) -> str:
    """Return a module that Python compiles."""
    chance = random.Random(seed)
    while True:
        text = _Writer(chance).body(depth) + "\n"
        if is_valid(text):
            return text


def is_valid(content: bytes | str) -> bool:
    """Whether Python itself compiles it, which is more than to parse it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(content, "<source>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


class _Writer:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def body(self, depth: int) -> str:
        return "\n".join(self._statement(depth) for _ in range(self._chance.randint(1, 3)))

    def _statement(self, depth: int) -> str:
        if depth and self._chance.random() < 0.7:
            return self._block(depth)
        return self._filled(self._chance.choice((*STATEMENTS, *SIMPLE)), 2)

    def _block(self, depth: int) -> str:
        if self._chance.random() < 0.1:
            return self._match(depth)
        parts = self._chance.choice(HEADS)
        return "\n".join(f"{self._filled(each, 1)}\n{self._deeper(self.body(depth - 1), each)}" for each in parts)

    def _match(self, depth: int) -> str:
        cases = (self._chance.choice(PATTERNS) for _ in range(self._chance.randint(1, 3)))
        inside = "\n".join(f"case {self._filled(each, 1)}:\n{self._deeper(self.body(depth - 1), '')}" for each in cases)
        return f"match {self._expression(1)}:\n{self._deeper(inside, '')}"

    def _deeper(self, text: str, head: str) -> str:
        indent = self._chance.choice(INDENTS) * (1 + head.count("\n case"))
        return "\n".join(indent + each for each in text.split("\n"))

    def _filled(self, template: str, depth: int) -> str:
        places = template.replace("{{", "").count("{}")
        name = self._chance.choice(NAMES)
        return template.format(*(self._expression(depth) for _ in range(places)), name=name)

    def _expression(self, depth: int) -> str:
        if depth <= 0 or self._chance.random() < 0.4:
            return self._chance.choice(LEAVES)
        return self._filled(self._chance.choice((*EXPRESSIONS, *OTHERS)), depth - 1)
