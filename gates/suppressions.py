"""Inline allowances of every tool: which tool, which rules, the reason that was given, and until when."""

import datetime
import io
import re
import token
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from tokenize import TokenInfo

FORMATTING = frozenset({"formatter", "isort"})
"""Tools whose directives only keep the layout of a line as it is: they hide nothing, and nobody asks for a reason."""

REFUSED = frozenset({"suppressions", "policy", "files", "tests", "baseline"})
"""Gates whose findings no comment silences: they speak of the silencing itself, or of what cannot be read."""


class Suppression(Struct, frozen=True, array_like=True, gc=False):
    """One directive, in a comment or as a mark on a test, that makes a tool look away.

    `codes` are the rules it names, `coded` whether this kind of directive can name rules at all. Lines and columns are
    1-based and count code points. `expires` is the day until which it is meant to hold, as written; `symbol` what a
    mark is put on; `source` the code of the statement beside a comment, by which a directive is known when lines move.
    """

    tool: str
    directive: str
    codes: tuple[str, ...]
    coded: bool
    reason: str
    line: int
    column: int
    end_column: int
    expires: str = ""
    symbol: str = ""
    source: str = ""


class _Form(NamedTuple):
    """How a tool is told to look away. The pattern is compiled when the first comment asks for it."""

    tool: str
    pattern: str
    coded: bool = True


_CODES = r"(?P<codes>[A-Z][A-Z0-9]*[0-9](?:[\s,]+[A-Z][A-Z0-9]*[0-9](?![a-z]))*)"
_NAMES = r"\[(?P<codes>[^\]]*)\]"
_TEST = r"(?:B\d+|[a-z]\w*_\w+)"
_FORMS = (
    _Form("gates", rf"(?P<directive>gates:\s*allow)\b(?:\s*{_NAMES})?"),
    _Form("complexipy", r"(?P<directive>noqa:\s*complexipy|complexipy:\s*ignore)\b", coded=False),
    _Form("ruff", rf"(?P<directive>(?:(?:ruff|flake8)\s*:\s*)?noqa)\b(?:\s*:\s*{_CODES})?"),
    _Form("ruff", rf"(?P<directive>ruff\s*:\s*(?:file-)?(?:ignore|disable))\b(?:\s*{_NAMES})?"),
    _Form("mypy", rf"(?P<directive>type:\s*ignore)\b(?:\s*{_NAMES})?"),
    _Form("pyright", rf"(?P<directive>(?:based)?pyright:\s*ignore)\b(?:\s*{_NAMES})?"),
    _Form("pyre", rf"(?P<directive>pyre-(?:ignore-all-errors|ignore|fixme|unsafe))\b(?:\s*{_NAMES})?"),
    _Form("ty", rf"(?P<directive>ty:\s*ignore)\b(?:\s*{_NAMES})?"),
    _Form("pyrefly", rf"(?P<directive>pyrefly:\s*ignore(?:-errors)?)\b(?:\s*{_NAMES})?"),
    _Form(
        "pylint",
        r".*?(?P<directive>\bpylint:\s*disable(?:-next|-msg)?)\s*=\s*(?P<codes>[\w-]+(?:\s*,\s*[\w-]+)*)",
    ),
    _Form("pylint", r".*?(?P<directive>\bpylint:\s*skip-file)\b"),
    _Form("bandit", rf"(?P<directive>nosec)\b(?:\s*:?\s*(?P<codes>{_TEST}(?:[\s,]+{_TEST})*)\b)?"),
    _Form("semgrep", r"(?P<directive>nosemgrep)\b(?:\s*:\s*(?P<codes>[\w.-]+(?:\s*,\s*[\w.-]+)*))?"),
    _Form("coverage", r"(?P<directive>pragma[:\s]?\s*no\s*(?:cover|branch))\b", coded=False),
    _Form("jscpd", r"(?P<directive>jscpd:ignore[-]start)\b", coded=False),
    _Form("isort", r"(?P<directive>(?:ruff:\s*)?isort:\s*(?:skip[_-]file|skip|off))\b", coded=False),
    _Form("formatter", r"(?P<directive>fmt:\s*(?:off|skip)|yapf:\s*disable|autopep8:\s*off)\b", coded=False),
)
_TOOL = r"(?:gates|ruff|flake8|mypy|(?:based)?pyright|pylint|complexipy|jscpd|isort|fmt|yapf|autopep8|ty|pyrefly)"
_STARTS = rf"noqa|nosec|nosemgrep|type:\s*ignore|pragma|pyre-|{_TOOL}\s*:".encode()
_HINT = re.compile(rb"#(?:\s|[\x80-\xff])*(?:" + _STARTS + rb")", re.IGNORECASE)
"""All alternatives begin with the same character, which is what makes the search cheap."""

_PYLINT = re.compile(rb"pylint:\s*(?:disable|skip)")
"""pylint finds its directive behind other words of a comment too."""

_CLONES = re.compile(rb"jscpd:ignore[-]start")
"""jscpd looks for its directive in the bare text; it works in a string and inside other comments too."""

