"""What a git command line would switch off, run or overwrite, as its own options say."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence

from msgspec import Struct

from gates.guard.lines import positional, takes_next

HOOKED = frozenset({"am", "cherry-pick", "commit", "merge", "pull", "push", "rebase", "revert"})
"""Subcommands that run hooks which may refuse."""

_GLOBAL_VALUED = frozenset(
    {"-C", "-c", "--config-env", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--attr-source"}
)
_NO_VERIFY = "--no-verify"
_SHORT_NO_VERIFY = frozenset({"am", "commit"})
"""Where `-n` means `--no-verify`. It means --dry-run to push, --no-stat to merge and pull, --no-commit elsewhere."""


class _Values(Struct, frozen=True):
    """Options of a subcommand that take a value: letters whose value may be the next word, letters whose value is
    attached, and long names."""

    short: str = ""
    attached: str = ""
    long: tuple[str, ...] = ()


_VALUES = {
    "am": _Values("C", "pS", ("directory", "exclude", "include", "patch-format", "whitespace")),
    "cherry-pick": _Values("mX", "S", ("mainline", "strategy", "strategy-option", "cleanup")),
    "commit": _Values(
        "mFCct",
        "SuU",
        (
            "message",
            "file",
            "author",
            "date",
            "template",
            "reuse-message",
            "reedit-message",
            "fixup",
            "squash",
            "cleanup",
            "trailer",
            "pathspec-from-file",
        ),
    ),
    "merge": _Values("mFsX", "S", ("message", "file", "strategy", "strategy-option", "into-name", "cleanup")),
    "pull": _Values("sXo", "Sj", ("strategy", "strategy-option", "server-option", "upload-pack", "depth")),
    "push": _Values("o", "", ("push-option", "repo", "receive-pack", "exec")),
    "rebase": _Values("sXxC", "S", ("strategy", "strategy-option", "exec", "onto", "empty", "whitespace")),
    "revert": _Values("mX", "S", ("mainline", "strategy", "strategy-option", "cleanup")),
}
_UNHOOKED = frozenset(
    {
        "add",
        "apply",
        "archive",
        "bisect",
        "blame",
        "branch",
        "cat-file",
        "checkout",
        "clean",
        "clone",
        "config",
        "describe",
        "diff",
        "fetch",
        "for-each-ref",
        "format-patch",
        "fsck",
        "gc",
        "grep",
        "help",
        "init",
        "log",
        "ls-files",
        "ls-remote",
        "ls-tree",
        "mv",
        "notes",
        "reflog",
        "remote",
        "reset",
        "restore",
        "rev-list",
        "rev-parse",
        "rm",
        "shortlog",
        "show",
        "show-ref",
        "sparse-checkout",
        "stash",
        "status",
        "submodule",
        "switch",
        "tag",
        "update-index",
        "worktree",
    }
)
"""Subcommands that are no alias, and run no hook that could be skipped."""

Touched = tuple[str, bool]
"""A path, and whether a folder of this name is touched with all that it holds."""

_READING = ("--get", "--list", "-l")
_VERBS = frozenset({"set", "unset", "get", "list", "edit", "rename-section", "remove-section", "get-regexp"})
_INDEX_OPTIONS = ("--assume-unchanged", "--skip-worktree", "--force-remove", "--chmod", "--cacheinfo", "--index-info")
_LOADS_MORE = re.compile(r"include(?:if\..*)?\.path", re.DOTALL)


class GitLine(Struct, frozen=True):
    """A git command line: settings of its own, the folder it runs in, its subcommand and the arguments of that."""

    settings: tuple[str, ...]
    folder: str
    subcommand: str
    arguments: tuple[str, ...]


def parsed(arguments: Sequence[str]) -> GitLine:
    """Return the parts of the arguments of git."""
    left, settings, folder = list(arguments), list[str](), ""
    while left and left[0].startswith("-"):
        option = left.pop(0)
        if option.startswith("--config-env="):
            settings.append(option.partition("=")[2])
        if option not in _GLOBAL_VALUED or not left:
            continue
        value = left.pop(0)
        if option in ("-c", "--config-env"):
            settings.append(value)
        elif option == "-C":
            folder = posixpath.join(folder, value)
    return GitLine(tuple(settings), folder, left[0] if left else "", tuple(left[1:]))


def is_hook_setting(key: str) -> bool:
    """Return whether a key of git's configuration says where hooks are, or reads a file that may say it."""
    key = key.lower()
    return key == "core.hookspath" or _LOADS_MORE.fullmatch(key) is not None


def bypass(line: GitLine) -> tuple[str, str] | None:
    """Return what in a line switches hooks off, and what that does."""
    for setting in line.settings:
        if is_hook_setting(setting.partition("=")[0]):
            return f"git -c {setting.partition('=')[0]}", "replaces the hooks of this repository"
    if line.subcommand == "config":
        return _config_bypass(line.arguments)
    option = _no_verify(line)
    return (f"git {line.subcommand} {option}", "skips the hooks of this repository") if option else None


def runs(line: GitLine) -> Iterator[str]:
    """Yield the lines of shell that a line runs, or gives a name to be run by."""
    for setting in line.settings:
        key, _, value = setting.partition("=")
        if key.lower() == f"alias.{line.subcommand.lower()}":
            yield _aliased(value, line.arguments)
    find = _RUNS.get(line.subcommand)
    yield from find(line.arguments) if find else ()


