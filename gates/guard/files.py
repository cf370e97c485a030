"""Which files a command writes, removes or takes rights from, as far as its arguments say."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Callable, Iterator, Sequence

from gates.guard.lines import positional
from gates.guard.shell import UNKNOWN

Touched = tuple[str, bool]
"""A path, and whether a folder of this name is touched with all that it holds."""

_MODE = re.compile(r"[ugoa]*[-+=][rwxXst]*(?:,[ugoa]*[-+=][rwxXst]*)*|[0-7]{3,4}")
_INPLACE = re.compile(r"-[a-zA-Z0-9]*i.*")


def written(name: str, arguments: Sequence[str]) -> list[Touched]:
    """Return what a command touches."""
    find = _BY_NAME.get(name)
    return list(find(arguments)) if find else []


def _every(short: str = "", long: str = "", *, whole: bool = False) -> Callable[[Sequence[str]], Iterator[Touched]]:
    def found(arguments: Sequence[str]) -> Iterator[Touched]:
        yield from ((each, whole) for each in positional(arguments, short, long.split()))

    return found


def _copied(short: str, *, moves: bool = False) -> Callable[[Sequence[str]], Iterator[Touched]]:
    def found(arguments: Sequence[str]) -> Iterator[Touched]:
        sources, target = _sources_and_target(arguments, short)
        whole = moves or any(
            re.fullmatch(r"-[a-zA-Z]*[rRa][a-zA-Z]*|--recursive|--archive", each) for each in arguments
        )
        yield target, False
        for source in sources:
            yield posixpath.join(target, posixpath.basename(source.rstrip("/"))), whole
            if moves:
                yield source, True

    return found


def _sources_and_target(arguments: Sequence[str], short: str) -> tuple[list[str], str]:
    paths = positional(arguments, f"{short}t", ("suffix", "target-directory", "mode", "owner", "group"))
    for index, each in enumerate(arguments):
        if each in ("-t", "--target-directory") and index + 1 < len(arguments):
            return paths, arguments[index + 1]
        if each.startswith("--target-directory="):
            return paths, each.partition("=")[2]
    return (paths[:-1], paths[-1]) if len(paths) > 1 else (paths, ".")


def _sed(arguments: Sequence[str]) -> Iterator[Touched]:
    given = any(re.match(r"-[nEsruz]*i|--in-place", each) for each in arguments)
    scripted = any(re.match(r"-[nEsruz]*[ef]|--(expression|file)", each) for each in arguments)
    paths = positional(arguments, "efl", ("expression", "file", "line-length"))
    if given:
        yield from ((each, False) for each in (paths if scripted else paths[1:]))


def _scripted(arguments: Sequence[str]) -> Iterator[Touched]:
    """Yield the files of `perl -i`, `ruby -i`, `awk -i inplace`, `yq -i`: the script among them is no path."""
    if any(_INPLACE.fullmatch(each) or each.startswith(("--in-place", "--inplace")) for each in arguments):
        yield from ((each, False) for each in positional(arguments, "eE"))


def _mode(arguments: Sequence[str]) -> Iterator[Touched]:
    """Yield the files that lose a right: `chmod +x` and modes with which the owner may do everything take none."""
    mode = next((each for each in arguments if _MODE.fullmatch(each)), "")
    if _takes(mode) or any(each.startswith("--reference") for each in arguments):
        yield from ((each, True) for each in positional(arguments) if each != mode)


def _takes(mode: str) -> bool:
    return mode[-3] != "7" if mode.isdigit() else "-" in mode or "=" in mode


def _dd(arguments: Sequence[str]) -> Iterator[Touched]:
    yield from ((each[3:], False) for each in arguments if each.startswith("of="))


def _fetched(arguments: Sequence[str]) -> Iterator[Touched]:
    for index, each in enumerate(arguments):
        if re.fullmatch(r"-[a-zA-Z]*[oO]|--output|--output-document", each) and index + 1 < len(arguments):
            yield arguments[index + 1], False
        elif each.startswith(("--output=", "--output-document=")):
            yield each.partition("=")[2], False


def _find(arguments: Sequence[str]) -> Iterator[Touched]:
    """Yield what `find … -delete` may delete: below its paths, or by the name it looks for."""
    if "-delete" in arguments:
        yield from ((each, False) for each in starts(arguments))


def starts(arguments: Sequence[str]) -> list[str]:
    """Return where `find` looks, and what it looks for."""
    paths: list[str] = []
    for each in arguments:
        if each.startswith(("-", "(", "!")):
            break
        paths.append(each)
    named = [value for option, value in itertools.pairwise(arguments) if option in ("-name", "-path", "-wholename")]
    return paths + [f"{UNKNOWN}/{value.lstrip('*/')}" for value in named]


_EDITOR = _every("cSsTtuUlw")
_BY_NAME: dict[str, Callable[[Sequence[str]], Iterator[Touched]]] = {
    "awk": _scripted,
    "chattr": _every(whole=True),
    "chmod": _mode,
    "chown": lambda arguments: ((each, True) for each in positional(arguments)[1:]),
    "cp": _copied("S"),
    "curl": _fetched,
    "dd": _dd,
    "ed": _EDITOR,
    "emacs": _EDITOR,
    "ex": _EDITOR,
    "find": _find,
    "gawk": _scripted,
    "gsed": _sed,
    "install": _copied("mogS"),
    "ln": _copied("S"),
    "mv": _copied("S", moves=True),
    "nano": _EDITOR,
    "nvim": _EDITOR,
    "patch": _every("diprBDFgoVYz"),
    "perl": _scripted,
    "rm": _every(whole=True),
    "rmdir": _every(whole=True),
    "rsync": _copied("efMT"),
    "ruby": _scripted,
    "scp": _copied("cFiJloPSX"),
    "sd": lambda arguments: ((each, False) for each in positional(arguments)[2:]),
    "sed": _sed,
    "setfacl": _every("mxMX", whole=True),
    "shred": _every("ns", whole=True),
    "sponge": _every(),
    "tee": _every(),
    "tomlq": _scripted,
    "truncate": _every("sr", "size reference"),
    "unlink": _every(whole=True),
    "vi": _EDITOR,
    "vim": _EDITOR,
    "wget": _fetched,
    "yq": _scripted,
}
