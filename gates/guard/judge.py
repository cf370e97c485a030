"""The judgement on a command line: what each of its commands would switch off or overwrite."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from gates import patches
from gates.guard import expansion, files, git, lines, paths, shell
from gates.guard.expansion import Value
from gates.guard.lines import Line
from gates.guard.paths import Place
from gates.guard.shell import UNKNOWN, Command, UnclearError
from gates.text import quoted

_FACTS = (
    "The checks of this project, their rules and what they accept are changed by a person. If a finding is wrong or "
    'out of the task\'s reach, `gates flag ID --reason "..."` records it for one, and stopping is fine.'
)
_SHELLS = frozenset({"ash", "bash", "dash", "fish", "ksh", "mksh", "rbash", "sh", "zsh"})
_MANAGERS = frozenset({"husky", "lefthook", "overcommit", "pre-commit", "prek", "simple-git-hooks"})
_OFF = {
    "HUSKY": ("0", "false"),
    "HUSKY_SKIP_HOOKS": (),
    "LEFTHOOK": ("0", "false"),
    "OVERCOMMIT_DISABLE": (),
    "PRE_COMMIT_ALLOW_NO_CONFIG": (),
    "PREK_ALLOW_NO_CONFIG": (),
    "SKIP_SIMPLE_GIT_HOOKS": (),
}
"""Variables that switch hooks off: with these values, or with any."""

_OFF_FOR_GIT = frozenset(
    {"GIT_CONFIG", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "LEFTHOOK_EXCLUDE", "PREK_SKIP", "SKIP"}
)
"""Variables that switch hooks off for git and for what runs hooks; other programs may mean something else by them."""

_DEEPEST = 12


class Refusal(Struct, frozen=True):
    """What is refused, and what it would do."""

    what: str
    why: str

    @property
    def text(self) -> str:
        """What the agent is told: facts, and the legal way out."""
        return f"gates: refused, because `{quoted(self.what, '')}` {self.why}. {_FACTS}"


def judge(command: str, protected: Collection[str] = paths.PROTECTED, place: Place | None = None) -> Refusal | None:
    """Return why a command line is refused, or None.

    Raises:
        UnclearError: it cannot be read as shell.
    """
    try:
        return next(_Judge(protected, place or Place()).line(command, ()), None)
    except RecursionError as error:
        raise UnclearError("it nests too deeply") from error


def judge_edits(edited: Sequence[str], protected: Collection[str], place: Place) -> Refusal | None:
    """Return why files may not be edited, or None."""
    found = (each for each in edited if paths.match(each, protected, place))
    return next((Refusal(each, "is protected") for each in found), None)


class _Judge:
    """Goes through a line as a shell would, and remembers what it sets on the way."""

    def __init__(self, protected: Collection[str], place: Place) -> None:
        self._protected, self._place = protected, place
        self._variables: dict[str, Value] = {}
        self._exported: dict[str, str] = {}
        self._folders: dict[tuple[int, ...], str] = {}
        self._depth = 0

    def line(self, text: str, nest: tuple[int, ...]) -> Iterator[Refusal]:
        """Yield why a line, inside of these subshells, is refused."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnclearError("it nests too deeply")
        said: list[str] = []
        for pipeline in shell.pipelines(text, nest):
            printed: str | None = None
            for command in pipeline:
                argv = self._expanded(command)
                fed = printed if command.fed is None else expansion.text_of(command.fed, self._variables)
                yield from self._redirected(command)
                yield from self._run(argv, command, fed, alone=len(pipeline) == 1)
                printed = expansion.printed(argv, fed) if argv else "\n".join(said)
            said.extend([printed] if printed else [])
        self._depth -= 1

    def _expanded(self, command: Command) -> list[str]:
        """Return the words of a command. An assignment is not split, as in a shell."""
        argv: list[str] = []
        for word in command.words:
            text = expansion.text_of(word, self._variables)
            is_assignment = len(word) > 1 and lines.ASSIGNMENT.fullmatch(text) is not None
            argv.extend([text] if is_assignment else expansion.expanded(word, self._variables))
        return argv

    def _redirected(self, command: Command) -> Iterator[Refusal]:
        for each in command.redirects:
            if each.writes:
                targets = expansion.expanded(each.target, self._variables)
                yield from self._touched(f"> {' '.join(targets)}", [(path, False) for path in targets], command)

    def _touched(self, what: str, touched: Sequence[files.Touched], command: Command) -> Iterator[Refusal]:
        folder = self._folder(command.nest)
        for path, whole in touched:
            place = self._place
            if folder and place.root:
                place = msgspec.structs.replace(place, cwd=_joined(place.cwd or place.root, folder))
            inside = path if place.root and UNKNOWN not in folder else _joined(folder, path)
            if found := paths.match(inside, self._protected, place, whole=whole):
                yield Refusal(what, f"changes or removes a protected file (`{found}`)")

    def _folder(self, nest: tuple[int, ...]) -> str:
        """Return the directory that a command runs in, as far as the line says: the one of the nearest subshell."""
        known = (nest[:length] for length in range(len(nest), -1, -1))
        return next((self._folders[each] for each in known if each in self._folders), "")

    def _run(self, argv: Sequence[str], command: Command, fed: str | None, *, alone: bool) -> Iterator[Refusal]:
        line = lines.unwrapped(argv)
        if line.is_fed and fed is not None:
            line = msgspec.structs.replace(line, arguments=(*line.arguments, *fed.split()))
        if not line.name:
            self._variables |= {name: Value(value) for name, value in line.environment}
            return
        environment = self._exported | dict(line.environment)
        yield from _switched_off(environment, line)
        handle = self._handler(line.name)
        before = self._exported
        self._exported = environment
        yield from handle(line, command, fed)
        if line.name not in ("export", "declare", "typeset"):
            self._exported = before
        if line.name in ("cd", "pushd", "popd") and alone:
            self._folders[command.nest] = _gone(self._folder(command.nest), line)

    def _handler(self, name: str) -> Callable[[Line, Command, str | None], Iterator[Refusal]]:
        if name in _SHELLS:
            return self._shell
        if name in _MANAGERS:
            return _manager
        own = {
            "alias": self._alias,
            "declare": self._export,
            "eval": self._eval,
            "export": self._export,
            "find": self._find,
            "for": self._for,
            "gates": _gates,
            "git": self._git,
            "script": self._shell,
            "source": self._source,
            "su": self._shell,
            "trap": self._eval_first,
            "typeset": self._export,
            "watch": self._watch,
            ".": self._source,
            UNKNOWN: self._git,
        }
        return own.get(name, self._files)

    def _shell(self, line: Line, command: Command, fed: str | None) -> Iterator[Refusal]:
        """Judge what a shell is given: in `-c`, in a file that a process stands for, or to read."""
        words = line.arguments
        for index, each in enumerate(words):
            if each.startswith("-") and not each.startswith("--") and each.endswith("c") and index + 1 < len(words):
                yield from self._inner(" ".join(words[index + 1 : index + 2]), command)
                return
        yield from self._source(line, command, fed)

    def _source(self, line: Line, command: Command, fed: str | None) -> Iterator[Refusal]:
        for word in command.words:
            for part in word:
                if part.kind == "process":
                    yield from self._printed(part.text, command)
        if fed is not None:
            yield from self._inner(fed, command)

    def _printed(self, source: str, command: Command) -> Iterator[Refusal]:
        word = (shell.Part("output", source, quoted=True),)
        yield from self._inner(expansion.text_of(word, self._variables), command)

    def _inner(self, text: str, command: Command) -> Iterator[Refusal]:
        yield from self.line(text, (*command.nest, -self._depth))

    def _eval(self, line: Line, command: Command, fed: str | None) -> Iterator[Refusal]:
        yield from self.line(" ".join(line.arguments), command.nest)

    def _eval_first(self, line: Line, command: Command, fed: str | None) -> Iterator[Refusal]:
        yield from self.line(" ".join(line.arguments[:1]), command.nest)

    def _watch(self, line: Line, command: Command, fed: str | None) -> Iterator[Refusal]:
        yield from self.line(" ".join(lines.positional(line.arguments, "n", ("interval",))), command.nest)

    def _alias(self, line: Line, command: Command, fed: str | None) -> Iterator[Refusal]:
        for each in line.arguments:
            yield from self._inner(each.partition("=")[2], command)

    def _export(self, line: Line, command: Command, fed: str | None) -> Iterator[Refusal]:
        for each in lines.positional(line.arguments):
            name, given, value = each.partition("=")
            known = self._variables.get(name, Value(""))
            self._exported[name] = value if given else known.text
            self._variables[name] = Value(self._exported[name])
            if self._exported[name] and name in ("SKIP", "PREK_SKIP"):
                yield Refusal(f"export {name}", "skips checks of this project")
        yield from _switched_off(self._exported, line)

    def _for(self, line: Line, command: Command, fed: str | None) -> Iterator[Refusal]:
        if line.arguments[1:2] == ("in",):
            self._variables[line.arguments[0]] = Value(" ".join(line.arguments[2:]), several=True)
        yield from ()

    def _find(self, line: Line, command: Command, fed: str | None) -> Iterator[Refusal]:
        yield from self._files(line, command, fed)
        for index, each in enumerate(line.arguments):
            if each in ("-exec", "-execdir", "-ok", "-okdir"):
                words = [word for word in line.arguments[index + 1 :] if word not in (";", "+")]
                for path in files.starts(line.arguments[:index]) or ["."]:
                    yield from self._run([word.replace("{}", path) for word in words], command, fed, alone=False)

    def _git(self, line: Line, command: Command, fed: str | None) -> Iterator[Refusal]:
        found = git.parsed(line.arguments)
        if refused := git.bypass(found):
            yield Refusal(*refused)
        for inner in git.runs(found):
            yield from self._inner(inner, command)
        folder = found.folder
        touched = [(_joined(folder, path), whole) for path, whole in git.written(found)]
        if found.subcommand in ("apply", "am") and fed is not None:
            touched += [(_joined(folder, path), False) for path in patches.edited(fed)]
        yield from self._touched(f"git {found.subcommand}", touched, command)

    def _files(self, line: Line, command: Command, fed: str | None) -> Iterator[Refusal]:
        touched = files.written(line.name, line.arguments)
        if line.name in ("patch", "apply_patch", "applypatch"):
            touched += [(path, False) for path in patches.edited(fed or "\n".join(line.arguments))]
        yield from self._touched(shlex.join([line.name, *line.arguments]), touched, command)