def written(line: GitLine) -> list[Touched]:
    """Return the paths that a line writes or removes in the work tree or hides from git, and whether as a whole."""
    find = _WRITES.get(line.subcommand)
    return find(line.arguments) if find else []


def _checked_out(arguments: Sequence[str]) -> list[Touched]:
    paths = positional(arguments, "bB", ("orphan", "conflict", "pathspec-from-file"))
    return [(each, False) for each in paths]


def _restored(arguments: Sequence[str]) -> list[Touched]:
    given = {*arguments}
    if given & {"--staged", "-S"} and not given & {"--worktree", "-W", "-SW", "-WS"}:
        return []
    return [(each, False) for each in positional(arguments, "s", ("source", "conflict"))]


def _removed(arguments: Sequence[str]) -> list[Touched]:
    return [(each, True) for each in positional(arguments, "e", ("exclude", "pathspec-from-file"))]


def _hidden(arguments: Sequence[str]) -> list[Touched]:
    if not any(each.startswith(_INDEX_OPTIONS) for each in arguments):
        return []
    return [(each.rpartition(",")[2], False) for each in positional(arguments, "", ("chmod", "cacheinfo"))]


def _no_verify(line: GitLine) -> str:
    """Return the option by which a line skips hooks, as it is written."""
    name = line.subcommand
    if name in _UNHOOKED:
        return ""
    values = _VALUES.get(name, _Values())
    left = list(line.arguments)
    while left:
        word = left.pop(0)
        if word == "--":
            return ""
        if _is_no_verify(word, name):
            return word
        if word.startswith("-") and takes_next(word, values.short, values.long):
            left = left[1:]
    return ""


def _is_no_verify(word: str, subcommand: str) -> bool:
    if word.startswith("--"):
        return _NO_VERIFY.startswith(word) and len(word) > len("--no-")
    if not word.startswith("-") or subcommand not in _SHORT_NO_VERIFY:
        return False
    values = _VALUES[subcommand]
    for letter in word[1:]:
        if letter in values.short + values.attached:
            return False
        if letter == "n":
            return True
    return False


class _Setting(Struct, frozen=True):
    """What `git config` is asked for: the verb or "", its other words, and its options."""

    verb: str
    words: tuple[str, ...]
    options: tuple[str, ...]

    @property
    def reads(self) -> bool:
        """Whether nothing is changed."""
        return self.verb in ("get", "list", "get-regexp") or self._has(*_READING)

    @property
    def removes(self) -> bool:
        """Whether a key is taken out."""
        return self.verb == "unset" or self._has("--unset")

    @property
    def is_about_section(self) -> bool:
        """Whether a whole section is removed or renamed."""
        return "section" in self.verb or self._has("--remove-section", "--rename-section")

    def _has(self, *names: str) -> bool:
        return any(each.startswith(names) for each in self.options)


def _setting(arguments: Sequence[str]) -> _Setting:
    words = positional(arguments, "f", ("file", "blob", "type", "default", "value", "comment", "url"))
    verb = words[0] if words and words[0] in _VERBS else ""
    options = tuple(each for each in arguments if each.startswith("-"))
    return _Setting(verb, tuple(words[1:] if verb else words), options)


def _config_bypass(arguments: Sequence[str]) -> tuple[str, str] | None:
    asked = _setting(arguments)
    key = asked.words[0] if asked.words else ""
    if asked.reads or not key:
        return None
    if asked.is_about_section and key.lower() == "core":
        return "git config of the section `core`", "takes away where the hooks of this repository are"
    if is_hook_setting(key) and (asked.removes or asked.verb or len(asked.words) > 1):
        return f"git config {key}", "replaces the hooks of this repository"
    return None


def _defined(arguments: Sequence[str]) -> Iterator[str]:
    """Yield what an alias that `git config` sets will run."""
    words = _setting(arguments).words
    if len(words) > 1 and words[0].lower().startswith("alias."):
        yield _aliased(words[1], ())


def _in_each(arguments: Sequence[str]) -> Iterator[str]:
    words = positional(arguments)
    if words[:1] == ["foreach"]:
        yield " ".join(words[1:])


def _bisected(arguments: Sequence[str]) -> Iterator[str]:
    if arguments[:1] == ("run",):
        yield shlex.join(arguments[1:])


def _aliased(value: str, arguments: Sequence[str]) -> str:
    rest = shlex.join(arguments)
    return f"{value[1:]} {rest}" if value.startswith("!") else f"git {value} {rest}"


def _executed(arguments: Sequence[str]) -> Iterator[str]:
    for index, each in enumerate(arguments):
        if each in ("-x", "--exec") and index + 1 < len(arguments):
            yield arguments[index + 1]
        elif each.startswith("--exec="):
            yield each.partition("=")[2]


_RUNS = {"bisect": _bisected, "config": _defined, "rebase": _executed, "submodule": _in_each}
_WRITES = {
    "checkout": _checked_out,
    "checkout-index": _checked_out,
    "clean": _removed,
    "mv": _removed,
    "restore": _restored,
    "rm": _removed,
    "update-index": _hidden,
}