_OPTIONS = r"(?i)\s*(?P<tool>mypy|pyright(?!:\s*ignore)):(?P<options>.*)"
_LAX = r"(?i)basic|standard"
_SOFT = frozenset({"false", "none", "warning", "information"})
_DATE = r"(?a)\d{4}-\d\d-\d\d"
_EXPIRES = r"(?i)\bexpires\s*=\s*(?P<day>[^\s,;)\]#]*[^\s,;)\]#.])?"
_OPTION = r"\s*(?P<name>[\w-]+)\s*(?:=\s*(?P<value>\"[^\"]*\"|[^,]*))?(?:,|$)"
_NO = frozenset({"0", "no", "off", "false"})
_TIGHTEN = ("disallow", "check", "strict", "warn", "extra", "local", "enable")
_LOOSEN = ("allow", "ignore", "implicit")
_WORD = r"[^\W\d_]{2,}"
_ADDRESSED = (
    rf"(?i)@\w+$|{_TOOL}\s*:\s*[\w-]+\s*(?:[=\[].*)?$|pyre-\w+$|pragma\s*:?\s*no\s+\w+$"
    r"|no(?:sonar|pep8|inspection)\b|@?[\w-]+\s*:\s*(?:ignore|disable|enable|skip|off|on)[\w-]*\s*(?:[=\[].*|\w+)?$"
)
"""What is said to a program, which is no reason: a directive, or a mark such as `@generated`. What names a tool
and goes on in words is a reason: `mypy: does not know this decorator`."""

_MANY = 9
"""Directives in one part of a comment behind which nobody reads on."""

_QUOTED = r"(?s)[A-Za-z]*(?P<quote>\"{3}|\'{3}|[\"'])(?P<text>.*)(?P=quote)"
_LAYOUT = frozenset({token.NL, token.INDENT, token.DEDENT})
_OPTIONAL = frozenset("(),")
"""What formatters add and take away when they break lines."""

_LARGE = 60
"""Tokens from which a statement is too large for a suppression in it to be known by all of it."""


def read(source: str, encoded: bytes) -> tuple[Suppression, ...]:
    """Return every suppression in a module, in the order of the file.

    Comments are found by the tokenizer, so a directive inside a string is none. A file in which a cheap search finds
    no directive at all is not tokenized.

    Raises:
        SyntaxError: the source cannot be tokenized.
    """
    if not _HINT.search(encoded) and not _PYLINT.search(encoded.lower()) and not _CLONES.search(encoded):
        return ()
    found: list[Suppression] = []
    above, at = "", 0
    for comment, code in _comments(source):
        line, column = comment.start
        said = parse_comment(comment.string, line, column + 1, code)
        found.extend(_with_reason_above(each, above if at == line - 1 else "") for each in said)
        above, at = ("" if said else comment.string.lstrip("#")), line
    return (*found, *_hidden(encoded, {each.line for each in found if each.tool == "jscpd"}))


def _comments(source: str) -> Iterator[tuple["TokenInfo", str]]:
    """Yield each comment, and the code of the statement beside which it stands; none when it stands alone."""
    comments: list[TokenInfo] = []
    code: list[TokenInfo] = []
    for found in _tokens(source):
        if found.type == token.COMMENT:
            comments.append(found)
        elif found.type in (token.NEWLINE, token.ENDMARKER):
            yield from ((each, _beside(each, code)) for each in comments)
            comments, code = [], []
        elif found.type not in _LAYOUT:
            code.append(found)


def _tokens(source: str) -> Iterator["TokenInfo"]:
    import tokenize  # most files are not, and its patterns take longer to compile than such a file to read

    try:
        yield from tokenize.generate_tokens(io.StringIO(source, newline=None).readline)
    except tokenize.TokenError as error:
        raise SyntaxError(str(error)) from error


def _beside(comment: "TokenInfo", code: Sequence["TokenInfo"]) -> str:
    """Return code in a form that no formatter changes; of a large statement only what is on the line of the comment."""
    line = comment.start[0]
    same = [each for each in code if each.end[0] == line and each.start < comment.start]
    near = code if len(code) <= _LARGE else same
    return _squeezed(" ".join(_plain(each) for each in near if each.string not in _OPTIONAL)) if same else ""


def _plain(part: "TokenInfo") -> str:
    """Return a token without its quotes: formatters choose these."""
    match = re.fullmatch(_QUOTED, part.string)
    return match["text"].replace("\\", "") if match else part.string


def _hidden(encoded: bytes, known: set[int]) -> Iterator[Suppression]:
    """Yield the directives of jscpd that stand where a reader would not take them for one."""
    for match in _CLONES.finditer(encoded):
        line = encoded.count(b"\n", 0, match.start()) + 1
        if line not in known:
            yield Suppression("jscpd", "jscpd:ignore" + "-start", (), False, "", line, 1, 1)


def _with_reason_above(suppression: Suppression, above: str) -> Suppression:
    """A comment of options has no room for a reason, which therefore may stand in the comment on the line above."""
    options = suppression.directive.startswith(("mypy: ", "pyright: ")) and suppression.directive != "pyright: ignore"
    if suppression.reason or not options or not re.search(_WORD, above):
        return suppression
    text, expires = without_expiry(above)
    return msgspec.structs.replace(suppression, reason=said(text), expires=expires or suppression.expires)