def _joined(folder: str, path: str) -> str:
    return path if not folder or path.startswith(("/", "~")) else f"{folder}/{path}"


def _gone(folder: str, line: Line) -> str:
    """Return where `cd` leads from a folder."""
    target = next(iter(lines.positional(line.arguments)), "~" if line.name == "cd" else UNKNOWN)
    if target in ("-", "") or UNKNOWN in target:
        return UNKNOWN
    return _joined(folder, target)


def _switched_off(environment: Mapping[str, str], line: Line) -> Iterator[Refusal]:
    """Yield what the variables that are set for a program switch off."""
    subcommand = git.parsed(line.arguments).subcommand if line.name == "git" else ""
    runs_hooks = subcommand in git.HOOKED or line.name in _MANAGERS
    for name, value in environment.items():
        if value and (name in _OFF_FOR_GIT and runs_hooks):
            yield Refusal(f"{name}={value}", "makes hooks of this repository be skipped")
        if value and _is_off(name, value):
            yield Refusal(f"{name}={value}", "switches the hooks of this repository off")


def _is_off(name: str, value: str) -> bool:
    if name.startswith("GIT_CONFIG_KEY_"):
        return _is_telling(value)
    if name == "GIT_CONFIG_PARAMETERS":
        return any(_is_telling(each) for each in re.split("['=]", value))
    values = _OFF.get(name)
    return values is not None and (not values or value.lower() in values)


def _is_telling(key: str) -> bool:
    return git.is_hook_setting(key) or key.lower().startswith("alias.")


def _manager(line: Line, command: Command, fed: str | None) -> Iterator[Refusal]:
    words = lines.positional(line.arguments, "c", ("config", "color"))
    if words[:1] == ["uninstall"] or "--uninstall" in line.arguments:
        yield Refusal(f"{line.name} uninstall", "removes the hooks of this repository")


def _gates(line: Line, command: Command, fed: str | None) -> Iterator[Refusal]:
    words = tuple(lines.positional(line.arguments, "", ("reason", "since")))
    if words[:2] == ("baseline", "create"):
        yield Refusal("gates baseline create", "accepts what is found now")
    if words[:2] == ("baseline", "update") and any(each.startswith("--acc") for each in line.arguments):
        yield Refusal("gates baseline update --accept-new", "accepts new findings")
    if words[:2] == ("tickets", "answer"):
        yield Refusal("gates tickets answer", "answers in the place of a person")
    if words[:1] == ("uninstall",) or (words[:1] == ("install",) and {"--undo", "--remove"} & {*line.arguments}):
        yield Refusal(f"gates {words[0]}", "removes the hooks of this repository")
