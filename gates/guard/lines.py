"""What an argument list runs in the end: under `env`, `sudo`, `timeout`, `uv run` and others of their kind."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from msgspec import Struct

ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=(.*)", re.DOTALL)
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*|py")
_MAX_LAYERS = 30


class _Wrapper(Struct, frozen=True):
    """A program that runs another one: its options that take a value, and how many words stand before the other."""

    short: str = ""
    long: frozenset[str] = frozenset()
    words: int = 0
    verbs: frozenset[str] = frozenset()
    """Where not empty, only these subcommands run another program."""


def _wrapper(short: str = "", long: str = "", words: int = 0, verbs: str = "") -> _Wrapper:
    return _Wrapper(short, frozenset(long.split()), words, frozenset(verbs.split()))


_RUN = _wrapper("p", "with python project directory group extra env-file package env index", verbs="run")
_WRAPPERS = {
    "builtin": _wrapper(),
    "bundle": _wrapper(verbs="exec"),
    "busybox": _wrapper(),
    "chronic": _wrapper(),
    "command": _wrapper(),
    "doas": _wrapper("uC"),
    "env": _wrapper("uCS", "unset chdir split-string"),
    "exec": _wrapper("a"),
    "flock": _wrapper("wE", "timeout conflict-exit-code", words=1),
    "hatch": _wrapper("e", "env", verbs="run"),
    "ionice": _wrapper("cnpPu", "class classdata"),
    "nice": _wrapper("n", "adjustment"),
    "nohup": _wrapper(),
    "npx": _wrapper("p", "package"),
    "pdm": _RUN,
    "pipenv": _RUN,
    "pipx": _wrapper("", "spec python", verbs="run"),
    "pixi": _RUN,
    "pnpm": _wrapper(verbs="exec dlx"),
    "poetry": _RUN,
    "rye": _RUN,
    "setsid": _wrapper(),
    "stdbuf": _wrapper("ioe", "input output error"),
    "sudo": _wrapper("ugCDhpRrTtU", "user group chdir host prompt chroot role type other-user close-from"),
    "time": _wrapper("of", "output format"),
    "timeout": _wrapper("ks", "kill-after signal", words=1),
    "uv": _RUN,
    "uvx": _wrapper("p", "with from python"),
    "xargs": _wrapper("adEeIiLlnPs", "arg-file delimiter eof replace max-lines max-args max-procs max-chars"),
    "yarn": _wrapper(verbs="exec run dlx"),
}


class Line(Struct, frozen=True):
    """A program's name without its folder, its arguments, the variables set for it, and what `xargs` adds to it."""

    name: str
    arguments: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    is_fed: bool = False


def unwrapped(argv: Iterable[str]) -> Line:
    """Return what an argument list runs in the end; assignments in front of it belong to its environment."""
    words = list(argv)
    environment: list[tuple[str, str]] = []
    is_fed = False
    for _ in range(_MAX_LAYERS):
        while words and (match := ASSIGNMENT.fullmatch(words[0])):
            environment.append((match[1], match[2]))
            words = words[1:]
        name = named(words)
        inner = _inside(name, words[1:])
        if inner is None:
            return Line(name, tuple(words[1:]), tuple(environment), is_fed)
        is_fed = is_fed or name == "xargs"
        words = inner
    return Line("", ())


def named(words: list[str]) -> str:
    """Return the name of the program that an argument list starts."""
    return words[0].rpartition("/")[2].removesuffix(".exe") if words else ""


def positional(arguments: Iterable[str], short: str = "", long: Iterable[str] = ()) -> list[str]:
    """Return the arguments that are no options, nor values of the options with these letters and names."""
    left, found = list(arguments), list[str]()
    while left:
        word = left.pop(0)
        if word == "--":
            return found + left
        if word.startswith("-") and word != "-":
            left = left[1:] if takes_next(word, short, long) else left
        else:
            found.append(word)
    return found


def takes_next(option: str, short: str, long: Iterable[str]) -> bool:
    """Return whether the value of an option is the next argument; a long name may be shortened."""
    if option.startswith("--"):
        return any(name.startswith(option[2:]) for name in long) if len(option) > 3 else False
    valued = next((index for index, letter in enumerate(option) if index and letter in short), 0)
    return bool(valued) and valued == len(option) - 1


def _inside(name: str, arguments: list[str]) -> list[str] | None:
    """Return what a wrapper runs; None for a program that is none."""
    if _PYTHON.fullmatch(name):
        return _module(arguments)
    wrapper = _WRAPPERS.get(name)
    if wrapper is None:
        return None
    if name == "env":
        arguments = _split(arguments)
    rest = _after_options(arguments, wrapper)
    if wrapper.verbs:
        if not rest or rest[0] not in wrapper.verbs:
            return None
        rest = _after_options(rest[1:], wrapper)
    return rest[wrapper.words :]


def _after_options(arguments: list[str], wrapper: _Wrapper) -> list[str]:
    left = list(arguments)
    while left and left[0].startswith("-"):
        option = left.pop(0)
        if option == "--":
            break
        left = left[1:] if takes_next(option, wrapper.short, wrapper.long) else left
    return left


def _split(arguments: list[str]) -> list[str]:
    """Put in the place of `env -S "a b"` the words that it becomes."""
    for index, each in enumerate(arguments):
        if each in ("-S", "--split-string") and index + 1 < len(arguments):
            return [*arguments[:index], *_words(arguments[index + 1]), *arguments[index + 2 :]]
        if each.startswith(("-S", "--split-string=")):
            text = each.removeprefix("--split-string=").removeprefix("-S")
            return [*arguments[:index], *_words(text), *arguments[index + 1 :]]
        if not each.startswith("-") and not ASSIGNMENT.fullmatch(each):
            break
    return arguments


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _module(arguments: list[str]) -> list[str] | None:
    """Return what `python -m NAME` runs, under the name that its command has."""
    left = list(arguments)
    while left and left[0].startswith("-"):
        option = left.pop(0)
        if option == "-m" and left:
            return [left[0].partition(".")[0].replace("_", "-"), *left[1:]]
        if option.startswith("-m") and len(option) > 2:
            return [option[2:].replace("_", "-"), *left]
        left = left[1:] if option in ("-W", "-X") else left
    return None