def last_day(suppression: Suppression) -> datetime.date | None:
    """Return the day until which a suppression is meant to hold; None when what it says is no date."""
    if not re.fullmatch(_DATE, suppression.expires):
        return None
    try:
        return datetime.date.fromisoformat(suppression.expires)
    except ValueError:
        return None


def without_expiry(text: str) -> tuple[str, str]:
    """Take `expires=DATE` out of a reason. The date is returned as it is written, however wrong; without one, nothing.

    >>> without_expiry("the stub is wrong, expires=2027-01-31")
    ('the stub is wrong, ', '2027-01-31')
    """
    match = re.search(_EXPIRES, text)
    return (text[: match.start()] + text[match.end() :], match["day"] or "nothing") if match else (text, "")


def spoken(text: str) -> str:
    """Return what is said in words in a comment or an argument, without the punctuation around it."""
    return _squeezed(text).strip(" \t-\u2013\u2014:;,.()#")


def parse_comment(comment: str, line: int, column: int, source: str = "") -> tuple[Suppression, ...]:
    """Return the directives of one comment, `#` included. A reason is what else the comment says in words."""
    text, expires = without_expiry(comment)
    options = re.fullmatch(_OPTIONS, text.lstrip("#"))
    found = _of_options(options) if options else _of_words(text)
    place = {"line": line, "column": column, "end_column": column + len(comment)}
    return tuple(msgspec.structs.replace(each, **place, expires=expires, source=source) for each in found)


def _of_words(comment: str) -> list[Suppression]:
    """Return the directives of a comment whose parts, each behind a `#`, are directives and words."""
    matched: list[tuple[_Form, re.Match[str]]] = []
    words: list[str] = []
    for segment in re.finditer(r"#+([^#]*)", comment):
        hit = _directive(segment.group(1).strip())
        if hit is None:
            words.append(segment.group(1))
        else:
            matched.append(hit)
            words.extend((hit[1].string[: hit[1].start("directive")], hit[1].string[hit[1].end() :]))
    reason = " ".join(filter(None, map(said, words)))
    return [_unplaced(form.tool, _name(match), _codes(match), form.coded, reason) for form, match in matched]


def said(text: str) -> str:
    """Return what a part of a comment says in words to people: also a directive that nobody obeys there says nothing,
    nor do many of them."""
    words: list[str] = []
    rest = spoken(text)
    for _ in range(_MANY):
        hit = _directive(rest)
        if hit is None:
            words.append(rest)
            break
        words.append(spoken(rest[: hit[1].start("directive")]))
        rest = spoken(rest[hit[1].end() :])
    return " ".join(each for each in words if re.search(_WORD, each) and not re.match(_ADDRESSED, each))


def _of_options(match: re.Match[str]) -> Iterator[Suppression]:
    """Yield the options of a `mypy:` or `pyright:` comment that loosen."""
    of_tool = _of_mypy if match["tool"].lower() == "mypy" else _of_pyright
    for option in re.finditer(_OPTION, match["options"].partition("#")[0]):
        yield from of_tool(option["name"], (option["value"] or "").strip().strip('"'))


def _of_mypy(name: str, value: str) -> Iterator[Suppression]:
    """What is not known to tighten counts as loosening."""
    name = name.replace("_", "-").lower()
    if not _tightens(name, value.lower() in _NO):
        codes = _split(value) if name == "disable-error-code" else ()
        yield _unplaced("mypy", f"mypy: {name}", codes, True, "")


def _of_pyright(name: str, value: str) -> Iterator[Suppression]:
    """What is no level and no rule that is turned down is not pyright's, or tightens."""
    if not value and re.fullmatch(_LAX, name):
        yield _unplaced("pyright", f"pyright: {name.lower()}", (), False, "")
    elif value.lower() in _SOFT:
        yield _unplaced("pyright", f"pyright: {name}={value}", (name,), True, "")


def _unplaced(tool: str, directive: str, codes: tuple[str, ...], coded: bool, reason: str) -> Suppression:
    return Suppression(tool, directive, codes, coded, reason, 1, 1, 1)


def _tightens(name: str, off: bool) -> bool:
    negated = name.startswith("no-")
    bare = name.removeprefix("no-")
    if bare.startswith(_TIGHTEN):
        return not off and not negated
    return bare.startswith(_LOOSEN) and off != negated


def _split(listed: str) -> tuple[str, ...]:
    return tuple(code for code in re.split(r"[\s,]+", listed.strip()) if code)


def _directive(text: str) -> tuple[_Form, re.Match[str]] | None:
    for form in _FORMS:
        if match := re.match(form.pattern, text, re.IGNORECASE):
            return form, match
    return None


def _name(match: re.Match[str]) -> str:
    return re.sub(r"\s+", " ", match["directive"]).lower()


def _codes(match: re.Match[str]) -> tuple[str, ...]:
    """Return the rules that are named; `all` names none."""
    codes = _split(match.groupdict().get("codes") or "")
    return () if "all" in codes else codes


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
